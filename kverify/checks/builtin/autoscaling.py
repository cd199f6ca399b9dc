"""KV4010, KV4011: an apply leaves the number of replicas to the autoscaler, and does not switch it off.

A manifest that says ``replicas`` sets it on every apply, whatever the autoscaler had come to; scaling down is not
slowed by ``maxUnavailable``. Only afterwards does the autoscaler raise the count again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from kverify.api.types.pod import Pod
from kverify.checks.deciding import decide
from kverify.checks.deciding.case import Case
from kverify.checks.deciding.scaled import end_cause
from kverify.checks.deciding.scenes import ANYWHERE, Scene
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import AUTOSCALER_KEPT
from kverify.cluster.objects import describe, key_of
from kverify.cluster.scaling import Scale
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.build import build, settled_states
from kverify.model.expr import integer
from kverify.model.workload import Workload
from kverify.model.world import World
from kverify.spec.property import Always, Property
from kverify.words import count, sentences

ON = "autoscaler-on"
TITLE = "an apply leaves the number of replicas to the autoscaler"
WHY = (
    "An apply writes spec.replicas at once if the manifest has it, and 1 if the manifest has it no more but the last "
    "applied one had; maxUnavailable does not slow scaling down, and the autoscaler looks only every 15 seconds "
    "(https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/, kubernetes/kubernetes#25238)."
)
WHY_OFF = (
    "An autoscaler leaves a target with replicas: 0 alone until somebody sets another count (condition ScalingActive: "
    "False, ScalingDisabled; https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/)."
)
ASSUMPTIONS = ("kubectl apply, client-side", "the autoscaler does not act while the apply is carried out")
TAKE_OUT = (
    "take spec.replicas out of the last applied configuration (kubectl apply edit-last-applied) and then out of the "
    "manifest"
)


@frozen(eq=False, kw_only=True)
class _Reset:
    """An apply: the count ``before`` it and ``after`` it, the availability (``floor``) it should not fall below, and
    whether every such apply goes wrong."""

    subject: Subject
    scale: Scale
    before: int
    after: int
    floor: int
    certain: bool
    live: bool


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for every workload of the manifests that an autoscaler scales."""
    item = subject.object
    if subject.scale is None or isinstance(item, Pod):
        return
    if standard.refuses(ON, ctx, {"h": subject.scale.autoscaler, "d": item}):
        yield _off(subject, subject.scale)
        return
    reset = _applied(ctx, subject, subject.scale)
    case = _case(reset)
    objects, workloads = {"w": item}, {key_of(item): case.scene.workload(subject)}
    asked = standard.question(
        AUTOSCALER_KEPT, TITLE, ctx, case.scene.world, objects, workloads, autoscaled={key_of(item): reset.floor}
    )
    verdict = decide.answer(case.system, _helped(asked, case), ctx.options)
    yield _finding(reset, verdict) if verdict.outcome is Outcome.VIOLATED else _proof(reset, verdict)


def _helped(asked: Property, case: Case) -> Property:
    """Scaling up deletes nothing: what is true of that helps induction with big numbers."""
    if not isinstance(asked, Always):
        return asked
    world = case.scene.world
    return evolve(asked, lemmas=tuple(world.live(r) <= integer(world.spec(r)) for r in world.revisions))


def cases(ctx: Context, subjects: Sequence[Subject]) -> Iterator[Case]:
    """The applies of these workloads, for properties of the user."""
    for subject in subjects:
        if subject.scale is not None and not isinstance(subject.object, Pod):
            yield _case(_applied(ctx, subject, subject.scale))


def _applied(ctx: Context, subject: Subject, scale: Scale) -> _Reset:
    """What an apply makes of the count: ``before`` and ``after`` are equal where it leaves it alone."""
    assert not isinstance(subject.object, Pod)
    after = 1 if subject.object.spec.replicas is None else subject.object.spec.replicas
    live = _live_replicas(ctx, subject)
    if not subject.written("spec.replicas"):
        if live is not None:
            # Removed from the manifest, but not from what was applied last: the default takes its place.
            before = live
        elif subject.running is not None and not isinstance(subject.running, Pod) and _wrote(subject):
            before = scale.low
        else:
            before = after = subject.replicas
    else:
        # Nothing needs more than the least while nothing is known of the load, if even that is taken away.
        before = live if live is not None and live > after else (scale.low if after < scale.low else scale.high)
    this = live == before
    floor = min(before, scale.low) if after < scale.low else before
    return _Reset(
        subject=subject,
        scale=scale,
        before=before,
        after=after,
        floor=floor,
        certain=this or after < scale.low,
        live=this,
    )


def _live_replicas(ctx: Context, subject: Subject) -> int | None:
    """``spec.replicas`` of the object in the cluster's description."""
    key = key_of(subject.object)
    for item in ctx.bundle.existing:
        if key_of(item) == key and isinstance(item, type(subject.object)) and not isinstance(item, Pod):
            return 1 if item.spec.replicas is None else item.spec.replicas
    return None


def _wrote(subject: Subject) -> bool:
    """The manifest that was applied before has ``spec.replicas``."""
    document = subject.running.source.document if subject.running is not None else None
    return document is not None and document.node(("spec", "replicas")) is not None


def _scope(reset: _Reset) -> str:
    change = f"from {reset.before} to {reset.after}" if reset.before != reset.after else "as they were"
    return f"replicas {change}; {describe(reset.scale.autoscaler)}"


def _proof(reset: _Reset, verdict: Verdict) -> Proof:
    verdict = evolve(verdict, scope=_scope(reset), assumptions=(*ASSUMPTIONS, *verdict.assumptions))
    return Proof(id="KV4010", object=reset.subject.title, property=AUTOSCALER_KEPT, message=TITLE, verdict=verdict)


def _finding(reset: _Reset, verdict: Verdict) -> Finding:
    subject, name = reset.subject, describe(reset.scale.autoscaler)
    trace = verdict.trace
    assert trace is not None
    lost = count(reset.before - reset.after, "pod")
    if reset.live:
        message = f"this apply scales it from {reset.before}, where {name} has it, to {reset.after} at once"
    elif reset.after < reset.scale.low:
        message = f"every apply scales it to {reset.after}, below the {reset.scale.low} that {name} keeps"
    else:
        message = f"every apply scales it back to {reset.after}, whatever {name} has come to (up to {reset.before})"
    return Finding(
        id="KV4010",
        severity=standard.severity("KV4010"),
        object=subject.title,
        message=message,
        property=AUTOSCALER_KEPT,
        causes=(_written_cause(reset), end_cause(subject, reset.floor == reset.scale.low)),
        certainty=Certainty.CERTAIN if reset.certain else Certainty.POSSIBLE,
        opening=sentences(
            f"{name} has scaled {subject.title} to {reset.before}, and all of them are available",
            f"the apply has just set spec.replicas to {reset.after}",
        ),
        steps=tuple(trace.sentences()),
        outcome=f"{lost} of {reset.before} go{'es' * (reset.before - reset.after == 1)}; until {name} has scaled it up "
        f"again and new pods are ready, it has less than "
        f"{'the least it should have' if reset.floor == reset.scale.low else 'the load asked for'}.",
        why=WHY,
        repairs=(Repair(text=TAKE_OUT),),
        verdict=evolve(verdict, certain=reset.certain, assumptions=(*ASSUMPTIONS, *verdict.assumptions)),
    )


def _written_cause(reset: _Reset) -> Cause:
    if reset.subject.written("spec.replicas"):
        return reset.subject.cause("spec.replicas", f"every apply sets {reset.after}")
    return reset.subject.cause("spec.replicas", f"not set any more, so the default {reset.after} takes its place")


def _case(reset: _Reset) -> Case:
    """What the controllers do once the count is written."""
    workload = _counted(reset)
    world = World(workloads=(workload,), places=(ANYWHERE,))
    (revision,) = workload.revisions
    (start,) = settled_states(world, ({(revision.key, ANYWHERE.name): reset.before},), (revision,))
    if workload.strategy is None:
        start[world.spec(revision)] = reset.after
    placement = {(revision.key, ANYWHERE.name): reset.before}
    return Case(
        scene=Scene(world=world, subjects=(reset.subject,), placements=(placement,)),
        system=build(f"an apply of {reset.subject.title}", world, starts=(start,)),
        begins=f"the apply has just set spec.replicas to {reset.after}",
        scope=_scope(reset),
        assumptions=ASSUMPTIONS,
        autoscaled={reset.subject.title: reset.floor},
    )


def _counted(reset: _Reset) -> Workload:
    """The workload with one revision, which its controller scales to the count that was written."""
    workload = reset.subject.workload(both=False)
    return evolve(workload, replicas=reset.after, strategy=reset.subject.strategy)


def _off(subject: Subject, scale: Scale) -> Finding:
    name = describe(scale.autoscaler)
    return Finding(
        id="KV4011",
        severity=standard.severity("KV4011"),
        object=subject.title,
        message=f"replicas: 0 switches {name} off: it stays at 0, whatever the load, until somebody sets another count",
        property=AUTOSCALER_KEPT,
        causes=(subject.cause("spec.replicas", "0 wanted"), end_cause(subject, True)),
        certainty=Certainty.CERTAIN,
        outcome="There is no pod, and the autoscaler does nothing.",
        why=WHY_OFF,
        repairs=(Repair(text=f"set spec.replicas to {scale.low} or more, or leave it out on creation"),),
        verdict=Verdict(outcome=Outcome.VIOLATED, method="by the fields of both", scope="replicas: 0", certain=True),
    )
