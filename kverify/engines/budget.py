"""How long engines may go on: a deadline that they consult, and one place to say that the user wants to stop.

Time here is what a clock on the wall shows, because that is what a user who gives seconds means. An answer that was
found in time is the same on every machine; how many are found in time is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic, time
from typing import Any

from attrs import define, frozen

from kverify.engines.errors import Undecided

INTERRUPTED = "interrupted"

_NEVER = 2**32 - 1
"""Of a larger number of milliseconds Z3 takes the last 32 bits."""


class OutOfTime(Undecided):
    """The time that a question, or a run, may take is over. The message says which."""


@define
class Budget:
    """``deadline`` is a moment of ``time.monotonic``, ``reason`` says whose it is. ``interrupted`` is set when an
    engine ended because of Ctrl-C: what it was asked is unknown, and nothing more is to be begun. ``late`` is set once
    somebody was told that the time is over: what is answered then might have been answered better."""

    deadline: float | None = None
    reason: str = ""
    interrupted: bool = False
    late: bool = False


@frozen
class Deadline:
    """The end of the time as a moment of ``time.time``, which other processes and machines know, and whose it is."""

    at: float
    reason: str

    @classmethod
    def here(cls) -> Deadline | None:
        """That of the engines in this context, if they have one."""
        budget, seconds = _BUDGET.get(None), left()
        return None if budget is None or seconds is None else cls(time() + seconds, budget.reason)


_BUDGET: ContextVar[Budget] = ContextVar("budget")


@contextmanager
def until(seconds: float | None, reason: str = "") -> Iterator[Budget]:
    """Within the context engines give up after so many seconds (None: never), because of ``reason``; earlier if a
    context around this one says so."""
    around = _BUDGET.get(None)
    deadline = None if seconds is None else monotonic() + seconds
    if around is not None and around.deadline is not None and (deadline is None or around.deadline <= deadline):
        deadline, reason = around.deadline, around.reason
    budget = Budget(deadline, reason)
    token = _BUDGET.set(budget)
    try:
        yield budget
    finally:
        _BUDGET.reset(token)
        if around is not None:
            around.interrupted |= budget.interrupted
            around.late |= budget.late


@contextmanager
def unbounded() -> Iterator[None]:
    """Within the context there is no end of the time: for what is quick and has to be done in any case."""
    token = _BUDGET.set(Budget())
    try:
        yield
    finally:
        _BUDGET.reset(token)


def over() -> str:
    """Why there is no time left; empty while there is."""
    budget = _BUDGET.get(None)
    if budget is None or budget.deadline is None or monotonic() < budget.deadline:
        return ""
    budget.late = True
    return budget.reason


def enough() -> bool:
    """Whatever was asked in this context so far had time enough."""
    budget = _BUDGET.get(None)
    return budget is None or not (budget.late or budget.interrupted or over())


def were_late() -> None:
    """Somebody who works for us was told that the time is over."""
    budget = _BUDGET.get(None)
    if budget is not None:
        budget.late = True


def consult() -> None:
    """To be called by whatever may take long, every few milliseconds.

    Raises ``OutOfTime``, and ``KeyboardInterrupt`` if an engine has ended because of Ctrl-C.
    """
    budget = _BUDGET.get(None)
    if budget is not None and budget.interrupted:
        raise KeyboardInterrupt
    reason = over()
    if reason:
        raise OutOfTime(reason)


def left() -> float | None:
    """The seconds that are left, at least a millisecond; None if that is up to the engine."""
    budget = _BUDGET.get(None)
    return None if budget is None or budget.deadline is None else max(budget.deadline - monotonic(), 0.001)


def limit_solver(solver: Any) -> None:
    """Let a Z3 solver or optimizer give up when the time is over. Raises ``OutOfTime`` if it is."""
    consult()
    seconds = left()
    if seconds is not None:
        solver.set("timeout", min(int(seconds * 1000) + 1, _NEVER))


def gave_up(reason: str, what: str = "") -> Undecided:
    """What to raise when Z3 has given up on ``what`` because of ``reason``: ``OutOfTime`` if the time is over.

    Raises ``KeyboardInterrupt`` if it was Ctrl-C, which Z3 hears instead of Python.
    """
    if "interrupted" in reason:
        raise KeyboardInterrupt
    late = over()
    return OutOfTime(late) if late else Undecided(f"Z3 gave up{f' {what}' if what else ''}: {reason}")


def why_stopped(stop: BaseException) -> str:
    """The reason of a verdict that is unknown because an engine was stopped by ``stop``. After Ctrl-C nothing more is
    begun, see :class:`Budget`."""
    if not isinstance(stop, KeyboardInterrupt):
        return str(stop)
    budget = _BUDGET.get(None)
    if budget is not None:
        budget.interrupted = True
    return INTERRUPTED
