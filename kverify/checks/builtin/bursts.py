"""KV3009: when one pod becomes busy, the pods that the autoscaler then asks for find a node.

How busy pods are is told by a live autoscaler's status (``currentMetrics``), how busy one of them can become by its
limits. The autoscaler's own arithmetic says which count that comes to; where the pods are is told by the live pods. A
small example says little here: the more pods share the load, the less one of them counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from kverify.api.types.autoscaling_v2 import HorizontalPodAutoscaler
from kverify.api.types.pod import Pod
from kverify.checks.deciding.focus import fixed_pods
from kverify.checks.deciding.scaled import end_cause
from kverify.checks.deciding.stuck import per_node
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.room import room_for
from kverify.checks.given.subject import Subject
from kverify.checks.names import BURSTS_FIT
from kverify.cluster.objects import describe, key_of
from kverify.cluster.scaling import fewest
from kverify.engines.schedulability import Demand, Room
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.components.horizontal_autoscaler import TOLERANCE, desired, utilisation
from kverify.model.scheduling.framework import PodGroup, Requirement, Snapshot
from kverify.model.scheduling.profile import compose, reject, said
from kverify.words import amount, count, sentences

TITLE = "when one pod becomes busy, the pods that its autoscaler asks for find a node"
METHOD = "the autoscaler's arithmetic"
WHY = (
    "desiredReplicas is the number of pods times utilisation over target, rounded up, outside of the tolerance "
    "(https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details); whether the "
    "new pods fit is no concern of the autoscaler."
)
ASSUMPTIONS = (
    "one pod becomes as busy as its limits allow, the others stay as they are",
    "every pod is Ready and measured",
)


@frozen(eq=False, kw_only=True)
class _Load:
    """``pods`` use ``usage`` of a resource in all (in the unit of ``request``, what one of them requests), and one may
    come to use ``rise`` more."""

    autoscaler: HorizontalPodAutoscaler
    resource: str
    pods: int
    usage: int
    request: int
    rise: int
    target: int
    up: float

    def percent(self, rise: int) -> int:
        return utilisation(self.usage + rise, self.pods * self.request)

    def wanted(self, percent: int) -> int:
        """What the autoscaler asks for, in its range."""
        number = desired(self.pods, percent, self.target, up=self.up)
        return min(max(number, fewest(self.autoscaler)), self.autoscaler.spec.max_replicas)

    def asked(self) -> dict[int, int]:
        """The counts above the present one that it may ask for, each with the least utilisation that does."""
        found: dict[int, int] = {}
        for percent in range(self.percent(0), self.percent(self.rise) + 1):
            number = self.wanted(percent)
            if number > self.pods:
                found.setdefault(number, percent)
        return found

    def text(self) -> str:
        least, most = self.percent(0), self.percent(self.rise)
        busy = f"{least} to {most} % of their {self.resource} requests"
        return f"{count(self.pods, 'pod')} at {busy}, target {self.target} %"


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for every autoscaled workload whose load is known."""
    if ctx.open or subject.live is None or ctx.unadmitted(subject):
        return
    load = _load(ctx, subject)
    if load is not None:
        yield _answer(ctx, subject, load)


def _load(ctx: Context, subject: Subject) -> _Load | None:
    scale = subject.scale
    if scale is None or not scale.grows or not isinstance(scale.autoscaler, HorizontalPodAutoscaler):
        return None
    item = scale.autoscaler
    known = next((o for o in ctx.bundle.existing if key_of(o) == key_of(item)), None)
    if not isinstance(known, HorizontalPodAutoscaler) or len(item.spec.metrics) != 1:
        return None
    wanted = item.spec.metrics[0].resource
    if wanted is None or not wanted.target.average_utilization:
        return None
    resource, pods = wanted.name, sum((subject.live or {}).values())
    used = next((m.resource.current.average_value for m in known.status.current_metrics
                 if m.resource is not None and m.resource.name == resource), None)  # fmt: skip
    request = subject.new.requests.get(resource, 0)
    if used is None or not request or not pods:
        return None
    unit = 10**6 if resource == "cpu" else 10**9
    average = used.nano // unit
    most = _limit(subject, resource, unit)
    if most is None or most < average:
        return None
    rules = item.spec.behavior.scale_up if item.spec.behavior is not None else None
    tolerance = None if rules is None else rules.tolerance
    return _Load(
        autoscaler=item,
        resource=resource,
        pods=pods,
        usage=average * pods,
        request=request,
        rise=most - average,
        target=wanted.target.average_utilization,
        up=TOLERANCE if tolerance is None else tolerance.nano / 10**9,
    )


def _limit(subject: Subject, resource: str, unit: int) -> int | None:
    """The most that a pod can use; None without limits."""
    limits = [c.resources.limits.get(resource) if c.resources else None for c in subject.new.spec.containers]
    return None if any(limit is None for limit in limits) else sum(x.nano // unit for x in limits if x is not None)


def _answer(ctx: Context, subject: Subject, load: _Load) -> Finding | Proof:
    asked = load.asked()
    scope = f"{load.text()}; {count(len(ctx.nodes), 'node')}"
    if not asked:
        verdict = Verdict(
            outcome=Outcome.HOLDS,
            method=METHOD,
            scope=scope,
            evidence=f"it asks for no more than {count(load.pods, 'pod')}, which run already",
            assumptions=ASSUMPTIONS,
        )
        return _proof(subject, verdict)
    snapshot = _snapshot(ctx, subject)
    # One pod more has one question: whether a node takes it.
    refused = [reject(subject.new, n, snapshot) for n in range(len(ctx.nodes))]
    if all(refused):
        return _finding(ctx, subject, load, min(asked), refused, scope)
    methods = ["a look at every node"]
    for number in asked:
        more = number - load.pods
        if more > 1:
            cluster = evolve(ctx.rooms.cluster, others=_others(ctx, subject))
            fit = room_for([Demand(subject.new, more, f"a pod of {subject.title}")], cluster, waiting=(0,))
            methods.append(fit.method)
            if fit.room is not Room.ALWAYS:
                reason = fit.reason or f"{more} pods more do not fit in every order: {fit.message}"
                return _proof(subject, Verdict(outcome=Outcome.UNKNOWN, method=METHOD, scope=scope, reason=reason))
    method = "; ".join((METHOD, *dict.fromkeys(methods)))
    return _proof(subject, Verdict(outcome=Outcome.HOLDS, method=method, scope=scope, assumptions=ASSUMPTIONS))


def _proof(subject: Subject, verdict: Verdict) -> Proof:
    return Proof(id="KV3009", object=subject.title, property=BURSTS_FIT, message=TITLE, verdict=verdict)


def _others(ctx: Context, subject: Subject) -> tuple[tuple[PodGroup, Mapping[int, int]], ...]:
    """Every pod where it is; where it is not known of another workload, as the steady state has it."""
    position = {node.name: i for i, node in enumerate(ctx.nodes)}

    def live(s: Subject) -> Mapping[int, int]:
        return {position[name]: number for name, number in (s.live or {}).items() if name in position}

    if all(s.live is not None or not s.managed for s in ctx.subjects):
        return (*ctx.rooms.cluster.others, *((PodGroup(s.new), live(s)) for s in ctx.subjects if s.live is not None))
    return (*fixed_pods(ctx, (subject,)), (PodGroup(subject.new), live(subject)))


def _snapshot(ctx: Context, subject: Subject) -> Snapshot:
    others = _others(ctx, subject)
    counts = {(g, node): number for g, (_, by_node) in enumerate(others) for node, number in by_node.items()}
    return Snapshot(
        nodes=ctx.nodes,
        groups=tuple(group for group, _ in others),
        counts=counts,
        namespaces=ctx.namespaces,
        storage=ctx.rooms.settled_storage,
    )


def _finding(
    ctx: Context,
    subject: Subject,
    load: _Load,
    number: int,
    refused: list[tuple[Requirement, ...]],
    scope: str,
) -> Finding:
    name, percent = describe(load.autoscaler), load.asked()[number]
    rise = next(r for r in range(load.rise + 1) if load.percent(r) >= percent)
    event = compose(map(said, refused))
    paths = dict.fromkeys(r.path for requirements in refused for r in requirements if r.path)
    return Finding(
        id="KV3009",
        severity=standard.severity("KV3009"),
        object=subject.title,
        message=f"when one pod becomes busy, {name} asks for {number} replicas, and one finds no node: {event}",
        property=BURSTS_FIT,
        causes=tuple(_causes(subject, number, paths)),
        certainty=Certainty.POSSIBLE,
        opening=f"{count(load.pods, 'pod')} of {subject.title} run at {load.percent(0)} % of their requests.",
        steps=(
            f"one of them uses {amount(load.resource, rise)} {load.resource} more: together they are at {percent} %",
            f"{name} scales {subject.title} from {load.pods} to {number} replicas (target {load.target} %)",
            f"ReplicaSet {subject.name} creates a pod",
        ),
        outcome=sentences(f"no node takes it: {event}"),
        details=tuple(per_node([node.name for node in ctx.nodes], refused)),
        why=WHY,
        verdict=Verdict(
            outcome=Outcome.VIOLATED,
            method=f"{METHOD}; a look at every node",
            scope=scope,
            assumptions=ASSUMPTIONS,
        ),
    )


def _causes(subject: Subject, number: int, paths: Mapping[str, None]) -> Iterator[Cause]:
    assert subject.scale is not None
    assert not isinstance(subject.object, Pod)
    if number == subject.scale.high:
        yield end_cause(subject, False)
    for path in paths:
        if subject.written(f"{subject.pod_path}.{path}"):
            yield subject.pod_cause(path, "refuses the next pod")
