"""KV4012: once a workload has been applied, its controllers come to rest.

What can keep them busy for ever is a node that takes pods and does not keep them: pods that name it (``nodeName``) are
bound without a scheduler, and the scheduler takes a toleration with ``tolerationSeconds`` as a match. The taint
eviction controller deletes them, the ReplicaSet makes others. Where no node does that, a number that every step makes
smaller proves that all steps come to an end, for every number of replicas. Otherwise one such node is modelled with all
its filters, the others like it as one place and those that keep pods as another, and the loop is looked for near the
start: a loop is a loop however little has been explored. Certain it is when no state is at rest, which one induction
step decides, again for every number of replicas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from kverify.api.types.node import Node, Taint
from kverify.checks.deciding import decide, repairs
from kverify.checks.deciding.focus import fixed_pods
from kverify.checks.deciding.scenes import ANYWHERE
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.rooms import ONE_POD
from kverify.checks.given.subject import Subject
from kverify.checks.names import COMES_TO_REST
from kverify.cluster.objects import key_of
from kverify.engines import induction
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.build import build
from kverify.model.components import scheduler
from kverify.model.components.taint_eviction import EFFECT, seconds_left
from kverify.model.expr import Condition, Number, all_of, any_of, integer, total
from kverify.model.scheduling.framework import Snapshot
from kverify.model.scheduling.profile import feasible
from kverify.model.scheduling.taint_toleration import taint_text, tolerates, toleration_of
from kverify.model.system import Fairness, TransitionSystem, Variable
from kverify.model.workload import Revision, Workload
from kverify.model.world import Phase, Place, World
from kverify.spec.property import Always, Property, Quiescence, fix
from kverify.words import count, listing, sentences

TITLE = "once it is applied, its controllers come to rest"
WHY = (
    "A NoExecute taint deletes every pod on the node that does not tolerate it for ever, however it came there; "
    "spec.nodeName is not the scheduler's business, and to the scheduler a toleration with tolerationSeconds is one "
    "like any other (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/, "
    "kubernetes/kubernetes#117520)."
)
ASSUMPTIONS = (
    "the taints stay as they are, and nothing else disturbs the workload",
    "which of the nodes that fit the scheduler takes is left free",
)
ALL_KEEP = "nodes are not told apart: none that its pods can be bound to deletes them (exact for what is asked)"
NEAR = 2_000
"""States around the start among which the loop is looked for."""

SIZE = Variable("replicas")
MORE = Place("another such node")
KEEPER = Place("a node that keeps it")


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for every workload that names a node, or for all where a node deletes pods."""
    evicting = any(taint.effect == EFFECT for node in ctx.nodes for taint in node.taints)
    if ctx.open or not subject.managed or not (evicting or subject.new.spec.node_name):
        return
    if ctx.unadmitted(subject):
        yield _proof(subject, not_asked(ctx.rooms.obstacle(subject)))
    elif not subject.replicas:
        yield _proof(subject, not_asked("no replicas are wanted"))
    elif not ctx.rooms.expelling(subject):
        yield _proof(subject, rests(ctx, subject))
    else:
        yield _loops(ctx, subject)


def _proof(subject: Subject, verdict: Verdict) -> Proof:
    return Proof(id="KV4012", object=subject.title, property=COMES_TO_REST, message=TITLE, verdict=verdict)


# -- no node deletes its pods ------------------------------------------------------------------------------------------


def rests(ctx: Context, subject: Subject) -> Verdict:
    """The proof where every node that its pods can be bound to keeps them."""
    workload = evolve(subject.workload(both=False), replicas=SIZE.expr)
    world, (revision,) = World(workloads=(workload,), places=(ANYWHERE,)), workload.revisions
    system = _applied(f"{subject.title} applied", world, workload)
    asked = _question(ctx, subject, world)
    if isinstance(asked, Quiescence):
        invariant, rank = _invariant(world, system, revision), _rank(world, revision)
        verdict = decide.ranked(system, asked, ctx.options, invariant=invariant, rank=rank)
    else:
        sized = _at(system, subject.replicas)
        verdict = decide.answer(sized, fix(asked, {SIZE.name: subject.replicas}), ctx.options)
    name = subject.new.spec.node_name
    admits = (f"the kubelet of {name}, which its pods name, has room for all of them",) if name else ()
    return evolve(verdict, assumptions=(ALL_KEEP, *admits, *ASSUMPTIONS[:1], *verdict.assumptions))


def _question(ctx: Context, subject: Subject, world: World) -> Property:
    (workload,) = world.workloads
    workloads = {key_of(subject.object): workload}
    return standard.question(COMES_TO_REST, TITLE, ctx, world, {"w": subject.object}, workloads)


def _invariant(world: World, system: TransitionSystem, revision: Revision) -> Condition:
    bound_at_once = scheduler.forced(world, revision) is not None
    waiting: Condition = integer(world.pending(revision)) == 0 if bound_at_once else True
    return all_of(
        [*system.naturals, waiting, integer(world.spec(revision)) == SIZE.expr, world.live(revision) <= SIZE.expr]
    )


def _rank(world: World, revision: Revision) -> Number:
    """Every step of creating, binding and starting a pod makes it smaller."""
    return total(
        [
            4 * (SIZE.expr - world.live(revision)),
            3 * integer(world.pending(revision)),
            2 * world.count(revision, (Phase.STARTING,)),
            world.count(revision, (Phase.TERMINATING,)),
        ]
    )


def _applied(name: str, world: World, workload: Workload) -> TransitionSystem:
    """``workload`` just applied: no pod is there. Its number of replicas is a parameter."""
    (revision,) = workload.revisions
    system = build(name, world, parameters=(SIZE,), assume=SIZE.expr >= 1)
    spec = world.spec(revision)
    start: list[Condition] = [integer(spec) == SIZE.expr]
    for variable in system.variables:
        if variable.name != spec and variable.initial is None:
            start.append(variable.equals(0))
    return evolve(system, initial=all_of(start))


# -- a node deletes its pods -------------------------------------------------------------------------------------------


@frozen(eq=False, kw_only=True)
class _Loop:
    """A node (``here``, an index) that deletes the pods it is given, the system around it, and the verdict."""

    here: int
    system: TransitionSystem
    keepers: tuple[int, ...]
    verdict: Verdict


def _loops(ctx: Context, subject: Subject) -> Finding | Proof:
    answers: list[_Loop] = []
    for here in _one_of_each(ctx, ctx.rooms.expelling(subject)):
        found = _ask(ctx, subject, here)
        if found.verdict.outcome is Outcome.VIOLATED:
            return _finding(ctx, subject, found)
        answers.append(found)
    nodes = count(len(ctx.rooms.expelling(subject)), "node")
    if all(answer.verdict.outcome is Outcome.HOLDS for answer in answers):
        return _proof(subject, answers[0].verdict)
    reason = answers[0].verdict.reason or "no loop was found, and none was excluded"
    verdict = evolve(
        answers[0].verdict,
        outcome=Outcome.UNKNOWN,
        reason=f"{nodes} would delete its pods once they are bound there; {reason}",
    )
    return _proof(subject, verdict)


def _one_of_each(ctx: Context, nodes: Sequence[int]) -> list[int]:
    """One node of each set of taints and sizes: one that has room is enough."""
    kinds: dict[object, int] = {}
    for n in nodes:
        node = ctx.nodes[n]
        kinds.setdefault((node.taints, tuple(sorted(node.allocatable.items()))), n)
    return list(kinds.values())


def _keepers(ctx: Context, subject: Subject) -> tuple[int, ...]:
    """The nodes that may take a pod of ``subject`` and keep it."""
    if ctx.rooms.forced_on(subject) is not None:
        return ()
    pod, leaving = subject.new, set(ctx.rooms.expelling(subject))
    snapshot = Snapshot(nodes=ctx.nodes, namespaces=ctx.namespaces)
    return tuple(
        n for n in range(len(ctx.nodes)) if n not in leaving and feasible(pod, n, snapshot, ONE_POD) is not False
    )


def _world(ctx: Context, subject: Subject, here: int) -> tuple[World, tuple[int, ...]]:
    """One node by itself, the others that delete pods as one, and those that keep them as one."""
    workload = evolve(subject.workload(both=False), replicas=SIZE.expr)
    node = ctx.nodes[here]
    if ctx.rooms.forced_on(subject) is not None:
        return World(workloads=(workload,), places=(Place(node.name, 0),), nodes=(node,)), ()
    places, keepers = [Place(node.name, here)], _keepers(ctx, subject)
    others = [n for n in ctx.rooms.expelling(subject) if n != here]
    if others:
        places.append(evolve(MORE, taints=ctx.nodes[others[0]].taints))
    if keepers:
        places.append(KEEPER)
    world = World(
        workloads=(workload,),
        places=tuple(places),
        nodes=ctx.nodes,
        others=fixed_pods(ctx, (subject,)),
        namespaces=ctx.namespaces,
        storage=ctx.rooms.settled_storage,
    )
    return world, keepers


def _ask(ctx: Context, subject: Subject, here: int) -> _Loop:
    world, keepers = _world(ctx, subject, here)
    (workload,) = world.workloads
    (revision,) = workload.revisions
    name = f"{subject.title} applied, {ctx.nodes[here].name} apart"
    symbolic = _free_elsewhere(_applied(name, world, workload), world)
    system = _at(symbolic, subject.replicas)
    asked = fix(_question(ctx, subject, world), {SIZE.name: subject.replicas})
    verdict = decide.near(system, asked, ctx.options, limit=NEAR)
    scope = f"{count(subject.replicas, 'replica')}; {count(len(ctx.nodes), 'node')}"
    assumptions = [*ASSUMPTIONS, *verdict.assumptions]
    if len(ctx.nodes) > 1:
        assumptions.append(
            "other nodes are left out: its pods name their node (exact)"
            if ctx.rooms.forced_on(subject) is not None
            else "the other nodes are not told apart; the loop does not use them (exact)"
        )
    if verdict.outcome is Outcome.VIOLATED and isinstance(asked, Quiescence):
        moving = any_of(action.guard for action in symbolic.actions if not action.environment)
        never = Always(name="something always moves", condition=moving, lemmas=(_invariant(world, symbolic, revision),))
        proof = induction.check(symbolic, never, depth=1)
        certain = proof.outcome is Outcome.HOLDS
        if certain:
            text = f"{verdict.evidence}; for every number of replicas no state is at rest ({proof.method})"
            verdict = evolve(verdict, evidence=text)
        verdict = evolve(verdict, certain=certain)
    verdict = evolve(verdict, scope=scope, assumptions=tuple(assumptions))
    return _Loop(here=here, system=system, keepers=keepers, verdict=verdict)


def _free_elsewhere(system: TransitionSystem, world: World) -> TransitionSystem:
    """Whether other nodes have room is not modelled: the scheduler may bind pods there or not, as it likes."""
    (revision,) = world.revisions
    merged = {world.at(Phase.STARTING, revision, place) for place in world.places if place.node is None}
    return evolve(
        system,
        actions=tuple(
            evolve(action, environment=True, fairness=Fairness.NONE)
            if action.component == scheduler.COMPONENT and merged & action.updates.keys()
            else action
            for action in system.actions
        ),
    )


def _at(system: TransitionSystem, replicas: int) -> TransitionSystem:
    """``system`` with so many replicas, and its one start."""
    fixed = system.fix(**{SIZE.name: replicas})
    spec = next(v.name for v in fixed.variables if v.name.endswith(".spec"))
    return evolve(
        fixed,
        initial=True,
        starts=(tuple(replicas if v.name == spec else v.initial or 0 for v in fixed.variables),),
        assume=True,
    )


def _finding(ctx: Context, subject: Subject, loop: _Loop) -> Finding:
    trace = loop.verdict.trace
    assert trace is not None
    name, certain = ctx.nodes[loop.here].name, loop.verdict.certain
    left = seconds_left(subject.new, ctx.nodes[loop.here].taints)
    forced = ctx.rooms.forced_on(subject) is not None
    how = (
        f"its template names {name}" if forced else f"the scheduler {'binds' if certain else 'may bind'} them to {name}"
    )
    when = f"after {left} seconds" if left else "at once"
    details: tuple[str, ...] = ()
    if loop.keepers:
        names = listing([ctx.nodes[n].name for n in loop.keepers[:5]] + (["others"] if len(loop.keepers) > 5 else []))
        details = (f"{names} would keep them, and nothing makes the scheduler prefer that",)
    return Finding(
        id="KV4012",
        severity=standard.severity("KV4012"),
        object=subject.title,
        message=f"its pods {'are' if certain else 'may be'} created and deleted for ever: {how}, whose taint "
        f"{taint_text(_deleting(subject, ctx.nodes[loop.here].taints))} deletes them {when}",
        property=COMES_TO_REST,
        causes=tuple(_causes(ctx, subject, loop.here)),
        certainty=Certainty.CERTAIN if certain else Certainty.POSSIBLE,
        opening=sentences(f"{subject.title} has just been applied and has no pods yet"),
        steps=tuple(trace.sentences()),
        outcome=sentences(
            "the same goes for each of its pods", "nothing ends it but somebody who changes the manifest or the taint"
        ),
        details=details,
        why=WHY,
        repairs=(_tolerate(ctx, subject, loop.here),),
        verdict=loop.verdict,
    )


def _deleting(subject: Subject, taints: Sequence[Taint]) -> Taint:
    """The taint that makes the pod leave first."""
    none = [t for t in taints if t.effect == EFFECT and seconds_left(subject.new, (t,)) == 0]
    some = [t for t in taints if t.effect == EFFECT and seconds_left(subject.new, (t,)) is not None]
    return none[0] if none else min(some, key=lambda t: seconds_left(subject.new, (t,)) or 0)


def _causes(ctx: Context, subject: Subject, here: int) -> Iterator[Cause]:
    node = ctx.nodes[here]
    if ctx.rooms.forced_on(subject) is not None:
        yield subject.pod_cause("nodeName", "no scheduler is asked")
    taint = _deleting(subject, node.taints)
    for i, toleration in enumerate(subject.new.spec.tolerations):
        if tolerates(toleration, taint):
            yield subject.pod_cause(f"tolerations[{i}]", f"for {toleration.toleration_seconds} seconds only")
            break
    item = next(n for n in ctx.bundle.of_kind("Node") if isinstance(n, Node) and n.metadata.name == node.name)
    path = f"spec.taints[{item.spec.taints.index(taint)}]"
    yield Cause(item.source.span(path), f"Node {node.name} {path}", f"the taint {taint_text(taint)}")


def _tolerate(ctx: Context, subject: Subject, here: int) -> Repair:
    """A toleration without an end, before all others, and whether everything rests then."""
    taint = _deleting(subject, ctx.nodes[here].taints)
    spec = evolve(subject.new.spec, tolerations=(toleration_of(taint), *subject.new.spec.tolerations))
    changed = evolve(subject, new=evolve(subject.new, spec=spec))
    keeps = not ctx.variant(subject, changed).rooms.expelling(changed)
    rested = keeps and rests(ctx, changed).outcome is Outcome.HOLDS
    return Repair(
        text=repairs.tolerating(taint),
        verified=rested,
    )
