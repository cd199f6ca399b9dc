"""KV4007: a new revision that never becomes ready (an image that is not there, an init container that waits for ever)
leaves pods of the old one available.

Nothing is rolled back by itself: ``progressDeadlineSeconds`` only sets a condition. So a rollout with such a revision
stops for good, and what the strategy keeps available is all there is until somebody undoes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from kverify.checks.builtin.rollout import strategy_cause
from kverify.checks.deciding import decide
from kverify.checks.deciding.scaled import counts_of, scaled_to
from kverify.checks.deciding.scenes import ANYWHERE
from kverify.checks.deciding.theorems import promises_theorem
from kverify.checks.finding import Answer, Certainty, Finding, Proof
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import BAD_REVISION_CONTAINED
from kverify.cluster.objects import key_of
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.build import build, settled_states
from kverify.model.components.deployment import promised
from kverify.model.expr import total
from kverify.model.workload import RollingUpdate
from kverify.model.world import World
from kverify.spec.property import EventuallyAlways
from kverify.words import count, sentences

TITLE = "a new revision that never becomes ready leaves old pods available"
WHY = (
    "A rolling update takes old pods away until replicas - maxUnavailable are left, whether or not new ones become "
    "ready, and no controller rolls back "
    "(https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment)."
)
ASSUMPTIONS = ("no pod of the new revision ever becomes ready", "nothing else disturbs the rollout")


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for every Deployment of the manifests that rolls. With Recreate, or where one replica may be
    unavailable, the outage is what was chosen: that is not asked."""
    if not isinstance(subject.strategy, RollingUpdate) or ctx.unadmitted(subject):
        return
    counts = counts_of(subject)
    if not counts:
        yield Proof(
            id="KV4007",
            object=subject.title,
            property=BAD_REVISION_CONTAINED,
            message=TITLE,
            verdict=not_asked("no replicas are wanted"),
        )
        return
    ordered = sorted(counts, key=lambda n: (n != subject.replicas, n))
    kept: list[_Answer] = []
    for scaled in map(subject.at, ordered):
        if _chosen(scaled):
            continue
        answer = _decided(ctx, scaled)
        if answer.verdict.outcome is Outcome.VIOLATED:
            yield _finding(answer, subject)
            return
        kept.append(answer)
    if kept and kept[0].subject.replicas == subject.replicas:
        yield _proof(max(kept, key=lambda answer: answer.verdict.outcome))


@frozen(eq=False)
class _Answer:
    """The verdict on a rollout of ``subject``, at one count."""

    subject: Subject
    verdict: Verdict


def _chosen(subject: Subject) -> bool:
    """The only replica may be unavailable: then an outage was chosen."""
    return subject.replicas == 1 and left(subject)[0] < 1


def left(subject: Subject) -> tuple[int, int]:
    """How many old pods stay available and how many new ones there are when the rollout has stopped."""
    strategy = subject.strategy
    assert isinstance(strategy, RollingUpdate)
    old, most = promised(subject.replicas, strategy)
    assert isinstance(old, int)
    assert isinstance(most, int)
    return old, min(subject.replicas, most - old)


def _decided(ctx: Context, subject: Subject) -> _Answer:
    """The answer of the theorem, if it is what is asked and leaves something, otherwise of the engines."""
    workload = subject.workload(ready=False)
    world = World(workloads=(workload,), places=(ANYWHERE,))
    objects, workloads = {"d": subject.object}, {key_of(subject.object): workload}
    asked = standard.question(BAD_REVISION_CONTAINED, TITLE, ctx, world, objects, workloads)
    available = total(world.available(revision) for revision in workload.revisions)
    usual = asked == EventuallyAlways(name=TITLE, goal=available >= 1)
    if usual and left(subject)[0] >= 1 and not ctx.options.engine:
        return _Answer(subject, promises_theorem(subject.min_ready))
    start = {(workload.revisions[0].key, ANYWHERE.name): subject.replicas}
    system = build(f"rollout of {subject.title}", world, starts=settled_states(world, (start,), workload.revisions[:1]))
    verdict = decide.answer(system, asked, ctx.options)
    if usual and verdict.outcome is Outcome.VIOLATED and left(subject)[0] < 1:
        # Every run comes to where the rollout stops, and nothing is left there.
        verdict = evolve(verdict, certain=True)
    return _Answer(subject, verdict)


def _proof(answer: _Answer) -> Proof:
    old, new = left(answer.subject)
    scope = f"{count(answer.subject.replicas, 'replica')}: at least {old} stay available beside {new} that never are"
    verdict = evolve(answer.verdict, scope=scope, assumptions=(*ASSUMPTIONS, *answer.verdict.assumptions))
    return Proof(
        id="KV4007", object=answer.subject.title, property=BAD_REVISION_CONTAINED, message=TITLE, verdict=verdict
    )


def _finding(answer: _Answer, first: Subject) -> Finding:
    subject, verdict = answer.subject, answer.verdict
    assert verdict.trace is not None
    _, new = subject.workload(ready=False).revisions
    then = scaled_to(subject, first)
    certain = verdict.certain and not first.scaled
    return Finding(
        id="KV4007",
        severity=standard.severity("KV4007"),
        object=subject.title,
        message="a new revision that never becomes ready leaves no pod available"
        + (f", once it is scaled to {subject.replicas}" if then else "")
        + ", until somebody undoes the rollout",
        property=BAD_REVISION_CONTAINED,
        causes=(strategy_cause(subject),),
        certainty=Certainty.CERTAIN if certain else Certainty.POSSIBLE,
        opening=sentences(
            then,
            f"{subject.title} has {count(subject.replicas, 'pod')} available",
            "the pod template has just been changed to one that never becomes ready",
        ),
        steps=tuple(verdict.trace.sentences()),
        outcome=sentences(
            f"{count(subject.replicas, 'pod')} of {new.title} never become{'s' * (subject.replicas == 1)} Ready",
            "no old pod is left",
        ),
        why=WHY,
        verdict=evolve(verdict, certain=certain, assumptions=(*ASSUMPTIONS, *verdict.assumptions)),
    )
