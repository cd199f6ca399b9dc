"""Faults seeded into controllers, one at a time. The suite has to notice each of them.

A fault is a change of one line in one module. The changed module is compiled and its functions' code is put into the
real ones, so everybody who imported them runs the fault; afterwards all is as before.

``python -m tests.engines.mutants`` tries every oracle on every fault and prints who notices what.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType

from attrs import frozen

from kverify.checks import theorems

from .mutant_oracles import ORACLES, notices

COMPONENTS = "kverify.model.components"
ENVIRONMENT = "kverify.model.environment"
SCHEDULING = "kverify.model.scheduling"


@frozen
class Mutant:
    """``before`` in the source of ``module``, once, becomes ``after``. ``oracle`` is one that notices."""

    name: str
    fault: str
    module: str
    before: str
    after: str
    oracle: str


class Stale(AssertionError):
    """The line that a mutant changes is not in the source any more: the table has to follow."""


@contextmanager
def seeded(mutant: Mutant) -> Iterator[None]:
    """Within the context kverify has the fault. Raises ``Stale``."""
    module = import_module(mutant.module)
    source = inspect.getsource(module)
    if source.count(mutant.before) != 1:
        raise Stale(f"{mutant.name}: {mutant.before!r} occurs {source.count(mutant.before)} times in {mutant.module}")
    namespace = {**vars(module)}
    exec(compile(source.replace(mutant.before, mutant.after), mutant.module, "exec"), namespace)
    kept = {}
    changed = dict(_functions(namespace, mutant.module))
    for name, function in _functions(vars(module), mutant.module):
        if changed[name].__code__ != function.__code__:
            kept[function] = function.__code__
            function.__code__ = changed[name].__code__
    if not kept:
        raise Stale(f"{mutant.name}: no function of {mutant.module} has changed")
    _forget()
    try:
        yield
    finally:
        for function, code in kept.items():
            function.__code__ = code
        _forget()


def _functions(namespace: Mapping[str, object], module: str) -> Iterator[tuple[str, FunctionType]]:
    """The functions of a module, and the methods of its classes but for those that attrs makes of their fields."""
    for name, found in namespace.items():
        if isinstance(found, FunctionType) and found.__module__ == module:
            yield name, found
        elif isinstance(found, type) and found.__module__ == module:
            for inner, method in vars(found).items():
                if isinstance(method, FunctionType) and not method.__code__.co_filename.startswith("<"):
                    yield f"{name}.{inner}", method


def _forget() -> None:
    """What is proved once is proved again."""
    theorems.promises_theorem.cache_clear()
    theorems.completion_theorem.cache_clear()


MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "surge-plus-one",
        "a rolling update may have one pod more than maxSurge",
        f"{COMPONENTS}.deployment",
        "room = replicas + strategy.surge - specs",
        "room = replicas + strategy.surge + 1 - specs",
        "bounds of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "surge-minus-one",
        "a rolling update uses one pod less than maxSurge",
        f"{COMPONENTS}.deployment",
        "room = replicas + strategy.surge - specs",
        "room = replicas + strategy.surge - 1 - specs",
        "end of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "surge-ignores-old",
        "only the new ReplicaSet counts towards the surge",
        f"{COMPONENTS}.deployment",
        "room = replicas + strategy.surge - specs",
        "room = replicas + strategy.surge - new_spec",
        "bounds of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "no-clamp-scale-up",
        "a scale-up takes all that is missing, whatever room there is",
        f"{COMPONENTS}.deployment",
        "new_spec + minimum([room, replicas - new_spec])",
        "new_spec + (replicas - new_spec)",
        "bounds of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "stops-one-short",
        "the new ReplicaSet stops one pod short of replicas",
        f"{COMPONENTS}.deployment",
        "can_scale_up = all_of([asked, new_spec < replicas, room >= 1])",
        "can_scale_up = all_of([asked, new_spec < replicas - 1, room >= 1])",
        "end of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "unavailable-plus-one",
        "one pod more than maxUnavailable may be unavailable",
        f"{COMPONENTS}.deployment",
        "floor = workload.replicas - strategy.unavailable\n    spec",
        "floor = workload.replicas - strategy.unavailable - 1\n    spec",
        "bounds of 3 replicas, surge 0, unavailable 1",
    ),
    Mutant(
        "not-yet-forgotten",
        "new pods that are not available yet are not kept apart",
        f"{COMPONENTS}.deployment",
        "budget = total(spec.values()) - floor - not_yet",
        "budget = total(spec.values()) - floor",
        "syncs of a rolling update",
    ),
    Mutant(
        "no-clamp-scale-down",
        "the number of pods to remove may be negative",
        f"{COMPONENTS}.deployment",
        "take = maximum([0, minimum([left[r], spare - scaled])])",
        "take = minimum([left[r], spare - scaled])",
        "syncs of a rolling update",
    ),
    Mutant(
        "old-never-scaled",
        "old ReplicaSets are never scaled down",
        f"{COMPONENTS}.deployment",
        "all_of([budget >= 1, *sane, cleaned + scaled >= 1])",
        "all_of([budget >= 1000, *sane, cleaned + scaled >= 1])",
        "end of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "spare-plus-one",
        "one available pod too many is taken for spare",
        f"{COMPONENTS}.deployment",
        "for r in old) - floor\n",
        "for r in old) - floor + 1\n",
        "bounds of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "recreate-does-not-wait",
        "Recreate starts new pods while old ones are there",
        f"{COMPONENTS}.deployment",
        "asked, old_specs == 0, old_pods == 0, new_spec",
        "asked, old_specs == 0, new_spec",
        "theorem: completion, Recreate",
    ),
    Mutant(
        "recreate-forgets-terminating",
        "Recreate does not wait for terminating pods",
        f"{COMPONENTS}.deployment",
        "world.count(r, (*LIVE, Phase.TERMINATING)) for r in old)",
        "world.count(r, LIVE) for r in old)",
        "theorem: completion, Recreate",
    ),
    Mutant(
        "recreate-forgets-old",
        "Recreate never scales the old ReplicaSets down",
        f"{COMPONENTS}.deployment",
        "updates={world.spec(r): 0 for r in old},",
        "updates={world.spec(r): integer(world.spec(r)) for r in old},",
        "end of 2 replicas, Recreate",
    ),
    Mutant(
        "creates-one-more",
        "a ReplicaSet makes one pod more than it is asked for",
        f"{COMPONENTS}.replica_set",
        "world.live(revision) < integer(world.spec(revision)), admitted",
        "world.live(revision) <= integer(world.spec(revision)), admitted",
        "bounds of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "counts-terminating",
        "a ReplicaSet counts terminating pods as its own",
        f"{COMPONENTS}.replica_set",
        "world.live(revision) < integer(world.spec(revision)), admitted",
        "world.live(revision) + world.count(revision, (Phase.TERMINATING,)) < integer(world.spec(revision)), admitted",
        "count of a drain",
    ),
    Mutant(
        "deletes-one-more",
        "a ReplicaSet deletes one pod more than it has to",
        f"{COMPONENTS}.replica_set",
        "first: list[Condition] = [rest >= integer(world.spec(revision)) + 1, here >= 1]",
        "first: list[Condition] = [rest >= integer(world.spec(revision)), here >= 1]",
        "which pods a ReplicaSet deletes",
    ),
    Mutant(
        "deletes-ready-first",
        "a ReplicaSet deletes Ready pods although others are not",
        f"{COMPONENTS}.replica_set",
        "LIVE if phase is Phase.STARTING else SERVING)",
        "LIVE)",
        "which pods a ReplicaSet deletes",
    ),
    Mutant(
        "deletes-without-grace",
        "a deleted pod is gone at once",
        f"{COMPONENTS}.replica_set",
        'world.at(Phase.TERMINATING, revision, place): gone + 1,\n                },\n                says=f"',
        'world.at(Phase.TERMINATING, revision, place): gone,\n                },\n                says=f"',
        "count of 2 replicas, surge 1, unavailable 1",
    ),
    Mutant(
        "deletes-where-it-is-lonely",
        "a ReplicaSet deletes from the node with the fewest pods",
        f"{COMPONENTS}.replica_set",
        "crowd(other) <= crowd(place)])",
        "crowd(place) <= crowd(other)])",
        "which pods a ReplicaSet deletes",
    ),
    Mutant(
        "keeps-pending",
        "a ReplicaSet does not delete pods without a node",
        f"{COMPONENTS}.replica_set",
        "guard=all_of([excess >= 1, pending >= 1]),",
        "guard=all_of([excess >= 1, pending >= 1000]),",
        "which pods a ReplicaSet deletes",
    ),
    Mutant(
        "volume-attaches-anywhere",
        "a ReadWriteOnce volume attaches to two nodes",
        f"{COMPONENTS}.kubelet",
        "guard=all_of([here >= 1, _alive(world, place), volumes_attach(world, workload, place), _probes_pass(world)]),",
        "guard=all_of([here >= 1, _alive(world, place)]),",
        "scenario a05_rollout_rwo_pvc/fails@open",
    ),
    Mutant(
        "dead-kubelet-starts-pods",
        "a kubelet that is gone starts pods",
        f"{COMPONENTS}.kubelet",
        "guard=all_of([here >= 1, _alive(world, place), volumes_attach(world, workload, place), _probes_pass(world)]),",
        "guard=all_of([here >= 1, volumes_attach(world, workload, place)]),",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "dead-kubelet-stops-pods",
        "terminating pods of a lost node are gone without being removed",
        f"{COMPONENTS}.kubelet",
        "guard=all_of([here >= 1, any_of([_alive(world, place), world.has_status(place, NodeStatus.REMOVED)])]),",
        "guard=here >= 1,",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "pods-never-stop",
        "terminating pods stay for ever",
        f"{COMPONENTS}.kubelet",
        "any_of([_alive(world, place), world.has_status(place, NodeStatus.REMOVED)])",
        "world.has_status(place, NodeStatus.REMOVED)",
        "end of 2 replicas, Recreate",
    ),
    Mutant(
        "readiness-doubles",
        "a pod that becomes Ready is counted as starting as well",
        f"{COMPONENTS}.kubelet",
        "updates={world.at(Phase.STARTING, revision, place): here - 1, world.at(ready, revision, place): there + 1},",
        "updates={world.at(ready, revision, place): there + 1},",
        "bounds of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "min-ready-ignored",
        "pods are available as soon as they are Ready",
        f"{COMPONENTS}.kubelet",
        "ready = Phase.READY if workload.min_ready else Phase.AVAILABLE",
        "ready = Phase.AVAILABLE",
        "count of 2 replicas, minReadySeconds",
    ),
    Mutant(
        "volume-forgets-terminating",
        "a volume is free while its pod is terminating",
        f"{COMPONENTS}.kubelet",
        "held = (*SERVING, Phase.TERMINATING)",
        "held = SERVING",
        "where a volume is attached",
    ),
    Mutant(
        "anti-affinity-skipped",
        "the scheduler does not ask InterPodAffinity",
        f"{COMPONENTS}.scheduler",
        "tuple(plugin for plugin in DEFAULT_PROFILE if plugin.name not in world.ignored)",
        "tuple(p for p in DEFAULT_PROFILE if p.name not in {*world.ignored, 'InterPodAffinity'})",
        "scenario a01_rollout_antiaffinity_full/pair_no_surge@cluster_3",
    ),
    Mutant(
        "spread-skipped",
        "the scheduler does not ask PodTopologySpread",
        f"{COMPONENTS}.scheduler",
        "tuple(plugin for plugin in DEFAULT_PROFILE if plugin.name not in world.ignored)",
        "tuple(p for p in DEFAULT_PROFILE if p.name not in {*world.ignored, 'PodTopologySpread'})",
        "scenario a11_spread_broken_by_rollout/fails_three_replicas@cluster_3",
    ),
    Mutant(
        "cordon-overlooked",
        "the scheduler binds to cordoned nodes",
        f"{COMPONENTS}.scheduler",
        "NodeStatus.CORDONED: evolve(node, unschedulable=True),",
        "NodeStatus.CORDONED: node,",
        "what the scheduler sees of a disturbed node",
    ),
    Mutant(
        "unreachable-overlooked",
        "the scheduler binds to unreachable nodes",
        f"{COMPONENTS}.scheduler",
        "NodeStatus.UNREACHABLE: evolve(node, taints=(*node.taints, *UNREACHABLE_TAINTS)),",
        "NodeStatus.UNREACHABLE: node,",
        "what the scheduler sees of a disturbed node",
    ),
    Mutant(
        "binds-for-nothing",
        "binding a pod leaves it pending",
        f"{COMPONENTS}.scheduler",
        "world.pending(revision): pending - 1,",
        "world.pending(revision): pending,",
        "bounds of 3 replicas, surge 1, unavailable 0",
    ),
    Mutant(
        "budget-ignored",
        "the eviction API does not look at budgets",
        f"{COMPONENTS}.disruption",
        "allowed = all_of([budget.expected >= 1, healthy(world, budget) - budget.desired >= 1])",
        "allowed = True",
        "scenario c01_pdb_equals_replicas/fails_min_available@open",
    ),
    Mutant(
        "budget-off-by-one",
        "an eviction may take the last pod that a budget wants",
        f"{COMPONENTS}.disruption",
        "healthy(world, budget) - budget.desired >= 1]",
        "healthy(world, budget) - budget.desired >= 0]",
        "what a budget lets go",
    ),
    Mutant(
        "budget-counts-terminating",
        "terminating pods count as healthy",
        f"{COMPONENTS}.disruption",
        "world.count(r, SERVING) for r in budget.revisions",
        "world.count(r, (*SERVING, type(SERVING[0]).TERMINATING)) for r in budget.revisions",
        "what a budget lets go",
    ),
    Mutant(
        "budget-max-unavailable-doubled",
        "maxUnavailable is taken twice",
        f"{COMPONENTS}.disruption",
        "return max(0, expected - scaled(max_unavailable, expected, up=True))",
        "return max(0, expected - 2 * scaled(max_unavailable, expected, up=True))",
        "what a budget lets go",
    ),
    Mutant(
        "budget-min-available-less",
        "minAvailable is taken for one less",
        f"{COMPONENTS}.disruption",
        "return scaled(min_available, expected, up=True)",
        "return scaled(min_available, expected, up=True) - 1",
        "what a budget lets go",
    ),
    Mutant(
        "two-budgets-agree",
        "a pod that two budgets select may be evicted",
        f"{COMPONENTS}.disruption",
        "if len(budgets) > 1:\n        return False",
        "if len(budgets) > 1:\n        return True",
        "what a budget lets go",
    ),
    Mutant(
        "endpoints-count-unready",
        "pods that are not Ready answer for a Service",
        f"{COMPONENTS}.endpoints",
        "phases = LIVE if publish_not_ready else SERVING",
        "phases = LIVE",
        "endpoints of a lost node",
    ),
    Mutant(
        "endpoints-count-dead",
        "pods on a dead node answer for a Service",
        f"{COMPONENTS}.endpoints",
        "counts.append(ite(alive, world.count(revision, phases, (place,)), 0))",
        "counts.append(world.count(revision, phases, (place,)))",
        "endpoints of a lost node",
    ),
    Mutant(
        "no-taint-eviction",
        "pods of an unreachable node are never deleted",
        f"{COMPONENTS}.node_lifecycle",
        "guard=all_of([world.has_status(place, NodeStatus.UNREACHABLE), here >= 1]),",
        "guard=all_of([world.has_status(place, NodeStatus.CORDONED), here >= 1]),",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "taint-eviction-early",
        "pods of a node are deleted before it is known to be lost",
        f"{COMPONENTS}.node_lifecycle",
        "guard=all_of([world.has_status(place, NodeStatus.UNREACHABLE), here >= 1]),",
        "guard=all_of([world.has_status(place, NodeStatus.SILENT, NodeStatus.UNREACHABLE), here >= 1]),",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "readiness-survives",
        "pods of an unreachable node stay Ready",
        f"{COMPONENTS}.node_lifecycle",
        "NodeStatus.UNREACHABLE), **_lose_readiness(world, place, world.revisions)},",
        "NodeStatus.UNREACHABLE)},",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "evicted-pods-vanish",
        "pods that a taint evicts are gone at once",
        f"{COMPONENTS}.node_lifecycle",
        "world.at(Phase.TERMINATING, revision, place): gone + here,",
        "world.at(Phase.TERMINATING, revision, place): gone,",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "tolerates-for-ever",
        "every pod tolerates a lost node for ever",
        f"{COMPONENTS}.node_lifecycle",
        "    if revision.pod is None:\n        return False",
        "    if revision.pod is None or True:\n        return True",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "drain-without-budget",
        "a drain deletes pods instead of evicting them",
        f"{ENVIRONMENT}.drain",
        "[begun, here >= 1, may_evict(world, revision, ready=phase in SERVING)]",
        "[begun, here >= 1]",
        "what a budget lets go",
    ),
    Mutant(
        "drain-never-ends",
        "a drain does not evict Ready pods",
        f"{ENVIRONMENT}.drain",
        "for phase in LIVE:\n                if phase in",
        "for phase in (Phase.STARTING,):\n                if phase in",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "drain-does-not-wait",
        "a drain is over while pods are still terminating",
        f"{ENVIRONMENT}.drain",
        "else world.count(r, tuple(Phase), (place,)) == 0",
        "else world.count(r, LIVE, (place,)) == 0",
        "when a drain is over",
    ),
    Mutant(
        "removed-node-keeps-pods",
        "the pods of a removed node are not collected",
        f"{ENVIRONMENT}.node_removal",
        "list(NodeStatus).index(NodeStatus.REMOVED), **_forget_pods(world, place)},",
        "list(NodeStatus).index(NodeStatus.REMOVED)},",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "removed-too-early",
        "a node is removed before its pods are evicted",
        f"{ENVIRONMENT}.node_removal",
        "world.has_status(place, NodeStatus.UNREACHABLE), to_evict == 0]",
        "world.has_status(place, NodeStatus.UNREACHABLE)]",
        "what a lost or drained node goes through",
    ),
    Mutant(
        "anti-affinity-one-allowed",
        "one pod that anti-affinity keeps out may be there",
        f"{SCHEDULING}.inter_pod_affinity",
        "(groups, domain) <= 0,\n            reason=\"node(s) didn't match pod anti",
        "(groups, domain) <= 1,\n            reason=\"node(s) didn't match pod anti",
        "filters, one by one",
    ),
    Mutant(
        "skew-plus-one",
        "topology spread allows one more than maxSkew",
        f"{SCHEDULING}.pod_topology_spread",
        "constraint.self_match - constraint.spec.max_skew\n",
        "constraint.self_match - constraint.spec.max_skew - 1\n",
        "scenario a11_spread_broken_by_rollout/fails_three_replicas@cluster_3",
    ),
    Mutant(
        "resources-one-pod-more",
        "a pod fits where exactly nothing is left for it",
        f"{SCHEDULING}.node_resources_fit",
        "holds=taken <= allocatable - request,",
        "holds=taken <= allocatable - request + request,",
        "filters, one by one",
    ),
    Mutant(
        "cordoned-is-schedulable",
        "NodeUnschedulable lets every pod in",
        f"{SCHEDULING}.node_unschedulable",
        "    if not node.unschedulable:",
        "    if node.unschedulable or not node.unschedulable:",
        "filters, one by one",
    ),
    Mutant(
        "last-toleration-counts",
        "of the tolerations that match a NoExecute taint the last one counts",
        f"{COMPONENTS}.taint_eviction",
        "next((t for t in pod.spec.tolerations if tolerates(t, taint)), None)",
        "next((t for t in reversed(pod.spec.tolerations) if tolerates(t, taint)), None)",
        "when a taint deletes a pod",
    ),
    Mutant(
        "longest-toleration-counts",
        "of several NoExecute taints the one that is tolerated longest counts",
        f"{COMPONENTS}.taint_eviction",
        "return min(waits, default=None)",
        "return max(waits, default=None)",
        "when a taint deletes a pod",
    ),
    Mutant(
        "untolerated-taint-keeps",
        "a NoExecute taint that is not tolerated deletes nothing",
        f"{COMPONENTS}.taint_eviction",
        "            return 0\n",
        "            continue\n",
        "when a taint deletes a pod",
    ),
    Mutant(
        "taint-before-it-comes",
        "a taint deletes pods before it is there",
        f"{COMPONENTS}.taint_eviction",
        "return True if deletes else world.has_status(place, NodeStatus.TAINTED)",
        "return True",
        "trouble of a node that need not come",
    ),
    Mutant(
        "evicted-by-a-taint-and-gone",
        "a pod that a taint deletes is gone at once",
        f"{COMPONENTS}.taint_eviction",
        "integer(world.at(Phase.TERMINATING, revision, place)) + 1,",
        "integer(world.at(Phase.TERMINATING, revision, place)),",
        "what a taint that comes deletes",
    ),
    Mutant(
        "autoscaler-rounds-down",
        "the autoscaler rounds down",
        f"{COMPONENTS}.horizontal_autoscaler",
        "return math.ceil(ratio * pods)",
        "return math.floor(ratio * pods)",
        "what an autoscaler asks for",
    ),
    Mutant(
        "autoscaler-without-tolerance",
        "the autoscaler has no tolerance downwards",
        f"{COMPONENTS}.horizontal_autoscaler",
        "if 1.0 - down <= ratio <= 1.0 + up:",
        "if 1.0 <= ratio <= 1.0 + up:",
        "what an autoscaler asks for",
    ),
    Mutant(
        "utilisation-rounds-up",
        "utilisation is rounded up to whole percents",
        f"{COMPONENTS}.horizontal_autoscaler",
        "return usage * 100 // requests",
        "return -(-usage * 100 // requests)",
        "what an autoscaler asks for",
    ),
    Mutant(
        "kubelet-never-back",
        "a node whose kubelet restarts is marked unreachable all the same",
        f"{COMPONENTS}.node_lifecycle",
        "    if world.returns:",
        "    if world.returns and world.stale:",
        "a kubelet that is back in time",
    ),
    Mutant(
        "trouble-twice",
        "a node that was lost and removed is lost again",
        f"{ENVIRONMENT}.node_trouble",
        "guard=world.has_status(place, NodeStatus.UP),",
        "guard=world.has_status(place, NodeStatus.UP, NodeStatus.REMOVED),",
        "trouble comes once",
    ),
    Mutant(
        "drain-lists-nothing",
        "a drain that comes later lists no pods that may come back",
        f"{ENVIRONMENT}.node_trouble",
        "updates[listed(revision)] = world.count(revision, LIVE, (place,))",
        "updates[listed(revision)] = 0",
        "what a drain lists that comes later",
    ),
    Mutant(
        "drain-before-the-cordon",
        "a drain evicts before the node is cordoned",
        f"{ENVIRONMENT}.drain",
        "guard: list[Condition] = [begun, here >= 1,",
        "guard: list[Condition] = [here >= 1,",
        "trouble of a node that need not come",
    ),
    Mutant(
        "removed-pod-stays",
        "a pod that somebody deletes serves on",
        f"{ENVIRONMENT}.pod_deletion",
        "world.at(phase, revision, place): here - 1, world.at(Phase.TERMINATING, revision, place): gone + 1}",
        "world.at(Phase.TERMINATING, revision, place): gone + 1}",
        "scenario a09_unavailable_old_plus_rollout/fails@open",
    ),
    Mutant(
        "limits-never-run-out",
        "what may happen once may happen again and again",
        f"{ENVIRONMENT}.limited",
        "updates={**action.updates, left(self.event): rest - 1},",
        "updates={**action.updates, left(self.event): rest},",
        "scenario a09_unavailable_old_plus_rollout/fails@open",
    ),
    Mutant(
        "order-of-events-ignored",
        "what must come first need not",
        f"{ENVIRONMENT}.limited",
        "guard=all_of([action.guard, rest >= 1, *waits]),",
        "guard=all_of([action.guard, rest >= 1]),",
        "events in their order",
    ),
    Mutant(
        "maintenance-does-not-wait",
        "the next node is drained before every replica is available",
        f"{ENVIRONMENT}.maintenance",
        "            if self.waits:",
        "            if not self.waits:",
        "nodes maintained in turn",
    ),
    Mutant(
        "maintained-node-takes-pods",
        "pods are bound to the node that is being maintained",
        f"{ENVIRONMENT}.maintenance",
        "return evolve(action, guard=all_of([action.guard, *map(negate, shut)]))",
        "return action",
        "nodes maintained in turn",
    ),
    Mutant(
        "undo-applies-nothing",
        "an undo gives the Deployment no template",
        f"{ENVIRONMENT}.apply",
        "                updates={applied: index},",
        "                updates={applied: len(choices(workload)) - 1},",
        "a rollout that is undone",
    ),
    Mutant(
        "undo-is-never-read",
        "a controller whose status lags behind never reads an undo",
        f"{ENVIRONMENT}.apply",
        "                    guard=integer(read) != integer(applied),",
        "                    guard=integer(read) != integer(read),",
        "an undo that is read late",
    ),
    Mutant(
        "complete-before-it-is-read",
        "a rollout is complete before its undo has been read",
        "kverify.model.world",
        "lags = self.stale and isinstance(workload.target, Expr)",
        "lags = False",
        "an undo that is read late",
    ),
    Mutant(
        "restart-unnoticed",
        "a pod whose container restarts stays available",
        f"{ENVIRONMENT}.container_restart",
        "world.at(Phase.STARTING, revision, place): there + 1,",
        "world.at(phase, revision, place): here,",
        "a container that restarts",
    ),
    Mutant(
        "restarts-forbidden-by-policy",
        "containers restart although restartPolicy is Never",
        f"{ENVIRONMENT}.container_restart",
        "if workload.name in self.never:",
        "if workload.name in ():",
        "a container that restarts",
    ),
    Mutant(
        "outage-heals",
        "pods become Ready although what they need is gone",
        f"{COMPONENTS}.kubelet",
        "return negate(boolean(OUTAGE)) if world.failing else True",
        "return True",
        "an outage that need not come",
    ),
    Mutant(
        "outage-unnoticed",
        "an outage comes before anybody says so",
        f"{COMPONENTS}.kubelet",
        "guard=all_of([boolean(OUTAGE), here >= 1, _alive(world, place)]),",
        "guard=all_of([here >= 1, _alive(world, place)]),",
        "an outage that need not come",
    ),
    Mutant(
        "proportion-rounds-down",
        "shares of a scaled rollout are rounded down",
        f"{COMPONENTS}.deployment",
        "lift(2 * spec[r] * most + most_before) // lift(2 * most_before)",
        "lift(spec[r] * most) // lift(most_before)",
        "a scaled rollout",
    ),
    Mutant(
        "older-first",
        "of equal ReplicaSets the older one gets more",
        f"{COMPONENTS}.deployment",
        "all_of([spec[newer] == spec[older], missing > 0]),",
        "all_of([spec[newer] == spec[older], missing < 0]),",
        "a scaled rollout",
    ),
    Mutant(
        "leftovers-are-lost",
        "what is left over of a scaled rollout is given to nobody",
        f"{COMPONENTS}.deployment",
        "return maximum([0, spec[first] + missing - rest]), spec[second] + rest",
        "return maximum([0, spec[first] + mine]), spec[second] + rest",
        "a scaled rollout",
    ),
    Mutant(
        "annotation-is-always-written",
        "a change of replicas that is carried out already is noted all the same",
        f"{COMPONENTS}.deployment",
        "guard=all_of([asked, *alone, active, spec[one] != replicas]),",
        "guard=all_of([asked, *alone, active]),",
        "a scaled rollout",
    ),
    Mutant(
        "rolls-while-it-scales",
        "a sync that has to scale goes on with the rollout",
        f"{COMPONENTS}.deployment",
        "asked = all_of([asked, negate(sized)])",
        "asked = all_of([asked, negate(workload.paused)])",
        "a change of replicas comes first",
    ),
    Mutant(
        "bare-replica-set-unscaled",
        "a bare ReplicaSet is not scaled",
        f"{ENVIRONMENT}.scale",
        "    if workload.strategy is None:\n",
        "    if workload.strategy is not None:\n",
        "who is scaled at once",
    ),
    Mutant(
        "autoscaler-wakes-up",
        "an autoscaler raises a workload that has none",
        f"{COMPONENTS}.horizontal_autoscaler",
        "guard=all_of([integer(name) >= 1, integer(name) < low]),",
        "guard=all_of([integer(name) < low]),",
        "who brings replicas where",
    ),
    Mutant(
        "autoscaler-one-above",
        "an autoscaler leaves one replica more than its most",
        f"{COMPONENTS}.horizontal_autoscaler",
        "guard=integer(name) > high,",
        "guard=integer(name) > high + 1,",
        "who brings replicas where",
    ),
    Mutant(
        "healer-sleeps",
        "a GitOps tool does not undo a scale-up",
        f"{ENVIRONMENT}.self_heal",
        "guard=integer(name) != number,",
        "guard=integer(name) < number,",
        "who brings replicas where",
    ),
    Mutant(
        "paused-rolls-on",
        "a paused Deployment is rolled out all the same",
        f"{COMPONENTS}.deployment",
        "asked = all_of([asked, negate(sized)])",
        "asked = all_of([asked, told])",
        "a paused rollout",
    ),
    Mutant(
        "paused-is-left-alone",
        "the size of a paused Deployment is not seen to",
        f"{COMPONENTS}.deployment",
        "sized = any_of([workload.paused, all_of([negate(told), active])])",
        "sized = all_of([negate(told), active])",
        "a paused rollout",
    ),
    Mutant(
        "resume-pauses",
        "resuming changes nothing",
        f"{ENVIRONMENT}.pause",
        "updates={paused(workload.name): pause},",
        "updates={paused(workload.name): True},",
        "a rollout that is resumed",
    ),
)


def table() -> str:
    """The faults as a table in Markdown, each with an oracle that notices it."""
    rows = ["| fault | in | noticed by |", "| --- | --- | --- |"]
    for mutant in MUTANTS:
        place = mutant.module.removeprefix("kverify.model.").replace(".", "/")
        rows.append(f"| {mutant.fault} | `{place}.py` | {mutant.oracle} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Try everything on everything and print who notices what."""
    for name, oracle in ORACLES.items():
        trouble = notices(oracle)
        if trouble:
            print(f"WRONG without any fault: {name}: {trouble}")
    for mutant in MUTANTS:
        with seeded(mutant):
            found = [name for name, oracle in ORACLES.items() if notices(oracle)]
        print(f"{mutant.name}: {len(found)} of {len(ORACLES)}: {'; '.join(found) or 'SURVIVES'}", flush=True)


if __name__ == "__main__":
    main()
