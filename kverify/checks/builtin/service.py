"""KV4005: a Service that has an endpoint keeps one, through rollouts, drains and the loss of any one node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from kverify.api.types.service import Service
from kverify.checks.builtin.rollout import ASSUMPTIONS as ROLLOUT_ASSUMPTIONS
from kverify.checks.builtin.rollout import strategy_cause
from kverify.checks.deciding import decide
from kverify.checks.deciding.disturbance import disturb
from kverify.checks.deciding.scaled import counts_of, scale_cause
from kverify.checks.deciding.scenes import Scene, TooManyPlacements, rollout_scene
from kverify.checks.deciding.stuck import opening
from kverify.checks.finding import Answer, Assumed, Cause, Certainty, Finding, Proof
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import ENDPOINTS_KEPT
from kverify.cluster.admission.created import pods_wanted
from kverify.cluster.bundle import describe
from kverify.cluster.objects import controller_of, endpoint_labels, ends, namespace_of, owner_key
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.build import build, settled_states
from kverify.model.components.deployment import promised
from kverify.model.components.disruption import healthy
from kverify.model.environment.drain import drained
from kverify.model.expr import Condition, Expr, all_of, integer
from kverify.model.system import TransitionSystem
from kverify.model.workload import Revision, RollingUpdate
from kverify.model.world import NodeStatus, Phase, World
from kverify.spec.property import Always, Property
from kverify.words import count, listing, sentences

WHY = (
    "Only Ready pods that are not terminating are endpoints "
    "(https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions)."
)
ROLLOUT = "a rollout"
_DISTURBANCES = {
    NodeStatus.CORDONED: ("the drain of one node", "is cordoned and its drain begins"),
    NodeStatus.SILENT: ("the loss of one node", "has just stopped answering"),
}
_SCENARIOS = {ROLLOUT: "rollout", "the drain of one node": "drain", "the loss of one node": "node-loss"}


@frozen(eq=False, kw_only=True)
class _Case:
    """One way in which a Service may lose its endpoints: what is explored, and how to tell of it.

    ``condition`` is that an endpoint answers, ``goal`` that the event is over.
    """

    service: Service
    scene: Scene
    system: TransitionSystem
    condition: Condition
    goal: Condition
    event: str
    begins: str
    causes: tuple[Cause, ...]


def check(ctx: Context, service: Service) -> Iterator[Answer]:
    """Three answers for every Service: through a rollout, a drain, a node loss."""
    there, told = _at_lowest(ctx, service)
    behind = [s for s in there.guards.behind(service) if s in there.rooms.placeable and s.managed and s.replicas >= 1]
    if not behind:
        return
    asked = ctx.options.under
    answers = [(ROLLOUT, a) for a in _through_rollouts(there, service, behind)] if asked(_SCENARIOS[ROLLOUT]) else []
    for status, (event, _) in _DISTURBANCES.items():
        if not asked(_SCENARIOS[event]):
            continue
        if len(ctx.nodes) == 1:
            verdict = not_asked(f"the cluster has one node, {ctx.nodes[0].name}")
            answers.append((event, _proof(service, event, verdict)))
        else:
            answers.append(_through_disturbance(there, service, behind, status))
    lost = [event for event, answer in answers if isinstance(answer, Finding)]
    if lost and (others := _others(there, service)):
        # What is lost of the pods in the model is not all there is.
        answers = [(event, answer) for event, answer in answers if not isinstance(answer, Finding)]
        yield Assumed(describe(service), f"pods of {listing(others)} are behind it too, and answer in {listing(lost)}")
    yield from (_with(answer, told) for answer in _told(answers, behind))


def _others(ctx: Context, service: Service) -> tuple[str, ...]:
    """Whose pods are endpoints too and are not in the model: those of other kinds, bare Pods, and live pods whose
    controller the input does not have. Pods of Jobs end by themselves."""
    bundle, namespace, selector = ctx.bundle, namespace_of(service), endpoint_labels(service)
    kinds = [item for item in bundle.foreign_matching(namespace, selector) if not ends(item)]
    bare = [s.object for s in ctx.guards.behind(service) if not s.managed and s in ctx.rooms.placeable]
    live = [
        pod
        for pod in bundle.live_pods_matching(namespace, selector)
        if (owner := controller_of(pod)) is not None and bundle.get(owner_key(owner, pod)) is None
    ]
    return tuple(map(describe, (*(item for item in kinds if pods_wanted(item) != 0), *bare, *live)))


def _told(answers: Sequence[tuple[str, Answer]], behind: Sequence[Subject]) -> Iterator[Answer]:
    """The answers, each with its event. What the only pod of a Service certainly loses is one finding that names all
    events, with the run of the first: there is one reason, and one mend."""
    lost = {event: a for event, a in answers if isinstance(a, Finding) and a.certainty is Certainty.CERTAIN}
    if len(lost) > 1 and sum(s.replicas for s in behind) == 1:
        first = next(iter(lost.values()))
        message = f"it has one pod, and nothing answers for a time in {listing(list(lost))} ({behind[0].title})"
        causes = {c.path: c for finding in lost.values() for c in finding.causes}
        scenarios = ", ".join(finding.scenario for finding in lost.values())
        yield evolve(first, message=message, causes=tuple(causes.values()), scenario=scenarios)
        answers = [(event, a) for event, a in answers if event not in lost]
    yield from (answer for _, answer in answers)


def _at_lowest(ctx: Context, service: Service) -> tuple[Context, tuple[str, ...]]:
    """The run in which autoscalers have scaled everything behind the Service down: the fewest pods are the likeliest to
    be lost all at once. And what is thereby assumed."""
    there, told = ctx, []
    for subject in ctx.guards.behind(service):
        fewest = min(counts_of(subject), default=0)
        if subject.scaled and fewest:
            there, _ = there.at(subject, fewest)
            told.append(f"{subject.title} has {count(fewest, 'replica')}, the fewest its autoscaler keeps")
    return there, tuple(told)


def _with(answer: Answer, told: tuple[str, ...]) -> Answer:
    if isinstance(answer, Assumed) or not told or answer.verdict is None:
        return answer
    return evolve(answer, verdict=evolve(answer.verdict, assumptions=(*told, *answer.verdict.assumptions)))


def _title(event: str) -> str:
    return f"it keeps an endpoint through {event}"


def _proof(service: Service, event: str, verdict: Verdict) -> Proof:
    return Proof(id="KV4005", object=describe(service), property=ENDPOINTS_KEPT, message=_title(event), verdict=verdict)


def _question(ctx: Context, service: Service, world: World, behind: Sequence[Subject], event: str) -> Property:
    """What is asked of the Service while only the pods of ``behind`` count."""
    workloads = standard.by_key(ctx, world)
    objects = [s.object for s in behind]
    return standard.question(ENDPOINTS_KEPT, _title(event), ctx, world, {"s": service}, workloads, lambda _: objects)


def _kept(prop: Property) -> Condition:
    """What must not be lost: of a question that is not about every state, nothing that could be told of it."""
    return prop.condition if isinstance(prop, Always) else True


def _through_rollouts(ctx: Context, service: Service, behind: Sequence[Subject]) -> Iterator[Answer]:
    if len(behind) > 1:
        verdict = Verdict(
            outcome=Outcome.HOLDS,
            method="one workload rolls out at a time",
            scope=f"{listing([s.title for s in behind])} are all behind it, so the others answer",
            assumptions=ROLLOUT_ASSUMPTIONS,
        )
        yield _proof(service, ROLLOUT, verdict)
        return
    (subject,) = behind
    if subject.strategy is None:
        return
    try:
        scene = rollout_scene(ctx, subject)
    except TooManyPlacements as error:
        verdict = error.verdict
        yield _proof(service, ROLLOUT, verdict)
        return
    workload = scene.workload(subject)
    old = workload.revisions[0]
    prop = _question(ctx, service, scene.world, behind, ROLLOUT)
    if isinstance(prop, Always):
        prop = evolve(prop, lemmas=_rollout_lemmas(scene, subject))
    system = build(
        f"rollout of {subject.title}",
        scene.world,
        starts=settled_states(scene.world, scene.placements, [old]),
    )
    verdict = evolve(
        decide.answer(system, prop, ctx.options, known=ctx.known),
        assumptions=(*scene.assumptions, *ROLLOUT_ASSUMPTIONS),
    )
    if verdict.outcome is Outcome.VIOLATED:
        case = _Case(
            service=service,
            scene=scene,
            system=system,
            condition=_kept(prop),
            goal=scene.world.complete(workload),
            event=ROLLOUT,
            begins="the pod template has just been changed",
            causes=tuple({c.path: c for c in (scale_cause(subject), strategy_cause(subject))}.values()),
        )
        yield _finding(ctx, case, verdict)
    else:
        yield _proof(service, ROLLOUT, verdict)


def _rollout_lemmas(scene: Scene, subject: Subject) -> tuple[Condition, ...]:
    """What helps induction where the model is too big to search: the promise, and how old and new pods come and go."""
    world, workload = scene.world, scene.workload(subject)
    if not isinstance(workload.strategy, RollingUpdate):
        return ()
    old, new = workload.revisions
    floor, _ = promised(workload.replicas, workload.strategy)
    return (
        world.available(old) + world.available(new) >= floor,
        world.available(new) + _spec(world, old) >= floor,
        world.live(new) <= _spec(world, new),
        _spec(world, old) <= world.available(old),
        world.count(old, (Phase.STARTING, Phase.READY)) <= 0,
    )


def _spec(world: World, revision: Revision) -> Expr:
    return integer(world.spec(revision))


def _through_disturbance(
    ctx: Context, service: Service, behind: Sequence[Subject], status: NodeStatus
) -> tuple[str, Answer]:
    """The event, with the nodes with which it goes wrong, and the answer."""
    event, begins = _DISTURBANCES[status]
    together = tuple(ctx.named({s.title for b in behind for s in ctx.guards.shares_budget(b)}))
    holding: list[Verdict] = []
    findings: list[tuple[tuple[str, ...], Finding]] = []
    try:
        for case in disturb(ctx, together, status):
            world = case.world
            lemmas = (
                *(healthy(world, b) >= b.desired for b in world.budgets),
                *(world.live(r) <= w.replicas for w in world.workloads for r in w.revisions),
            )
            prop = _question(ctx, service, world, behind, event)
            if isinstance(prop, Always):
                prop = evolve(prop, lemmas=lemmas)
            verdict = decide.answer(case.system, prop, ctx.options, known=ctx.known)
            verdict = evolve(verdict, scope=case.scope, assumptions=case.scene.assumptions)
            if verdict.outcome is Outcome.VIOLATED:
                lost = _Case(
                    service=service,
                    scene=case.scene,
                    system=case.system,
                    condition=_kept(prop),
                    goal=drained(world) if status is NodeStatus.CORDONED else case.recovered(),
                    event=event,
                    begins=f"{case.who} {begins}",
                    causes=tuple(scale_cause(s) for s in behind),
                )
                found = _finding(ctx, lost, verdict)
                findings.append((case.nodes, found))
            else:
                holding.append(verdict)
    except TooManyPlacements as error:
        verdict = error.verdict
        return event, _proof(service, event, verdict)
    if findings and ctx.open and all(f.certainty is Certainty.POSSIBLE for _, f in findings):
        return event, Assumed(describe(service), f"in {event}, its pods are not all on that node")
    if findings:
        _, finding = max(findings, key=lambda pair: pair[1].certainty is Certainty.CERTAIN)
        order = {node.name: position for position, node in enumerate(ctx.nodes)}
        nodes = listing(sorted((name for names, _ in findings for name in names), key=lambda name: order.get(name, 0)))
        where = f"{event} ({nodes})"
        return where, evolve(finding, message=finding.message.replace(event, where))
    if not holding:
        return event, _proof(service, event, not_asked("no node can hold a pod behind it when everything has settled"))
    worst = max(holding, key=lambda v: v.outcome)
    return event, _proof(service, event, worst)


def _finding(ctx: Context, case: _Case, verdict: Verdict) -> Finding:
    trace = verdict.trace
    assert trace is not None
    certain = _unavoidable(ctx, case)
    verb = "loses" if certain else "may lose"
    workloads = listing([s.title for s in case.scene.subjects])
    name = describe(case.service)
    return Finding(
        id="KV4005",
        severity=standard.severity("KV4005"),
        object=name,
        message=f"it {verb} its last endpoint for a time in {case.event} ({workloads})",
        property=ENDPOINTS_KEPT,
        scenario=_SCENARIOS[case.event],
        causes=(*case.causes, Cause(case.service.source.span("spec.selector"), f"{name} spec.selector")),
        certainty=Certainty.CERTAIN if certain else Certainty.POSSIBLE,
        opening=sentences(opening(case.scene, trace), case.begins),
        steps=tuple(trace.sentences()),
        outcome="No pod behind the Service answers now; another one has to be created, scheduled and become Ready.",
        why=WHY,
        verdict=evolve(verdict, certain=certain),
    )


def _unavoidable(ctx: Context, case: _Case) -> bool:
    """No run gets to the goal through states in which the Service has an endpoint."""
    actions = tuple(evolve(a, guard=all_of([case.condition, a.guard])) for a in case.system.actions)
    kept = evolve(case.system, actions=actions)
    return not decide.possible(kept, all_of([case.condition, case.goal]), ctx.options, ctx.known)
