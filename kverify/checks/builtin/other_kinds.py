"""What can be said of workloads of kinds that are not modelled: that nodes do not take their pods (KV3001), and that a
budget never lets one of them go (KV4003). Both are certain whatever their controllers do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from kverify.api.registry import AnyObject
from kverify.api.types.apps import DaemonSet
from kverify.api.types.policy import PodDisruptionBudget
from kverify.checks import names
from kverify.checks.builtin import drain, schedulable
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.guards import COUNTED
from kverify.checks.given.pods import Daemon, Maker, at, makers_of, standing, with_lasting
from kverify.checks.given.room import room_for
from kverify.checks.given.subject import Subject
from kverify.cluster.admission.created import pods_wanted
from kverify.cluster.objects import budget_field, describe, ends, key_of, namespace_of, template_labels
from kverify.engines.schedulability import Cluster, Demand, Fit, Room
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.components.disruption import desired_healthy
from kverify.model.components.scheduler import bypasses
from kverify.model.scheduling import pod_topology_spread
from kverify.model.scheduling.framework import Requirement
from kverify.words import count, listing


def schedulable_of(ctx: Context, about: Subject | AnyObject) -> Iterator[Answer]:
    """What ``schedulable`` says of a workload, of whatever kind."""
    if isinstance(about, Subject):
        yield from schedulable.check(ctx, about)
    elif not ctx.open and key_of(about) not in ctx.admission.unadmitted:
        yield from on_its_nodes(ctx, about) if isinstance(about, DaemonSet) else without_nodes(ctx, about)


def drain_of(ctx: Context, about: Subject | AnyObject) -> Iterator[Answer]:
    """What ``drain-ends`` says of a workload, of whatever kind."""
    if isinstance(about, Subject):
        yield from drain.check(ctx, about)
    elif isinstance(about, COUNTED) and key_of(about) not in ctx.admission.unadmitted:
        yield from never_evicted(ctx, about)


def without_nodes(ctx: Context, item: AnyObject) -> Iterator[Finding]:
    """No placement holds its pods even if nobody else of the manifests is there."""
    rows = ctx.memo(("makers",), lambda: makers_of(ctx.admission, ctx.rooms.volumes))
    makers = [maker for maker in rows if maker.object is item]
    # What has to be beside others, or is spread with them, may wait for them, and they are not here.
    if not makers or any(_waits(ctx, maker) or _forced(ctx, maker) for maker in makers):
        return
    demands = [Demand(maker.pod, _number(ctx, maker, makers), f"a pod of {maker.title}") for maker in makers]
    cluster, _ = _standing(ctx)
    lasting = with_lasting(cluster, makers[0].pod)
    # It is told of the nodes as they are, but only if those that may go are not to blame.
    answers = [room_for(demands, there, limit=ctx.options.max_states) for there in dict.fromkeys((lasting, cluster))]
    if all(answer.room is Room.IMPOSSIBLE for answer in answers):
        yield _impossible(ctx, makers, demands, answers[-1])


def _standing(ctx: Context) -> tuple[Cluster, tuple[Daemon, ...]]:
    return ctx.memo(("standing",), lambda: standing(ctx.admission, ctx.rooms.volumes))


def on_its_nodes(ctx: Context, item: DaemonSet) -> Iterator[Finding]:
    """Nodes that a DaemonSet means and that never have room for its pod. What only the pods of other DaemonSets, or
    those that it could preempt, keep out is left to ``kverify fit``."""
    daemon = next((row for row in _standing(ctx)[1] if row.object is item), None)
    lacking = [] if daemon is None else [row for row in daemon.lacking if row.lasting]
    if daemon is None or not lacking:
        return
    maker = Maker(item, daemon.pod, daemon.nodes + len(daemon.lacking), "a pod on each node")
    if _waits(ctx, maker):
        return
    kinds: dict[str, tuple[int, str, tuple[Requirement, ...]]] = {}
    for row in lacking:
        key = "; ".join(requirement.reason for requirement in row.lasting)
        number, first, said = kinds.get(key, (0, row.node, row.lasting))
        kinds[key] = number + 1, first, said
    answer = Fit(room=Room.IMPOSSIBLE, refusals=tuple(kinds.values()), method="the scheduler's filters, node by node")
    reasons = ", ".join(dict.fromkeys(requirement.reason for row in lacking for requirement in row.lasting))
    title = describe(item)
    yield Finding(
        id="KV3001",
        severity=standard.severity("KV3001"),
        object=title,
        message=f"no room for its pod on {listing([row.node for row in lacking])}: {reasons}",
        property=names.SCHEDULABLE,
        causes=tuple(_causes(ctx, maker, answer)),
        certainty=Certainty.CERTAIN,
        outcome=f"{len(lacking)} of {count(maker.most, 'pod')} stay Pending for ever.",
        details=tuple(schedulable.details(ctx, answer)),
        why=schedulable.WHY,
        verdict=Verdict(
            outcome=Outcome.VIOLATED,
            method=answer.method,
            scope=f"a pod of {title} on each of the {count(maker.most, 'node')} that it means",
            certain=True,
            assumptions=("pods that run there and cannot be preempted stay",),
        ),
    )


def _waits(ctx: Context, maker: Maker) -> bool:
    """Pods of others may let its pods in."""
    bundle, pod = ctx.bundle, maker.pod
    return bool(pod.affinity) or any(
        other is not maker.object
        for constraint in pod_topology_spread.hard(pod)
        for matching in (bundle.templates_matching, bundle.foreign_matching)
        for other in matching(pod.namespace, constraint.label_selector)
    )


def _forced(ctx: Context, maker: Maker) -> bool:
    """Its pods name their node, and what would keep them away is asked by nobody."""
    return any(bypasses(maker.pod, node, ctx.nodes) for node in range(len(ctx.nodes)))


def _number(ctx: Context, maker: Maker, makers: Sequence[Maker]) -> int:
    if ends(maker.object):
        # The later ones may wait for the earlier: only one at a time has to find a node.
        return 1
    return min(maker.most, ctx.guards.fewest(maker.object)) if len(makers) == 1 else maker.most


def _impossible(ctx: Context, makers: Sequence[Maker], demands: Sequence[Demand], answer: Fit) -> Finding:
    assert answer.blocked is not None
    maker, demand = makers[answer.blocked], demands[answer.blocked]
    wanted = sum(demand.count for demand in demands)
    placed = sum(answer.held_by(index, demand.title) for index, demand in enumerate(demands))
    title = describe(maker.object)
    sentence = f"only {placed} of its {wanted} pods find a node" if placed else "no node can take its pods"
    causes = tuple(_causes(ctx, maker, answer))
    return Finding(
        id="KV3001",
        severity=standard.severity("KV3001"),
        object=title,
        message=f"{sentence}: {answer.message}",
        property=names.SCHEDULABLE,
        causes=(*causes, *((maker.count_cause(),) if placed else ())),
        certainty=Certainty.CERTAIN,
        outcome=f"{wanted - placed} of {wanted} pods stay Pending for ever.",
        details=tuple(schedulable.details(ctx, answer)),
        why=schedulable.WHY,
        verdict=Verdict(
            outcome=Outcome.VIOLATED,
            method=answer.method,
            scope=f"{count(demand.count, 'pod')} of {title} on {count(len(ctx.nodes), 'node')}",
            certain=True,
            reason=answer.reason,
            assumptions=("pods that run there and cannot be preempted stay",),
        ),
    )


def _causes(ctx: Context, maker: Maker, answer: Fit) -> Iterator[Cause]:
    """The fields of the pod that nodes reject it for, most often first, and the taints on the nodes' side."""
    by_path: Counter[str] = Counter()
    notes: dict[str, Requirement] = {}
    for number, _, said in schedulable.rejected(ctx, answer):
        for path, r in reversed({r.path: r for r in reversed(said)}.items()):
            by_path[path] += number
            notes.setdefault(path, r)
    for path, number in by_path.most_common():
        # What others ask of it is no field of its own.
        if path:
            yield maker.cause(path, f"rejected on {count(number, 'node')}: {notes[path].reason}")
    yield from schedulable.taints(ctx, maker.pod, answer)


# -- budgets ---------------------------------------------------------------------------------------------------------


def never_evicted(ctx: Context, item: AnyObject) -> Iterator[Finding]:
    """A budget wants every pod of it, when all of them are healthy. Two budgets are KV2008's."""
    labels = next(iter(template_labels(item)), {})
    budgets = ctx.bundle.budgets_selecting(namespace_of(item), labels)
    if len(budgets) == 1 and ctx.guards.most(item):
        (budget,) = budgets
        number = _counted(ctx, budget)
        if number is not None:
            yield from _kept(item, budget, number)


def _counted(ctx: Context, budget: PodDisruptionBudget) -> int | None:
    """The most pods that a budget counts; None where the input does not say."""
    namespace, selector = namespace_of(budget), budget.spec.selector
    others = ctx.bundle.foreign_matching(namespace, selector)
    mine = [s for s in ctx.subjects if budget in ctx.guards.budgets(s)]
    if ctx.guards.loose(budget) or not all(isinstance(item, COUNTED) for item in others):
        return None
    return sum(map(ctx.guards.most, others)) + sum(max(s.counts, default=s.replicas) for s in mine)


def _kept(item: AnyObject, budget: PodDisruptionBudget, number: int) -> Iterator[Finding]:
    spec, name = budget.spec, describe(budget)
    desired = desired_healthy(number, min_available=spec.min_available, max_unavailable=spec.max_unavailable)
    if number - desired >= 1:
        return
    path, value = budget_field(budget)
    yield Finding(
        id="KV4003",
        severity=standard.severity("KV4003"),
        object=describe(item),
        message=f"the drain of a node with a pod of it can never end: {name} wants {desired} healthy pods and there "
        f"are {number}: every eviction answers 429",
        property=names.DRAIN_ENDS,
        causes=(
            Cause(budget.source.span(path), f"{name} {path}", f"{value} of {number}"),
            at(item, "spec.replicas", f"{pods_wanted(item)} wanted"),
        ),
        certainty=Certainty.CERTAIN,
        outcome=f"{name} wants {desired} healthy pods, and {number} are at most. The drain retries for ever.",
        why=drain.WHY,
        repairs=(Repair(text=f"let {name} say maxUnavailable: 1"),),
        verdict=Verdict(
            outcome=Outcome.VIOLATED,
            method="the arithmetic of the budget",
            scope=f"{count(number, 'pod')} that {name} selects, all of them healthy",
            certain=True,
            assumptions=drain.ASSUMPTIONS[:1],
        ),
    )
