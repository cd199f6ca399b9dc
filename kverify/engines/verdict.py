"""What an engine answers: an outcome, how it was found, for what it holds, and the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from attrs import field, frozen

from kverify.model.expr import Condition, to_text
from kverify.model.system import Action, State, TransitionSystem
from kverify.spec.property import DECLARED, Fair, Property


class Outcome(IntEnum):
    """Ordered from best to worst, so that ``max`` combines the outcomes of parts."""

    HOLDS = 0
    VACUOUS = 1
    UNKNOWN = 2
    VIOLATED = 3

    def __str__(self) -> str:
        return self.name.lower()


NOT_ASKED = "not asked"
"""The method of a vacuous verdict on a question that was not put to any engine; its reason says why."""


@frozen
class Step:
    """One step of a trace: the action and the state after it."""

    action: Action
    state: State


@frozen
class Trace:
    """A run: a start, steps, and, when ``loop`` is a step's index, the steps from there on repeated for ever."""

    system: TransitionSystem
    start: State
    steps: tuple[Step, ...]
    loop: int | None = None

    @property
    def final(self) -> State:
        return self.steps[-1].state if self.steps else self.start

    def states(self) -> tuple[State, ...]:
        """Start and every later state, in order."""
        return (self.start, *(step.state for step in self.steps))

    def sentences(self) -> Iterable[str]:
        """Every step as a sentence."""
        before = self.system.view(self.start)
        for step in self.steps:
            after = self.system.view(step.state)
            yield step.action.says.format(before=before, after=after) or step.action.name
            before = after


@frozen
class Idle:
    """An action that no run takes, with the part of its guard that no reachable state satisfies."""

    action: Action
    blocked_by: Condition

    def __str__(self) -> str:
        return f"{self.action.name} never happens: {to_text(self.blocked_by)} is never true"


@frozen
class Coverage:
    """What a search has seen happen: for each action, by name, the number of steps found, and the actions that never
    happen; None where that was not asked or the search did not get to its end. Steps are counted up to symmetry."""

    fired: Mapping[str, int]
    idle: tuple[Idle, ...] | None = None


@frozen(kw_only=True)
class Said:
    """What one engine said when it was asked: its name, ``about`` which part of the question (empty for all of it), its
    answer, the ``reason`` if it had none, the states it looked at and the CPU ``seconds`` it took."""

    engine: str
    outcome: Outcome
    about: str = ""
    reason: str = ""
    states: int = 0
    seconds: float = field(default=0.0, eq=False)


@frozen(kw_only=True)
class Verdict:
    """The answer to one property of one system.

    ``scope`` says for what the answer stands ("replicas 3, 3 nodes", "every replicas, maxSurge and maxUnavailable"),
    ``method`` how it was found, ``evidence`` what supports it (a number of states, the invariant). ``certain`` is set
    for violations of which it was decided that every fair run shows them. ``reason`` explains ``unknown`` and
    ``vacuous``. ``witness`` is a run that shows that a possibility exists. ``coverage`` says what was seen to happen.
    ``question`` and ``fair`` are what the trace violates, where that was recorded. ``rungs`` is what each engine said
    that was asked, the one that decided last.
    """

    outcome: Outcome
    method: str
    scope: str = ""
    evidence: str = ""
    assumptions: tuple[str, ...] = ()
    certain: bool = False
    trace: Trace | None = None
    reason: str = ""
    states: int = 0
    witness: Trace | None = None
    coverage: Coverage | None = field(default=None, repr=False)
    question: Property | None = field(default=None, repr=False)
    fair: Fair = field(default=DECLARED, repr=False)
    rungs: tuple[Said, ...] = field(default=(), repr=False)


def combined(verdicts: Iterable[Verdict]) -> Outcome:
    """The outcome of several questions that all have to be answered well: the worst of them."""
    return max((verdict.outcome for verdict in verdicts), default=Outcome.VACUOUS)


def not_asked(reason: str, outcome: Outcome = Outcome.VACUOUS) -> Verdict:
    """The verdict on a question that was not put to any engine: its premise fails, or (``UNKNOWN``) it cannot be."""
    return Verdict(outcome=outcome, method=NOT_ASKED, reason=reason)
