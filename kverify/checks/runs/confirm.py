"""Look at a trace that was written down: is it a run of the model these inputs give, and does it violate the property?

The checks run as they do when they search, with one difference: where an engine would be asked, the system is compared
with the one the trace was taken from. Nothing is searched; the trace is replayed step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from kverify.checks.deciding import decide
from kverify.checks.options import Options
from kverify.checks.runs.run import run
from kverify.cluster.bundle import Bundle
from kverify.engines.identity import fingerprint
from kverify.engines.replay import replay
from kverify.engines.verdict import Outcome, Trace, Verdict
from kverify.manifest.diagnostics import Diagnostic
from kverify.model.system import TransitionSystem
from kverify.spec.property import DECLARED, Fair, Property


@frozen(kw_only=True)
class Claim:
    """What somebody says: ``trace`` makes a run of the system with this ``fingerprint``, which violates its property
    under ``fair``. ``check`` is the built-in property it comes from."""

    check: str
    fingerprint: str
    trace: Callable[[TransitionSystem], Trace]
    fair: Fair = DECLARED


class NotThisModel(ValueError):
    """No question that the inputs give rise to has the claimed fingerprint."""


class _Confirmed(Exception):
    def __init__(self, trace: Trace, prop: Property) -> None:
        super().__init__()
        self.trace, self.prop = trace, prop


def confirm(
    bundle: Bundle, diagnostics: Sequence[Diagnostic], options: Options, claim: Claim
) -> tuple[Trace, Property]:
    """The trace and what it violates, after its replay.

    Raises ``NotThisModel``, ``ReplayError`` if it is not a run or violates nothing, ``UnknownProperty``, and whatever
    ``claim.trace`` raises.
    """

    def compare(system: TransitionSystem, properties: Sequence[Property]) -> Verdict:
        for prop in properties:
            if fingerprint(system, prop, claim.fair) == claim.fingerprint:
                raise _Confirmed(replay(claim.trace(system), prop, claim.fair), prop)
        return Verdict(outcome=Outcome.UNKNOWN, method="not searched", reason="only compared with a trace")

    try:
        with decide.instead(compare):
            run(bundle, diagnostics, evolve(options, properties=(claim.check,)))
    except _Confirmed as found:
        return found.trace, found.prop
    raise NotThisModel(f"{claim.check}: the inputs give another model than the one the trace was taken from")
