"""What the command line does when things go wrong around it: imports, interrupts, closed pipes, faults of ours."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kverify.checks.finding import Finding, Report
from kverify.checks.options import Options, UnknownProperty
from kverify.cli import main as command_line
from kverify.cli.main import main
from kverify.engines.portfolio import ENGINES
from kverify.manifest import Severity

INPUT = Path(__file__).parent / "input"
GOOD = str(INPUT / "good.yaml")
SHOP = Path(__file__).parents[2] / "examples" / "shop"
CONFIG = str(INPUT / "twice.yaml")

Run = Callable[[Any, Any, Options], Report]


@pytest.fixture
def replace_run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Put another function in the place of ``kverify.checks.runs.run.run``."""

    def replace(run: Run) -> None:
        module = types.ModuleType("kverify.checks.runs.run")
        module.run = run  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "kverify.checks.runs.run", module)

    return replace


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["--version"], ["chekc"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from kverify.cli.main import main\n"
        "try:\n"
        f"    main({arguments})\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'z3', 'lark', 'networkx', 'yaml', 'attr', 'kverify.model', 'kverify.api'} & sys.modules.keys()\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, "imported" in done.stderr) == (0, False)


def test_a_process_that_ends_looks_for_no_more_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_line, "main", lambda: 3)
    try:
        assert command_line.script() == 3
        assert not gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.enable()


def test_a_run_without_workloads_imports_no_engine(tmp_path: Path) -> None:
    manifest = tmp_path / "settings.yaml"
    manifest.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: blue}\n")
    program = (
        "import sys\n"
        "from kverify.cli.main import main\n"
        f"code = main(['check', '--no-cache', {str(manifest)!r}])\n"
        "heavy = {'z3', 'networkx', 'multiprocessing', 'kverify.engines.portfolio', 'kverify.engines.explicit',\n"
        "    'kverify.checks.given.rooms', 'kverify.checks.fixes', 'kverify.cluster.apply',\n"
        "    'kverify.spec.language.parser'}\n"
        "heavy &= sys.modules.keys()\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        (Severity.ERROR, "error", 1),
        (Severity.WARNING, "error", 0),
        (Severity.WARNING, "warning", 1),
        (Severity.INFO, "warning", 0),
    ],
)
def test_the_exit_code_follows_fail_on(
    severity: Severity, fail_on: str, code: int, replace_run: Callable[[Run], None]
) -> None:
    finding = Finding(id="KV4001", severity=severity, object="Deployment shop/web", property="p", message="m")
    replace_run(lambda *_: Report(findings=(finding,)))
    assert main(["check", GOOD, "--no-fixes", "--fail-on", fail_on]) == code
    assert main(["check", GOOD, "--no-fixes", "--fail-on", fail_on, "-o", "json"]) == code


def test_options_reach_the_checks(replace_run: Callable[[Run], None], capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Options] = []

    def run(_bundle: Any, _diagnostics: Any, options: Options) -> Report:
        seen.append(options)
        assert options.progress is not None
        options.progress("searching")
        return Report(kubernetes_version=options.kubernetes_version)

    replace_run(run)
    arguments = [
        "--kubernetes-version",
        "1.34",
        "--property",
        "a",
        "--property",
        "b",
        "--max-states",
        "7",
        "-o",
        "json",
    ]
    assert main(["check", GOOD, *arguments]) == 0
    shown = capsys.readouterr()
    assert (seen[0].kubernetes_version, seen[0].properties, seen[0].max_states) == ("1.34", ("a", "b"), 7)
    assert json.loads(shown.out)["kubernetesVersion"] == "1.34"
    assert shown.err == ""


def test_only_one_engine_is_asked_and_what_it_said_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    manifest = str(SHOP / "cart.yaml")
    arguments = ["check", manifest, "--property", "rollout-completes", "-v"]
    assert main([*arguments, "--engine", "explicit"]) == 0
    assert "asked explicit: holds; 25 states" in capsys.readouterr().out
    assert main([*arguments, "--engine", "walk"]) == 3
    shown = capsys.readouterr().out
    assert "asked walk (can it get stuck): unknown; none in 300 random walks" in shown
    assert main([*arguments, "-o", "json", "--engine", "walk"]) == 3
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert [said["engine"] for said in proof["verdict"]["rungs"]] == ["walk"]
    assert proof["verdict"]["outcome"] == "unknown"
    assert main(arguments) == 0
    assert "asked ranking: holds" in capsys.readouterr().out


def test_an_engine_that_does_not_exist_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["check", GOOD, "--engine", "spaceer"])
    assert stop.value.code == 2
    assert "--engine spaceer: there is no such engine; did you mean spacer?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    told = capsys.readouterr().out
    assert all(name in told for name in ENGINES)


def test_an_unknown_property_is_a_usage_error(
    replace_run: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: Any) -> Report:
        raise UnknownProperty("there is no property 'drian-ends'; did you mean drain-ends?")

    replace_run(run)
    with pytest.raises(SystemExit) as stop:
        main(["check", GOOD, "--property", "drian-ends"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("kverify check: there is no property 'drian-ends'")


def test_an_internal_error_is_never_a_pass(
    replace_run: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: Any) -> Report:
        raise ZeroDivisionError("oops")

    replace_run(run)
    assert main(["check", GOOD]) == 2
    quiet = capsys.readouterr()
    assert quiet.err.startswith("kverify: internal error: ZeroDivisionError: oops (please report it")
    assert ("Traceback" in quiet.err, quiet.out) == (False, "")
    assert main(["check", GOOD, "-v"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_still_shows_what_is_known(
    replace_run: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: Any) -> Report:
        raise KeyboardInterrupt

    replace_run(run)
    assert main(["check", GOOD]) == 3
    assert "interrupted: stopped from the keyboard" in capsys.readouterr().out
    assert main(["check", CONFIG]) == 2
    assert "KV2000" in capsys.readouterr().out


def test_a_closed_pipe_ends_quietly_with_the_verdict() -> None:
    # The shell closes the pipe before anything is written.
    command = f"{{ {sys.executable} -m kverify.cli.main check {CONFIG}; echo code $? >&2; }} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == "code 2\n"


def test_what_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "größe.yaml").write_text("a: b\n", "utf-8")
    command = [sys.executable, "-m", "kverify.cli.main", "check", "größe.yaml"]
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert "gr\\xf6\\xdfe.yaml:1:1" in done.stdout


def test_the_rest_is_still_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(INPUT / "tab.yaml"), GOOD, "-o", "json"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert [d["id"] for d in data["diagnostics"]] == ["KV1005"]
    decided = {row["object"] for row in (*data["findings"], *data["proofs"])}
    assert "Deployment shop/web" in decided


def test_a_manifest_from_standard_input_is_quoted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kverify.cli.main", "check", "-"]
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web}\n"
    done = subprocess.run(command, cwd=tmp_path, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "3 | metadata: {name: Web}" in done.stdout


def test_bounds_reach_the_checks(replace_run: Callable[[Run], None]) -> None:
    seen: list[Options] = []

    def run(_bundle: Any, _diagnostics: Any, options: Options) -> Report:
        seen.append(options)
        return Report(kubernetes_version=options.kubernetes_version)

    replace_run(run)
    assert main(["check", GOOD, "--max-memory", "1", "--timeout-per-property", "2.5", "--jobs", "3"]) == 0
    assert main(["check", GOOD]) == 0
    assert [(o.max_bytes, o.timeout_per_property, o.jobs) for o in seen] == [(1_000_000, 2.5, 3), (None, None, None)]
