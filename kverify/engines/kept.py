"""Answers of engines that are kept from run to run.

An answer is kept under a key of everything that was asked: the whole system, with what its steps are called and which
blocks are interchangeable, the property with its lemmas, and every bound. What is unknown because of such a bound (of
states, say) is an answer too; what was cut short by a clock or by Ctrl-C is none. A run is kept as the numbers of its
steps and its states; it becomes a trace of the system at hand, and is replayed by the plain interpreter as it was when
it was found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from enum import Enum
from hashlib import sha256
from typing import Any

import attrs

from kverify.engines.budget import INTERRUPTED, enough
from kverify.engines.errors import ReplayError
from kverify.engines.explicit import bytes_allowed
from kverify.engines.identity import Trees
from kverify.engines.replay import replay, require_run
from kverify.engines.spacer import GAVE_UP as SPACER_GAVE_UP
from kverify.engines.verdict import Coverage, Idle, Outcome, Said, Step, Trace, Verdict
from kverify.model.expr import Expr, Op, lift, walk
from kverify.model.system import Action, Fairness, TransitionSystem
from kverify.spec import property as properties
from kverify.spec.property import Fair, Property
from kverify.store import Store, key_of

_STORE: ContextVar[Store | None] = ContextVar("store", default=None)

_PROPERTIES: Mapping[str, type[Any]] = {
    name: kind
    for name, kind in vars(properties).items()
    if isinstance(kind, type) and attrs.has(kind) and kind is not Fair
}


class _Unkept(Exception):
    """A value that has no key, or no text."""


@contextmanager
def keeping(store: Store | None) -> Iterator[None]:
    """Within the context answers are looked up in ``store``, and kept there."""
    token = _STORE.set(store)
    try:
        yield
    finally:
        _STORE.reset(token)


def known(system: TransitionSystem, prop: Property, bounds: Mapping[str, Any], ask: Callable[[], Verdict]) -> Verdict:
    """The answer of ``ask`` to ``prop``, or the one that was kept. ``bounds`` is everything else that it depends on."""
    store = _STORE.get()
    if store is None:
        return ask()
    try:
        key = _key(system, prop, bounds)
    except _Unkept:
        return ask()
    text = store.read(key)
    found = None if text is None else _read(text, system)
    if found is not None:
        return found
    verdict = ask()
    if enough() and not hurried(verdict):
        with suppress(_Unkept):
            store.write(key, _written(verdict, system))
    return verdict


def hurried(verdict: Verdict) -> bool:
    """It is unknown because something took too long here, and might be decided on another day: of the engines only
    Spacer is stopped by a clock of its own, all others by what they count."""
    return verdict.outcome is Outcome.UNKNOWN and any(
        INTERRUPTED in said.reason or (said.engine == "spacer" and not said.reason.startswith(SPACER_GAVE_UP))
        for said in verdict.rungs
    )


# -- keys ----------------------------------------------------------------------------------------------------------


def _key(system: TransitionSystem, prop: Property, bounds: Mapping[str, Any]) -> str:
    trees = Trees()

    def part(value: Any) -> object:
        if isinstance(value, Expr):
            return trees.of(value)
        if value is None or isinstance(value, str | int | float | bool):
            return value
        if isinstance(value, Enum):
            return type(value).__name__, value.name
        if isinstance(value, tuple | list):
            return [part(each) for each in value]
        if isinstance(value, Mapping):
            return sorted((name, part(each)) for name, each in value.items())
        if attrs.has(type(value)):
            # What the variables count is only for those who draw states.
            fields = [f.name for f in attrs.fields(type(value)) if f.name != "legend"]
            return type(value).__name__, [(name, part(getattr(value, name))) for name in fields]
        raise _Unkept(type(value).__name__)

    whole = repr((part(system), part(prop), part(bounds), bytes_allowed()))
    return key_of(["verdict", sha256(whole.encode("utf-8", "surrogateescape")).digest()])


# -- texts ---------------------------------------------------------------------------------------------------------


def _written(verdict: Verdict, system: TransitionSystem) -> str:
    if verdict.trace is not None and verdict.question is None:
        raise _Unkept("a run that could not be checked again")
    plain = {name: getattr(verdict, name) for name in ("method", "scope", "evidence", "certain", "reason", "states")}
    whole = {
        **plain,
        "outcome": verdict.outcome.name,
        "assumptions": list(verdict.assumptions),
        "trace": None if verdict.trace is None else _trace(verdict.trace, system),
        "witness": None if verdict.witness is None else _trace(verdict.witness, system),
        "question": None if verdict.question is None else _property(verdict.question),
        "coverage": None if verdict.coverage is None else _coverage(verdict.coverage, system),
        "fair": [verdict.fair.everything and verdict.fair.everything.name, verdict.fair.endless_disturbances],
        "rungs": [[s.engine, s.outcome.name, s.about, s.reason, s.states, s.seconds] for s in verdict.rungs],
    }
    return json.dumps(whole)


def _trace(trace: Trace, system: TransitionSystem) -> dict[str, Any]:
    if trace.system is not system:
        raise _Unkept("a run of another system")
    steps = [[_number(step.action, system), list(step.state)] for step in trace.steps]
    return {"start": list(trace.start), "steps": steps, "loop": trace.loop}


def _number(action: Action, system: TransitionSystem) -> int:
    number = next((n for n, one in enumerate(system.actions) if one is action), None)
    if number is None:
        raise _Unkept("an action of another system")
    return number


def _coverage(coverage: Coverage, system: TransitionSystem) -> list[Any]:
    idle = coverage.idle
    never = None if idle is None else [[_number(i.action, system), _tree(lift(i.blocked_by))] for i in idle]
    return [dict(coverage.fired), never]


def _property(prop: Property) -> list[Any]:
    fields: dict[str, Any] = {}
    for each in attrs.fields(type(prop)):
        value = getattr(prop, each.name)
        if each.name == "lemmas":
            fields[each.name] = [_tree(lift(lemma)) for lemma in value]
        else:
            fields[each.name] = value if isinstance(value, str) else _tree(lift(value))
    return [type(prop).__name__, fields]


def _tree(root: Expr) -> list[list[Any]]:
    """An expression as rows, each after those that it is made of."""
    rows: list[list[Any]] = []
    numbers: dict[int, int] = {}
    for expr in walk(root):
        if id(expr) not in numbers:
            numbers[id(expr)] = len(rows)
            below = [numbers[id(arg)] for arg in expr.args]
            rows.append([expr.op and expr.op.name, below, expr.name, expr.value, expr.boolean])
    return rows


# -- and back ------------------------------------------------------------------------------------------------------


def _read(text: str, system: TransitionSystem) -> Verdict | None:
    """The verdict, None for what is not one of this system."""
    try:
        found = json.loads(text)
        everything, endless = found["fair"]
        fair = Fair(everything=None if everything is None else Fairness[everything], endless_disturbances=bool(endless))
        question = None if found["question"] is None else _question(found["question"])
        trace = None if found["trace"] is None else _run(found["trace"], system)
        if trace is not None and question is not None:
            trace = replay(trace, question, fair)
        witness = None if found["witness"] is None else _run(found["witness"], system)
        if witness is not None:
            require_run(witness)
        return Verdict(
            outcome=Outcome[found["outcome"]],
            method=str(found["method"]),
            scope=str(found["scope"]),
            evidence=str(found["evidence"]),
            assumptions=tuple(map(str, found["assumptions"])),
            certain=bool(found["certain"]),
            trace=trace,
            reason=str(found["reason"]),
            states=int(found["states"]),
            coverage=None if found["coverage"] is None else _covered(found["coverage"], system),
            witness=witness,
            question=question,
            fair=fair,
            rungs=tuple(
                Said(
                    engine=str(engine),
                    outcome=Outcome[outcome],
                    about=str(about),
                    reason=str(reason),
                    states=int(states),
                    seconds=float(seconds),
                )
                for engine, outcome, about, reason, states, seconds in found["rungs"]
            ),
        )
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, ReplayError):
        return None


def _run(found: Any, system: TransitionSystem) -> Trace:
    width = len(system.variables)

    def state(values: Any) -> tuple[int, ...]:
        whole = tuple(map(int, values))
        if len(whole) != width:
            raise ValueError("a state of another system")
        return whole

    steps = tuple(Step(system.actions[int(number)], state(values)) for number, values in found["steps"])
    loop = found["loop"]
    if loop is not None and not 0 <= int(loop) < len(steps):
        raise ValueError("a loop to nowhere")
    return Trace(system, state(found["start"]), steps, loop)


def _covered(found: Any, system: TransitionSystem) -> Coverage:
    fired, never = found
    idle = None if never is None else tuple(Idle(system.actions[int(n)], _expr(rows)) for n, rows in never)
    return Coverage({str(name): int(times) for name, times in fired.items()}, idle)


def _question(found: Any) -> Property:
    name, fields = found
    kind = _PROPERTIES[name]
    values: dict[str, Any] = {}
    for each in attrs.fields(kind):
        value = fields[each.name]
        if each.name == "lemmas":
            values[each.name] = tuple(map(_expr, value))
        else:
            values[each.name] = value if isinstance(value, str) else _expr(value)
    made: Property = kind(**values)
    return made


def _expr(rows: Any) -> Any:
    """The expression, a plain value where it is a constant."""
    made: list[Expr] = []
    for op, below, name, value, truth in rows:
        if not all(isinstance(number, int) and 0 <= number < len(made) for number in below):
            raise ValueError("an expression out of order")
        made.append(Expr(None if op is None else Op[op], tuple(made[n] for n in below), name, value, bool(truth)))
    last = made[-1]
    return last.value if last.is_constant else last
