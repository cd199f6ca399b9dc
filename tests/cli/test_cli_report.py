"""Reports of hand-made findings: what a person reads, and what a tool reads."""

from __future__ import annotations

import io
import json as std_json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from kverify.checks.finding import Cause, Certainty, Finding, Proof, Repair, Report, Suppressed
from kverify.cli.main import main
from kverify.cluster.suppressions import By
from kverify.engines.verdict import Outcome, Step, Trace, Verdict
from kverify.manifest import Diagnostic, Severity, Span
from kverify.model.system import Action, TransitionSystem, Variable
from kverify.report import detail, json, text
from kverify.report.issues import View
from kverify.report.source import Sources, columns, escape, underlined
from kverify.report.style import Style, wants_colour

WEB = """\
spec:
  replicas: 3
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  template:
    spec:
      affinity:
        podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname}]}
"""
SOURCES = Sources({"shop/web.yaml": WEB})


def span(line: int, column: int, end_column: int, file: str = "shop/web.yaml") -> Span:
    return Span(file, line, column, line, end_column)


def verdict(outcome: Outcome, **values: Any) -> Verdict:
    return Verdict(outcome=outcome, **{"method": "exhaustive search", "scope": "replicas 3, 3 nodes", **values})


def lines(report: Report, sources: Sources = SOURCES, style: Style | None = None, *, verbose: bool = False) -> str:
    return "\n".join(text.render(report, sources, style, verbose=verbose))


STUCK = Finding(
    id="KV4001",
    severity=Severity.ERROR,
    object="Deployment shop/web",
    property="rollout-completes",
    message="the rollout stops half-way: the new pod fits on no node, and no old pod may be removed",
    causes=(
        Cause(span(5, 23, 24), "spec.strategy.rollingUpdate.maxUnavailable", "no pod may be missing"),
        Cause(
            span(9, 90, 112),
            "spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey",
            "two pods of web never share a node, and the old ones are on all three",
        ),
    ),
    certainty=Certainty.CERTAIN,
    opening="Three pods run on n1, n2 and n3, and the image is changed.",
    steps=("The Deployment controller scales the new ReplicaSet to 1", "The new ReplicaSet creates a pod"),
    changes=("", "Pending 0 → 1"),
    outcome="Nothing can happen any more: the new pod stays Pending.",
    details=("n1, n2, n3: didn't match pod anti-affinity rules",),
    why="Anti-affinity also counts pods of the old revision (kubernetes/kubernetes#116891).",
    repairs=(Repair(text="maxUnavailable: 1", verified=True), Repair(text="a fourth node")),
    verdict=verdict(Outcome.VIOLATED, evidence="12 states", assumptions=("images can be pulled",), certain=True),
)


def test_a_finding_reads_from_what_to_why_to_how() -> None:
    shown = lines(Report(findings=(STUCK,), objects=1))
    assert (
        shown
        == """\
error[KV4001] Deployment shop/web: the rollout stops half-way: the new pod fits on no node, and no
    old pod may be removed
 --> shop/web.yaml:5:23  spec.strategy.rollingUpdate.maxUnavailable
5 |       maxUnavailable: 0
  |                       ^ no pod may be missing
 --> shop/web.yaml:9:90
     spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey
9 | …ity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname}]}
  |                                                                       ^^^^^^^^^^^^^^^^^^^^^^
  |     two pods of web never share a node, and the old ones are on all three
  certain: every run goes wrong, for example this one:
    Three pods run on n1, n2 and n3, and the image is changed.
    1. The Deployment controller scales the new ReplicaSet to 1
    2. The new ReplicaSet creates a pod  [Pending 0 → 1]
    => Nothing can happen any more: the new pod stays Pending.
    - n1, n2, n3: didn't match pod anti-affinity rules
  why: Anti-affinity also counts pods of the old revision (kubernetes/kubernetes#116891).
  repair: maxUnavailable: 1 (checked: with it rollout-completes holds)
  suggestion: a fourth node
  found by: exhaustive search; replicas 3, 3 nodes; 12 states

assumed:
  rollout-completes: images can be pulled

1 object wanted, 1 error, no proofs"""
    )


def test_proofs_are_grouped_and_what_is_not_proved_is_loud() -> None:
    induction = verdict(
        Outcome.HOLDS, method="1-induction", scope="every replicas and maxSurge", evidence="invariant pods <= replicas"
    )
    proofs = (
        *(
            Proof(
                id="KV3001",
                object=f"Deployment shop/{name}",
                property="schedulable",
                message="every pod finds a node",
                verdict=verdict(Outcome.HOLDS, states=1000, assumptions=("controllers are fair",)),
            )
            for name in ("web", "api")
        ),
        Proof(id="KV4003", object="Deployment shop/web", property="surge", message="", verdict=induction),
        Proof(
            id="KV4005",
            object="Node n1",
            property="drain-ends",
            message="the search was not finished",
            verdict=verdict(Outcome.UNKNOWN, reason="more than 300,000 states"),
        ),
        Proof(
            id="KV4006",
            object="Service shop/web",
            property="keeps-endpoints",
            message="it never has one",
            verdict=verdict(Outcome.VACUOUS),
        ),
    )
    report = Report(
        proofs=proofs,
        objects=3,
        assumptions=("assumed to exist: ConfigMap shop/settings, read by Deployment shop/web",),
        not_modelled=("Ingress shop/front is not modelled",),
    )
    assert (
        lines(report)
        == """\
unknown[KV4005] Node n1: drain-ends was not decided: the search was not finished (more than 300,000
    states)
  tried: exhaustive search; replicas 3, 3 nodes

vacuous[KV4006] Service shop/web: keeps-endpoints says nothing here: it never has one
  tried: exhaustive search; replicas 3, 3 nodes

proved (-v has the evidence):
  schedulable: Deployment shop/web, shop/api: every pod finds a node
      by exhaustive search; replicas 3, 3 nodes; 2,000 states
  surge: Deployment shop/web
      by 1-induction; every replicas and maxSurge; invariant pods <= replicas

assumed:
  assumed to exist: ConfigMap shop/settings, read by Deployment shop/web
  schedulable: controllers are fair

not modelled:
  Ingress shop/front is not modelled

3 objects wanted, no errors, 3 proofs, 1 vacuous, 1 undecided"""
    )
    assert lines(report, verbose=True).count("schedulable: Deployment") == 2


def test_proofs_of_one_theorem_share_its_heading() -> None:
    proofs = tuple(
        Proof(
            id="KV4003",
            object=f"Deployment shop/{name}",
            property="promises-kept",
            message=f"at least {number} available",
            verdict=verdict(Outcome.HOLDS, method="induction", scope="every size", evidence="invariant"),
        )
        for name, number in (("web", 2), ("api", 3))
    )
    shown = lines(Report(proofs=proofs))
    assert shown.startswith("""\
proved (-v has the evidence):
  promises-kept:
      Deployment shop/web: at least 2 available
      Deployment shop/api: at least 3 available
      by induction; every size; invariant
""")


def test_proofs_in_different_scopes_say_so() -> None:
    proofs = tuple(
        Proof(
            id="KV4004",
            object=f"Deployment shop/{name}",
            property="drain-ends",
            message="the drain ends",
            verdict=verdict(Outcome.HOLDS, scope=f"{name}, 3 nodes", evidence=f"{number} states", states=number),
        )
        for name, number in (("web", 20), ("api", 30))
    )
    report = Report(proofs=proofs)
    assert "by exhaustive search; each in its own scope; 50 states" in lines(report)
    assert "by exhaustive search; web, 3 nodes; 20 states" in lines(report, verbose=True)


def test_an_invariant_is_shown_and_a_long_scope_not_cut_if_asked_for() -> None:
    invariant = "invariant: " + " and ".join(f"a{n} <= b{n}" for n in range(60))
    proof = Proof(
        id="KV4003",
        object="Deployment shop/web",
        property="surge",
        message="",
        verdict=verdict(Outcome.HOLDS, evidence=invariant, scope="; ".join(f"n{n}" for n in range(60))),
    )
    report = Report(proofs=(proof,))
    assert "… (-v shows all of it)" in lines(report)
    assert "n59" not in lines(report)
    assert "a0 <= b0" not in lines(report)
    shown = " ".join(lines(report, verbose=True).split())
    assert "n58; n59; invariant: a0 <= b0" in shown
    assert "a59 <= b59" in shown


def test_an_exact_abstraction_is_told_only_if_asked_for() -> None:
    told = verdict(Outcome.HOLDS, assumptions=("nodes are not told apart (exact)", "images can be pulled"))
    report = Report(proofs=(Proof(id="KV4003", object="a", property="surge", message="", verdict=told),))
    assert "surge: images can be pulled" in lines(report)
    assert "exact" not in lines(report)
    assert "surge: nodes are not told apart (exact); images can be pulled" in lines(report, verbose=True)


def test_what_the_heading_says_is_not_said_again() -> None:
    reason = "1 pod of web stays Pending: 0/3 nodes are available"
    stuck = Finding(
        id="KV4001",
        severity=Severity.ERROR,
        object="a",
        property="p",
        message=f"a rollout can never complete: {reason}",
        outcome=f"{reason}. Nothing moves any more.",
    )
    assert "    => 1 pod of web stays Pending. Nothing moves any more." in lines(Report(findings=(stuck,)))


def test_errors_come_before_warnings_of_the_input() -> None:
    late = Diagnostic(id="KV2001", severity=Severity.WARNING, message="selects nothing", span=span(2, 3, 4))
    shown = lines(Report(findings=(STUCK,), diagnostics=(late,)))
    assert shown.index("error[KV4001]") < shown.index("warning[KV2001]")


def test_quiet_leaves_out_what_holds() -> None:
    proof = Proof(id="KV4003", object="a", property="surge", message="", verdict=verdict(Outcome.HOLDS))
    view = View(report=Report(findings=(STUCK,), proofs=(proof,), objects=1), exit_code=1, quiet=True, sources=SOURCES)
    shown = "\n".join(detail.lines(view))
    assert "1. The Deployment controller" in shown
    assert "proved" not in shown
    assert "assumed" not in shown
    assert shown.endswith("\n\n1 object wanted, 1 error, 1 proof")


def test_a_summary_is_a_line_for_each_problem() -> None:
    late = Diagnostic(
        id="KV2001",
        severity=Severity.WARNING,
        message="selects\x1b nothing",
        span=span(2, 3, 4),
        object="Service shop/web",
    )
    unknown = verdict(Outcome.UNKNOWN, reason="more than 300,000 states")
    proof = Proof(id="KV4003", object="Node n1", property="drain-ends", message="", verdict=unknown)
    report = Report(diagnostics=(late,), findings=(STUCK,), proofs=(proof,), objects=1)
    assert list(detail.lines(View(report=report, exit_code=1, summary=True))) == [
        "shop/web.yaml:5:23: error[KV4001] Deployment shop/web: the rollout stops half-way: the new pod fits on no "
        "node, and no old pod may be removed",
        "shop/web.yaml:2:3: warning[KV2001] Service shop/web: selects\\x1b nothing",
        "unknown[KV4003] Node n1: drain-ends: more than 300,000 states",
        "1 object wanted, 1 error, 1 warning, no proofs, 1 undecided",
    ]


def test_an_interrupted_run_says_so() -> None:
    assert lines(Report(interrupted="stopped from the keyboard")).startswith("interrupted: stopped from the keyboard\n")


def test_a_summary_of_an_interrupted_run_says_so_and_lists_what_is_suppressed_on_demand() -> None:
    hidden = Suppressed(item=STUCK, by=By.CONFIGURATION, reason="known", span=None)
    report = Report(suppressed=(hidden,), interrupted="stopped from the keyboard")
    view = View(report=report, exit_code=3, summary=True)
    assert list(detail.lines(view)) == [
        "interrupted: stopped from the keyboard",
        "0 objects wanted, no errors, no proofs, 1 suppressed (--show-suppressed lists them)",
    ]
    shown = "\n".join(detail.lines(evolve(view, show_suppressed=True)))
    assert "error[KV4001] Deployment shop/web: " in shown
    assert "configuration: known" in shown


def test_findings_come_worst_first_and_a_loop_is_named() -> None:
    system = counter()
    trace = Trace(system, (0, 0), (Step(system.actions[0], (1, 0)),), loop=0)
    report = Report(
        findings=(
            Finding(id="KV4002", severity=Severity.INFO, object="a", property="p", message="third"),
            Finding(id="KV4002", severity=Severity.WARNING, object="a", property="p", message="second"),
            Finding(
                id="KV4002",
                severity=Severity.ERROR,
                object="a",
                property="p",
                message="first",
                steps=("up",),
                certainty=Certainty.POSSIBLE,
                verdict=verdict(Outcome.VIOLATED, trace=trace),
            ),
        )
    )
    shown = lines(report)
    assert shown.index("first") < shown.index("second") < shown.index("third")
    assert "possible: some runs go wrong, for example this one:" in shown
    assert "From step 1 on this repeats for ever." in shown
    assert shown.endswith("0 objects wanted, 1 error, 1 warning, 1 note, no proofs")


def test_every_line_fits_unless_one_word_does_not() -> None:
    for width in (60, 80, 100):
        for line in lines(Report(findings=(STUCK,)), style=Style(width=width)).splitlines():
            assert columns(line) <= width or len(line.split()) == 1


def test_colour_changes_no_character() -> None:
    coloured = lines(Report(findings=(STUCK,)), style=Style(colour=True))
    import re

    assert "\x1b[1;31merror[KV4001]\x1b[0m Deployment" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == lines(Report(findings=(STUCK,)))


def test_colour_is_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert (wants_colour(Terminal()), wants_colour(io.StringIO())) == (True, False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        ("größe 東京", "größe 東京"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("a\u202eb", "a\\u202eb"),
        ("\udcff", "\\udcff"),
        ("\x9b1m", "\\x9b1m"),
    ],
)
def test_nothing_of_a_manifest_controls_the_terminal(given: str, shown: str) -> None:
    assert escape(given) == shown
    report = Report(findings=(Finding(id="K", severity=Severity.ERROR, object=given, property="p", message=given),))
    assert f"{shown}: {shown}" in lines(report)


@pytest.mark.parametrize(
    ("line", "where", "expected"),
    [
        ("  replicas: 3", span(1, 13, 14), ("  replicas: 3", " " * 12, "^")),
        ("\tname: web", span(1, 1, 2), ("→ name: web", "", "^")),
        ("\tname: web", span(1, 8, 11), ("  name: web", " " * 8, "^^^")),
        ("name: 東京", span(1, 7, 9), ("name: 東京", " " * 6, "^^^^")),
        ("a: b", Span("f", 1, 4, 3, 2), ("a: b", "   ", "^")),
        ("a:", span(1, 99, 99), ("a:", "  ", "^")),
        ("", span(1, 1, 1), ("", "", "^")),
    ],
)
def test_the_underline_is_below_the_field(line: str, where: Span, expected: tuple[str, str, str]) -> None:
    assert underlined(line, where, 80) == expected


def test_a_long_line_is_cut_around_the_field() -> None:
    line = "x" * 5000 + "HERE" + "y" * 5000
    shown, blanks, carets = underlined(line, span(1, 5001, 5005), 60)
    assert columns(shown) <= 60
    assert shown[len(blanks) : len(blanks) + len(carets)] == "HERE"


def test_a_file_that_is_gone_shows_less() -> None:
    place = Cause(span(7, 3, 9, "gone.yaml"), "spec.x", "the note")
    finding = Finding(id="K", severity=Severity.ERROR, object="a", property="p", message="m", causes=(place,))
    assert lines(Report(findings=(finding,))).splitlines()[1:3] == [" --> gone.yaml:7:3  spec.x", "     the note"]


def counter() -> TransitionSystem:
    n = Variable("n", 0, 3, initial=0)
    mode = Variable.choice("mode", ("up", "down"), "up")
    up = Action("up", "counter", guard=n.expr < 3, updates={"n": n.expr + 1}, says="from {before[n]} to {after[n]}")
    return TransitionSystem("counter", (n, mode), (up,))


def test_json_is_complete() -> None:
    system = counter()
    trace = Trace(system, (0, 0), (Step(system.actions[0], (1, 1)),))
    finding = Finding(
        id="KV4001",
        severity=Severity.WARNING,
        object="Deployment shop/web",
        property="p",
        message="m",
        causes=(Cause(span(5, 23, 24), "spec.x", "n"),),
        certainty=Certainty.POSSIBLE,
        repairs=(Repair(text="r", verified=True),),
        verdict=verdict(Outcome.VIOLATED, trace=trace, states=4),
    )
    diagnostic = Diagnostic(id="KV1109", severity=Severity.ERROR, message="bad \udcff", span=span(1, 1, 2, "f\udcff"))
    report = Report(diagnostics=(diagnostic,), findings=(finding,), objects=2, not_modelled=("x",))
    written = json.render(report, 2)
    assert written == json.render(report, 2)
    data = std_json.loads(written)
    assert data["schema"] == "kverify.report/1"
    assert data["exitCode"] == 2
    assert data["summary"] == {
        "objects": 2,
        "errors": 1,
        "warnings": 1,
        "infos": 0,
        "holds": 0,
        "vacuous": 0,
        "unknown": 0,
        "suppressed": 0,
    }
    (found,) = data["findings"]
    place = {"file": "shop/web.yaml", "line": 5, "column": 23, "endLine": 5, "endColumn": 24, "origin": None}
    assert found["causes"] == [{"path": "spec.x", "note": "n", "span": place}]
    assert found["verdict"]["trace"] == {
        "system": "counter",
        "start": {"n": 0, "mode": "up"},
        "steps": [
            {
                "action": "up",
                "component": "counter",
                "environment": False,
                "says": "from 0 to 1",
                "state": {"n": 1, "mode": "down"},
            }
        ],
        "loop": None,
        "legend": None,
        "blocked": [],
    }
    assert data["diagnostics"][0]["span"]["file"] == "f\\udcff"


def test_steps_that_never_happen_are_listed_when_asked_with_what_keeps_them(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(__file__).parents[1] / "scenarios" / "a01_rollout_antiaffinity_full"
    arguments = ["check", str(folder / "fails.yaml"), "--cluster", str(folder / "cluster_4.yaml")]
    assert main([*arguments, "--property", "drain-ends", "-v"]) == 0
    out = capsys.readouterr().out
    assert "kinds of steps happen; what is never true of the others:" in out
    assert "- ready default/web/new@n1: 1 <= default/web/new.starting@n1" in out
    assert main([*arguments, "--property", "drain-ends", "-o", "json"]) == 0
    (proof,) = std_json.loads(capsys.readouterr().out)["proofs"]
    coverage = proof["verdict"]["coverage"]
    assert coverage["idle"] is None
    assert coverage["fired"]["ready default/web/new@n1"] == 0
    assert coverage["fired"]["stop default/web/new@n1"] > 0
