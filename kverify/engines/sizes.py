"""For which sizes does something get stuck? One query over one state, with the size left open.

A rollout that never ends comes to rest: no controller, scheduler or kubelet step is enabled, and the goal is false.
That is a formula over a single state. With an invariant that holds for every size, Z3 is asked for such a state and a
size; what it names is only a candidate, and whether the state can be reached is decided at that size by searching it.
The size is then excluded, and the question asked again. When there is no further candidate, a ranking function proves
that every other size reaches the goal. So the answer is exact: these sizes, with a replayed run each, and no others,
with a proof.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from kverify.engines.errors import Undecided
from kverify.engines.progress import prove, stuck_state
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.expr import Condition, Number, all_of
from kverify.model.system import TransitionSystem
from kverify.spec.property import Reaches

METHOD = "one-state query for every size"
MOST = 12
"""Sizes that are looked at one by one before the question is given up."""


@frozen(kw_only=True)
class Sizes:
    """``stuck`` are all sizes at which the goal may not be reached, each with the verdict of its search; ``proof`` says
    that it is reached at every other size from ``low`` on. Where ``proof`` does not hold, nothing is known beyond
    ``stuck``, and its reason says why."""

    low: int
    stuck: tuple[tuple[int, Verdict], ...]
    proof: Verdict

    @property
    def exact(self) -> bool:
        """Every size is decided."""
        return self.proof.outcome is Outcome.HOLDS


def stuck_sizes(
    system: TransitionSystem,
    prop: Reaches,
    parameter: str,
    *,
    low: int,
    invariant: Condition,
    rank: Number,
    search: Callable[[int], Verdict],
    effort: int | None = None,
) -> Sizes:
    """All values of ``parameter``, from ``low`` on, at which ``prop`` fails, and a proof for the rest.

    ``invariant`` must be inductive for every size and ``rank`` a ranking function under it; both are checked.
    ``search`` decides one size. Other parameters may be open if ``assume`` ties them to this one.
    """
    size = system.variable(parameter).expr
    found: dict[int, Verdict] = {}
    open_: list[Condition] = [system.assume, size >= low]
    reason = ""
    while not reason:
        asked = evolve(system, assume=all_of(open_))
        try:
            candidate = stuck_state(asked, prop, invariant, effort=effort)
        except Undecided as undecided:
            reason = str(undecided)
            break
        if candidate is None:
            break
        value = candidate.parameters[parameter]
        found[value] = search(value)
        open_.append(size != value)
        if found[value].outcome not in (Outcome.HOLDS, Outcome.VIOLATED):
            reason = f"{parameter} = {value} was not decided: {found[value].reason}"
        elif len(found) > MOST:
            reason = f"more than {MOST} sizes have to be looked at one by one"
    stuck = tuple(sorted((v, verdict) for v, verdict in found.items() if verdict.outcome is Outcome.VIOLATED))
    if reason:
        proof = Verdict(outcome=Outcome.UNKNOWN, method=METHOD, reason=reason)
    else:
        proof = prove(evolve(system, assume=all_of(open_)), prop, invariant=invariant, rank=rank, effort=effort)
    return Sizes(low=low, stuck=stuck, proof=proof)
