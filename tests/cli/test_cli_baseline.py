"""``--write-baseline`` and ``--baseline``: what was there is hidden, what is new or worse is not."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from errno import EBUSY
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from kverify.checks.finding import Cause, Certainty, Finding, Proof, Report
from kverify.cli.main import main
from kverify.cluster.suppressions import By
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.span import Span
from kverify.report import baseline
from kverify.report.baseline import BaselineError
from kverify.report.source import Sources

SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: nobody}}, ports: [{{port: 80}}]}}
"""
OTHERS = """\
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "@daily"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "x:1"}]}}}}
"""
"""Pods of the namespace, so that a Service that finds none is a finding."""
Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs ``kverify check --fail-on warning``: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["check", "--fail-on", "warning", *arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def write(*names: str, before: str = "") -> None:
    Path("web.yaml").write_text(before + "".join(SERVICE.format(name=name) for name in names) + OTHERS)


def test_what_is_written_is_known_and_what_is_new_fails(check: Check) -> None:
    write("a", "b")
    code, out, err = check("web.yaml", "--write-baseline", "known.json")
    assert (code, err) == (0, "kverify: known.json has 2 findings now\n")
    assert "2 suppressed" in out
    first = Path("known.json").read_text()
    assert check("web.yaml", "--baseline", "known.json")[0] == 0
    # Lines that move, another order, another file: nothing is new.
    write("b", "a", before="# a comment\n\n")
    code, out, _ = check("web.yaml", "--baseline", "known.json")
    assert (code, "KV6004" in out) == (0, False)
    Path("web.yaml").rename("other.yaml")
    assert check("other.yaml", "--baseline", "known.json")[0] == 0
    Path("other.yaml").rename("web.yaml")
    check("web.yaml", "--write-baseline", "known.json")
    assert Path("known.json").read_text() == first
    write("a", "b", "c")
    code, out, _ = check("web.yaml", "--baseline", "known.json")
    assert code == 1
    assert "warning[KV2001] Service default/c" in out
    assert "Service default/a" not in out


def test_what_is_said_of_it_begins_a_line_of_the_terminal(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    err = check("web.yaml", "--write-baseline", "known.json")[2]
    assert " \rkverify: known.json has 1 finding now\n" in err


def test_entries_that_do_not_occur_are_told(check: Check) -> None:
    write("a", "b")
    check("web.yaml", "--write-baseline", "known.json")
    write("a")
    code, out, _ = check("web.yaml", "--baseline", "known.json")
    assert code == 0
    assert "info[KV6004] 1 entry of the baseline occurs no longer: KV2001 Service default/b." in out
    assert " --> known.json:" in out
    assert "KV6004" not in check("web.yaml", "--baseline", "known.json", "--property", "admitted")[1]


def test_the_configuration_names_it(check: Check) -> None:
    Path("kverify.toml").write_text('paths = ["web.yaml"]\nbaseline = "known.json"\n')
    write("a")
    code, _, err = check()
    assert (code, "--baseline known.json: No such file or directory; --write-baseline known.json writes it" in err) == (
        2,
        True,
    )
    assert check("--write-baseline", "known.json")[0] == 0
    assert check()[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--property", "admitted"), "--write-baseline writes everything that is found, and --property asks only"),
        (("--scenario", "drain"), "--write-baseline writes everything that is found, and --scenario asks only"),
        (
            ("--changed-since", "HEAD"),
            "--write-baseline writes everything that is found, and --changed-since asks only",
        ),
        (("web.yaml",), "--write-baseline writes everything that is found, and MANIFEST asks only"),
    ],
)
def test_a_part_is_never_written_down_as_the_whole(check: Check, arguments: tuple[str, ...], says: str) -> None:
    Path("kverify.toml").write_text('paths = ["web.yaml"]\n')
    write("a")
    code, _, err = check(*arguments, "--write-baseline", "known.json")
    assert (code, says in err, Path("known.json").exists()) == (2, True, False)


def test_nothing_is_written_of_bad_input(check: Check) -> None:
    write("a", before="kind: x\n")
    code, _, err = check("web.yaml", "--write-baseline", "known.json")
    assert (code, Path("known.json").exists()) == (2, False)
    assert "known.json was not written, because some of the input cannot be used" in err


def test_it_is_not_written_where_it_would_be_read(check: Check) -> None:
    write("a")
    code, _, err = check(".", "--write-baseline", "known.json")
    assert (code, "lies in ., where it would be read as a manifest the next time" in err) == (2, True)
    assert check("web.yaml", "--write-baseline", "no/such/known.json")[0] == 2


def test_standard_output_is_none(check: Check) -> None:
    write("a")
    code, _, err = check("web.yaml", "--write-baseline", "-")
    assert (code, "--write-baseline takes the name of a file" in err) == (2, True)
    assert not Path("-").exists()


def test_what_writing_it_would_not_mend_is_not_mended_by_writing_it(check: Check) -> None:
    write("a")
    assert "; --write-baseline known.json writes it" in check("web.yaml", "--baseline", "known.json")[2]
    Path("folder").mkdir()
    _, _, err = check("web.yaml", "--baseline", "folder")
    assert "--baseline folder: Is a directory" in err
    assert "--write-baseline" not in err


@pytest.mark.parametrize("name", ["kverify.toml", "policies/own.kv", "known.json"])
def test_nothing_that_a_run_reads_is_overwritten(check: Check, name: str) -> None:
    write("a")
    Path("policies").mkdir()
    texts = {
        "kverify.toml": 'specs = ["policies"]\nbaseline = "known.json"\n',
        "policies/own.kv": 'policy few "F."\n  for s in Service\n  require true\n',
        "known.json": "[]",
    }
    for file, text in texts.items():
        Path(file).write_text(text)
    # A baseline is there to be written again.
    for option in ((f"-ojson={name}",), ("--write-baseline", name))[: 1 if name == "known.json" else 2]:
        code, _, err = check("web.yaml", *option)
        assert (code, "which is read" in err) == (2, True)
    assert Path(name).read_text() == texts[name]


# -- what an entry hides ----------------------------------------------------------------------------------------------


def span(line: int, file: str = "a.yaml") -> Span:
    return Span(file, line, 1, line, 2)


def finding(**options: Any) -> Finding:
    defaults: dict[str, Any] = {
        "id": "KV4001",
        "severity": Severity.WARNING,
        "object": "Deployment a/x",
        "message": "m",
        "property": "rollout-completes",
        "causes": (Cause(span(3), "spec.replicas"),),
        "certainty": Certainty.POSSIBLE,
    }
    return Finding(**{**defaults, **options})


def after(before: Report, now: Report, *, whole: bool = True) -> Report:
    """What is reported now, with what was found before as the baseline."""
    known = baseline.read("known.json", baseline.render(before, Sources()))
    return baseline.apply(now, Sources(), known, whole=whole)


BEFORE = Report(findings=(finding(),))


@pytest.mark.parametrize(
    ("change", "hidden"),
    [
        ({}, True),
        ({"message": "another"}, True),
        ({"causes": (Cause(span(9, "b.yaml"), "spec.replicas"),)}, True),
        ({"severity": Severity.INFO}, True),
        ({"certainty": None}, True),
        ({"severity": Severity.ERROR}, False),
        ({"certainty": Certainty.CERTAIN}, False),
        ({"causes": (Cause(span(3), "spec.strategy"),)}, False),
        ({"object": "Deployment a/y"}, False),
        ({"id": "KV4002"}, False),
        ({"scenario": "drain"}, False),
    ],
)
def test_an_entry_hides_the_same_and_nothing_worse(change: dict[str, Any], hidden: bool) -> None:
    report = after(BEFORE, Report(findings=(finding(**change),)))
    assert len(report.suppressed) == hidden
    assert len(report.findings) == (not hidden)
    assert all(one.by is By.BASELINE for one in report.suppressed)


def test_what_has_become_worse_says_so() -> None:
    (told,) = after(BEFORE, Report(findings=(finding(certainty=Certainty.CERTAIN),))).findings
    assert told.details == ("the baseline has it as possible, warning: it has become worse",)


def test_what_has_become_worse_of_the_input_says_so_too() -> None:
    warned = Diagnostic(
        id="KV2001", severity=Severity.WARNING, message="There is no ConfigMap a.", span=span(3), object="Pod a/x"
    )
    said = Report(diagnostics=(warned,))
    assert after(said, said).diagnostics == ()
    (told,) = after(said, Report(diagnostics=(evolve(warned, severity=Severity.ERROR),))).diagnostics
    (why,) = told.related
    assert why.note == "the baseline has it as warning: it has become worse"
    assert (why.span.file, why.span.line) == ("known.json", 5)


def test_as_many_are_hidden_as_there_were() -> None:
    two = after(Report(findings=(finding(), finding())), Report(findings=(finding(), finding(), finding())))
    assert (len(two.suppressed), len(two.findings)) == (2, 1)


def test_what_is_refused_or_not_decided_is_never_hidden() -> None:
    refused = Diagnostic(id="KV1109", severity=Severity.ERROR, message="m", span=span(1), path="p", object="o")
    warning = evolve(refused, id="KV1250", severity=Severity.WARNING)
    undecided = Proof(
        id="KV4001",
        object="Deployment a/x",
        property="rollout-completes",
        message="m",
        verdict=Verdict(outcome=Outcome.UNKNOWN, method="m"),
    )
    report = Report(diagnostics=(refused, warning), proofs=(undecided,))
    assert [entry["id"] for entry in json.loads(baseline.render(report, Sources()))["findings"]] == ["KV1250"]
    told = after(report, report)
    assert (told.diagnostics, told.exit_code()) == ((refused,), 2)
    # The violation that was there may still be: nobody knows.
    open_now = after(BEFORE, Report(proofs=(undecided,)))
    assert (open_now.diagnostics, open_now.exit_code()) == ((), 3)
    assert [d.id for d in after(BEFORE, Report()).diagnostics] == ["KV6004"]
    assert after(BEFORE, Report(), whole=False).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{\n 1", "known.json:2:2: this is not JSON"),
        ("[" * 100_000, "known.json: this is no baseline"),
        ("1" * 5000, "known.json: this is no baseline: Exceeds the limit"),
        ("[]", "known.json: this is not what --write-baseline writes: it has no schema"),
        ('{"schema": "kverify.report/1"}', "it has the schema 'kverify.report/1', not 'kverify.baseline/1'"),
        ('{"schema": "kverify.baseline/1"}', "known.json: findings is not a list"),
        ('{"schema": "kverify.baseline/1", "findings": [{}]}', "findings[0] needs fingerprint, id, severity"),
        (
            '{"schema": "kverify.baseline/1", "findings": [{"fingerprint": "", "id": "", "object": "", '
            '"message": "", "severity": "bad"}]}',
            "findings[0].severity is not one of info, warning, error",
        ),
    ],
)
def test_another_file_is_refused(text: str, says: str) -> None:
    with pytest.raises(BaselineError) as raised:
        baseline.read("known.json", text)
    assert says in str(raised.value)


@pytest.fixture
def known(check: Check) -> Path:
    """A baseline that was written, with its mode."""
    write("a")
    assert check("web.yaml", "--write-baseline", "known.json")[0] == 0
    Path("known.json").chmod(0o640)
    return Path("known.json")


def test_a_full_disk_leaves_what_was_there(check: Check, known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = known.read_text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    write("a", "b")
    monkeypatch.setattr("os.fsync", full)
    code, _, err = check("web.yaml", "--write-baseline", "known.json")
    assert (code, "--write-baseline known.json: No space left on device" in err) == (2, True)
    assert known.read_text() == before
    assert not list(Path().glob(".kverify-*"))


@pytest.mark.parametrize("number", [EBUSY, None])
def test_it_is_written_again_where_it_is(
    number: int | None, check: Check, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link stays a link; a mount point cannot be replaced."""
    before = known.read_text()
    Path("link.json").symlink_to(known)
    if number is not None:

        def busy(*_: Any) -> None:
            raise OSError(number, "Device or resource busy")

        monkeypatch.setattr(Path, "replace", busy)
    write("a", "b")
    assert check("web.yaml", "--write-baseline", "link.json")[0] == 0
    assert known.read_text() != before
    assert Path("link.json").is_symlink()
    assert known.stat().st_mode & 0o777 == 0o640
    assert not list(Path().glob(".kverify-*"))
