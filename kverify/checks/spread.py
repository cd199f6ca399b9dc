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
from kverify.checks.scaled import combined, counts_of, incomplete, placed, scaled_to, telling
from kverify.checks.scenes import Scene, TooManyPlacements, rollout_scene
from kverify.checks.stuck import opening
from kverify.checks.subject import Subject
from kverify.checks.words import sentences
from kverify.engines import induction
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.build import build, settled_states
from kverify.model.expr import all_of, implies, integer, total
from kverify.model.system import TransitionSystem, Variable
from kverify.model.world import Phase
from kverify.spec.property import Always
from kverify.spec.state import spread_holds

PROPERTY = "spread-kept"
TITLE = "after a rollout its pods are still spread as its constraints ask"
WHY = (
    "topologySpreadConstraints are enforced only when a pod is bound, and count old and new pods alike unless "
    "matchLabelKeys tells them apart (KEP-3243, kubernetes/kubernetes#98215)."
)


def check(ctx: Context) -> Iterator[Answer]:
    """One answer for every Deployment with a DoNotSchedule constraint, where there are nodes."""
    for subject in ctx.checked:
        hard = [c for c in subject.new.spec.topology_spread_constraints if c.when_unsatisfiable == "DoNotSchedule"]
        if subject.strategy is None or not hard or ctx.open or subject not in ctx.placeable:
            continue
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


def _answer(ctx: Context, subject: Subject, scene: Scene, first: Subject) -> Finding | Proof:
    world, workload = scene.world, scene.workload(subject)
    old, new = workload.revisions
    system = build(f"rollout of {subject.title}", world, starts=settled_states(world, scene.placements, [old]))
    # Stronger and easier: at every moment every new pod could be bound again where it is. New pods are never deleted.
    stronger = Always(
        name=TITLE,
        condition=spread_holds(world, workload),
        lemmas=(world.live(new) <= integer(world.spec(new)), *(integer(v.name) >= 0 for v in _counts(system))),
    )
    assumptions = (*scene.assumptions, *ASSUMPTIONS)
    objects = {"d": subject.object}
    prop = standard.question(PROPERTY, TITLE, ctx, world, objects, standard.by_key(ctx, world))
    gone = total(world.count(r, (Phase.TERMINATING,)) for r in workload.revisions) == 0
    at_rest = all_of([world.complete(workload), gone])
    if prop == Always(name=TITLE, condition=implies(at_rest, stronger.condition)):
        proof = induction.check(system, stronger, depth=1)
        if proof.outcome is Outcome.HOLDS:
            return _proof(subject, evolve(proof, assumptions=assumptions))
    verdict = evolve(decide.answer(system, prop, limit=ctx.options.max_states), assumptions=assumptions)
    trace = verdict.trace
    if verdict.outcome is not Outcome.VIOLATED or trace is None:
        return _proof(subject, verdict)
    then = scaled_to(subject, first)
    certain = not subject.scaled and not decide.possible(
        system, all_of([at_rest, stronger.condition]), limit=ctx.options.max_states
    )
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
