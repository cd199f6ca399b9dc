"""Oracles that seeded faults are tried on: small, quick, each with a source outside the model.

Tables come from the rules and tests of Kubernetes' own controllers, bounds from recordings of a real control plane,
theorems and scenarios from the rest of the suite; only the counts of states are pinned as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from attrs import evolve

from kverify.api.types.affinity import Toleration
from kverify.api.types.node import Taint
from kverify.checks.deciding import theorems
from kverify.engines import explicit, liveness
from kverify.engines.errors import EngineError
from kverify.engines.verdict import Outcome
from kverify.model.build import build, settled_states
from kverify.model.components import disruption, horizontal_autoscaler, kubelet, scheduler, taint_eviction
from kverify.model.components.endpoints import answering
from kverify.model.environment import drain, maintenance, node_trouble, pause
from kverify.model.environment.limited import Limited, left
from kverify.model.expr import all_of, any_of, evaluate, integer, lift, negate, total
from kverify.model.scheduling.framework import NodeInfo, PodGroup, Snapshot
from kverify.model.scheduling.profile import DEFAULT_PROFILE, feasible
from kverify.model.system import TransitionSystem
from kverify.model.workload import Recreate, Revision, RollingUpdate, Strategy, Workload
from kverify.model.world import SERVING, Budget, NodeStatus, Phase, Place, World
from kverify.spec.property import Always, Reaches
from tests.scenarios.test_scenarios import RUNS, test_scenario
from tests.unit import test_model_scale as scaling
from tests.unit.checks import test_properties_events as user
from tests.unit.scheduling.scheduling_cases import HOST, anti_affinity, node, pod, selector, term

# -- oracles -----------------------------------------------------------------------------------------------------

OLD, NEW, HERE = Revision("old", "old"), Revision("new", "new"), Place("a node")
_LIMIT = 5_000
"""Whatever a fault makes grow without end is noticed."""
Oracle = Callable[[], None]
"""Raises ``AssertionError``, or whatever a fault breaks first, if something is wrong."""


def _rollout(replicas: int, strategy: Strategy, *, min_ready: bool = False) -> tuple[World, TransitionSystem]:
    workload = Workload("web", replicas, (OLD, NEW), strategy, target=1, min_ready=min_ready)
    world = World(workloads=(workload,), places=(HERE,))
    return world, build("rollout", world, starts=settled_states(world, [{("old", HERE.name): replicas}], [OLD]))


def _bounds(replicas: int, strategy: Strategy, least: int, largest: int) -> None:
    """The fewest ready pods and the largest sum of ``spec.replicas`` of a real control plane (recordings of 1.36)."""
    world, system = _rollout(replicas, strategy)
    search = explicit.explore(system, limit=_LIMIT)
    assert search.complete
    ready = total(world.count(r, SERVING) for r in world.revisions)
    specs = total(integer(world.spec(r)) for r in world.revisions)
    views = [system.view(state) for state in search.states]
    assert min(evaluate(ready, view) for view in views) == least
    assert max(evaluate(specs, view) for view in views) == largest


def _ends(replicas: int, strategy: Strategy, min_ready: bool) -> None:
    """Every fair run of a rollout with room ends with all pods new and available."""
    world, system = _rollout(replicas, strategy, min_ready=min_ready)
    goal = Reaches(name="complete", goal=world.complete(world.workloads[0]))
    assert liveness.completes(system, goal, limit=_LIMIT).outcome is Outcome.HOLDS


def _theorem(recreate: bool | None, min_ready: bool) -> None:
    if recreate is None:
        verdict = theorems.promises_theorem(min_ready)
    else:
        verdict = theorems.completion_theorem(recreate, min_ready)
    assert verdict.outcome is Outcome.HOLDS, verdict.reason


def _disturbed(status: NodeStatus, budget: Callable[[Revision], Budget] | None = None) -> World:
    """A ReplicaSet of two pods on two nodes, one of them disturbed."""
    node, rest = Place("the node", 0), Place("the rest", 1)
    workload = Workload("web", 2, (OLD,), None)
    return World(
        workloads=(workload,),
        places=(node, rest),
        nodes=tuple(NodeInfo(name=place.name) for place in (node, rest)),
        disturbed=(node, status),
        budgets=() if budget is None else (budget(OLD),),
    )


def _budget(desired: int, revision: Revision) -> Budget:
    return Budget(name="pdb", revisions=(revision,), expected=2, desired=desired)


def _count(world: World, expected: tuple[int, int]) -> None:
    """States and transitions from one pod on each place."""
    placement = {("old", place.name): 1 for place in world.places}
    search = explicit.explore(build("count", world, starts=settled_states(world, [placement], [OLD])), limit=_LIMIT)
    assert search.complete
    assert (len(search.states), search.transitions) == expected


def _counted_rollout(replicas: int, strategy: Strategy, min_ready: bool, expected: tuple[int, int]) -> None:
    _, system = _rollout(replicas, strategy, min_ready=min_ready)
    search = explicit.explore(system, limit=_LIMIT)
    assert search.complete
    assert (len(search.states), search.transitions) == expected


_SYNCS = (
    # replicas, surge, unavailable, (spec, available) of old and new, and what becomes of whose spec in the next sync
    (10, 2, 0, (10, 10), (0, 0), ("new", 2)),
    (10, 2, 0, (5, 5), (0, 0), ("new", 7)),
    (10, 2, 0, (10, 10), (2, 0), None),
    (10, 2, 0, (2, 2), (11, 11), ("new", 10)),
    (10, 0, 1, (10, 10), (0, 0), ("old", 9)),
    (10, 0, 2, (10, 10), (0, 0), ("old", 8)),
    (10, 0, 2, (10, 8), (0, 0), ("old", 8)),
    (10, 0, 2, (10, 9), (0, 0), ("old", 8)),
    (10, 0, 2, (8, 8), (2, 0), None),
    # Of three old pods that are not available one may go: two new ones are not available yet.
    (10, 0, 3, (8, 5), (2, 0), ("old", 7)),
)
"""The cases of ``TestDeploymentController_reconcileNewReplicaSet`` and ``_reconcileOldReplicaSets`` in
pkg/controller/deployment/rolling_test.go, worked out by the rules of rolling.go, and one more of the same kind."""


def _syncs() -> None:
    for replicas, surge, unavailable, old, new, expected in _SYNCS:
        world, system = _rollout(replicas, RollingUpdate(surge, unavailable))
        values = dict.fromkeys((v.name for v in system.variables), 0)
        for revision, (spec, available) in ((OLD, old), (NEW, new)):
            values[world.spec(revision)] = spec
            values[world.at(Phase.AVAILABLE, revision, HERE)] = available
            values[world.at(Phase.STARTING, revision, HERE)] = spec - available
        state = tuple(values.values())
        after = [system.step(state, a) for a in system.enabled(state) if a.component == "Deployment controller"]
        changes = [
            (name, system.view(there)[world.spec(revision)])
            for there in after
            for name, revision in (("old", OLD), ("new", NEW))
            if system.view(there)[world.spec(revision)] != values[world.spec(revision)]
        ]
        assert changes == ([] if expected is None else [expected]), (replicas, surge, unavailable, old, new)


_DELETIONS: tuple[tuple[int, int, tuple[int, int], tuple[int, int], set[str]], ...] = (
    # spec.replicas, pods without a node, pods starting and available on each of two nodes; which may be deleted next
    (1, 0, (1, 1), (0, 0), {"starting@a"}),
    (1, 0, (0, 2), (0, 0), {"available@a"}),
    (2, 0, (0, 2), (0, 1), {"available@a"}),
    (1, 0, (0, 2), (0, 1), {"available@a", "available@b"}),
    (2, 0, (0, 1), (1, 1), {"starting@b"}),
    (2, 0, (0, 1), (0, 1), set()),
    (2, 1, (0, 1), (0, 1), {"pending"}),
)
"""getPodsToDelete in pkg/controller/replicaset/replica_set.go with ActivePodsWithRanks: pods that are not Ready first,
then those of the node with most pods of the owner; in a burst the order is free."""


def _deletions() -> None:
    places = (Place("a", 0), Place("b", 1))
    nodes = tuple(NodeInfo(name=place.name) for place in places)
    world = World(workloads=(Workload("web", 3, (OLD,), None),), places=places, nodes=nodes)
    system = build("deletions", world, starts=settled_states(world, [{("old", "a"): 3}], [OLD]))
    for spec, pending, first, second, expected in _DELETIONS:
        values = dict.fromkeys((v.name for v in system.variables), 0)
        values |= {world.spec(OLD): spec, world.pending(OLD): pending}
        for place, (starting, available) in zip(places, (first, second), strict=True):
            values[world.at(Phase.STARTING, OLD, place)] = starting
            values[world.at(Phase.AVAILABLE, OLD, place)] = available
        names = [action.name for action in system.enabled(tuple(values.values()))]
        found = {name.split()[1] + name.partition(" old")[2] for name in names if name.startswith("delete ")}
        assert found == expected, (spec, pending, first, second)


_LOSSES: tuple[tuple[NodeStatus, dict[Phase, int], str, NodeStatus, dict[Phase, int]], ...] = (
    # the node's status, pods of it by phase, what can happen on it, and its status and pods afterwards
    (NodeStatus.SILENT, {Phase.AVAILABLE: 1}, "mark", NodeStatus.UNREACHABLE, {Phase.STARTING: 1}),
    (NodeStatus.SILENT, {Phase.STARTING: 1}, "mark", NodeStatus.UNREACHABLE, {Phase.STARTING: 1}),
    (NodeStatus.SILENT, {Phase.TERMINATING: 1}, "mark", NodeStatus.UNREACHABLE, {Phase.TERMINATING: 1}),
    (NodeStatus.UNREACHABLE, {Phase.STARTING: 2}, "taint-evict", NodeStatus.UNREACHABLE, {Phase.TERMINATING: 2}),
    (NodeStatus.UNREACHABLE, {Phase.TERMINATING: 2}, "remove", NodeStatus.REMOVED, {}),
    (NodeStatus.REMOVED, {}, "", NodeStatus.REMOVED, {}),
    (NodeStatus.CORDONED, {Phase.TERMINATING: 1}, "stop", NodeStatus.CORDONED, {}),
    (NodeStatus.CORDONED, {Phase.AVAILABLE: 1}, "evict", NodeStatus.CORDONED, {Phase.TERMINATING: 1}),
)
"""What a lost node and a drained one go through, in order: the lease runs out (pods lose Ready), the NoExecute taint
evicts, nobody confirms that the pods have ended, and they go with the node (pkg/controller/nodelifecycle,
pkg/controller/tainteviction, pkg/controller/podgc). A kubelet that is alive ends its terminating pods."""


def _losses() -> None:
    for status, before, verb, then, after in _LOSSES:
        first = NodeStatus.CORDONED if status is NodeStatus.CORDONED else NodeStatus.SILENT
        world = _disturbed(first)
        node = world.places[0]
        system = build("losses", world, starts=settled_states(world, [{("old", node.name): 1}], [OLD]))
        values = dict.fromkeys((v.name for v in system.variables), 0)
        values[world.status(node)] = status.number
        if drain.listed(OLD) in values:
            values[drain.listed(OLD)] = 1
        values[world.spec(OLD)] = sum(number for phase, number in before.items() if phase is not Phase.TERMINATING)
        values |= {world.at(phase, OLD, node): number for phase, number in before.items()}
        state = tuple(values.values())
        (*others,) = (a for a in system.enabled(state) if a.component not in ("ReplicaSet controller", "scheduler"))
        assert [a.name.split()[0] for a in others] == ([verb] if verb else []), (status, before)
        for action in others:
            view = system.view(system.step(state, action))
            assert view[world.status(node)] == then.number, action.name
            assert {p: view[world.at(p, OLD, node)] for p in Phase if world.at(p, OLD, node) in view} == {
                p: after.get(p, 0) for p in Phase if world.at(p, OLD, node) in view
            }, action.name


_EVICTIONS = (
    # pods that the budget wants, of 2 expected; pods Ready, not Ready and terminating; may a Ready one go, may another
    (1, (2, 0, 0), True, True),
    (2, (2, 0, 0), False, True),
    (1, (1, 1, 0), False, True),
    (1, (1, 0, 1), False, True),
    (1, (0, 2, 0), False, False),
    (0, (1, 1, 0), True, True),
)
"""canIgnorePDB and checkAndDecrement in pkg/registry/core/pod/storage/eviction.go, with IfHealthyBudget."""
_DESIRED = ((10, "25%", None, 3), (10, None, "25%", 7), (4, None, 1, 3), (4, 2, None, 2), (3, None, None, 3))
"""getExpectedPodCount in pkg/controller/disruption/disruption.go: percentages round up, both of them."""


def _evictions() -> None:
    for desired, (ready, unready, terminating), a_ready_one, another in _EVICTIONS:
        world = _disturbed(NodeStatus.CORDONED, partial(_budget, desired))
        node = world.places[0]
        counts = {Phase.AVAILABLE: ready, Phase.STARTING: unready, Phase.TERMINATING: terminating}
        values = {world.at(phase, OLD, place): 0 for phase in Phase for place in world.places}
        values |= {world.at(phase, OLD, node): number for phase, number in counts.items()}
        assert evaluate(disruption.may_evict(world, OLD, ready=True), values) is a_ready_one, (desired, counts)
        assert evaluate(disruption.may_evict(world, OLD, ready=False), values) is another, (desired, counts)
        doubled = evolve(world, budgets=world.budgets * 2)
        assert disruption.may_evict(doubled, OLD, ready=True) is False
    # A pod whose image cannot be pulled is Pending: no budget is asked, nor how many there are.
    world = _disturbed(NodeStatus.CORDONED, partial(_budget, 2))
    broken = Revision("old", "old", ready=False, pulled=False)
    (budget,) = world.budgets
    guarded = evolve(world, budgets=(evolve(budget, revisions=(broken,)),) * 2)
    assert disruption.may_evict(guarded, broken, ready=False) is True
    for expected, least, most, wanted in _DESIRED:
        found = disruption.desired_healthy(expected, min_available=least, max_unavailable=most)
        assert found == wanted, (expected, least, most)
    # A drain asks the eviction API; it does not delete.
    world = _disturbed(NodeStatus.CORDONED, partial(_budget, 2))
    placement = {("old", place.name): 1 for place in world.places}
    system = build("drain", world, starts=settled_states(world, [placement], [OLD]))
    assert system.starts is not None
    assert system.enabled(system.starts[0]) == ()
    assert not evaluate(drain.drained(world), system.view(system.starts[0]))


def _volumes() -> None:
    """A ReadWriteOnce volume is attached where a Ready or terminating pod of its users is."""
    world = _disturbed(NodeStatus.CORDONED)
    (workload,) = world.workloads
    using = evolve(world, workloads=(evolve(workload, claims=("shop/data",)),))
    here, there = using.places
    for phase, held in ((Phase.AVAILABLE, True), (Phase.TERMINATING, True), (Phase.STARTING, False)):
        values = {using.at(p, OLD, place): 0 for p in Phase for place in using.places}
        values[using.at(phase, OLD, there)] = 1
        attaches = kubelet.volumes_attach(using, using.workloads[0], here)
        assert evaluate(attaches, values) is not held, phase


def _drained() -> None:
    """A drain waits until the last pod has ended (``waitForDelete`` in kubectl)."""
    world = _disturbed(NodeStatus.CORDONED)
    (workload,) = world.workloads
    kept_out = Revision("old", "old", pod())
    bound = evolve(world, workloads=(evolve(workload, revisions=(kept_out,)),))
    done = drain.drained(bound)
    names = dict.fromkeys(lift(done).variables(), 0)
    assert evaluate(done, names)
    for phase in (Phase.AVAILABLE, Phase.TERMINATING):
        name = bound.at(phase, kept_out, bound.places[0])
        assert name not in names or not evaluate(done, {**names, name: 1}), phase
    assert bound.at(Phase.TERMINATING, kept_out, bound.places[0]) in names


def _filters() -> None:
    """The plainest cases of filters: there is one pod on the first of two nodes, and the second is cordoned."""
    apart = anti_affinity(term(HOST, selector(app="web")))
    there = pod(labels={"app": "web"}, requests={"cpu": "3"})
    nodes = (node("a"), node("b", unschedulable=True), node("c"))
    snapshot = Snapshot(nodes=nodes, groups=(PodGroup(there),), counts={(0, 0): 1})
    for asked, expected in (
        (pod(labels={"app": "web"}, requests={"cpu": "1"}), [True, False, True]),
        (pod(labels={"app": "web"}, requests={"cpu": "1001m"}), [False, False, True]),
        (pod(labels={"app": "web"}, affinity=apart), [False, False, True]),
    ):
        assert [feasible(asked, n, snapshot, DEFAULT_PROFILE) for n in range(3)] == expected


def _seen() -> None:
    """The scheduler sees a cordoned node as unschedulable, and an unreachable one with its taints."""
    cordoned = dict(scheduler.views(_disturbed(NodeStatus.CORDONED)))
    assert [node.unschedulable for node in cordoned[NodeStatus.CORDONED]] == [True, False]
    lost = dict(scheduler.views(_disturbed(NodeStatus.SILENT)))
    effects = {status: [taint.effect for taint in nodes[0].taints] for status, nodes in lost.items()}
    assert effects[NodeStatus.SILENT] == []
    assert effects[NodeStatus.UNREACHABLE] == ["NoSchedule", "NoExecute"]


def _endpoints() -> None:
    """Of two Ready pods on two nodes both answer while both nodes are up, one when one is silent."""
    world = _disturbed(NodeStatus.SILENT)
    node, rest = world.places
    endpoints = answering(world, [OLD])

    def number(status: NodeStatus, phase: Phase) -> int:
        names = lift(endpoints).variables()
        pods = {world.at(phase, OLD, place): 1 for place in (node, rest)}
        value: int = evaluate(endpoints, {**dict.fromkeys(names, 0), **pods, world.status(node): status.number})
        return value

    assert number(NodeStatus.UP, Phase.AVAILABLE) == 2
    assert number(NodeStatus.SILENT, Phase.AVAILABLE) == 1
    assert number(NodeStatus.UP, Phase.STARTING) == 0
    assert number(NodeStatus.UP, Phase.TERMINATING) == 0


def _autoscaler() -> None:
    """The edges at which floating point and whole percents decide."""
    for usage, requests, percent in ((100, 300, 33), (199, 100, 199), (999, 1000, 99)):
        assert horizontal_autoscaler.utilisation(usage, requests) == percent
    for pods, percent, target, wanted in ((10, 55, 50, 10), (10, 56, 50, 12), (10, 45, 50, 10), (10, 44, 50, 9)):
        assert horizontal_autoscaler.desired(pods, percent, target) == wanted


def _taints() -> None:
    """Of the tolerations that match a taint the first counts, of several taints the one that deletes first."""
    first, second = (Taint(key=key, effect="NoExecute") for key in "ab")
    endless = Toleration(key="a", operator="Exists")
    short, longer = (Toleration(key=k, operator="Exists", toleration_seconds=n) for k, n in (("a", 10), ("b", 20)))
    for tolerations, taints, seconds in (
        ((), (first,), 0),
        ((endless, short), (first,), None),
        ((short, longer), (first, second), 10),
        ((endless,), (first, second), 0),
    ):
        assert taint_eviction.seconds_left(pod("p", tolerations=tolerations), taints) == seconds


def _troubled(coming: NodeStatus, tolerations: tuple[Toleration, ...] = ()) -> tuple[World, TransitionSystem]:
    """Two pods on a node that is up and may get into trouble, twice if it could; another node has room."""
    revision = Revision("old", "old", pod("p", tolerations=tolerations))
    places = Place("n1", 0), Place("n2", 1)
    world = World(
        workloads=(Workload("web", 2, (revision,)),),
        places=places,
        nodes=(node("n1"), node("n2")),
        disturbed=(places[0], NodeStatus.UP),
        coming=coming,
    )
    starts = settled_states(world, [{("old", "n1"): 2}], [revision])
    twice = Limited("trouble", 2, node_trouble.actions, node_trouble.variables)
    return world, build("trouble", world, starts=starts, beside=(twice,))


def _need_not_come() -> None:
    """As long as nothing has happened to the node its pods stay."""
    for coming in (NodeStatus.CORDONED, NodeStatus.TAINTED, NodeStatus.SILENT):
        world, system = _troubled(coming)
        up = world.has_status(world.places[0], NodeStatus.UP)
        unharmed = any_of([negate(up), world.available(world.revisions[0]) == 2])
        verdict = explicit.check(system, Always(name="unharmed", condition=unharmed), limit=_LIMIT)
        assert verdict.outcome is Outcome.HOLDS


def _deleted_by_a_taint() -> None:
    """What a taint deletes terminates before it is gone."""
    world, system = _troubled(NodeStatus.TAINTED)
    terminating = world.count(world.revisions[0], (Phase.TERMINATING,)) == 2
    assert explicit.explore(system, watch=terminating, limit=_LIMIT).found is not None


def _comes_once() -> None:
    """A node that was lost and removed is not lost again."""
    _, system = _troubled(NodeStatus.SILENT)
    search = explicit.explore(system, watch=integer(left("trouble")) == 0, limit=_LIMIT)
    assert search.complete
    assert search.found is None


def _listed_later() -> None:
    """A drain lists the pods that are there when it begins, if they can come back, and evicts these only."""
    world, system = _troubled(NodeStatus.CORDONED, (Toleration(operator="Exists"),))
    (revision,) = world.revisions
    cordoned = world.has_status(world.places[0], NodeStatus.CORDONED)
    begun = all_of([cordoned, integer(drain.listed(revision)) == 2])
    assert explicit.explore(system, watch=begun, limit=_LIMIT).found is not None


def _scaled() -> None:
    """Recorded (10 to 20 in a rollout stuck at 8 and 5), and worked out by the rules of ``scale`` in sync.go."""
    for surge, before, after, specs, expected in (
        (3, 10, 20, (8, 5), (14, 9)),
        (0, 10, 11, (5, 5), (5, 6)),
        (2, 10, 5, (9, 3), (5, 2)),
        (1, 10, 11, (5, 5), (5, 7)),
        (0, 3, 2, (2, 0), None),
    ):
        world = scaling.world_of(surge, 0 if surge else 1)
        assert scaling.scaled(world, before, after, *specs) == expected


def _written() -> None:
    for before in range(8):
        scaling.test_who_brings_replicas_where(before)


def _resumed() -> None:
    """What was paused is so no more."""
    workload = pause.pausable(Workload("web", 1, (OLD,)))
    (resumed,) = pause.resumes(World(workloads=(workload,), places=(HERE,)))
    assert resumed.updates[pause.paused("web")] is False


def _maintained() -> None:
    """No pod is bound to the node whose turn it is, and whoever maintains waits for every replica if told so."""
    revision, places = Revision("old", "old", pod("p")), (Place("n1", 0), Place("n2", 1))
    world = World(workloads=(Workload("web", 2, (revision,)),), places=places, nodes=(node("n1"), node("n2")))
    for waits in (True, False):
        turns = maintenance.InTurn(places, waits)
        starts = settled_states(world, [{("old", "n1"): 1, ("old", "n2"): 1}], [revision])
        system = maintenance.cordoned(build("turns", world, starts=starts, beside=(turns,)), world, turns)
        bound = all_of([integer(maintenance.TURN) == 0, world.count(revision, (Phase.STARTING,), places[:1]) >= 1])
        assert explicit.explore(system, watch=bound, limit=_LIMIT).found is None
        following = next(action for action in system.actions if action.name == "after n1")
        one_left = {
            **dict.fromkeys((v.name for v in system.variables), 0),
            world.at(Phase.AVAILABLE, revision, places[1]): 1,
        }
        assert bool(evaluate(following.guard, one_left)) != waits


def _oracles() -> Iterator[tuple[str, Oracle]]:
    one_zero, zero_one = RollingUpdate(1, 0), RollingUpdate(0, 1)
    yield "bounds of 3 replicas, surge 1, unavailable 0", partial(_bounds, 3, one_zero, 3, 4)
    yield "bounds of 3 replicas, surge 0, unavailable 1", partial(_bounds, 3, zero_one, 2, 3)
    yield "bounds of 3 replicas, Recreate", partial(_bounds, 3, Recreate(), 0, 3)
    yield "syncs of a rolling update", _syncs
    yield "which pods a ReplicaSet deletes", _deletions
    yield "what a budget lets go", _evictions
    yield "where a volume is attached", _volumes
    yield "when a drain is over", _drained
    yield "what a lost or drained node goes through", _losses
    yield "end of 3 replicas, surge 1, unavailable 0", partial(_ends, 3, one_zero, False)
    yield "end of 2 replicas, Recreate", partial(_ends, 2, Recreate(), False)
    yield "end of 2 replicas, minReadySeconds", partial(_ends, 2, one_zero, True)
    yield (
        "count of 2 replicas, surge 1, unavailable 1",
        partial(_counted_rollout, 2, RollingUpdate(1, 1), False, (77, 155)),
    )
    yield "count of 2 replicas, minReadySeconds", partial(_counted_rollout, 2, one_zero, True, (29, 40))
    yield "count of a drain", partial(_count, _disturbed(NodeStatus.CORDONED), (13, 17))
    yield (
        "count of a drain with a budget",
        partial(
            _count,
            _disturbed(NodeStatus.CORDONED, partial(_budget, 1)),
            (13, 17),
        ),
    )
    yield "endpoints of a lost node", _endpoints
    yield "filters, one by one", _filters
    yield "what the scheduler sees of a disturbed node", _seen
    yield "theorem: promises", partial(_theorem, None, False)
    yield "theorem: completion", partial(_theorem, False, False)
    yield "theorem: completion, Recreate", partial(_theorem, True, False)
    yield "theorem: completion, minReadySeconds", partial(_theorem, False, True)
    yield "when a taint deletes a pod", _taints
    yield "what an autoscaler asks for", _autoscaler
    yield "trouble of a node that need not come", _need_not_come
    yield "trouble comes once", _comes_once
    yield "what a drain lists that comes later", _listed_later
    yield "nodes maintained in turn", _maintained
    yield "a kubelet that is back in time", user.test_a_kubelet_that_is_back_in_time_changes_nothing
    yield "events in their order", user.test_events_come_in_the_order_that_is_asked_for
    yield "a rollout that is undone", user.test_a_rollout_that_is_undone_ends_as_it_began
    yield "an undo that is read late", user.test_an_undo_that_is_read_late_is_read_in_the_end
    yield "a container that restarts", user.test_a_container_that_restarts_takes_readiness_for_a_while
    yield "an outage that need not come", user.test_an_outage_takes_readiness_from_all_or_none
    yield "a scaled rollout", _scaled
    yield "who brings replicas where", _written
    yield "a paused rollout", scaling.test_a_paused_rollout_is_held_at_its_size
    yield "a rollout that is resumed", _resumed
    yield "a change of replicas comes first", scaling.test_nothing_else_happens_before_the_change_is_carried_out
    yield "who is scaled at once", scaling.test_recreate_and_bare_replica_sets_are_scaled_at_once
    yield "what a taint that comes deletes", _deleted_by_a_taint
    for run in RUNS:
        yield f"scenario {run.id}", partial(test_scenario, *run.values)


ORACLES = dict(_oracles())


def notices(oracle: Oracle) -> str:
    """What ``oracle`` finds wrong, in one line; empty if nothing."""
    try:
        oracle()
    except (AssertionError, EngineError, ArithmeticError, LookupError, ValueError, TypeError) as error:
        return (str(error) or type(error).__name__).splitlines()[0]
    return ""
