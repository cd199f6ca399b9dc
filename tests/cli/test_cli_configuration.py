"""``kverify.toml`` and ``pyproject.toml``: what they say, which one counts, and what a mistake looks like."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pytest

from kverify.cli import configuration
from kverify.cli.configuration import Configuration, ConfigurationError
from kverify.cli.configuration.reading import KEYS
from kverify.cli.main import main
from kverify.cluster.references import External
from kverify.cluster.references.existence import Boundary
from kverify.cluster.suppressions import Suppression
from kverify.manifest.diagnostics import Severity
from kverify.manifest.span import Span
from tests.unit.cluster.cluster_helpers import deployment

GOOD = """
references = "closed"

[[external]]
kind = "Secret"
name = "tls-*"
reason = "written by cert-manager"
"""


def test_what_is_declared(tmp_path: Path) -> None:
    file = tmp_path / "kverify.toml"
    file.write_text(GOOD)
    boundary = configuration.read(file).boundary
    assert boundary.closed
    assert boundary.externals == (External(kind="Secret", name="tls-*", reason="written by cert-manager"),)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("refernces = 'open'", ["1:1: no key is called 'refernces'; did you mean references?"]),
        ("references = 'half'", ['1:1: references is "open" or "closed", not \'half\'']),
        ("[external]\nkind = 'x'", ["1:1: write each external as a table: [[external]]"]),
        (
            "[[external]]\nkind = 'x'\n[[external]]\n  nam = 'y'",
            [
                "1:1: external 1 has no reason; add reason = ...",
                "3:1: external 2 has no kind; add kind = ...",
                "3:1: external 2 has no reason; add reason = ...",
                "4:3: external 2: no key is called 'nam'; did you mean name?",
            ],
        ),
        (
            "external = [{kind = 1, reason = ' '}]",
            [
                "1:14: kind of external 1 is a text that is not blank, not 1",
                "1:24: reason of external 1 is a text that is not blank, not ' '",
            ],
        ),
        (
            "paths = 'deploy'\ncluster = ['', 1]\nbaseline = 1\nmax-states = true\nmax-memory = 0",
            [
                '1:1: paths is a list of paths, as in paths = ["deploy"]',
                '2:1: cluster is a list of paths, as in cluster = ["cluster/nodes.yaml"]',
                "3:1: baseline is a path, not 1",
                "4:1: max-states is a positive number, not True",
                "5:1: max-memory is a positive number, not 0",
            ],
        ),
        (
            "fail-on = 'info'\nkubernetes-version = 1.36",
            [
                '1:1: fail-on is "error" or "warning", not \'info\'',
                '2:1: kubernetes-version is "1.32", "1.33", "1.34", "1.35", "1.36" or "1.37", not 1.36',
            ],
        ),
        (
            "[[suppress]]\nreason = '  '\nexpires = '2027-06-30'\n"
            "[[suppress]]\nid = 'KV4005'\nexpires = 2027-06-30T10:00:00",
            [
                "1:1: suppress 1 has no id; add id = ...",
                "2:1: reason of suppress 1 is a text that is not blank, not '  '",
                "3:1: expires is a day without quotes, as in expires = 2027-06-30",
                "4:1: suppress 2 has no reason; add reason = ...",
                "6:1: expires is a day without quotes, as in expires = 2027-06-30",
            ],
        ),
        ("references = ", ["Invalid value"]),
        ('paths = ["a\\u0000"]', ["1:1: paths is a list of paths"]),
        (f"max-states = 1{'0' * 5000}", ["Exceeds the limit"]),
        (f"paths = {'[' * 5000}", ["maximum recursion depth"]),
    ],
)
def test_all_mistakes_are_told_at_their_places(tmp_path: Path, text: str, problems: list[str]) -> None:
    file = tmp_path / "kverify.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        configuration.read(file)
    lines = [line.removeprefix(f"{file}:").strip() for line in str(raised.value).splitlines()]
    assert [line[: len(problem)] for line, problem in zip(lines, problems, strict=True)] == problems


def test_every_key_is_read(tmp_path: Path) -> None:
    """What is written is what is said; paths are relative to the file."""
    file = tmp_path / "kverify.toml"
    file.write_text(
        """
paths = ["deploy"]
cluster = ["nodes.yaml"]
from = ["released"]
specs = ["policies"]
baseline = "known.json"
kubernetes-version = "1.34"
properties = ["drain-ends"]
scenarios = ["drain"]
fail-on = "warning"
max-states = 5
max-memory = 6
references = "open"
[parameters]
most = 3
[severity]
KV4003 = "info"
[[external]]
kind = "Secret"
reason = "x"
[[suppress]]
id = "KV4005"
reason = "y"
expires = 2027-06-30
"""
    )
    found = configuration.read(file)
    assert found == Configuration(
        file=str(file),
        paths=(str(tmp_path / "deploy"),),
        cluster=(str(tmp_path / "nodes.yaml"),),
        previous=(str(tmp_path / "released"),),
        specs=(str(tmp_path / "policies"),),
        baseline=str(tmp_path / "known.json"),
        kubernetes_version="1.34",
        properties=("drain-ends",),
        scenarios=("drain",),
        fail_on=Severity.WARNING,
        max_states=5,
        max_memory=6,
        boundary=Boundary(externals=(External(kind="Secret", reason="x"),)),
        parameters={"most": "3"},
        severities={"KV4003": Severity.INFO},
        suppressions=(
            Suppression(id="KV4005", reason="y", expires=date(2027, 6, 30), span=Span(str(file), 21, 1, 21, 13)),
        ),
    )
    assert set(KEYS) == {"from", *(f.name.replace("_", "-") for f in attrs.fields(Configuration))} - {
        *("file", "places", "previous", "boundary", "severities", "suppressions")
    } | {"references", "external", "severity", "suppress"}


@pytest.mark.parametrize(
    ("files", "start", "found"),
    [
        ({"kverify.toml": "", "pyproject.toml": "[tool.kverify]"}, "", "kverify.toml"),
        ({"pyproject.toml": "[tool.kverify]\n"}, "", "pyproject.toml"),
        ({"pyproject.toml": "[tool.other]\n"}, "", None),
        ({"pyproject.toml": "not = TOML ="}, "", None),
        ({"pyproject.toml": "not = TOML =\n[tool.kverify]\n"}, "", "pyproject.toml"),
        ({"kverify.toml": "", "a/b/x": ""}, "a/b", "../../kverify.toml"),
        ({"kverify.toml": "", "a/pyproject.toml": "[tool.other]", "a/b/x": ""}, "a/b", "../../kverify.toml"),
        ({"kverify.toml": "", "a/pyproject.toml": "[tool.kverify]", "a/b/x": ""}, "a/b", "../pyproject.toml"),
        ({"kverify.toml": "", "a/.git/x": "", "a/b/x": ""}, "a/b", None),
        ({"a/kverify.toml": "", "a/.git/x": "", "a/b/x": ""}, "a/b", "../kverify.toml"),
    ],
)
def test_the_nearest_configuration_counts(tmp_path: Path, files: dict[str, str], start: str, found: str | None) -> None:
    (tmp_path / ".git").mkdir()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert configuration.find(tmp_path / start) == (None if found is None else Path(found))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.symlink_to("moved.toml"), "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
    ],
)
def test_what_cannot_be_read_was_meant_to_be_a_configuration(
    make: Callable[[Path], None],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "kverify.toml")
    (tmp_path / "web.yaml").write_text(deployment(), "utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["check", "web.yaml"])
    assert stop.value.code == 2
    assert f"kverify.toml: {says}" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look everywhere")
def test_a_directory_that_may_not_be_looked_into_has_none(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "closed").mkdir(0o000)
    assert configuration.find(tmp_path / "closed") is None


def test_a_pyproject_says_the_same_with_its_own_places(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[project]\npaths = 1\n[tool.kverify]\npaths = ['x']\n[[tool.kverify.suppress]]\nid = 'KV4005'\n")
    with pytest.raises(ConfigurationError, match=r"pyproject\.toml:5:1: suppress 1 has no reason"):
        configuration.read(file)
    file.write_text("[tool.kverify]\npaths = ['x']\n")
    assert configuration.read(file).paths == (str(tmp_path / "x"),)
    file.write_text("[project]\n")
    with pytest.raises(ConfigurationError, match=r"there is no table \[tool\.kverify\]"):
        configuration.read(file)


def test_the_command_line_overrules_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "one.yaml").write_text(deployment("one"))
    (tmp_path / "two.yaml").write_text(deployment("two"))
    (tmp_path / "kverify.toml").write_text(
        "paths = ['one.yaml']\nproperties = ['promises-kept']\nfail-on = 'warning'\nkubernetes-version = '1.33'\n"
        "[severity]\nKV2004 = 'error'\n"
    )

    def told(*arguments: str) -> dict[str, Any]:
        main(["check", "-o", "json", *arguments])
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        return report

    monkeypatch.chdir(tmp_path / "deep" / "er")
    report = told()
    assert {proof["object"] for proof in report["proofs"]} == {"Deployment shop/one"}
    assert {proof["property"] for proof in report["proofs"]} == {"promises-kept"}
    assert report["kubernetesVersion"] == "1.33"
    report = told("../../two.yaml", "--property", "rollout-completes", "--kubernetes-version", "1.35")
    assert {proof["object"] for proof in report["proofs"]} == {"Deployment shop/two"}
    assert {proof["property"] for proof in report["proofs"]} == {"rollout-completes"}
    assert report["kubernetesVersion"] == "1.35"
    with pytest.raises(SystemExit):
        main(["check", "--no-config"])
    assert "no manifests are named" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("fit", "1 workload on 1 node"),
        ("diff", "Deployment shop/web: created"),
        ("export", "Deployment shop/web: rollout"),
    ],
)
def test_other_commands_take_paths_and_cluster_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, says: str
) -> None:
    node = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: 1, memory: 1Gi, pods: 9}}\n"
    monkeypatch.chdir(tmp_path)
    Path("kverify.toml").write_text("paths = ['web.yaml']\ncluster = ['nodes.yaml']\n")
    Path("web.yaml").write_text(deployment())
    Path("nodes.yaml").write_text(node)
    main([command])
    assert says in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([command, "--no-config"])
    assert "no manifests are named" in capsys.readouterr().err


def test_what_a_configuration_says_moves_no_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(deployment())
    for text in ('baseline = "a\\u001b[2J"', '"a\\u001b[2J" = 1', '[severity]\n"a\\u001b[2J" = "info"'):
        Path("kverify.toml").write_text(text)
        with pytest.raises(SystemExit) as stop:
            main(["check", "web.yaml"])
        assert stop.value.code == 2
        shown = capsys.readouterr().err
        assert "\x1b" not in shown
        assert "a\\x1b[2J" in shown


@pytest.mark.parametrize("scenario", ["rollout", "drain", "node-loss"])
def test_only_what_may_happen_in_a_scenario_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], scenario: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kverify.toml").write_text(f"scenarios = ['{scenario}']\n")
    service = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, "
    service += "spec: {selector: {app: web}, ports: [{port: 80}]}}"
    Path("web.yaml").write_text(f"{deployment()}---\n{service}\n")
    Path("own.kv").write_text('property own\n  "x"\n  for d in Deployment\n  eventually always complete(d)\n')
    main(["check", "web.yaml", "--spec", "own.kv", "-o", "json"])
    report = json.loads(capsys.readouterr().out)
    asked = {row["property"] for key in ("proofs", "findings") for row in report[key]}
    with_it = {
        "rollout": {"rollout-completes", "promises-kept"},
        "drain": {"drain-ends"},
        "node-loss": {"node-loss-survived"},
    }
    assert asked & {name for names in with_it.values() for name in names} == with_it[scenario]
    assert {"endpoints-kept", "own"} <= asked
    for name in ("endpoints-kept", "own"):
        assert sum(row["property"] == name for key in ("proofs", "findings") for row in report[key]) == 1
    assert any(text.startswith(f"only {scenario} was asked about") for text in report["assumptions"])


def test_names_that_do_not_exist_are_told_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = """
properties = ["drain-ends", "rollout-complete"]
scenarios = ["drian"]
[severity]
KV1109 = "info"
[[suppress]]
id = "KV1109"
reason = "x"
[[suppress]]
id = "KV6003"
reason = "x"
"""
    assert run_in(tmp_path, monkeypatch, toml) == 2
    assert capsys.readouterr().err.splitlines() == [
        "kverify check: the configuration cannot be used",
        "kverify.toml:2:29: properties has no rollout-complete; did you mean rollout-completes?",
        "kverify.toml:3:14: scenarios has no drian; did you mean drain?",
        "kverify.toml:5:1: severity of KV1109: what is refused stays refused, whatever it is called",
        "kverify.toml:7:1: KV1109 cannot be suppressed: what is refused stays refused, whatever it is called",
        "kverify.toml:10:1: KV6003 cannot be suppressed: it is about suppressions, so mend those",
    ]


def test_a_configuration_beside_the_manifests_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(deployment(extra="volumes: [{name: v, secret: {secretName: tls-web}}]"))
    assert main(["check", "web.yaml"]) == 0
    assert "assumed to exist: Secret shop/tls-web" in capsys.readouterr().out
    Path("kverify.toml").write_text('references = "closed"\n')
    assert main(["check", "web.yaml"]) == 2
    assert "error[KV2004] Deployment shop/web: Secret shop/tls-web is not there" in capsys.readouterr().out
    Path("kverify.toml").write_text(GOOD)
    assert main(["check", "web.yaml"]) == 0
    assert "tls-web" not in capsys.readouterr().out


def test_a_missing_configuration_that_was_asked_for_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["check", "x.yaml", "--config", "no/such.toml"])
    assert raised.value.code == 2
    assert "no/such.toml: No such file or directory" in capsys.readouterr().err


POLICY = 'policy named\n  for d in Deployment\n  require d.name == wanted\nparameter wanted = "api"\n'


def run_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toml: str, *arguments: str) -> int:
    """``kverify check`` of one Deployment called web, with a configuration beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kverify.toml").write_text(toml)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "own.kv").write_text(POLICY)
    (tmp_path / "web.yaml").write_text(deployment())
    try:
        return main(["check", "web.yaml", "--property", "named", *arguments])
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.mark.parametrize(
    ("toml", "arguments", "code"),
    [
        ("specs = ['policies']", (), 1),
        ("specs = ['policies']\n[severity]\nnamed = 'warning'", (), 0),
        ("specs = ['policies']\n[parameters]\nwanted = '\"web\"'", (), 0),
        ("specs = ['policies']\n[parameters]\nwanted = '\"web\"'", ("--set", 'wanted="api"'), 1),
    ],
)
def test_specifications_parameters_and_severities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toml: str, arguments: tuple[str, ...], code: int
) -> None:
    assert run_in(tmp_path, monkeypatch, toml, *arguments) == code


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("specs = 'policies'", "specs is a list of paths"),
        ("specs = ['policies']\n[severity]\nnamed = 'bad'", "named is error, warning or info, not 'bad'"),
        ("specs = ['policies']\n[severity]\nKV40001 = 'info'", "did you mean KV4001?"),
        ("specs = ['policies']\n[severity]\nKV1109 = 'info'", "what is refused stays refused"),
        ("specs = ['policies']\n[parameters]\nwantd = '1'", "did you mean wanted?"),
        ("specs = ['policies']\n[parameters]\nwanted = '1'", "wanted is a text, and this is a number"),
        ("specs = ['policies']\n[parameters]\nwanted = '1 +'", "is not a value"),
        ("parameters = 3", "write parameters as a table"),
    ],
)
def test_mistakes_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], toml: str, words: str
) -> None:
    assert run_in(tmp_path, monkeypatch, toml) == 2
    assert words in capsys.readouterr().err
