"""KV4006: what topology spread constraints promise still holds when a rollout has come to rest.

The scheduler looks at maxSkew once, when it binds a pod; nobody looks again when old pods are deleted.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from kverify.checks.builtin.rollout import ASSUMPTIONS
from kverify.checks.deciding import decide, zoned
from kverify.checks.deciding.scaled import SIZE, combined, counts_of, incomplete, placed, scaled_to, telling
from kverify.checks.deciding.scenes import Scene, TooManyPlacements, rollout_scene
from kverify.checks.deciding.stuck import opening
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import SPREAD_KEPT
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.build import build, settled_states
from kverify.model.components import scheduler
from kverify.model.expr import Condition, all_of, implies, integer, total
from kverify.model.scheduling import node_resources_fit, pod_topology_spread
from kverify.model.system import TransitionSystem, Variable
from kverify.model.workload import RollingUpdate, Workload
from kverify.model.world import LIVE, Phase, World
from kverify.spec.property import Always, Property
from kverify.spec.state import spread_holds
from kverify.words import sentences

TITLE = "after a rollout its pods are still spread as its constraints ask"
_SURGE, _UNAVAILABLE = Variable("maxSurge"), Variable("maxUnavailable")
WHY = (
    "topologySpreadConstraints are enforced only when a pod is bound, and count old and new pods alike unless "
    "matchLabelKeys tells them apart (KEP-3243, kubernetes/kubernetes#98215)."
)


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for every Deployment with a DoNotSchedule constraint, where there are nodes."""
    hard = any(pod_topology_spread.hard(subject.new))
    if subject.strategy is None or not hard or ctx.open or subject not in ctx.rooms.placeable:
        return
    try:
        yield _worst(ctx, subject)
    except TooManyPlacements as error:
        yield _proof(subject, error.verdict)


def _proof(subject: Subject, verdict: Verdict) -> Proof:
    return Proof(id="KV4006", object=subject.title, property=SPREAD_KEPT, message=TITLE, verdict=verdict)


def _worst(ctx: Context, subject: Subject) -> Finding | Proof:
    """The answer for the present count, or the first that an autoscaler may choose and that is worse."""
    if not subject.scaled:
        return _answer(ctx, subject, subject)
    homes = placed(ctx, subject, counts_of(subject))
    if homes and (proof := _at_every_count(ctx, subject, homes[0])) is not None:
        return _proof(subject, combined(subject, [proof], [n for n in counts_of(subject) if n not in homes]))
    chosen, complete = telling(subject, homes)
    verdicts = []
    for number in chosen:
        there, scaled = ctx.at(subject, number)
        answer = _answer(there, scaled, subject)
        if isinstance(answer, Finding):
            return answer
        verdicts.append(answer.verdict)
    if not complete:
        verdicts.append(incomplete(subject, chosen, 0))
    return _proof(subject, combined(subject, verdicts, [n for n in counts_of(subject) if n not in homes]))


def _stronger(world: World, workload: Workload, system: TransitionSystem) -> Always:
    """Stronger and easier: at every moment every new pod could be bound again where it is. New pods are never
    deleted."""
    new = workload.revisions[-1]
    binds = [action.updates for action in system.actions if action.component == scheduler.COMPONENT]
    unused = [place for place in world.places if not any(world.at(Phase.STARTING, new, place) in b for b in binds)]
    return Always(
        name=TITLE,
        condition=spread_holds(world, workload),
        lemmas=(
            *(world.count(new, LIVE, (place,)) <= 0 for place in unused),
            integer(world.spec(new)) <= workload.replicas,
            world.live(new) <= integer(world.spec(new)),
            *system.naturals,
        ),
    )


def _question(ctx: Context, subject: Subject, scene: Scene) -> tuple[Property, Condition]:
    """What is asked, and that the rollout is over."""
    world, workload = scene.world, scene.workload(subject)
    gone = total(world.count(r, (Phase.TERMINATING,)) for r in workload.revisions) == 0
    workloads = standard.by_key(ctx, world)
    prop = standard.question(SPREAD_KEPT, TITLE, ctx, world, {"d": subject.object}, workloads)
    return prop, all_of([world.complete(workload), gone])


def _at_every_count(ctx: Context, subject: Subject, first: int) -> Verdict | None:
    """One proof with the number of replicas and the strategy open, or None. Old pods are anywhere, and resources are
    left out: that allows more than any count does."""
    there, scaled = ctx.at(subject, first)
    scene = zoned.wider(there, scaled) or rollout_scene(there, scaled, merge=False)
    prop, at_rest = _question(there, scaled, scene)
    workload = scene.workload(scaled)
    if not isinstance(workload.strategy, RollingUpdate):
        return None
    if prop != Always(name=TITLE, condition=implies(at_rest, spread_holds(scene.world, workload))):
        return None
    open_sizes = evolve(workload, replicas=SIZE.expr, strategy=RollingUpdate(_SURGE.expr, _UNAVAILABLE.expr))
    world = evolve(scene.world, workloads=(open_sizes,), ignored=scene.world.ignored | {node_resources_fit.PLUGIN.name})
    system = build(f"rollout of {subject.title}", world, parameters=(SIZE, _SURGE, _UNAVAILABLE))
    old = open_sizes.revisions[0]
    anywhere = {world.spec(old), *(world.at(Phase.AVAILABLE, old, place) for place in world.places)}
    nothing = (v for v in system.variables if v.name not in anywhere and v.initial is None)
    start = (
        *(integer(name) >= 0 for name in anywhere),
        *(v.equals(0) for v in nothing),
    )
    system = evolve(system, initial=all_of(start))
    proof = decide.step_proof(system, _stronger(world, open_sizes, system), ctx.known)
    if proof is None:
        return None
    return evolve(proof, scope=f"rollout of {subject.title}", assumptions=(*scene.assumptions, *ASSUMPTIONS))


def _answer(ctx: Context, subject: Subject, first: Subject) -> Finding | Proof:
    """Zones first, because there are few; then nodes."""
    whole = zoned.wider(ctx, subject)
    if whole is not None:
        wide = _Asked.of(ctx, subject, whole)
        verdict = wide.verdict(ctx)
        if verdict.outcome is Outcome.HOLDS:
            return _proof(subject, verdict)
        part = zoned.narrower(ctx, subject)
        if part is not None:
            narrow = _Asked.of(ctx, subject, part)
            verdict = narrow.violation(ctx)
            if verdict.outcome is Outcome.VIOLATED:
                avoidable = narrow.avoidable(ctx) or wide.avoidable(ctx)
                return _finding(narrow, verdict, avoidable, first)
    asked = _Asked.of(ctx, subject, rollout_scene(ctx, subject, merge=False))
    verdict = asked.verdict(ctx)
    if verdict.outcome is not Outcome.VIOLATED:
        return _proof(subject, verdict)
    return _finding(asked, verdict, subject.scaled or asked.avoidable(ctx), first)


@frozen(eq=False, kw_only=True)
class _Asked:
    """One scene with the question about it."""

    subject: Subject
    scene: Scene
    system: TransitionSystem
    prop: Property
    stronger: Always
    at_rest: Condition

    @classmethod
    def of(cls, ctx: Context, subject: Subject, scene: Scene) -> _Asked:
        world, workload = scene.world, scene.workload(subject)
        old = workload.revisions[0]
        system = build(f"rollout of {subject.title}", world, starts=settled_states(world, scene.placements, [old]))
        prop, at_rest = _question(ctx, subject, scene)
        stronger = _stronger(world, workload, system)
        return cls(subject=subject, scene=scene, system=system, prop=prop, stronger=stronger, at_rest=at_rest)

    def verdict(self, ctx: Context) -> Verdict:
        """The answer for the scene."""
        if self.prop == Always(name=TITLE, condition=implies(self.at_rest, self.stronger.condition)):
            proof = decide.step_proof(self.system, self.stronger, ctx.known)
            if proof is not None:
                return evolve(proof, assumptions=(*self.scene.assumptions, *ASSUMPTIONS))
        return self.violation(ctx)

    def violation(self, ctx: Context) -> Verdict:
        """The same where a proof without search is not to be expected."""
        verdict = decide.answer(self.system, self.prop, ctx.options, known=ctx.known)
        return evolve(verdict, assumptions=(*self.scene.assumptions, *ASSUMPTIONS))

    def avoidable(self, ctx: Context) -> bool:
        """Some run comes to rest with the constraints met; also true where that could not be excluded."""
        kept = all_of([self.at_rest, self.stronger.condition])
        return decide.possible(self.system, kept, ctx.options, ctx.known)


def _finding(asked: _Asked, verdict: Verdict, avoidable: bool, first: Subject) -> Finding:
    """``first`` is the workload with the count of the manifests."""
    subject, world, trace = asked.subject, asked.scene.world, verdict.trace
    assert trace is not None
    then = scaled_to(subject, first)
    new = asked.scene.workload(subject).revisions[1]
    view = trace.system.view(trace.final)
    final = {p.name: int(view[world.at(Phase.AVAILABLE, new, p)]) for p in world.places}
    return Finding(
        id="KV4006",
        severity=standard.severity("KV4006"),
        object=subject.title,
        message="a rollout can leave its pods spread worse than its topologySpreadConstraints allow: "
        + ", ".join(f"{n} on {name}" for name, n in final.items()),
        property=SPREAD_KEPT,
        causes=tuple(_causes(subject)),
        certainty=Certainty.POSSIBLE if avoidable else Certainty.CERTAIN,
        opening=sentences(then, opening(asked.scene, trace), "the pod template has just been changed"),
        steps=tuple(trace.sentences()),
        outcome="The rollout is complete and nothing moves a running pod.",
        why=WHY,
        verdict=evolve(verdict, certain=not avoidable),
    )


def _causes(subject: Subject) -> Iterator[Cause]:
    for i, constraint in enumerate(subject.new.spec.topology_spread_constraints):
        if pod_topology_spread.is_hard(constraint):
            yield subject.pod_cause(f"topologySpreadConstraints[{i}]", f"maxSkew {constraint.max_skew}")
