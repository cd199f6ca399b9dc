"""What an engine answers: an outcome, how it was found, for what it holds, and the evidence."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from attrs import frozen

from kverify.model.system import Action, State, TransitionSystem


class Outcome(IntEnum):
    """Ordered from best to worst, so that ``max`` combines the outcomes of parts."""

    HOLDS = 0
    VACUOUS = 1
    UNKNOWN = 2
    VIOLATED = 3

    def __str__(self) -> str:
        return self.name.lower()


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


@frozen(kw_only=True)
class Verdict:
    """The answer to one property of one system.

    ``scope`` says for what the answer stands ("replicas 3, 3 nodes", "every replicas, maxSurge and maxUnavailable"),
    ``method`` how it was found, ``evidence`` what supports it (a number of states, the invariant). ``certain`` is set
    for violations of progress: no run at all reaches the goal. ``reason`` explains ``unknown`` and ``vacuous``.
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
