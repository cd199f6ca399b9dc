"""The cache: what was printed is printed again while nothing has changed, and never otherwise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.checks.finding import Finding, Proof, Report
from kverify.cli.main import main, parser
from kverify.cli.remembered import PRINTED, WITHOUT_EFFECT
from kverify.engines.verdict import Outcome, Said, Verdict
from kverify.manifest import Severity
from kverify.report import baseline
from kverify.report.source import Sources
from kverify.store import Store

pytestmark = pytest.mark.usefixtures("here")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: "registry.example/web:1"}]
"""


class Runs:
    """Stands in for the checks: counts how often they were asked."""

    def __init__(self) -> None:
        self.count = 0
        self.interrupted = ""
        self.proofs: tuple[Proof, ...] = ()

    def run(self, _bundle: Any, diagnostics: Any, _options: Any) -> Report:
        self.count += 1
        finding = Finding(id="KV4001", severity=Severity.ERROR, object="o", property="p", message=f"run {self.count}")
        return Report(
            findings=(finding,),
            proofs=self.proofs,
            diagnostics=tuple(diagnostics),
            interrupted=self.interrupted,
        )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a manifest, where results are kept."""
    monkeypatch.delenv("KVERIFY_NO_CACHE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "web.yaml").write_text(DEPLOYMENT, "utf-8")
    return tmp_path


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    counter = Runs()
    # By name: in the package, `run` is the function.
    monkeypatch.setattr(import_module("kverify.checks.runs.run"), "run", counter.run)
    return counter


Say = Callable[..., str]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """What ``kverify check`` prints."""

    def run(*arguments: str, code: int = 1) -> str:
        assert main(["check", *(arguments or ("deploy",))]) == code
        return capsys.readouterr().out

    return run


def test_nothing_is_asked_again(runs: Runs, say: Say, here: Path) -> None:
    first = say()
    assert "run 1" in first
    assert say() == first
    assert runs.count == 1
    assert (here / ".kverify_cache" / ".gitignore").read_text() == "*\n"
    assert (
        (here / ".kverify_cache" / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    )


def write(name: str, text: str) -> Callable[[Path], None]:
    def change(here: Path) -> None:
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(text, "utf-8")

    return change


def rename(here: Path) -> None:
    (here / "deploy" / "web.yaml").rename(here / "deploy" / "web2.yaml")


CHANGES: dict[str, Callable[[Path], None]] = {
    "another text": write("deploy/web.yaml", DEPLOYMENT.replace("replicas: 3", "replicas: 4")),
    "another comment": write("deploy/web.yaml", DEPLOYMENT + "# a comment\n"),
    "one more file": write("deploy/more.yaml", DEPLOYMENT.replace("web", "more")),
    "another name": rename,
    "a configuration": write("kverify.toml", '[severity]\nKV4001 = "warning"\nKV4005 = "error"\n'),
    "a cluster": write("nodes.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n2}\n"),
    "a property": write("specs/own.kv", 'policy p\n  "P."\n  for d in Deployment\n  require d.spec.replicas >= 2\n'),
}
OPTIONS = ("deploy", "--cluster", "nodes.yaml", "--spec", "specs")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_seen(change: Callable[[Path], None], runs: Runs, here: Path) -> None:
    write("nodes.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n")(here)
    write("specs/own.kv", 'policy p\n  "P."\n  for d in Deployment\n  require d.spec.replicas >= 1\n')(here)
    for _ in range(2):
        main(["check", *OPTIONS])
    assert runs.count == 1
    change(here)
    main(["check", *OPTIONS])
    assert runs.count == 2


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "json"],
        ["-v"],
        ["--summary"],
        ["--fail-on", "warning"],
        ["--kubernetes-version", "1.34"],
        ["--max-states", "5"],
        ["--property", "drain-ends"],
    ],
    ids=" ".join,
)
def test_other_options_are_other_runs(options: list[str], runs: Runs, say: Say) -> None:
    say()
    main(["check", "deploy", *options])
    assert runs.count == 2


@pytest.mark.parametrize("options", [["--jobs", "2"], ["--timeout", "1000"]], ids=" ".join)
def test_how_fast_it_was_asked_does_not_matter(options: list[str], runs: Runs, say: Say) -> None:
    assert say() == say("deploy", *options)
    assert runs.count == 1


def test_every_option_is_known_to_change_only_what_is_printed_or_is_not_kept() -> None:
    """Who adds an option to ``check`` decides: in ``PRINTED``, in ``WITHOUT_EFFECT``, or never kept."""
    known = parser().parse_args(["check", "deploy"])
    assert set(vars(known)) - PRINTED - WITHOUT_EFFECT == {
        "traces",
        "write_baseline",
        "fix",
        "diff",
        "patch",
        "unfixed",
        "rendered_from",
        "changed_since",
    }


def test_files_are_written_again(runs: Runs, say: Say, here: Path) -> None:
    say("deploy", "-o", "json=report.json", "-o", "text")
    first = (here / "report.json").read_text()
    (here / "report.json").unlink()
    say("deploy", "-o", "json=report.json", "-o", "text")
    assert (here / "report.json").read_text() == first
    assert json.loads(first)["findings"][0]["message"] == "run 1"
    assert runs.count == 1


@pytest.mark.parametrize("name", ["deploy/web.yaml", "nodes.yaml", "specs/own.kv", "known.json", "kverify.toml"])
def test_a_file_that_is_a_link_to_the_input_now_is_not_written(
    name: str, runs: Runs, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for change in ("a cluster", "a property"):
        CHANGES[change](here)
    write("known.json", baseline.render(Report(), Sources()))(here)
    write("kverify.toml", 'baseline = "known.json"\n')(here)
    before = (here / name).read_bytes()
    arguments = ["check", *OPTIONS, "-o", "json=report", "-o", "sarif=other"]
    main(arguments)
    main(arguments)
    assert runs.count == 1
    (here / "report").unlink()
    (here / "report").symlink_to(name)
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("kverify check: -o json=report ")
    assert (here / name).read_bytes() == before


def test_two_files_that_are_one_now_are_not_written(runs: Runs, here: Path) -> None:
    arguments = ["check", "deploy", "-o", "json=report", "-o", "sarif=other"]
    main(arguments)
    (here / "report").unlink()
    (here / "report").symlink_to("other")
    with pytest.raises(SystemExit):
        main(arguments)
    assert runs.count == 1


def test_what_was_interrupted_is_not_kept(runs: Runs, say: Say) -> None:
    runs.interrupted = "interrupted from the keyboard"
    say()
    say()
    assert runs.count == 2


@pytest.mark.parametrize(
    ("reason", "times"), [("Spacer was stopped after 20 CPU seconds", 2), ("Spacer gave up: unknown", 1)]
)
def test_what_is_unknown_because_of_a_clock_is_not_kept(reason: str, times: int, runs: Runs, say: Say) -> None:
    said = Said(engine="spacer", outcome=Outcome.UNKNOWN, about="", reason=reason, states=0, seconds=20.0)
    verdict = Verdict(outcome=Outcome.UNKNOWN, method="Spacer", reason=reason, rungs=(said,))
    runs.proofs = (Proof(id="KV4002", object="o", property="p", message="m", verdict=verdict),)
    say()
    say()
    assert runs.count == times


@pytest.mark.parametrize("options", [["--no-cache"], ["--traces", "traces"]], ids=" ".join)
def test_nothing_is_kept_of_runs_that_shall_not_be_or_that_write(options: list[str], runs: Runs, say: Say) -> None:
    say("deploy", *options)
    say("deploy", *options)
    assert runs.count == 2


def test_another_directory(runs: Runs, say: Say, here: Path) -> None:
    say("deploy", "--cache-dir", "elsewhere")
    say("deploy", "--cache-dir", "elsewhere")
    assert runs.count == 1
    assert not (here / ".kverify_cache").exists()


def test_input_that_changes_while_it_is_checked_is_not_kept(
    runs: Runs, say: Say, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(*arguments: Any) -> Report:
        (here / "deploy" / "web.yaml").write_text(DEPLOYMENT + "# changed\n", "utf-8")
        return runs.run(*arguments)

    monkeypatch.setattr(sys.modules["kverify.checks.runs.run"], "run", change)
    say()
    say()
    assert runs.count == 2


def entries(here: Path) -> list[Path]:
    return sorted((here / ".kverify_cache").glob("??/*"))


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="a pipe has no name here: there is no /dev/fd")
@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--spec", 'policy enough\n  "P."\n  for d in Deployment\n  require d.spec.replicas >= 99\n', "enough"),
        ("--config", 'nonsense = "deploy"\n', "nonsense"),
        ("--baseline", '{"schema": "kverify.baseline/0"}', "kverify.baseline/0"),
    ],
    ids=["spec", "config", "baseline"],
)
def test_a_pipe_is_read_once(option: str, text: str, said: str) -> None:
    """As ``--spec <(...)`` gives one."""
    for _ in range(2):
        reading, writing = os.pipe()
        os.write(writing, text.encode())
        os.close(writing)
        command = [sys.executable, "-m", "kverify.cli.main", "check", "deploy", option, f"/dev/fd/{reading}"]
        done = subprocess.run(command, pass_fds=(reading,), capture_output=True, text=True, check=False)
        os.close(reading)
        assert said in done.stdout + done.stderr


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe", b"0" * 64 + b'\n{"exit": 0, "texts": ["fine"]}'])
def test_damaged_entries_are_not_there(damage: bytes, runs: Runs, say: Say, here: Path) -> None:
    say()
    for path in entries(here):
        path.write_bytes(damage)
    say()
    say()
    assert runs.count == 2


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"exit": 0, "texts": []}', '{"exit": "x", "texts": ["a"]}', "[" * 100_000]
)
def test_foreign_entries_are_not_there(text: str, runs: Runs, say: Say, here: Path) -> None:
    """They have the right form of an entry, and say something else."""
    say()
    for path in entries(here):
        Store(here / ".kverify_cache").write(path.parent.name + path.name, text)
    say()
    assert runs.count == 2


def test_a_place_that_cannot_be_written_does_not_matter(runs: Runs, say: Say, here: Path) -> None:
    (here / ".kverify_cache").write_text("a file", "utf-8")
    say()
    assert runs.count == 1


def test_standard_input(here: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "KVERIFY_NO_CACHE"}
    program = (
        "import sys; from kverify.cli.main import main; code = main(sys.argv[1:]); "
        "sys.exit(50 * ('kverify.checks.runs.run' in sys.modules) + code)"
    )
    command = [sys.executable, "-c", program, "check", "-"]

    def check(text: str) -> tuple[int, str]:
        done = subprocess.run(
            command, cwd=here, env=environment, input=text, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    code, first = check(DEPLOYMENT)
    assert (code, check(DEPLOYMENT)) == (50, (0, first))
    assert check(DEPLOYMENT.replace("web", "shop"))[0] == 50


FIELDS = st.fixed_dictionaries(
    {
        "replicas": st.sampled_from(["0", "1", "2", "3", "x"]),
        "image": st.sampled_from(["web:1", "web:2"]),
        "label": st.sampled_from(["web", "other"]),
        "cpu": st.sampled_from(["100m", "9"]),
        "comment": st.sampled_from(["", "# a", "# kverify"]),
    }
)


@settings(max_examples=12)
@given(inputs=st.lists(FIELDS, min_size=2, max_size=4))
def test_what_is_kept_is_what_is_true(inputs: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is changed, and changed back: with the cache everything is said that is said without."""
    here = tmp_path_factory.mktemp("kept")
    manifest = here / "web.yaml"
    store = str(here / "store")

    def printed(*options: str) -> tuple[int, str]:
        import contextlib
        import io

        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = main(["check", str(manifest), "--property", "rollout-completes", "--no-config", *options])
        return code, out.getvalue()

    for fields in [*inputs, inputs[0]]:
        text = DEPLOYMENT.replace("replicas: 3", f"replicas: {fields['replicas']}").replace("web:1", fields["image"])
        text = text.replace("labels: {app: web}", f"labels: {{app: {fields['label']}}}")
        text = text.replace("name: c,", f"name: c, resources: {{requests: {{cpu: {fields['cpu']}}}}},")
        manifest.write_text(f"{text}{fields['comment']}\n", "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("KVERIFY_NO_CACHE", raising=False)
            kept = printed("--cache-dir", store)
            assert kept == printed("--no-cache")
            assert kept == printed("--cache-dir", store)


# -- the store ---------------------------------------------------------------------------------------------------------


def test_the_oldest_entries_go_first(tmp_path: Path) -> None:
    store = Store(tmp_path, most=400)
    for number in range(6):
        store.write(f"{number:064}", "x" * 60)
        os.utime(tmp_path / "00" / f"{number:062}", (number, number))
    assert store.read(f"{0:064}") is not None  # used just now
    store.write("f" * 64, "x" * 60)
    store.trim()
    left = [number for number in range(6) if store.read(f"{number:064}") is not None]
    assert left == [0, 5]
    assert store.read("f" * 64) is not None


def test_nothing_but_entries_is_ever_deleted(tmp_path: Path) -> None:
    kept = [tmp_path / "ui" / "old.css", tmp_path / "ab" / "notes.txt", tmp_path / "go" / "pkg" / "a"]
    for path in kept:
        path.parent.mkdir(parents=True)
        path.write_text("x" * 1000, "utf-8")
        os.utime(path, (0, 0))
        os.utime(path.parent, (0, 0))
    (tmp_path / "ab" / ("c" * 62)).mkdir()
    store = Store(tmp_path, most=100)
    store.write("ab" + "d" * 62, "x" * 60)
    store.write("ab" + "e" * 62, "x" * 60)
    store.trim()
    assert all(path.exists() for path in kept)
    assert sum(path.is_file() for path in (tmp_path / "ab").iterdir()) == 1
    assert not (tmp_path / ".gitignore").exists()  # It would hide files that are not ours.
    Store(tmp_path / "own").write("ab" + "d" * 62, "x")
    assert (tmp_path / "own" / ".gitignore").read_text("utf-8") == "*\n"


with_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def commit_elsewhere(here: Path) -> None:
    (here / ".kverify_cache").rename(here / "made-up")
    (here / ".kverify_cache").symlink_to("made-up")
    git("add", "-f", "made-up")


def commit_link(here: Path) -> None:
    commit_elsewhere(here)
    git("rm", "-r", "-q", "--cached", "made-up")
    git("add", "-f", ".kverify_cache")


COMMITTED: dict[str, Callable[[Path], None]] = {
    "as it is": lambda _: git("add", "-f", ".kverify_cache"),
    "elsewhere, and a link": commit_elsewhere,
    "only a link": commit_link,
}


@with_git
@pytest.mark.parametrize("commit", COMMITTED.values(), ids=COMMITTED)
def test_results_that_came_with_the_repository_are_not_believed(
    commit: Callable[[Path], None], runs: Runs, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pull request may bring a cache that says that everything is proved."""
    git("init", "-q", ".")
    main(["check", "deploy"])
    main(["check", "deploy"])
    assert (runs.count, capsys.readouterr().err) == (1, "")
    commit(here)
    before = sorted(here.rglob("*"))
    assert main(["check", "deploy"]) == 1
    assert runs.count == 2
    said = capsys.readouterr().err
    assert said.startswith("kverify: .kverify_cache is not used: ")
    assert said.count("is tracked by git") == 1
    assert sorted(here.rglob("*")) == before, "nothing is kept there either"


@with_git
def test_a_repository_around_the_current_directory_counts(runs: Runs, here: Path, monkeypatch: Any) -> None:
    git("init", "-q", ".")
    monkeypatch.chdir(here / "deploy")
    main(["check", "web.yaml"])
    git("add", "-f", ".kverify_cache")
    monkeypatch.setenv("GIT_DIR", str(here / "another"))
    main(["check", "web.yaml"])
    assert runs.count == 2


@with_git
def test_what_lies_outside_of_the_repository_is_believed(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> None:
    git("init", "-q", ".")
    git("add", ".")
    outside = str(tmp_path_factory.mktemp("results"))
    main(["check", "deploy", "--cache-dir", outside])
    main(["check", "deploy", "--cache-dir", outside])
    assert runs.count == 1


@with_git
def test_no_program_of_the_repository_runs(runs: Runs, here: Path) -> None:
    git("init", "-q", ".")
    (here / "monitor").write_text(f"#!/bin/sh\necho asked >> {here}/said\n", "utf-8")
    (here / "monitor").chmod(0o755)
    git("config", "core.fsmonitor", str(here / "monitor"))
    main(["check", "deploy"])
    main(["check", "deploy"])
    assert runs.count == 1
    assert not (here / "said").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look everywhere")
def test_a_place_that_may_not_be_looked_into_does_not_matter(runs: Runs, say: Say, here: Path) -> None:
    (here / ".kverify_cache").mkdir(0o000)
    say()
    assert runs.count == 1


def test_without_git_nobody_knows_where_results_came_from(
    runs: Runs, say: Say, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say()
    monkeypatch.setenv("PATH", str(here))
    assert main(["check", "deploy"]) == 1
    assert runs.count == 2
    assert "whether it came with the repository cannot be told: git is not installed" in capsys.readouterr().err
