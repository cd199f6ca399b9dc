"""A question about a workload that an autoscaler may take to any count of a range: asked for all of them.

Where the other nodes always have room, one proof covers the range, with the number of replicas as a parameter.
Otherwise the counts are asked one by one while they are few, the most telling first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve, frozen

from kverify.api.types.policy import PodDisruptionBudgetSpec
from kverify.checks.deciding import decide
from kverify.checks.deciding.disturbance import Disturbed
from kverify.checks.deciding.scenes import Scene, TooManyPlacements, node_classes, roomy_world
from kverify.checks.finding import Cause
from kverify.checks.given.context import CLUSTER_IS_OPEN, Context
from kverify.checks.given.subject import Subject
from kverify.cluster.objects import describe
from kverify.engines.verdict import Outcome, Verdict, not_asked
from kverify.model.build import build
from kverify.model.components.disruption import desired_healthy
from kverify.model.environment.drain import comes_back, listed
from kverify.model.expr import Condition, Number, all_of, integer, ite
from kverify.model.system import TransitionSystem, Variable
from kverify.model.world import NodeStatus, Phase, World
from kverify.spec.property import Property
from kverify.words import count, listing

FEW = 6
"""So many counts are asked one by one where no proof covers them."""

SIZE = Variable("replicas")
OTHERS_HAVE_ROOM = "the other nodes are not told apart: it is proved that they always have room (exact)"

HOMELESS = "no node can hold a pod of it when everything has settled"

Decided = tuple[Disturbed, Verdict]


@frozen(eq=False, kw_only=True)
class Question:
    """What is asked of one disturbed node: the status it gets, the question of a case, how all cases of one count are
    decided, and what is assumed."""

    status: NodeStatus
    name: str
    asked: Callable[[Context, Disturbed], Property]
    decide: Callable[[Context, Subject], list[Decided]]
    assumptions: tuple[str, ...]


@frozen(eq=False, kw_only=True)
class Ranged:
    """The answer for all nodes and counts: ``verdict`` over all of them, or, when some count goes wrong, ``decided``
    for it, with the run and the subject in which it is that count."""

    ctx: Context
    subject: Subject
    decided: list[Decided]
    verdict: Verdict | None

    @property
    def wrong(self) -> list[Decided]:
        """The cases that go wrong."""
        return [(case, verdict) for case, verdict in self.decided if verdict.outcome is Outcome.VIOLATED]


def scaled_to(subject: Subject, first: Subject) -> str:
    """How a workload came from its count in the manifests to the one that is asked about; empty when it is that."""
    if subject.scale is None or subject.replicas == first.replicas:
        return ""
    load = "low" if subject.replicas < first.replicas else "high"
    name = describe(subject.scale.autoscaler)
    return f"the load is {load}, and {name} has scaled {subject.title} from {first.replicas} to {subject.replicas}"


def scale_cause(subject: Subject) -> Cause:
    """The field that says how many replicas there are: of the manifest, or of the autoscaler's range."""
    written = getattr(subject.object.spec, "replicas", None) if subject.written("spec.replicas") else None
    if not subject.scaled or subject.replicas == written:
        return subject.cause("spec.replicas", f"{subject.replicas} wanted")
    lowest = subject.replicas == subject.counts[0]
    end = end_cause(subject, lowest)
    if lowest or subject.replicas == subject.counts[-1]:
        return end
    return evolve(end, note=f"it may ask for {subject.replicas}")


def end_cause(subject: Subject, lowest: bool) -> Cause:
    """``minReplicas`` or ``maxReplicas`` of the subject's autoscaler."""
    assert subject.scale is not None
    field, number = ("minReplicas", subject.scale.low) if lowest else ("maxReplicas", subject.scale.high)
    source, name = subject.scale.autoscaler.source, describe(subject.scale.autoscaler)
    written = source.document is not None and source.document.node(("spec", field)) is not None
    span = source.span(f"spec.{field}") if written else source.key_span(f"spec.{field}")
    return Cause(span, f"{name} spec.{field}", f"{count(number, 'replica')} of {subject.title}")


def on_every_node(ctx: Context, subject: Subject, question: Question) -> Ranged:
    """Ask ``question`` of every node, and for every count that an autoscaler may choose if there is one."""
    if subject.scaled:
        return every_count(ctx, subject, question)
    try:
        decided = question.decide(ctx, subject)
    except TooManyPlacements as error:
        return Ranged(ctx=ctx, subject=subject, decided=[], verdict=error.verdict)
    answer = Ranged(ctx=ctx, subject=subject, decided=decided, verdict=None)
    if answer.wrong:
        return answer
    return evolve(answer, verdict=_together(decided) if decided else not_asked(HOMELESS))


def _together(decided: Sequence[Decided]) -> Verdict:
    """The worst verdict, for all the nodes together."""
    _, worst = max(decided, key=lambda pair: pair[1].outcome)
    scopes = dict.fromkeys(case.scope for case, _ in decided)
    return evolve(worst, scope="; ".join(scopes), states=sum(v.states for _, v in decided))


def every_count(ctx: Context, subject: Subject, question: Question) -> Ranged:
    """Ask ``question`` for every count that the autoscaler may choose."""
    verdicts: list[Verdict] = []

    def wrong(number: int) -> Ranged | None:
        there, scaled = at(ctx, subject, number)
        try:
            decided = question.decide(there, scaled)
        except TooManyPlacements as error:
            verdicts.append(error.verdict)
            return None
        verdicts.extend(verdict for _, verdict in decided)
        answer = Ranged(ctx=there, subject=scaled, decided=decided, verdict=None)
        return answer if answer.wrong else None

    blocked = refused(ctx, subject) if question.status is NodeStatus.CORDONED else []
    asked = telling(subject, placed(ctx, subject, blocked), most=1)[0]
    for number in asked:
        if (found := wrong(number)) is not None:
            return found
    rest = counts_of(subject)
    roomy = 0 if blocked else _roomy(ctx, subject)
    if roomy and (proof := _for_every_size(ctx, subject, question, roomy)) is not None:
        verdicts.append(proof)
        rest = [n for n in rest if n > roomy]
    homes = placed(ctx, subject, rest)
    chosen, complete = telling(subject, [n for n in homes if n not in asked])
    for number in chosen:
        if (found := wrong(number)) is not None:
            return found
        if verdicts and verdicts[-1].outcome is Outcome.UNKNOWN:
            # Other counts would not make it decided.
            break
    if not complete:
        verdicts.append(incomplete(subject, (*asked, *chosen), roomy))
    homeless = [n for n in rest if n not in homes]
    return Ranged(ctx=ctx, subject=subject, decided=[], verdict=combined(subject, verdicts, homeless))


def incomplete(subject: Subject, chosen: Sequence[int], roomy: int) -> Verdict:
    """The verdict on the counts that were not asked about."""
    numbers = listing([str(n) for n in chosen])
    upto = f"those up to {roomy} and " if roomy else ""
    reason = f"of {subject.range} only {upto}{numbers} were asked about"
    return Verdict(outcome=Outcome.UNKNOWN, method="exhaustive search", reason=reason)


def combined(subject: Subject, verdicts: Sequence[Verdict], homeless: Sequence[int]) -> Verdict:
    """One verdict for all counts but the ``homeless``."""
    if not verdicts:
        return not_asked(HOMELESS)
    worst = max(verdicts, key=lambda verdict: verdict.outcome)
    assumptions = dict.fromkeys(text for verdict in verdicts for text in verdict.assumptions)
    if homeless:
        numbers = f"{homeless[0]} to {homeless[-1]}" if len(homeless) > 1 else str(homeless[0])
        assumptions[f"{subject.title} is not asked about with {numbers} replicas: not all find a node then"] = None
    scopes = dict.fromkeys(verdict.scope for verdict in verdicts if verdict.scope)
    return evolve(
        worst,
        scope="; ".join((subject.range, *scopes)),
        states=sum(verdict.states for verdict in verdicts),
        assumptions=tuple(assumptions),
    )


def counts_of(subject: Subject) -> list[int]:
    """The counts at which it has pods."""
    return [n for n in subject.counts if n]


def largest(counts: Sequence[int], holds: Callable[[int], bool]) -> int:
    """The largest of ascending ``counts`` for which ``holds``, which holds for every smaller one then; else 0."""
    low, high = 0, len(counts)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if holds(counts[middle]) else (low, middle)
    return counts[low - 1] if low else 0


def proved_up_to(subject: Subject, holds: Callable[[int], bool]) -> int:
    """Like :func:`largest`, for what is expensive to ask: the most there can be, else the present count, else 0."""
    for number in dict.fromkeys((subject.counts[-1], subject.replicas)):
        if number and holds(number):
            return number
    return 0


def placed(ctx: Context, subject: Subject, counts: Sequence[int]) -> list[int]:
    """Those of the ascending counts at which its pods find nodes at all."""

    def holds(number: int) -> bool:
        there, scaled = at(ctx, subject, number)
        return scaled in there.rooms.placeable

    most = largest(counts, holds)
    return [n for n in counts if n <= most]


def at(ctx: Context, subject: Subject, replicas: int) -> tuple[Context, Subject]:
    """The run with ``subject`` at that count. Other workloads under the same budget are at their lowest: it is then
    that a budget is hardest to meet."""
    there = ctx
    for other in ctx.guards.shares_budget(subject) if subject in ctx.rooms.placeable else ():
        if other is not subject and other.scaled:
            there, _ = there.at(other, other.counts[0])
    return there.at(subject, replicas)


def refused(ctx: Context, subject: Subject) -> list[int]:
    """The counts at which a budget lets no pod go even when all are healthy."""
    there, _ = at(ctx, subject, subject.replicas)
    budgets = ctx.guards.budgets(subject)
    rest = (
        sum(s.replicas for s in there.guards.shares_budget(subject) if s is not subject)
        if subject in there.rooms.placeable
        else 0
    )
    return [
        n
        for n in subject.counts
        if n
        and any(
            len(budgets) > 1
            or desired_healthy(
                (pods := n + rest + sum(ctx.guards.beside(budget).values())),
                min_available=budget.spec.min_available,
                max_unavailable=budget.spec.max_unavailable,
            )
            >= pods
            for budget in budgets
        )
    ]


def telling(subject: Subject, counts: Sequence[int], most: int = FEW) -> tuple[tuple[int, ...], bool]:
    """At most so many counts to ask one by one, in order, and whether these are all. The present one comes first."""
    chosen = sorted(counts, key=lambda n: (n != subject.replicas, n))
    if len(chosen) > most:
        chosen = [*chosen[: most - 1], chosen[-1]] if most > 1 else chosen[:1]
    return tuple(chosen), len(chosen) == len(counts)


# -- one proof for every count ---------------------------------------------------------------------------------------


def _roomy(ctx: Context, subject: Subject) -> int:
    """The most replicas for which the other nodes are proved to have room, whichever node is disturbed; else 0."""
    if len(ctx.guards.shares_budget(subject)) > 1:
        return 0
    if ctx.open:
        return subject.counts[-1]

    def holds(number: int) -> bool:
        there, scaled = at(ctx, subject, number)
        return scaled in there.rooms.placeable and all(
            there.rooms.has_room(scaled, without=members[0]) for members in node_classes(there, (scaled,))
        )

    return proved_up_to(subject, holds)


def _for_every_size(ctx: Context, subject: Subject, question: Question, roomy: int) -> Verdict | None:
    """A proof for all counts up to ``roomy`` at once, or None where it does not go through."""
    top, most = at(ctx, subject, roomy)
    classes: tuple[tuple[int, ...], ...] = ((),) if ctx.open else node_classes(top, (most,))
    verdicts = []
    for members in classes:
        case = _sized(top, most, members, question.status)
        if case is None:
            return None
        verdict = decide.ranked(
            case.system,
            question.asked(top, case),
            ctx.options,
            invariant=case.invariant(),
            rank=case.ranking(),
            known=ctx.known,
        )
        if verdict.outcome is not Outcome.HOLDS:
            return None
        verdicts.append(evolve(verdict, scope=listing(case.nodes)))
    room = CLUSTER_IS_OPEN if ctx.open else OTHERS_HAVE_ROOM
    return evolve(
        verdicts[0],
        scope="; ".join(verdict.scope for verdict in verdicts),
        assumptions=(room, *question.assumptions),
    )


def _sized(ctx: Context, subject: Subject, members: Sequence[int], status: NodeStatus) -> Disturbed | None:
    """One node disturbed under any number of replicas, each of which may be on it (one is)."""
    world = roomy_world(ctx, subject, members[0] if members else None, status)
    if world is None:
        return None
    (workload,) = world.workloads
    workload = evolve(workload, replicas=SIZE.expr)
    budgets = tuple(
        evolve(modelled, expected=SIZE.expr + modelled.beside, desired=_desired(subject, budget.spec, modelled.beside))
        for modelled, budget in zip(world.budgets, ctx.guards.budgets(subject), strict=True)
    )
    world = evolve(world, workloads=(workload,), budgets=budgets)
    verb = "drain" if status is NodeStatus.CORDONED else "loss"
    name = f"{verb} of {world.places[0].name} under {subject.title}"
    # The other nodes have room for so many; the proof does not need to know for how many.
    sizes = SIZE.expr >= max(1, subject.counts[0])
    system = build(name, world, parameters=(SIZE,), assume=sizes)
    system = evolve(system, initial=all_of(_start(world, system)))
    return Disturbed(
        scene=Scene(world=world, subjects=(subject,), placements=()),
        system=system,
        nodes=tuple(ctx.nodes[n].name for n in members) or ("any node",),
        status=status,
    )


def _start(world: World, system: TransitionSystem) -> Iterator[Condition]:
    (workload,) = world.workloads
    (revision,) = workload.revisions
    here, elsewhere = (integer(world.at(Phase.AVAILABLE, revision, place)) for place in world.places)
    given: dict[str, Number] = {world.spec(revision): SIZE.expr}
    if comes_back(world, revision):
        given[listed(revision)] = here
    free = {world.at(Phase.AVAILABLE, revision, place) for place in world.places}
    yield all_of([here >= 1, elsewhere >= 0, here + elsewhere == SIZE.expr])
    for variable in system.variables:
        if variable.name in given:
            yield variable.expr == given[variable.name]
        elif variable.initial is None and variable.name not in free:
            yield variable.equals(0)


def _desired(subject: Subject, spec: PodDisruptionBudgetSpec, beside: int) -> Number:
    """How many healthy pods a budget wants of any number, with those ``beside``: a constant, a difference or a table,
    whichever it is."""
    wanted = {
        n: desired_healthy(n + beside, min_available=spec.min_available, max_unavailable=spec.max_unavailable)
        for n in subject.counts
        if n
    }
    least = next(iter(wanted))
    if all(d == wanted[least] for d in wanted.values()):
        return wanted[least]
    if all(n - d == least - wanted[least] for n, d in wanted.items()):
        return SIZE.expr - (least - wanted[least])
    table: Number = wanted[least]
    for n, d in wanted.items():
        if n != least:
            table = ite(SIZE.expr >= n, d, table)
    return table
