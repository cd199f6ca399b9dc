"""KV4004: after the loss of any one node, every replica is available again on the others.

A lost node comes back or is replaced some day, so a violation is a loss for a time: a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from attrs import evolve

from kverify.api.types.pod import Pod
from kverify.checks.deciding import decide, scaled
from kverify.checks.deciding.disturbance import Disturbed, disturb
from kverify.checks.deciding.stuck import Stuck, explain, opening, per_node
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.room import room_for
from kverify.checks.given.subject import Subject
from kverify.checks.names import NODE_LOSS_SURVIVED, TOGETHER
from kverify.cluster.objects import describe
from kverify.engines.schedulability import Demand, Fit, Room, placed_in_turn, state_of
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.scheduling.state import ClusterState
from kverify.model.world import NodeStatus
from kverify.spec.property import Property
from kverify.words import any_of, count, listing, sentences

TITLE = "after the loss of any one node every replica is available again"
WHY = (
    "Pods of a lost node are deleted after their tolerationSeconds and created anew, but only where the remaining "
    "nodes have room (https://kubernetes.io/docs/concepts/architecture/nodes/#condition)."
)
ASSUMPTIONS = (
    "the lost node does not come back; it is removed in the end",
    "images can be pulled and containers become ready",
    "one node at a time, no other disturbance",
)

DOUBTFUL = "in some order not all of them find room, and whether another order has room for all is not decided"

MOST_NAMED = 20
"""So many nodes are named one by one."""


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for a workload alone."""
    adopter = ctx.bundle.adopter(subject.object) if isinstance(subject.object, Pod) else None
    if len(ctx.nodes) == 1:
        yield _proof(subject, not_asked(f"the cluster has one node, {ctx.nodes[0].name}: nothing survives its loss"))
    elif adopter is not None:
        yield _proof(subject, not_asked(f"{describe(adopter)} adopts it, and replaces it"))
    elif ctx.bound(subject) and not ctx.unadmitted(subject):
        yield _bare(subject)
    elif subject not in ctx.rooms.placeable:
        yield _proof(subject, not_asked(ctx.rooms.obstacle(subject)))
    elif not ctx.open and ctx.rooms.steady.room is Room.IMPOSSIBLE:
        yield _proof(subject, not_asked("the workloads do not fit even with all nodes (KV3001)"))
    elif not subject.managed:
        yield _bare(subject)
    elif not subject.replicas:
        yield _proof(subject, not_asked("no replicas are wanted"))
    else:
        yield _alone(ctx, subject)


def _proof(subject: Subject, verdict: Verdict) -> Proof:
    return Proof(id="KV4004", object=subject.title, property=NODE_LOSS_SURVIVED, message=TITLE, verdict=verdict)


def _bare(subject: Subject) -> Finding:
    pod = subject.object
    # A Deployment takes only pods that are restarted always.
    ends = isinstance(pod, Pod) and pod.spec.restart_policy in ("Never", "OnFailure")
    return Finding(
        id="KV4004",
        severity=standard.severity("KV4004"),
        object=subject.title,
        message="nothing re-creates this Pod: once its node is lost or drained it is gone",
        property=NODE_LOSS_SURVIVED,
        causes=(subject.cause("kind", "a bare Pod"),),
        certainty=Certainty.CERTAIN,
        outcome="The Pod is deleted and no controller owns it.",
        why="Only controllers replace pods (https://kubernetes.io/docs/concepts/workloads/pods/#pods-and-controllers).",
        repairs=(Repair(text=f"put its template into a {'Job' if ends else 'Deployment'}"),),
        verdict=Verdict(outcome=Outcome.VIOLATED, method="by the object's kind", scope="one bare Pod", certain=True),
    )


def question(ctx: Context, case: Disturbed) -> Property:
    """What is asked of the loss of one node."""
    objects = {"w": case.scene.subjects[0].object}
    return standard.question(NODE_LOSS_SURVIVED, TITLE, ctx, case.world, objects, standard.by_key(ctx, case.world))


def decide_all(ctx: Context, subject: Subject) -> list[tuple[Disturbed, Verdict]]:
    """A verdict for each class of nodes that can hold a pod of ``subject``."""
    decided: list[tuple[Disturbed, Verdict]] = []
    for case in disturb(ctx, (subject,), NodeStatus.SILENT):
        prop = question(ctx, case)
        verdict = decide.answer(
            case.system, prop, ctx.options, invariant=case.invariant(), rank=case.ranking(), known=ctx.known
        )
        assumptions = (*case.scene.assumptions, *ASSUMPTIONS, *verdict.assumptions)
        decided.append((case, evolve(verdict, scope=case.scope, assumptions=assumptions)))
    return decided


QUESTION = scaled.Question(
    status=NodeStatus.SILENT,
    name=TITLE,
    asked=question,
    decide=decide_all,
    assumptions=ASSUMPTIONS,
)


def _alone(ctx: Context, subject: Subject) -> Finding | Proof:
    found = scaled.on_every_node(ctx, subject, QUESTION)
    if found.verdict is not None:
        return _proof(subject, found.verdict)
    return _finding(found.subject, found.wrong, subject)


def _finding(subject: Subject, violated: Sequence[tuple[Disturbed, Verdict]], first: Subject) -> Finding:
    """``first`` is the workload with the count of the manifests, ``subject`` with the one that goes wrong."""
    case, verdict = max(violated, key=lambda pair: pair[1].certain)
    trace = verdict.trace
    assert trace is not None
    stuck = explain(case.scene, trace)
    nodes = any_of([name for c, _ in violated for name in c.nodes])
    then = scaled.scaled_to(subject, first)
    # Which count it has is up to the load.
    certain = verdict.certain and not subject.scaled
    verb = "cannot" if certain else "may not"
    when = f", once it is scaled to {subject.replicas}," if then else ""
    return Finding(
        id="KV4004",
        severity=standard.severity("KV4004"),
        object=subject.title,
        message=f"after the loss of {nodes}{when} it {verb} get all its replicas back: "
        + (stuck.sentences[0] if stuck.sentences else "nothing moves any more"),
        property=NODE_LOSS_SURVIVED,
        causes=tuple(_causes(subject, stuck)),
        certainty=Certainty.CERTAIN if certain else Certainty.POSSIBLE,
        opening=sentences(then, opening(case.scene, trace), f"{case.who} has just stopped answering"),
        steps=tuple(trace.sentences()),
        outcome=sentences(*stuck.sentences, "" if _only_volumes(stuck) else "one more node mends it"),
        details=stuck.details,
        refusals=stuck.refusals,
        why=WHY,
        verdict=evolve(verdict, certain=certain),
    )


def _causes(subject: Subject, stuck: Stuck) -> Iterator[Cause]:
    for r in stuck.culprits:
        yield subject.pod_cause(r.path, r.reason)
    yield scaled.scale_cause(subject)


def _only_volumes(stuck: Stuck) -> bool:
    """Volumes are in the way: another node does not reach them either."""
    return any(requirement.plugin in ("VolumeBinding", "VolumeZone") for requirement in stuck.culprits)


def together(ctx: Context, alone: Sequence[Answer]) -> Iterator[Answer]:
    """Where no workload alone is in trouble, all of them at once may still not fit on what is left. That they do is
    part of the answer of each; that nobody knows is told."""
    lost = {s.title for s in ctx.checked if ctx.bound(s) or not s.managed}
    if len(ctx.nodes) < 2 or any(isinstance(answer, Finding) and answer.object not in lost for answer in alone):
        return
    if ctx.rooms.steady.room is Room.IMPOSSIBLE or sum(s.managed for s in ctx.rooms.placeable) < 2:
        return
    # A bare pod is gone with its node.
    managed = [(s, demand) for s, demand in zip(ctx.rooms.placeable, ctx.rooms.demands(), strict=True) if s.managed]
    subjects, demands = [s for s, _ in managed], [demand for _, demand in managed]
    wanted = sum(demand.count for demand in demands)
    short: list[tuple[int, Fit]] = []
    unknown: list[tuple[int, Fit]] = []
    answers: dict[int, Fit | None] = {}
    beside = _Rest(ctx, demands)
    for node in range(len(ctx.nodes)):
        # Nodes of a class leave the same behind.
        group = ctx.rooms.pressure.group(node)
        if group not in answers:
            left = ctx.rooms.cluster.without(node)
            enough = all(ctx.rooms.pressure.proves(s, without=node) for s in subjects)
            enough = enough or beside.holds(node) or sum(placed_in_turn(demands, left).values()) == wanted
            answers[group] = None if enough else room_for(demands, left, limit=ctx.options.max_states)
        answer = answers[group]
        if answer is not None and answer.room is Room.IMPOSSIBLE:
            short.append((node, answer))
        elif answer is not None and (answer.room is Room.UNKNOWN or answer.doubtful):
            unknown.append((node, answer))
    if not short:
        if unknown:
            yield _undecided(ctx, subjects, unknown)
        return
    node, answer = short[0]
    assert answer.blocked is not None
    subject = subjects[answer.blocked]
    names_left = [n.name for i, n in enumerate(ctx.nodes) if i != node]
    placed = answer.held_by(answer.blocked, demands[answer.blocked].title)
    titles = listing([s.title for s in subjects])
    names = any_of([ctx.nodes[n].name for n, _ in short])
    yield Finding(
        id="KV4004",
        severity=standard.severity("KV4004"),
        object=subject.title,
        message=f"after the loss of {names} the other nodes have no room for {titles} together: {answer.message}",
        property=NODE_LOSS_SURVIVED,
        causes=tuple(subject.pod_cause(path) for path in dict.fromkeys(r.path for r in answer.said() if r.path)),
        certainty=Certainty.CERTAIN,
        opening=f"{ctx.nodes[node].name} is lost; whatever is where, these pods have to fit on {_nodes(names_left)}.",
        steps=(
            *(f"A pod of {subjects[d].title} is on {names_left[n]}" for d, n in answer.order),
            *(
                f"{count(number, 'pod')} of {title.removeprefix('a pod of ')} have a node"
                for title, number in answer.held
            ),
        ),
        outcome=f"{count(subject.replicas - placed, 'pod')} of {subject.title} "
        f"stay{'s' * (subject.replicas - placed == 1)} Pending until the node is back or replaced.",
        details=tuple(per_node(names_left, answer.rejections)) if answer.rejections else (),
        why=WHY,
        verdict=Verdict(
            outcome=Outcome.VIOLATED,
            method=answer.method,
            scope=_scope(ctx, subjects),
            certain=True,
            assumptions=ASSUMPTIONS,
        ),
    )


def _undecided(ctx: Context, subjects: Sequence[Subject], unknown: Sequence[tuple[int, Fit]]) -> Proof:
    """Whether all of them fit on what is left is not decided for some nodes."""
    lost = [ctx.nodes[node].name for node, _ in unknown]
    answers = [answer for _, answer in unknown]
    reasons = (DOUBTFUL if answer.doubtful else answer.reason for answer in answers)
    return Proof(
        id="KV4004",
        object=TOGETHER,
        property=NODE_LOSS_SURVIVED,
        message="after the loss of any one node the others have room for every replica",
        verdict=Verdict(
            outcome=Outcome.UNKNOWN,
            method="; ".join(dict.fromkeys(answer.method for answer in answers)),
            scope=f"{_scope(ctx, subjects)}, without {'one of ' * (len(lost) > 1)}{_nodes(lost)}",
            reason="; ".join(dict.fromkeys(reasons)),
            assumptions=ASSUMPTIONS,
        ),
    )


def _scope(ctx: Context, subjects: Sequence[Subject]) -> str:
    return f"{count(len(subjects), 'workload')} on {count(len(ctx.nodes) - 1, 'remaining node')}"


class _Rest:
    """All nodes but one, for all pods at once: one state of the whole cluster serves for every node that is lost."""

    def __init__(self, ctx: Context, demands: Sequence[Demand]) -> None:
        self._ctx, self._demands = ctx, demands
        self._needing = any(demand.pod.affinity for demand in demands)

    @cached_property
    def _state(self) -> ClusterState:
        return state_of(self._demands, self._ctx.rooms.cluster)

    def holds(self, node: int) -> bool:
        """A way was found to place all pods on the other nodes. False where these may follow other rules once the node
        is lost."""
        if self._needing or not self._ctx.rooms.pressure.quiet(node):
            return False
        placement = placed_in_turn(self._demands, self._ctx.rooms.cluster, state=self._state, but=node)
        for (d, n), number in placement.items():
            self._state.unbind(self._demands[d].pod, n, number)
        return sum(placement.values()) == sum(demand.count for demand in self._demands)


def _nodes(names: Sequence[str]) -> str:
    """Nodes by name while they are few."""
    return listing(names) if len(names) <= MOST_NAMED else count(len(names), "node")
