"""KV4001: a rollout completes, whatever the order of events and wherever the scheduler puts the pods."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from kverify.checks.builtin.admitted import blocks_rollout
from kverify.checks.deciding import decide, sizes, theorems
from kverify.checks.deciding.repairs import candidates
from kverify.checks.deciding.scaled import (
    combined,
    counts_of,
    incomplete,
    placed,
    proved_up_to,
    scale_cause,
    scaled_to,
    telling,
)
from kverify.checks.deciding.scenes import ANYWHERE, Scene, TooManyPlacements, rollout_scene
from kverify.checks.deciding.stuck import Stuck, ending, explain, opening
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import ROLLOUT_COMPLETES
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.build import build, settled_states
from kverify.model.workload import Recreate, RollingUpdate
from kverify.spec.property import EventuallyAlways
from kverify.words import count, sentences

TITLE = "a rollout completes"
WHY = (
    "A rolling update creates at most replicas + maxSurge pods and keeps replicas - maxUnavailable available "
    "(percentages: surge rounds up, unavailable down); a new pod that is never available keeps the old ones for ever "
    "(https://kubernetes.io/docs/concepts/workloads/controllers/deployment/, kubernetes/kubernetes#116891)."
)
WHY_VOLUME = (
    "A ReadWriteOnce volume attaches to one node at a time; a rolling update starts the new pod before the old one has "
    "let go of it (https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes)."
)
CURRENT = "controllers act on current status"
REPAIR_STATES = 30_000
"""States of each search for one repair: a finding is worth more than what might be done about it."""
ASSUMPTIONS = (
    "images can be pulled and containers become ready",
    "one workload rolls out at a time, and nothing else disturbs it",
    CURRENT,
)


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for every Deployment of the manifests."""
    if subject.strategy is None:
        return
    if subject not in ctx.rooms.placeable:
        yield _proof(subject, not_asked(ctx.rooms.obstacle(subject)))
        return
    if not subject.replicas:
        yield _proof(subject, not_asked("no replicas are wanted"))
        return
    if blocks_rollout(ctx, subject):
        yield _proof(subject, not_asked("no pod of a new revision is admitted (KV3004)"))
        return
    there, asked, scene, verdict = decide_counts(ctx, subject)
    if verdict.outcome is Outcome.VIOLATED and scene is not None:
        yield _finding(there, asked, scene, verdict, subject)
    elif scene is not None and verdict.outcome is Outcome.HOLDS and scene.world.places != (ANYWHERE,):
        known = sizes.answers(ctx, subject) if ctx.options.explain else ()
        told = tuple(answer.text for answer in known if answer.sizes.stuck)
        yield evolve(_proof(subject, verdict), sizes=told)
    else:
        yield _proof(subject, verdict)


def _proof(subject: Subject, verdict: Verdict) -> Proof:
    return Proof(id="KV4001", object=subject.title, property=ROLLOUT_COMPLETES, message=TITLE, verdict=verdict)


def decide_counts(ctx: Context, subject: Subject) -> tuple[Context, Subject, Scene | None, Verdict]:
    """Whether a rollout completes, whatever count an autoscaler has come to: the run, workload and scene of the first
    count at which it does not, else those of the present one."""
    if not subject.scaled:
        return ctx, subject, *decide_rollout(ctx, subject)
    verdicts: list[Verdict] = []

    def merged(number: int) -> bool:
        there, scaled = ctx.at(subject, number)
        return scaled in there.rooms.placeable and not scaled.claims and (there.open or there.rooms.has_room(scaled))

    counts = counts_of(subject)
    roomy = proved_up_to(subject, merged)
    if roomy:
        _, verdict = decide_rollout(*ctx.at(subject, roomy))
        verdicts.append(verdict)
        if verdict.outcome is Outcome.HOLDS:
            counts = [n for n in counts if n > roomy]
    homes = placed(ctx, subject, counts)
    chosen, complete = telling(subject, homes)
    for number in chosen:
        there, scaled = ctx.at(subject, number)
        scene, verdict = decide_rollout(there, scaled)
        if verdict.outcome is Outcome.VIOLATED:
            return there, scaled, scene, verdict
        verdicts.append(verdict)
        if verdict.outcome is Outcome.UNKNOWN:
            # Other counts would not make it decided.
            break
    if not complete:
        verdicts.append(incomplete(subject, chosen, roomy))
    return ctx, subject, None, combined(subject, verdicts, [n for n in counts if n not in homes])


def decide_rollout(ctx: Context, subject: Subject, *, ready: bool = True) -> tuple[Scene | None, Verdict]:
    """Whether a rollout of ``subject`` completes, and the scene that was explored for it."""
    try:
        scene = rollout_scene(ctx, subject, ready=ready)
    except TooManyPlacements as error:
        return None, error.verdict
    workload = scene.workload(subject)
    objects = {"d": subject.object}
    prop = standard.question(ROLLOUT_COMPLETES, TITLE, ctx, scene.world, objects, standard.by_key(ctx, scene.world))
    as_proved = prop == EventuallyAlways(name=TITLE, goal=scene.world.complete(workload))
    if scene.world.places == (ANYWHERE,) and ready and as_proved and ctx.options.engine in ("", "ranking"):
        theorem = theorems.completion_theorem(isinstance(subject.strategy, Recreate), subject.min_ready)
        if theorem.outcome is Outcome.HOLDS:
            return scene, evolve(theorem, assumptions=(*scene.assumptions, *subject.rescaled, *ASSUMPTIONS))
    system = build(
        f"rollout of {subject.title}",
        scene.world,
        starts=settled_states(scene.world, scene.placements, [workload.revisions[0]]),
    )
    verdict = decide.answer(system, prop, ctx.options, known=ctx.known)
    return scene, evolve(
        verdict,
        scope=_scope(ctx, subject, scene),
        assumptions=(*scene.assumptions, *subject.rescaled, *ASSUMPTIONS, *verdict.assumptions),
    )


def _scope(ctx: Context, subject: Subject, scene: Scene) -> str:
    parts = [count(subject.replicas, "replica")]
    if isinstance(subject.strategy, RollingUpdate):
        parts += [f"maxSurge {subject.strategy.surge}", f"maxUnavailable {subject.strategy.unavailable}"]
    if ctx.nodes:
        parts.append(count(len(ctx.nodes), "node"))
    return ", ".join(parts) + f", from {count(len(scene.placements), 'settled placement')}"


def _finding(ctx: Context, subject: Subject, scene: Scene, verdict: Verdict, first: Subject) -> Finding:
    """``first`` is the workload with the count of the manifests, ``subject`` with the one that goes wrong."""
    trace = verdict.trace
    assert trace is not None
    stuck = explain(scene, trace)
    then = scaled_to(subject, first)
    # Which count it has is up to the load.
    certain = verdict.certain and not subject.scaled
    when = f", once it is scaled to {subject.replicas}" if then else ""
    sentence = f"a rollout {'can never complete' if certain else 'may never complete'}{when}: " + (
        stuck.sentences[0] if stuck.sentences else "no step is possible any more"
    )
    return Finding(
        id="KV4001",
        severity=standard.severity("KV4001"),
        object=subject.title,
        message=sentence,
        property=ROLLOUT_COMPLETES,
        causes=tuple(_causes(subject, stuck)),
        certainty=Certainty.CERTAIN if certain else Certainty.POSSIBLE,
        opening=sentences(then, opening(scene, trace), "the pod template has just been changed"),
        steps=tuple(trace.sentences()),
        outcome=sentences(*stuck.sentences, ending(trace)),
        details=stuck.details,
        refusals=stuck.refusals,
        sizes=tuple(answer.text for answer in sizes.answers(ctx, subject)) if ctx.options.explain else (),
        why=WHY_VOLUME if stuck.waits_for_volume else WHY,
        repairs=tuple(_repairs(ctx, subject)) if ctx.options.explain else (),
        verdict=evolve(verdict, certain=certain),
    )


def _causes(subject: Subject, stuck: Stuck) -> Iterator[Cause]:
    yield strategy_cause(subject)
    for r in stuck.culprits:
        yield subject.pod_cause(r.path, r.reason)
    if stuck.waits_for_volume:
        for i, volume in enumerate(subject.new.spec.volumes):
            claim = volume.persistent_volume_claim
            if claim is not None and f"{subject.namespace}/{claim.claim_name}" in subject.claims:
                yield subject.pod_cause(f"volumes[{i}].persistentVolumeClaim", "a ReadWriteOnce claim")
    if subject.written("spec.strategy"):
        yield scale_cause(subject)


def strategy_cause(subject: Subject) -> Cause:
    """The strategy, resolved to numbers, pointing at what the manifest says of it."""
    if not isinstance(subject.strategy, RollingUpdate):
        return subject.cause("spec.strategy", "Recreate")
    numbers = (
        f"for {count(subject.replicas, 'replica')} this is maxSurge {subject.strategy.surge}, "
        f"maxUnavailable {subject.strategy.unavailable}"
    )
    for path in ("spec.strategy.rollingUpdate", "spec.strategy"):
        if subject.written(path):
            return subject.cause(path, numbers)
    return subject.cause("spec.replicas", f"spec.strategy is not set, so 25%/25%: {numbers}")


def _repairs(ctx: Context, subject: Subject) -> Iterator[Repair]:
    """The first few small changes after which the same question is answered *holds*. Nothing is said of those that a
    search of ``REPAIR_STATES`` does not decide."""
    found = 0
    for text, variant, changed in candidates(ctx, subject):
        if found == 3:
            return
        variant.options = evolve(variant.options, max_states=min(variant.options.max_states, REPAIR_STATES))
        *_, verdict = decide_counts(variant, changed)
        if verdict.outcome is Outcome.HOLDS:
            found += 1
            yield Repair(text=text, verified=True)
