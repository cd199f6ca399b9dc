"""KV4006: what topology spread constraints promise still holds when a rollout has come to rest.

The scheduler looks at maxSkew once, when it binds a pod; nobody looks again when old pods are deleted.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.checks import decide, standard
from kverify.checks.context import Context
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof
from kverify.checks.rollout import ASSUMPTIONS
from kverify.checks.scaled import SIZE, combined, counts_of, incomplete, placed, scaled_to, telling
from kverify.checks.scenes import Scene, TooManyPlacements, rollout_scene
from kverify.checks.stuck import opening
from kverify.checks.subject import Subject
from kverify.checks.words import sentences
from kverify.engines import induction
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.build import build, settled_states
from kverify.model.components import scheduler
from kverify.model.expr import Condition, all_of, implies, integer, total
from kverify.model.scheduling import node_resources_fit
from kverify.model.system import TransitionSystem, Variable
from kverify.model.workload import RollingUpdate, Workload
from kverify.model.world import LIVE, Phase, World
from kverify.spec.property import Always, Property
from kverify.spec.state import spread_holds

PROPERTY = "spread-kept"
TITLE = "after a rollout its pods are still spread as its constraints ask"
_SURGE, _UNAVAILABLE = Variable("maxSurge"), Variable("maxUnavailable")
WHY = (
    "topologySpreadConstraints are enforced only when a pod is bound, and count old and new pods alike unless "
    "matchLabelKeys tells them apart (KEP-3243, kubernetes/kubernetes#98215)."
)


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for every Deployment with a DoNotSchedule constraint, where there are nodes."""
    hard = [c for c in subject.new.spec.topology_spread_constraints if c.when_unsatisfiable == "DoNotSchedule"]
    if subject.strategy is None or not hard or ctx.open or subject not in ctx.placeable:
        return
    try:
        yield _worst(ctx, subject)
    except TooManyPlacements as error:
        yield _proof(subject, error.verdict)


def _proof(subject: Subject, verdict: Verdict) -> Proof:
    return Proof(id="KV4006", object=subject.title, property=PROPERTY, message=TITLE, verdict=verdict)


def _worst(ctx: Context, subject: Subject) -> Finding | Proof:
    """The answer for the present count, or the first that an autoscaler may choose and that is worse."""
    if not subject.scaled:
        return _answer(ctx, subject, rollout_scene(ctx, subject, merge=False), subject)
    homes = placed(ctx, subject, counts_of(subject))
    if homes and (proof := _at_every_count(ctx, subject, homes[0])) is not None:
        return _proof(subject, combined(subject, [proof], [n for n in counts_of(subject) if n not in homes]))
    chosen, complete = telling(subject, homes)
    verdicts = []
    for number in chosen:
        there, scaled = ctx.at(subject, number)
        answer = _answer(there, scaled, rollout_scene(there, scaled, merge=False), subject)
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
            *(integer(v.name) >= 0 for v in _counts(system)),
        ),
    )


def _question(ctx: Context, subject: Subject, scene: Scene) -> tuple[Property, Condition]:
    """What is asked, and that the rollout is over."""
    world, workload = scene.world, scene.workload(subject)
    gone = total(world.count(r, (Phase.TERMINATING,)) for r in workload.revisions) == 0
    workloads = standard.by_key(ctx, world)
    prop = standard.question(PROPERTY, TITLE, ctx, world, {"d": subject.object}, workloads)
    return prop, all_of([world.complete(workload), gone])


def _at_every_count(ctx: Context, subject: Subject, first: int) -> Verdict | None:
    """One proof with the number of replicas and the strategy open, or None. Old pods are anywhere, and resources are
    left out: that allows more than any count does."""
    there, scaled = ctx.at(subject, first)
    scene = rollout_scene(there, scaled, merge=False)
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
        *(v.expr == (False if v.truth else 0) for v in nothing),
    )
    system = evolve(system, initial=all_of(start))
    proof = induction.check(system, _stronger(world, open_sizes, system), depth=1)
    if proof.outcome is not Outcome.HOLDS:
        return None
    return evolve(proof, scope=f"rollout of {subject.title}", assumptions=(*scene.assumptions, *ASSUMPTIONS))


def _answer(ctx: Context, subject: Subject, scene: Scene, first: Subject) -> Finding | Proof:
    world, workload = scene.world, scene.workload(subject)
    old, new = workload.revisions
    system = build(f"rollout of {subject.title}", world, starts=settled_states(world, scene.placements, [old]))
    stronger = _stronger(world, workload, system)
    assumptions = (*scene.assumptions, *ASSUMPTIONS)
    prop, at_rest = _question(ctx, subject, scene)
    if prop == Always(name=TITLE, condition=implies(at_rest, stronger.condition)):
        proof = induction.check(system, stronger, depth=1)
        if proof.outcome is Outcome.HOLDS:
            return _proof(subject, evolve(proof, assumptions=assumptions))
    verdict = evolve(decide.answer(system, prop, ctx.options), assumptions=assumptions)
    trace = verdict.trace
    if verdict.outcome is not Outcome.VIOLATED or trace is None:
        return _proof(subject, verdict)
    then = scaled_to(subject, first)
    certain = not subject.scaled and not decide.possible(system, all_of([at_rest, stronger.condition]), ctx.options)
    view = trace.system.view(trace.final)
    final = {p.name: int(view[world.at(Phase.AVAILABLE, new, p)]) for p in world.places}
    return Finding(
        id="KV4006",
        severity=standard.severity("KV4006"),
        object=subject.title,
        message="a rollout can leave its pods spread worse than its topologySpreadConstraints allow: "
        + ", ".join(f"{n} on {name}" for name, n in final.items()),
        property=PROPERTY,
        causes=tuple(_causes(subject)),
        certainty=Certainty.CERTAIN if certain else Certainty.POSSIBLE,
        opening=sentences(then, opening(scene, trace), "the pod template has just been changed"),
        steps=tuple(trace.sentences()),
        outcome="The rollout is complete and nothing moves a running pod.",
        why=WHY,
        verdict=evolve(verdict, certain=certain),
    )


def _causes(subject: Subject) -> Iterator[Cause]:
    for i, constraint in enumerate(subject.new.spec.topology_spread_constraints):
        if constraint.when_unsatisfiable == "DoNotSchedule":
            yield subject.pod_cause(f"topologySpreadConstraints[{i}]", f"maxSkew {constraint.max_skew}")


def _counts(system: TransitionSystem) -> Iterator[Variable]:
    return (v for v in system.variables if not v.truth)
