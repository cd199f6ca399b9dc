"""A report from its JSON form, to be shown again in another one.

What the JSON form does not say is not known any more: the actions and expressions of the model behind a trace. The
trace keeps its states and sentences. Everything else is as it was, and a test holds that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

from attrs import field, frozen

from kverify.checks.finding import (
    Cause,
    Certainty,
    FileChange,
    Finding,
    Fix,
    Lines,
    Proof,
    Refusal,
    Repair,
    Report,
    Suppressed,
)
from kverify.cluster.suppressions import By
from kverify.engines.verdict import Coverage, Idle, Outcome, Said, Step, Trace, Verdict
from kverify.manifest.diagnostics import Diagnostic, Related, Severity
from kverify.manifest.span import Span
from kverify.model.expr import boolean
from kverify.model.legend import BudgetLegend, Legend, PlaceLegend, Pods, RevisionLegend, WorkloadLegend
from kverify.model.system import Action, State, TransitionSystem, Variable
from kverify.report.json import SCHEMA
from kverify.report.source import Sources

MOST_LINES = 2**31
"""No file that was read has more."""

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


class ReportFileError(ValueError):
    """A file is no report that can be read. The message is one sentence that says what is not as it should be."""


@frozen(kw_only=True)
class Written:
    """A report that was written down: as plain values, and as what it was. ``sources`` have the lines that it shows."""

    document: Mapping[str, Any] = field(repr=False)
    report: Report
    exit_code: int
    sources: Sources


def read(text: str) -> Written:
    """The report with ``text`` as its JSON form. Raises ``ReportFileError`` for what ``json.render`` does not write."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportFileError(f"this is not JSON: {error}") from error
    whole = _Part(document, "")
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        found = "no schema" if schema is None else f"the schema {schema!r}"
        raise ReportFileError(f"this is not a report of kverify check -o json: it has {found}, not {SCHEMA!r}")
    report = _report(whole)
    _counts(whole)
    return Written(
        document=document,
        report=report,
        exit_code=whole.number("exitCode"),
        sources=Sources(written=_sources(whole)),
    )


@frozen
class _Part:
    """A value of the document and where it is."""

    value: Any
    path: str

    def __getitem__(self, name: str) -> _Part:
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        if name not in self.value:
            raise ReportFileError(f"{self._where()} has no {name!r}")
        return _Part(self.value[name], f"{self.path}.{name}".lstrip("."))

    def _where(self) -> str:
        return self.path or "the report"

    def _wrong(self, wanted: str) -> ReportFileError:
        return ReportFileError(f"{self._where()} is not {wanted}")

    def is_(self, kind: type[T], called: str) -> T:
        # A truth value is no number here.
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise self._wrong(called)
        return self.value

    def text(self, name: str) -> str:
        """The text of a field; null is the empty one."""
        part = self[name]
        return "" if part.value is None else part.is_(str, "a text")

    def number(self, name: str) -> int:
        return self[name].is_(int, "a number")

    def number_or_none(self, name: str) -> int | None:
        return None if self[name].value is None else self.number(name)

    def truth(self, name: str) -> bool:
        return self[name].is_(bool, "true or false")

    def each(self, name: str) -> Iterator[_Part]:
        part = self[name]
        for index, value in enumerate(part.is_(list, "a list")):
            yield _Part(value, f"{part.path}[{index}]")

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(part.is_(str, "a text") for part in self.each(name))

    def all(self, name: str, make: Callable[[_Part], T]) -> tuple[T, ...]:
        return tuple(make(part) for part in self.each(name))

    def maybe(self, name: str, make: Callable[[_Part], T]) -> T | None:
        return None if self[name].value is None else make(self[name])

    def item_of(self, name: str, items: Sequence[T]) -> T:
        """The one of ``items`` whose number (from 0) is in a field."""
        number = self.number(name)
        if not 0 <= number < len(items):
            raise self[name]._wrong(f"a number below {len(items)}")
        return items[number]

    def one_of(self, name: str, kind: type[E]) -> E:
        """The member of an enumeration by its value, or by its name in lower case."""
        said = self.text(name)
        for member in kind:
            if said in (member.value, member.name.lower()):
                return member
        raise self[name]._wrong(f"one of {', '.join(member.name.lower() for member in kind)}")


def _counts(whole: _Part) -> None:
    """Looked at for its form only: a report counts by itself, but the page is made of the document."""
    whole["kverify"].is_(str, "a text")
    for name in ("errors", "warnings", "infos", "holds", "vacuous", "unknown", "suppressed"):
        whole["summary"].number(name)


def _report(whole: _Part) -> Report:
    diagnostics = whole.all("diagnostics", _diagnostic)
    return Report(
        diagnostics=diagnostics,
        mended=whole.all("mended", lambda p: (p.item_of("diagnostic", diagnostics), p.all("fixes", _fix))),
        findings=whole.all("findings", _finding),
        suppressed=whole.all("suppressed", _suppressed),
        proofs=whole.all("proofs", _proof),
        assumptions=whole.texts("assumptions"),
        not_modelled=whole.texts("notModelled"),
        objects=whole["summary"].number("objects"),
        interrupted=whole.text("interrupted"),
        kubernetes_version=whole.text("kubernetesVersion"),
    )


def _sources(whole: _Part) -> dict[str, dict[int, str]]:
    """Files with the lines that are known, by their numbers."""
    lines: dict[str, dict[int, str]] = {}
    for part in whole.each("sources"):
        first = _position(part, "line")
        lines.setdefault(part.text("file"), {}).update(enumerate(part.texts("texts"), first))
    return lines


def _span(part: _Part) -> Span:
    return Span(
        part.text("file"),
        _position(part, "line"),
        _position(part, "column"),
        _position(part, "endLine"),
        _position(part, "endColumn"),
        part.text("origin") or None,
    )


def _position(part: _Part, name: str) -> int:
    """The number of a line or a column."""
    number = part.number(name)
    if not 1 <= number <= MOST_LINES:
        raise ReportFileError(f"{part.path}.{name} is not from 1 to {MOST_LINES:,}")
    return number


def _diagnostic(part: _Part) -> Diagnostic:
    return Diagnostic(
        id=part.text("id"),
        severity=part.one_of("severity", Severity),
        message=part.text("message"),
        span=_span(part["span"]),
        path=part.text("path"),
        object=part.text("object"),
        mend=part.text("mend"),
        related=part.all("related", lambda p: Related(_span(p["span"]), p.text("note"), p.text("path"))),
    )


def _finding(part: _Part) -> Finding:
    return Finding(
        id=part.text("id"),
        severity=part.one_of("severity", Severity),
        object=part.text("object"),
        message=part.text("message"),
        property=part.text("property"),
        scenario=part.text("scenario"),
        causes=part.all("causes", lambda p: Cause(_span(p["span"]), p.text("path"), p.text("note"))),
        certainty=part.one_of("certainty", Certainty) if part["certainty"].value is not None else None,
        opening=part.text("opening"),
        steps=part.texts("steps"),
        changes=part.texts("changes"),
        outcome=part.text("outcome"),
        details=part.texts("details"),
        refusals=part.all(
            "refusals", lambda p: Refusal(pods=p.text("pods"), node=p.text("node"), reasons=p.texts("reasons"))
        ),
        sizes=part.texts("sizes"),
        why=part.text("why"),
        repairs=part.all("repairs", lambda p: Repair(text=p.text("text"), verified=p.truth("verified"))),
        fixes=part.all("fixes", _fix),
        verdict=part.maybe("verdict", _verdict),
    )


def _lines(part: _Part) -> Lines:
    return Lines(start=part.number("start"), end=part.number("end"), text=part.text("text"))


def _change(part: _Part) -> FileChange:
    return FileChange(file=part.text("file"), patch=part.text("patch"), lines=part.all("lines", _lines))


def _fix(part: _Part) -> Fix:
    return Fix(
        text=part.text("text"),
        cost=part.text("cost"),
        again=part.texts("checkedAgain"),
        changes=part.all("changes", _change),
    )


def _suppressed(part: _Part) -> Suppressed:
    diagnostic = part.maybe("diagnostic", _diagnostic)
    return Suppressed(
        item=_finding(part["finding"]) if diagnostic is None else diagnostic,
        by=part.one_of("by", By),
        reason=part.text("reason"),
        span=part.maybe("span", _span),
    )


def _proof(part: _Part) -> Proof:
    return Proof(
        id=part.text("id"),
        object=part.text("object"),
        property=part.text("property"),
        message=part.text("message"),
        verdict=_verdict(part["verdict"]),
        sizes=part.texts("sizes"),
    )


def _verdict(part: _Part) -> Verdict:
    return Verdict(
        outcome=part.one_of("outcome", Outcome),
        method=part.text("method"),
        scope=part.text("scope"),
        evidence=part.text("evidence"),
        assumptions=part.texts("assumptions"),
        certain=part.truth("certain"),
        trace=part.maybe("trace", _trace),
        reason=part.text("reason"),
        states=part.number("states"),
        rungs=part.all("rungs", _said),
        coverage=part.maybe("coverage", _coverage),
    )


def _said(part: _Part) -> Said:
    return Said(
        engine=part.text("engine"),
        outcome=part.one_of("outcome", Outcome),
        about=part.text("about"),
        reason=part.text("reason"),
        states=part.number("states"),
    )


def _coverage(part: _Part) -> Coverage:
    fired = part["fired"]
    return Coverage(
        fired={name: fired.number(name) for name in fired.is_(dict, "an object")},
        idle=None if part["idle"].value is None else part.all("idle", _idle),
    )


def _idle(part: _Part) -> Idle:
    """The condition is kept as a variable of that name: it is only shown."""
    return Idle(Action(part.text("action"), "", True, {}), boolean(part.text("blockedBy")))


# -- traces ----------------------------------------------------------------------------------------------------------


def _trace(part: _Part) -> Trace:
    states = [part["start"], *(step["state"] for step in part.each("steps"))]
    choices: dict[str, dict[str, None]] = {}
    for state in states:
        for name, value in state.is_(dict, "an object").items():
            if isinstance(value, str):
                choices.setdefault(name, {})[value] = None
    variables = tuple(_variable(name, value, tuple(choices.get(name, ()))) for name, value in states[0].value.items())
    actions = part.all("steps", _action)
    for held in part.each("blocked"):
        _blocked(held)
    system = TransitionSystem(
        part.text("system"), variables, (), legend=part.maybe("legend", lambda p: _legend(p, len(states)))
    )
    steps = tuple(Step(action, _state(variables, state)) for action, state in zip(actions, states[1:], strict=True))
    loop = part.number_or_none("loop")
    if loop is not None and not 0 <= loop < len(steps):
        raise ReportFileError(f"{part.path}.loop is no step of the trace")
    return Trace(system, _state(variables, states[0]), steps, loop)


def _variable(name: str, value: Any, choices: tuple[str, ...]) -> Variable:
    if isinstance(value, str):
        return Variable.choice(name, choices, None)
    return Variable.boolean(name, None) if isinstance(value, bool) else Variable(name)


def _state(variables: tuple[Variable, ...], part: _Part) -> State:
    return tuple(_value(variable, part[variable.name]) for variable in variables)


def _value(variable: Variable, part: _Part) -> int:
    if variable.values:
        return variable.values.index(part.is_(str, "a text"))
    return int(part.is_(bool, "true or false")) if variable.truth else part.is_(int, "a number")


def _action(part: _Part) -> Action:
    return Action(
        part.text("action"),
        part.text("component"),
        guard=True,
        updates={},
        # A sentence is a template; this one has nothing to fill in.
        says=part.text("says").replace("{", "{{").replace("}", "}}"),
        environment=part.truth("environment"),
    )


def _blocked(part: _Part) -> None:
    """Looked at for its form only: the guards themselves are not known any more."""
    part.text("component")
    part.texts("actions")
    for unmet in part.each("unmet"):
        unmet.text("text")
        unmet.number_or_none("left")
        unmet.number_or_none("right")


def _legend(part: _Part, states: int) -> Legend:
    return Legend(
        workloads=part.all("workloads", lambda p: _workload(p, states)),
        places=part.all("places", _place),
        budgets=part.all(
            "budgets",
            lambda p: BudgetLegend(
                name=p.text("name"), desired=_by_state(p, "desired", states), revisions=p.texts("revisions")
            ),
        ),
    )


def _by_state(part: _Part, name: str, states: int) -> tuple[int, ...] | None:
    """A number for every state; None where it was left open."""
    if part[name].value is None:
        return None
    numbers = part.all(name, lambda p: p.is_(int, "a number"))
    if len(numbers) != states:
        raise ReportFileError(f"{part[name].path} has {len(numbers)} numbers for {states} states")
    return numbers


def _workload(part: _Part, states: int) -> WorkloadLegend:
    return WorkloadLegend(
        name=part.text("name"),
        replicas=_by_state(part, "replicas", states),
        strategy=part.text("strategy"),
        least=_by_state(part, "least", states),
        most=_by_state(part, "most", states),
        revisions=part.all(
            "revisions",
            lambda p: RevisionLegend(
                key=p.text("key"),
                title=p.text("title"),
                ready=p.truth("ready"),
                wanted=p.text("wanted"),
                pods=p.all("pods", lambda q: Pods(q.text("variable"), q.text("phase"), q.text("place"))),
            ),
        ),
    )


def _place(part: _Part) -> PlaceLegend:
    return PlaceLegend(
        name=part.text("name"),
        several=part.truth("several"),
        zone=part.text("zone"),
        taints=part.texts("taints"),
        cordoned=part.truth("cordoned"),
        others=part.all("others", lambda p: (p.text("pods"), p.number("number"))),
        status=part.text("status"),
    )
