"""Whatever stands in a manifest, every format stays what it is and says it in visible characters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from kverify.checks.finding import Cause, Finding, Proof, Repair, Report
from kverify.engines.verdict import Outcome, Verdict
from kverify.manifest import Diagnostic, Severity, Span
from kverify.manifest.files import path_of
from kverify.report import github, gitlab, junit, sarif
from kverify.report.issues import View, issues
from tests.cli.test_cli_formats import parsed

NASTY = "a[0](x) {0} 100% <b>&'\"]]> , : ::error::\x1b[31m\x00\u202e\r\n\ud800 \ufffe"
WRITTEN = r"\x1b[31m\x00\u202e\r\n\ud800 \ufffe"


def report(text: str, severity: Severity = Severity.ERROR, file: str = "a.yaml") -> Report:
    span = Span(file, 2, 3, 2, 6)
    verdict = Verdict(outcome=Outcome.UNKNOWN, method=text, scope=text, reason=text, assumptions=(text,))
    return Report(
        diagnostics=(
            Diagnostic(id="KV1102", severity=Severity.WARNING, message=text, span=span, object=text, mend=text),
        ),
        findings=(
            Finding(
                id="KV4001",
                severity=severity,
                object=text,
                message=text,
                property="rollout-completes",
                causes=(Cause(span, text, text),),
                opening=text,
                steps=(text,),
                outcome=text,
                details=(text,),
                why=text,
                repairs=(Repair(text=text, verified=True),),
            ),
        ),
        proofs=(Proof(id="KV4003", object=text, property="drain-ends", message=text, verdict=verdict),),
    )


def rendered(found: Report, fail_on: Severity = Severity.ERROR) -> Mapping[str, str]:
    view = View(report=found, exit_code=1, fail_on=fail_on)
    return {m.__name__.rpartition(".")[2]: m.render(view) for m in (github, gitlab, junit, sarif)}


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(), max_size=12))
def test_every_text_leaves_every_format_what_it_is(text: str) -> None:
    shown = rendered(report(text))
    SarifLog.model_validate(json.loads(shown["sarif"]))
    ElementTree.fromstring(shown["junit"])
    assert len(json.loads(shown["gitlab"])) == 2
    lines = shown["github"].split("\n")
    assert [parsed(line)[0] for line in lines[:-1]] == ["error", "warning", "warning"]
    assert lines[-1] == ""
    for form in shown.values():
        # A no-break space is as visible as a space.
        assert not [c for c in form if not c.isprintable() and c not in "\n\u00a0"]
    assert not re.search("[\ud800-\udfff]", str(json.loads(shown["sarif"]))), "no JSON text has a lone surrogate"


def test_what_is_not_visible_is_written_out_and_the_rest_is_kept() -> None:
    shown = rendered(report(NASTY))
    (_, properties, message), *_ = map(parsed, shown["github"].splitlines())
    plain = NASTY.partition("\x1b")[0]
    assert properties["title"] == f"KV4001 {plain}{WRITTEN}"
    # Line ends within a text are line ends of the annotation.
    assert message.startswith(plain + WRITTEN.replace(r"\r\n", "\\r\n"))
    failure = ElementTree.fromstring(shown["junit"]).find(".//failure")
    assert failure is not None
    assert failure.get("message") == f"error[KV4001] {plain}{WRITTEN}"
    assert json.loads(shown["gitlab"])[0]["description"] == f"{plain}{WRITTEN}: {plain}{WRITTEN}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{maxSurge: 0}", "{{maxSurge: 0}}"),
        ("containers[0] is wrong (see below)", "containers[0] is wrong (see below)"),
        ("[a](b) and [c] (d)", r"\[a](b) and [c] (d)"),
        ("C:\\x", "C:\\x"),
    ],
)
def test_message_strings_of_sarif(text: str, message: str) -> None:
    assert sarif.message_text(text) == message


@pytest.mark.parametrize(
    ("severity", "fail_on", "kind"),
    [
        (Severity.ERROR, Severity.ERROR, "failure"),
        (Severity.WARNING, Severity.ERROR, "skipped"),
        (Severity.WARNING, Severity.WARNING, "failure"),
        (Severity.INFO, Severity.WARNING, "skipped"),
    ],
)
def test_a_test_fails_when_the_exit_code_says_so(severity: Severity, fail_on: Severity, kind: str) -> None:
    root = ElementTree.fromstring(rendered(report("x", severity), fail_on=fail_on)["junit"])
    (case,) = root.findall("testsuite[@name='rollout-completes']/testcase")
    assert [child.tag for child in case] == [kind]
    (open_end,) = root.findall("testsuite[@name='drain-ends']/testcase")
    assert [child.tag for child in open_end] == ["skipped"]


def test_a_proof_beside_a_violation_does_not_make_it_pass() -> None:
    found = report("x")
    verdict = Verdict(outcome=Outcome.HOLDS, method="induction", scope="every size")
    proof = Proof(id="KV4001", object="x", property="rollout-completes", message="it completes", verdict=verdict)
    root = ElementTree.fromstring(rendered(Report(findings=found.findings, proofs=(proof,)))["junit"])
    (case,) = root.findall("testsuite[@name='rollout-completes']/testcase")
    assert [child.tag for child in case] == ["failure", "system-out"]


def test_a_run_that_was_interrupted_is_no_success() -> None:
    shown = rendered(Report(interrupted="stopped from the keyboard"))
    (run,) = json.loads(shown["sarif"])["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert ElementTree.fromstring(shown["junit"]).get("errors") == "1"
    assert parsed(shown["github"].rstrip("\n"))[0] == "error"


def test_two_problems_that_look_the_same_have_two_fingerprints() -> None:
    twice = Report(findings=report("x").findings * 2)
    first, second = issues(View(report=twice, exit_code=1))
    assert first.fingerprint != second.fingerprint


def test_files_are_named_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = tmp_path.as_posix()
    assert path_of("./shop/web.yaml") == "shop/web.yaml"
    assert path_of(f"{here}/shop/web.yaml") == "shop/web.yaml"
    assert path_of("shop/../web.yaml") == "web.yaml"
    assert path_of("../web.yaml") == tmp_path.parent.joinpath("web.yaml").as_posix()


@pytest.mark.parametrize(
    ("file", "uri"),
    [("a b/ü#.yaml", "a%20b/%C3%BC%23.yaml"), ("x\udcff.yaml", "x%FF.yaml"), ("/nowhere/a.yaml", None)],
)
def test_names_of_files_are_uris(file: str, uri: str | None) -> None:
    (run,) = json.loads(rendered(report("x", file=file))["sarif"])["runs"]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    expected = {"uri": "file:///nowhere/a.yaml"} if uri is None else {"uri": uri, "uriBaseId": "%SRCROOT%"}
    assert artifact == expected
