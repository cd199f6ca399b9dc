"""KV4003: draining any one node comes to an end, whatever the budgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from kverify.api.types.policy import PodDisruptionBudget
from kverify.checks.deciding import decide, scaled
from kverify.checks.deciding.disturbance import Disturbed, disturb
from kverify.checks.deciding.scenes import TooManyPlacements
from kverify.checks.deciding.stuck import explain, opening
from kverify.checks.finding import Answer, Cause, Certainty, Finding, Proof, Repair
from kverify.checks.given import standard
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject
from kverify.checks.names import DRAIN_ENDS
from kverify.cluster.bundle import describe
from kverify.cluster.findings.budgets import scaleless
from kverify.cluster.objects import budget_field
from kverify.engines.verdict import Outcome, Trace, Verdict, not_asked
from kverify.model.components.disruption import healthy
from kverify.model.expr import evaluate
from kverify.model.world import NodeStatus
from kverify.spec.property import Property
from kverify.words import any_of, count, listing, sentences

TITLE = "the drain of any one node ends"
WHY = (
    "An eviction is refused (429) when it would leave fewer healthy pods than the budget wants, and always (500) when "
    "two budgets select the pod (https://kubernetes.io/docs/tasks/run-application/configure-pdb/)."
)
ASSUMPTIONS = (
    "kubectl drain --ignore-daemonsets --delete-emptydir-data --force, retried without a timeout",
    "images can be pulled and containers become ready",
    "one node at a time, no other disturbance",
)


def check(ctx: Context, subject: Subject) -> Iterator[Answer]:
    """One answer for every workload of the manifests, over all nodes that can hold its pods."""
    if not subject.managed:
        return  # Nothing re-creates a bare Pod: that is node_loss's warning, and no drain waits for it.
    if subject not in ctx.rooms.placeable:
        yield _even_elsewhere(ctx, subject) or _proof(subject, not_asked(ctx.rooms.obstacle(subject)))
    elif not subject.replicas:
        yield _proof(subject, not_asked("no replicas are wanted"))
    elif uncounted := [b for b in ctx.guards.budgets(subject) if scaleless(ctx.bundle, b)]:
        yield _proof(subject, not_asked(f"{describe(uncounted[0])} cannot be computed (KV2011)"))
    else:
        yield answer(ctx, subject)


def answer(ctx: Context, subject: Subject) -> Finding | Proof:
    """The worst answer over all nodes, and over all counts where it is autoscaled."""
    found = scaled.on_every_node(ctx, subject, QUESTION)
    if found.verdict is not None:
        return _proof(subject, found.verdict)
    budgets = ctx.guards.budgets(subject)
    if len(budgets) == 1 and (loose := ctx.guards.loose(budgets[0])):
        # What goes wrong in the model may go well beside them: that is not decided.
        reason = f"{describe(budgets[0])} counts healthy pods of {listing(loose)} too, and their number is not known"
        _, worst = found.wrong[0]
        scope = "; ".join(dict.fromkeys(case.scope for case, _ in found.wrong))
        assumed = worst.assumptions
        return _proof(
            subject,
            Verdict(outcome=Outcome.UNKNOWN, method=worst.method, scope=scope, reason=reason, assumptions=assumed),
        )
    return _finding(found.ctx, found.subject, found.wrong, subject)


def _even_elsewhere(ctx: Context, subject: Subject) -> Finding | None:
    """A drain that does not end even if the pods of ``subject`` are supposed to run somewhere: budgets and numbers of
    pods that are at odds whatever nodes there are."""
    there = ctx.elsewhere(subject) if subject.replicas and ctx.guards.budgets(subject) else None
    found = answer(there, subject) if there is not None and subject in there.rooms.placeable else None
    if not isinstance(found, Finding) or found.verdict is None:
        return None
    supposed = f"its pods are supposed to run, on nodes that are not in the input: {ctx.rooms.obstacle(subject)}"
    verdict = evolve(found.verdict, assumptions=(supposed, *found.verdict.assumptions))
    return evolve(found, opening=sentences(supposed) + f" {found.opening}", verdict=verdict)


def decide_all(ctx: Context, subject: Subject) -> list[tuple[Disturbed, Verdict]]:
    """A verdict for each class of nodes that can hold a pod of ``subject``."""
    cases = disturb(ctx, ctx.guards.shares_budget(subject), NodeStatus.CORDONED)
    return [(case, decide_drain(ctx, case)) for case in cases]


def question(ctx: Context, case: Disturbed) -> Property:
    """What is asked of the drain of one case."""
    objects = {"w": case.scene.subjects[0].object}
    return standard.question(DRAIN_ENDS, TITLE, ctx, case.world, objects, standard.by_key(ctx, case.world))


def decide_drain(ctx: Context, case: Disturbed) -> Verdict:
    """Whether the drain of one case ends."""
    prop = question(ctx, case)
    verdict = decide.answer(
        case.system, prop, ctx.options, invariant=case.invariant(), rank=case.ranking(), known=ctx.known
    )
    return evolve(
        verdict,
        scope=case.scope,
        assumptions=(*case.scene.assumptions, *ASSUMPTIONS, *_beside(ctx, case), *verdict.assumptions),
    )


def _beside(ctx: Context, case: Disturbed) -> Iterator[str]:
    """What is assumed of pods that are not in the model and that a budget counts."""
    for budget in dict.fromkeys(b for s in case.scene.subjects for b in ctx.guards.budgets(s)):
        for title, number in ctx.guards.beside(budget).items():
            yield f"{count(number, 'pod')} of {title}, which {describe(budget)} counts too, stay healthy"


def _proof(subject: Subject, verdict: Verdict) -> Proof:
    return Proof(id="KV4003", object=subject.title, property=DRAIN_ENDS, message=TITLE, verdict=verdict)


QUESTION = scaled.Question(
    status=NodeStatus.CORDONED,
    name=TITLE,
    asked=question,
    decide=decide_all,
    assumptions=ASSUMPTIONS,
)


def _finding(ctx: Context, subject: Subject, violated: Sequence[tuple[Disturbed, Verdict]], first: Subject) -> Finding:
    """``first`` is the workload with the count of the manifests, ``subject`` with the one that goes wrong."""
    case, verdict = max(violated, key=lambda pair: pair[1].certain)
    trace = verdict.trace
    assert trace is not None
    budgets = ctx.guards.budgets(subject)
    stuck = explain(case.scene, trace)
    reasons = [*refusing(budgets, case, trace), *stuck.sentences]
    nodes = any_of([name for c, _ in violated for name in c.nodes])
    then = scaled.scaled_to(subject, first)
    # Which count it has is up to the load.
    refused = scaled.refused(ctx, first) if first.scaled else []
    varies = len(budgets) == 1 and ctx.guards.varies(budgets[0])
    certain = verdict.certain and not varies and (not first.scaled or refused == scaled.counts_of(first))
    verb = "can never end" if certain else "may never end"
    when = f", once it is scaled to {subject.replicas}" if then else ""
    return Finding(
        id="KV4003",
        severity=standard.severity("KV4003"),
        object=subject.title,
        message=f"the drain of {nodes} {verb}{when}: {reasons[0] if reasons else 'no pod may be evicted'}",
        property=DRAIN_ENDS,
        causes=tuple({cause.path: cause for cause in _causes(subject, budgets, refused)}.values()),
        certainty=Certainty.CERTAIN if certain else Certainty.POSSIBLE,
        opening=sentences(then, opening(case.scene, trace), f"{case.who} is cordoned and its drain begins"),
        steps=tuple(trace.sentences()),
        outcome=sentences(*reasons, "the drain retries for ever"),
        details=stuck.details,
        refusals=stuck.refusals,
        why=WHY,
        repairs=tuple(_repairs(ctx, subject, budgets)) if ctx.options.explain else (),
        verdict=evolve(verdict, certain=certain),
    )


def refusing(budgets: Sequence[PodDisruptionBudget], case: Disturbed, trace: Trace) -> Iterator[str]:
    """Which budgets let no pod go at the end of ``trace``; ``budgets`` are those of the drained workload."""
    if len(budgets) > 1:
        yield f"{listing([describe(b) for b in budgets])} select the same pods: every eviction answers 500"
        return
    view = trace.system.view(trace.final)
    for budget in case.world.budgets:
        number = int(evaluate(healthy(case.world, budget), view))
        if number - int(evaluate(budget.desired, view)) < 1:
            yield f"{budget.name} wants {budget.desired} healthy pods and {number} are: every eviction answers 429"


def _causes(subject: Subject, budgets: Sequence[PodDisruptionBudget], refused: Sequence[int]) -> Iterator[Cause]:
    """The budgets, the count that was asked about, and, where lower ones are refused as well, who allows them."""
    for budget in budgets:
        path, value = budget_field(budget)
        note = f"{value} of {subject.replicas}"
        if len(budgets) > 1:
            path, note = "spec.selector", "selects the same pods"
        yield Cause(budget.source.span(path), f"{describe(budget)} {path}", note)
    yield scaled.scale_cause(subject)
    if refused and refused[0] == subject.counts[0] and len(refused) < len(subject.counts):
        low = scaled.end_cause(subject, lowest=True)
        yield evolve(low, note=f"with {listing([str(n) for n in refused])} replicas no eviction is allowed")


def _repairs(ctx: Context, subject: Subject, budgets: Sequence[PodDisruptionBudget]) -> Iterator[Repair]:
    """A budget that lets one pod go, or one more replica; each only if the drain then ends."""
    tries: list[tuple[str, Context, Subject]] = []
    if len(budgets) == 1:
        (budget,) = budgets
        freed = evolve(budget, spec=evolve(budget.spec, min_available=None, max_unavailable=1))
        tries.append((f"let {describe(budget)} say maxUnavailable: 1", ctx.variant(budget=freed), subject))
    if subject.scaled:
        tries += _higher_floor(ctx, subject)
    else:
        more = subject.at(subject.replicas + 1)
        tries.append((f"set spec.replicas of {subject.title} to {more.replicas}", ctx.variant(subject, more), more))
    for text, variant, changed in tries:
        if _ends(variant, changed):
            yield Repair(text=text, verified=True)


def _higher_floor(ctx: Context, subject: Subject) -> Iterator[tuple[str, Context, Subject]]:
    """An autoscaler that keeps to the counts at which a pod may go."""
    assert subject.scale is not None
    floor = max(scaled.refused(ctx, subject), default=0) + 1
    if floor > 1 and floor in subject.counts:
        kept = evolve(subject.at(floor), counts=range(floor, subject.counts[-1] + 1))
        text = f"set spec.minReplicas of {describe(subject.scale.autoscaler)} to {floor}"
        yield text, ctx.variant(subject, kept), kept


def _ends(ctx: Context, subject: Subject) -> bool:
    """Every drain of a node under ``subject`` is proved to end (and there is one)."""
    if subject.scaled:
        verdict = scaled.every_count(ctx, subject, QUESTION).verdict
        return verdict is not None and verdict.outcome is Outcome.HOLDS
    try:
        decided = decide_all(ctx, subject)
    except TooManyPlacements:
        return False
    return bool(decided) and all(verdict.outcome is Outcome.HOLDS for _, verdict in decided)
