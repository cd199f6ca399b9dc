"""``kverify init``: what it finds in repositories of many shapes, what it writes, and what it leaves alone."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml

from kverify.cli import configuration
from kverify.cli.main import main, parser
from kverify.cli.starter.survey import Survey, survey
from kverify.manifest import Severity, read_paths

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
EXAMPLES = Path(__file__).parents[2] / "examples"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: 1, memory: 1Gi, pods: 9}}\n"
NODES = f"apiVersion: v1\nkind: List\nitems:\n- {NODE.strip().replace(chr(10), chr(10) + '  ')}\n"
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [%s]\n"

SHAPES = {
    "one directory": ({"deploy/a.yaml": OBJECT, "deploy/sub/b.yml": OBJECT}, Survey(manifests=("deploy",))),
    "files at the top": (
        {
            "a.yaml": OBJECT,
            "b.json": '{"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}}',
            "package.json": "{}",
        },
        Survey(manifests=("a.yaml", "b.json")),
    ),
    "beside other files": (
        {"app/a.yaml": OBJECT, "app/compose.yaml": "services: {}", "app/good/b.yaml": OBJECT, "app/README.md": "x"},
        Survey(manifests=("app/a.yaml", "app/good")),
    ),
    "nodes": (
        {"deploy/a.yaml": OBJECT, "cluster/nodes.yaml": NODES},
        Survey(manifests=("deploy",), cluster=("cluster/nodes.yaml",)),
    ),
    "nodes beside manifests": (
        {"deploy/a.yaml": OBJECT, "deploy/n.yaml": NODE, "deploy/both.yaml": f"{OBJECT}---\n{NODE}"},
        Survey(manifests=("deploy",), cluster=("deploy/n.yaml",)),
    ),
    "chart": (
        {
            "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\n",
            "charts/shop/values.yaml": "a: 1",
            "charts/shop/templates/a.yaml": "a: {{ .Values.a }}",
            "charts/shop/crds/a.yaml": OBJECT,
            "deploy/a.yaml": OBJECT,
        },
        Survey(manifests=("deploy",), charts=("charts/shop",)),
    ),
    "kustomize": (
        {
            "base/kustomization.yaml": KUSTOMIZATION % "a.yaml",
            "base/a.yaml": OBJECT,
            "overlays/prod/kustomization.yml": KUSTOMIZATION % "../../base, https://example.org/x",
            "overlays/prod/patches/b.yaml": OBJECT,
            "parts/p/kustomization.yaml": KUSTOMIZATION.replace("Kustomization", "Component") % "",
            "plain/a.yaml": OBJECT,
        },
        Survey(manifests=("plain",), kustomizations=("overlays/prod",)),
    ),
    "what nobody reads": (
        {
            ".github/workflows/ci.yml": "on: push",
            "node_modules/x/a.yaml": OBJECT,
            "deploy/a.yaml": OBJECT,
            "deploy/kind.yaml": "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n",
            "deploy/empty.yaml": "# nothing yet\n",
        },
        Survey(manifests=("deploy",)),
    ),
    "templates of another kind": (
        {"t/a.yaml": "apiVersion: v1\nkind: X\nmetadata: {{ meta }}\n", "t/b.yaml": OBJECT},
        Survey(manifests=("t/b.yaml",)),
    ),
    "a broken manifest is to be told of": (
        {"deploy/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\n"},
        Survey(manifests=("deploy",)),
    ),
    "specifications, and files of another program": (
        {
            "p/own.kv": 'policy own\n  for d in Deployment\n  require d.name == "x"\n',
            "ui/main.kv": "<Root>:\n    x: 1\n",
        },
        Survey(specs=("p/own.kv",)),
    ),
    "names that need quotes": (
        {'a "b" \\c/x.yaml': OBJECT, "-o/x.yaml": OBJECT, "a\x1b/x.yaml": OBJECT},
        Survey(manifests=('a "b" \\c',)),
    ),
    "nothing": ({"README.md": "x"}, Survey()),
}


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_found(tmp_path: Path, shape: str) -> None:
    files, found = SHAPES[shape]
    assert survey(tree(tmp_path, files)) == found


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_written_is_what_was_found_and_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    files, found = SHAPES[shape]
    monkeypatch.chdir(tree(tmp_path, files))
    assert main(["init"]) == 0
    written = configuration.read(configuration.find(Path()))
    assert written == configuration.Configuration(
        file="kverify.toml", paths=found.manifests, cluster=found.cluster, specs=found.specs
    )
    read = read_paths([*written.paths, *written.cluster])
    errors = [d.id for d in read.diagnostics if d.severity is Severity.ERROR]
    assert errors == (["KV1006"] if "broken" in shape else [])


def test_of_several_clusters_none_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree(tmp_path, {"a/x.yaml": OBJECT, "one.yaml": NODES, "two.yaml": NODES}))
    assert main(["init"]) == 0
    assert configuration.read(Path("kverify.toml")).cluster == ()
    assert '# cluster = ["one.yaml"]\n# cluster = ["two.yaml"]\n' in Path("kverify.toml").read_text()


def test_every_commented_key_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes the ``# `` away gets what is promised."""
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    lines = [
        line.removeprefix("# ")
        for line in Path("kverify.toml").read_text().splitlines()
        if " = " in line or line.startswith("# [[")
    ]
    Path("kverify.toml").write_text("\n".join(lines))
    found = configuration.read(Path("kverify.toml"))
    assert found.paths == ("deploy",)
    assert [rule.reason for rule in found.suppressions] == ["nobody calls it during the day"]


FOUND = {
    "deploy/a.yaml": OBJECT,
    "charts/it's/Chart.yaml": "apiVersion: v2\n",
    "k/kustomization.yaml": KUSTOMIZATION % "",
}


@pytest.mark.parametrize(
    ("ci", "file"),
    [
        ("github", ".github/workflows/kverify.yml"),
        ("gitlab", ".gitlab-ci.yml"),
        ("pre-commit", ".pre-commit-config.yaml"),
    ],
)
def test_a_job_is_yaml_and_its_commands_are_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, file: str
) -> None:
    monkeypatch.chdir(tree(tmp_path, FOUND))
    assert main(["init", "--ci", ci]) == 0
    text = Path(file).read_text()
    found = yaml.safe_load(text)
    if ci == "github":
        commands = [step.get("run", "") for step in found["jobs"]["kverify"]["steps"]]
    else:
        commands = found["kverify"]["script"] if ci == "gitlab" else [found["repos"][0]["hooks"][0]["entry"]]
    ours = [words for line in commands for words in split(line) if words[0] == "kverify"]
    assert len(ours) == {"github": 3, "gitlab": 1, "pre-commit": 1}[ci]
    for words in ours:
        assert parser().parse_args(words[1:]).command == "check"
    if ci == "github":
        assert ["helm", "template", "charts/it's"] in [words for line in commands for words in split(line)]
        # YAML 1.1 reads the key "on" as true.
        assert set(found) == {"name", True, "permissions", "jobs"}


def split(line: str) -> list[list[str]]:
    """The commands of a pipe, each as its words."""
    words = shlex.split(line)
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def test_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = {
        "kverify.toml": "# mine\n",
        ".github/workflows/kverify.yml": "# mine kverify\n",
        ".gitlab-ci.yml": "# mine\n",
        ".pre-commit-config.yaml": "# mine\n",
    }
    monkeypatch.chdir(tree(tmp_path, {**FOUND, **there}))
    for ci in ("github", "gitlab", "pre-commit", "none"):
        assert main(["init", "--ci", ci]) == 0
    shown = capsys.readouterr().out
    assert {name: Path(name).read_text() for name in there} == there
    assert shown.count("left kverify.toml as it is") == 4
    assert "left .github/workflows/kverify.yml as it is\n" in shown
    assert "wrote .gitlab/kverify.yml\nleft .gitlab-ci.yml as it is; to have kverify in it, add\ninclude:\n" in shown
    assert "left .pre-commit-config.yaml as it is; to have kverify in it, add\nrepos:\n" in shown


@pytest.mark.parametrize(
    ("file", "job"),
    [
        (".github/dependabot.yml", ".github/workflows/kverify.yml"),
        (".gitlab-ci.yml", ".gitlab/kverify.yml"),
        ("README.md", None),
    ],
)
def test_the_job_is_for_the_ci_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, job: str | None
) -> None:
    monkeypatch.chdir(tree(tmp_path, {**FOUND, file: "x"}))
    assert main(["init"]) == 0
    jobs = {".github/workflows/kverify.yml", ".gitlab/kverify.yml", ".pre-commit-config.yaml"}
    assert {name for name in jobs if Path(name).exists()} == {name for name in [job] if name}


def test_a_configuration_in_pyproject_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tree(tmp_path, {**FOUND, "pyproject.toml": "[tool.kverify]\npaths = ['deploy']\n"}))
    assert main(["init"]) == 0
    assert "left pyproject.toml as it is" in capsys.readouterr().out
    assert not Path("kverify.toml").exists()


def test_where_no_job_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {".git/HEAD": "x", "README.md": "x", "sub/deploy/a.yaml": OBJECT}
    monkeypatch.chdir(tree(tmp_path, files))
    assert main(["init", "sub", "--ci", "github"]) == 0
    assert "no job was written to .github/workflows/kverify.yml: sub is not the top" in capsys.readouterr().out
    assert configuration.read(Path("sub/kverify.toml")).paths == ("sub/deploy",)
    with pytest.raises(SystemExit) as stop:
        main(["init", "no/such"])
    assert stop.value.code == 2


@pytest.mark.parametrize(
    "source",
    [
        EXAMPLES / "shop",
        EXAMPLES / "clean" / "web-shop",
        pytest.param(
            CORPUS, marks=pytest.mark.skipif(not CORPUS.is_dir(), reason="shared/corpus is not next to this checkout")
        ),
    ],
    ids=lambda p: p.name,
)
def test_real_trees_are_read_as_they_are_found(source: Path) -> None:
    found = survey(source)
    assert not found.empty
    read = read_paths([str(source / name) for name in (*found.manifests, *found.cluster)])
    # What is not meant for kverify is not among the paths: no file without objects, no template, no directory of none.
    assert [d for d in read.diagnostics if d.id in ("KV1001", "KV1002", "KV1007", "KV1017")] == []
    assert read.documents
