"""Our own model, walked: systems with what is proved of them, as state machines. ``test_walks.py`` runs them, on the
model as it is and on seeded faults.

``python -m tests.engines.walks`` tries every machine on every seeded fault and prints who notices what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from hypothesis import Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from kverify.checks import Options
from kverify.checks.builtin import drain
from kverify.checks.deciding import theorems
from kverify.checks.deciding.disturbance import disturb
from kverify.checks.given.context import Context
from kverify.cluster.bundle import Bundle
from kverify.model.components.deployment import promises
from kverify.model.components.disruption import healthy
from kverify.model.expr import Number, all_of, evaluate, lift, total
from kverify.model.system import TransitionSystem
from kverify.model.workload import Recreate, RollingUpdate, Strategy
from kverify.model.world import NodeStatus
from kverify.model.world import Phase as PodPhase
from kverify.spec.property import Always, EventuallyAlways, Property
from kverify.spec.python import Scenario, complete, each, eventually_always
from kverify.testing import ClusterStateMachine, rollout_of, situations, state_machine

SCENARIOS = Path(__file__).parents[1] / "scenarios"
A01 = SCENARIOS / "a01_rollout_antiaffinity_full"
C01 = SCENARIOS / "c01_pdb_equals_replicas"

Machine = Callable[[], type[ClusterStateMachine]]
"""Builds the system anew, so that a seeded fault is in it."""

EXAMPLES = settings(
    max_examples=25,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
)
"""The same walks every time; whether something is found counts, not how small it is."""


class Ranked(ClusterStateMachine):
    """A machine that also watches a ranking function: every step that is no disturbance makes it smaller."""

    rank: ClassVar[Number] = 0

    @invariant()
    def comes_nearer_to_its_end(self) -> None:
        steps = self.trace.steps
        if steps and not steps[-1].action.environment:
            before, after = (evaluate(lift(self.rank), self.trace.system.view(s)) for s in self.trace.states()[-2:])
            assert after < before, f"{steps[-1].action.name} leads from {before} to {after}"


def ranked(walked: TransitionSystem, asked: Sequence[Property], ranking: Number) -> type[ClusterStateMachine]:
    class Machine(Ranked):
        system = walked
        properties = tuple(asked)
        rank = ranking

    return Machine


def _rollout(replicas: int, strategy: Strategy, *, min_ready: bool, stale: bool) -> type[ClusterStateMachine]:
    """What the theorems say of every size, of one of them."""
    r = theorems.rollout_of(replicas, strategy, min_ready=min_ready, stale=stale)
    lemmas = [Always(name=f"lemma {number}", condition=lemma) for number, lemma in enumerate(theorems.lemmas(r), 1)]
    promise = [theorems.promise(r)] if isinstance(strategy, RollingUpdate) else []
    asked: list[Property] = [*lemmas, *promise, theorems.completion(r)]
    # A status that lags behind is reported in steps of its own, which lead nowhere.
    return state_machine(r.system, asked) if stale else ranked(r.system, asked, theorems.ranking(r))


def _apart(manifest: str, cluster: str) -> type[ClusterStateMachine]:
    """A rollout of pods that keep apart: no node ever has two of them, and the strategy's promises are kept."""
    (situation,) = rollout_of(A01 / manifest, cluster=A01 / cluster, placed=True)
    assert situation.scene is not None
    world = situation.scene.world
    alone = all_of(total(world.count(r, tuple(PodPhase), (p,)) for r in world.revisions) <= 1 for p in world.places)
    kept = all_of(promises(world, world.workloads[0]))
    return state_machine(
        situation.asking(
            Always(name="pods keep apart", condition=alone), Always(name="promises are kept", condition=kept)
        )
    )


def _disturbed(folder: Path, manifest: str, cluster: str, status: NodeStatus) -> type[ClusterStateMachine]:
    """A drain or a loss: the invariant and the ranking function of its proof, and budgets that are never overdrawn."""
    bundle, _ = Bundle.read([str(folder / manifest)], [str(folder / cluster)])
    ctx = Context(bundle, Options())
    (subject,) = ctx.checked
    case = disturb(ctx, (subject,), status)[0]
    budgets = all_of(lift(healthy(case.world, budget)) >= budget.desired for budget in case.world.budgets)
    asked: list[Property] = [
        Always(name="what the proof rests on", condition=case.invariant()),
        drain.question(ctx, case)
        if status is NodeStatus.CORDONED
        else EventuallyAlways(name="every replica comes back", goal=case.recovered()),
    ]
    if status is NodeStatus.CORDONED:
        asked.append(Always(name="budgets are not overdrawn", condition=budgets))
    return ranked(case.system, asked, case.ranking())


def _scaled(manifest: str, cluster: str) -> type[ClusterStateMachine]:
    """A rollout while somebody, or an autoscaler, changes the number of replicas: it completes all the same."""
    d = each("Deployment")
    scaled = Scenario(name="scaled", starts="rollout", at_most={"scale": 2})
    asked = [eventually_always(complete(d)).named("completes")]
    return state_machine(situations(A01 / manifest, "web", asked, scenario=scaled, cluster=A01 / cluster), swarm=True)


_SIZES: tuple[tuple[str, int, Strategy], ...] = (
    ("3 with 1/0", 3, RollingUpdate(1, 0)),
    ("3 with 0/1", 3, RollingUpdate(0, 1)),
    ("4 with 2/1", 4, RollingUpdate(2, 1)),
    ("3 recreated", 3, Recreate()),
)
MACHINES: dict[str, Machine] = {
    **{
        f"a rollout of {size}{', minReadySeconds' if min_ready else ''}{', on stale status' if stale else ''}": partial(
            _rollout, replicas, strategy, min_ready=min_ready, stale=stale
        )
        for size, replicas, strategy in _SIZES
        for min_ready, stale in ((False, False), (True, False), (False, True))
    },
    "pods that keep apart, on 4 nodes": partial(_apart, "fails.yaml", "cluster_4.yaml"),
    "pods that keep apart, without surge": partial(_apart, "pair_no_surge.yaml", "cluster_3.yaml"),
    "a rollout that is scaled meanwhile": partial(_scaled, "pair_preferred.yaml", "cluster_3.yaml"),
    "a drain under a budget": partial(
        _disturbed, C01, "pair_min_available.yaml", "cluster_3.yaml", NodeStatus.CORDONED
    ),
    "a drain of pods that keep apart": partial(_disturbed, A01, "fails.yaml", "cluster_4.yaml", NodeStatus.CORDONED),
    "the loss of a node": partial(_disturbed, A01, "fails.yaml", "cluster_4.yaml", NodeStatus.SILENT),
}
"""What is walked, by name."""


def walk(machine: type[ClusterStateMachine]) -> None:
    """Raises what a walk finds."""
    run_state_machine_as_test(machine, settings=EXAMPLES)


def notices(name: str) -> str:
    """What a machine says of the model as it is now; empty for nothing."""
    try:
        walk(MACHINES[name]())
    except Exception as error:  # A fault may break anything first.
        return f"{type(error).__name__}: {error}"
    return ""


def main() -> None:
    """Every machine on every fault."""
    from .mutants import MUTANTS, seeded

    for mutant in MUTANTS:
        with seeded(mutant):
            found = [name for name in MACHINES if notices(name)]
        print(f"{mutant.name}: {', '.join(found) or '-'}", flush=True)


if __name__ == "__main__":
    main()
