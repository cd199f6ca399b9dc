"""On how many nodes, and with how much quota, can a rollout get stuck? Answered for every number at once.

All nodes are one place with so much room. That is exact where every node of a class takes the same number of the
workload's pods, whichever of them come, old or new: then some node has room as long as there are fewer pods than the
nodes take together. Whether that is so is read off the filters (``kverify.engines.fit``); where it is not, nothing is
said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import evolve, frozen

from kverify.checks.context import Context
from kverify.checks.scenes import fixed_pods
from kverify.checks.subject import Subject
from kverify.checks.words import count
from kverify.engines import explicit, houdini
from kverify.engines.errors import Undecided
from kverify.engines.fit.classes import classify
from kverify.engines.fit.merge import merged
from kverify.engines.fit.rules import Blocker, Rulebook, Rules
from kverify.engines.schedulability import Demand
from kverify.engines.sizes import Sizes, stuck_sizes
from kverify.engines.verdict import Verdict
from kverify.model.build import build
from kverify.model.expr import (
    Condition,
    Number,
    all_of,
    any_of,
    integer,
    ite,
    lift,
    maximum,
    minimum,
    times,
    total,
)
from kverify.model.system import TransitionSystem, Variable
from kverify.model.workload import Recreate, Revision, RollingUpdate, Strategy, Workload, resolve_fenceposts
from kverify.model.world import LIVE, Phase, Place, World
from kverify.spec.property import Reaches

OLD, NEW = Revision("old", "the old ReplicaSet"), Revision("new", "the new ReplicaSet")
SIZE = Variable("size", 1)
SURGE, UNAVAILABLE = Variable("maxSurge"), Variable("maxUnavailable")
SEARCH = 60_000
"""States of the search that decides one size."""


@frozen(eq=False, kw_only=True)
class Rollout:
    """A rollout of ``replicas`` on nodes with ``room``, where admission lets ``admitted`` pods exist (None: any)."""

    system: TransitionSystem
    goal: Reaches
    invariant: Condition
    rank: Number


@frozen(kw_only=True)
class SizeAnswer:
    """``text`` is what people read, ``sizes`` the evidence."""

    text: str
    sizes: Sizes


def answers(ctx: Context, subject: Subject) -> Iterator[SizeAnswer]:
    """What is known of the sizes at which a rollout of ``subject`` can get stuck: by nodes."""
    if ctx.open or subject.claims or subject.strategy is None or not subject.replicas:
        return
    found = _room(ctx, subject)
    if found is None:
        return
    name, per_node, rest, alone = found
    yield from _by_nodes(subject, name, per_node, rest)
    if per_node == 1 and not rest and alone and isinstance(subject.strategy, RollingUpdate):
        yield from _one_each(subject, name)


# -- how many pods nodes take --------------------------------------------------------------------------------------


def _room(ctx: Context, subject: Subject) -> tuple[str, int, int, bool] | None:
    """The name of a node of the class that varies, how many pods each of its nodes takes, how many the nodes of other
    classes take together, and whether no other class takes any. None where nodes do not simply take a number."""
    demands = (
        Demand(subject.old, subject.most, f"an old pod of {subject.title}"),
        Demand(subject.new, subject.most, f"a pod of {subject.title}"),
    )
    cluster = merged(evolve(ctx.cluster, others=fixed_pods(ctx, (subject,))), [subject.old, subject.new])
    classes, shape = classify(cluster, [demand.pod for demand in demands])
    book = Rulebook(demands, cluster, classes, shape)
    takes: list[int] = []
    for c in range(len(classes)):
        number = _takes(book.of(0, c), book.of(1, c))
        if number is None:
            return None
        takes.append(number)
    usable = [c for c, number in enumerate(takes) if number]
    if not usable:
        return None
    chosen = max(usable, key=lambda c: (classes[c].size, takes[c]))
    rest = sum(takes[c] * classes[c].size for c in usable if c != chosen)
    return classes[chosen].info.name, takes[chosen], rest, len(usable) == 1


def _takes(old: Rules, new: Rules) -> int | None:
    """How many pods a node takes when it does not matter which; None where it does, or where there is no bound."""
    if old.refused and new.refused:
        return 0
    bounds: list[int] = []
    partial_: list[Blocker] = []
    for rules in (old, new):
        if rules.refused or rules.domain is not True or not rules.covered:
            return None
        alike = [b for b in rules.blockers if not b.rises and [d for d, _ in b.weights] == [0, 1] and _equal(b)]
        partial_ += [b for b in rules.blockers if not any(b is other for other in alike)]
        bounds.append(min((b.most // b.weights[0][1] + 1 for b in alike), default=0))
    number = bounds[0]
    if not number or bounds[1] != number:
        return None
    # What counts only some of the pods must never be what refuses while the node has room by number.
    spare = all(not b.rises and (number - 1) * max(w for _, w in b.weights) <= b.most for b in partial_)
    return number if spare else None


def _equal(blocker: Blocker) -> bool:
    return len({weight for _, weight in blocker.weights}) == 1


# -- questions -----------------------------------------------------------------------------------------------------


def _by_nodes(subject: Subject, name: str, per_node: int, rest: int) -> Iterator[SizeAnswer]:
    """The replicas as they are, the number of nodes open."""
    replicas, strategy = subject.replicas, subject.strategy
    assert strategy is not None
    low = max(1, -(-(replicas - rest) // per_node))

    def at(nodes: Number) -> Rollout:
        room = times(per_node, nodes) + rest
        return rollout(replicas, strategy, room=room, min_ready=subject.min_ready, parameters=_open(nodes))

    sizes = _ask(at, low)
    if sizes is None:
        return
    nodes = f"nodes like {name}" + (f" (the others take {count(rest, 'pod')})" if rest else "")
    before = ""
    if low > 1:
        before = f"fewer than {low} do not hold {count(replicas, 'replica')}; "
    yield SizeAnswer(text=f"by number of {nodes}: {before}{_told(sizes, low)}", sizes=sizes)


def _one_each(subject: Subject, name: str) -> Iterator[SizeAnswer]:
    """As many replicas as nodes, both open together; the strategy as it is written, so percentages follow."""
    written = _written(subject)
    if written is None:
        return
    surge, unavailable = written
    if resolve_fenceposts(surge, unavailable, 10_000).unavailable == 0:
        # Every number of nodes is full, and nothing may go first: no number is different from another.
        return

    def at(number: Number) -> Rollout:
        if isinstance(number, int):
            strategy = resolve_fenceposts(surge, unavailable, number)
            return rollout(number, strategy, room=number, min_ready=subject.min_ready)
        resolved, assume = _fenceposts(surge, unavailable, number)
        return rollout(
            number,
            resolved,
            room=number,
            min_ready=subject.min_ready,
            parameters=(SIZE, SURGE, UNAVAILABLE),
            assume=assume,
        )

    sizes = _ask(at, 1)
    if sizes is not None:
        told = _told(sizes, 1)
        yield SizeAnswer(
            text=f"with one replica on each of the nodes like {name}, by their number: {told}", sizes=sizes
        )


def by_admitted(subject: Subject) -> SizeAnswer | None:
    """How many pods admission has to let exist at once (a quota on pods), for a rollout that has room on nodes."""
    strategy = subject.strategy
    if strategy is None or not subject.replicas:
        return None

    def at(pods: Number) -> Rollout:
        return rollout(subject.replicas, strategy, admitted=pods, min_ready=subject.min_ready, parameters=_open(pods))

    sizes = _ask(at, subject.replicas)
    if sizes is None:
        return None
    return SizeAnswer(text=f"by the pods that quotas let exist at once: {_told(sizes, subject.replicas)}", sizes=sizes)


def _open(number: Number) -> tuple[Variable, ...]:
    return () if isinstance(number, int) else (SIZE,)


def _ask(at: Callable[[Number], Rollout], low: int) -> Sizes | None:
    """The answer for every size; ``at`` builds the rollout of one size, or of all when it is given a variable."""
    symbolic = at(SIZE.expr)

    def search(value: int) -> Verdict:
        exact = at(value)
        return explicit.check(exact.system, exact.goal, limit=SEARCH)

    try:
        return stuck_sizes(
            symbolic.system,
            symbolic.goal,
            SIZE.name,
            low=low,
            invariant=symbolic.invariant,
            rank=symbolic.rank,
            search=search,
        )
    except Undecided:
        return None


def _told(sizes: Sizes, low: int) -> str:
    """``on 3 it cannot complete; from 4 on it always does (proved)``."""
    stuck = [value for value, _ in sizes.stuck]
    certain = all(verdict.certain for _, verdict in sizes.stuck)
    if not sizes.exact:
        told = f"with {_listed(stuck)} it {'cannot' if certain else 'may never'} complete; " if stuck else ""
        return f"{told}beyond that nothing is decided ({sizes.proof.reason})"
    if not stuck:
        return f"from {low} on it always completes (proved for every number)"
    last = max(stuck)
    text = f"with {_listed(stuck)} it {'cannot' if certain else 'may never'} complete"
    if stuck == list(range(stuck[0], last + 1)) and stuck[0] == low:
        return f"{text}, from {last + 1} on it always does (proved for every number)"
    return f"{text}, with every other number it always does (proved)"


def _listed(values: list[int]) -> str:
    """``1 to 3`` or ``1, 4``."""
    if len(values) > 2 and values == list(range(values[0], values[-1] + 1)):
        return f"{values[0]} to {values[-1]}"
    return ", ".join(map(str, values))


# -- the model -----------------------------------------------------------------------------------------------------


def rollout(
    replicas: Number,
    strategy: Strategy,
    *,
    room: Number | None = None,
    admitted: Number | None = None,
    min_ready: bool = False,
    parameters: tuple[Variable, ...] = (),
    assume: Condition = True,
) -> Rollout:
    """A settled revision, all of whose replicas are available, and a new one. ``room`` and ``admitted`` are at least
    ``replicas``."""
    nodes = Place("the nodes", room=room)
    workload = Workload(
        name="the Deployment",
        replicas=replicas,
        revisions=(OLD, NEW),
        strategy=strategy,
        target=1,
        min_ready=min_ready,
    )
    world = World(workloads=(workload,), places=(nodes,), admitted=admitted)
    settled = (world.spec(OLD), world.at(Phase.AVAILABLE, OLD, nodes))
    enough: list[Condition] = [lift(replicas) <= limit for limit in (room, admitted) if limit is not None]
    system = build("a rollout", world, parameters=parameters, assume=all_of([assume, *enough]))
    initial = all_of(integer(v.name) == (replicas if v.name in settled else 0) for v in system.variables)
    system = evolve(system, initial=initial)
    goal = Reaches(name="the rollout completes", goal=world.complete(workload))
    lemmas = houdini.sieve(system, _lemmas(world, workload, nodes, system))
    return Rollout(system=system, goal=goal, invariant=all_of(lemmas), rank=_rank(world, replicas))


def _lemmas(world: World, workload: Workload, nodes: Place, system: TransitionSystem) -> Iterator[Condition]:
    """What is true of rollouts of pods that do not fail; those that are not inductive are sieved out."""
    old, new = integer(world.spec(OLD)), integer(world.spec(NEW))
    yield from (integer(v.name) >= 0 for v in system.variables)
    yield from (integer(name) == 0 for name in (world.pending(OLD), world.at(Phase.STARTING, OLD, nodes)))
    yield world.count(NEW, (Phase.TERMINATING,)) == 0
    if world.phases(workload) != world.phases(evolve(workload, min_ready=False)):
        yield world.count(OLD, (Phase.READY,)) == 0
    yield from (old <= world.live(OLD), world.live(NEW) <= new, old <= workload.replicas, new <= workload.replicas)
    everybody = total(world.live(r) + world.count(r, (Phase.TERMINATING,)) for r in (OLD, NEW))
    placed = total(world.count(r, (*LIVE, Phase.TERMINATING)) for r in (OLD, NEW))
    if nodes.room is not None:
        yield placed <= nodes.room
    if world.admitted is not None:
        yield everybody <= world.admitted
    if isinstance(workload.strategy, RollingUpdate):
        yield world.available(NEW) + old >= workload.replicas - workload.strategy.unavailable
        yield old + new <= workload.replicas + workload.strategy.surge
    if isinstance(workload.strategy, Recreate):
        gone = world.live(OLD) + world.count(OLD, (Phase.TERMINATING,))
        yield any_of([all_of([gone == 0, old == 0]), new == 0])


def _rank(world: World, replicas: Number) -> Number:
    """How far from its end: every step of every controller, scheduler or kubelet makes it smaller."""

    def pods(revision: Revision, *phases: Phase) -> Number:
        return world.count(revision, phases)

    old, new = integer(world.spec(OLD)), integer(world.spec(NEW))
    return total(
        [
            5 * (replicas - new),
            4 * (new - world.live(NEW)),
            3 * integer(world.pending(NEW)),
            2 * pods(NEW, Phase.STARTING),
            pods(NEW, Phase.READY),
            20 * old,
            9 * maximum([0, old - world.live(OLD)]),
            8 * integer(world.pending(OLD)),
            7 * pods(OLD, Phase.STARTING),
            6 * pods(OLD, Phase.READY),
            5 * pods(OLD, Phase.AVAILABLE),
            pods(OLD, Phase.TERMINATING),
        ]
    )


def _written(subject: Subject) -> tuple[int | str, int | str] | None:
    """maxSurge and maxUnavailable as the Deployment has them, with the defaults filled in."""
    spec = getattr(subject.object, "spec", None)
    rolling = getattr(getattr(spec, "strategy", None), "rolling_update", None)
    if rolling is None or rolling.max_surge is None or rolling.max_unavailable is None:
        return None
    return rolling.max_surge, rolling.max_unavailable


def _fenceposts(surge: int | str, unavailable: int | str, replicas: Number) -> tuple[RollingUpdate, Condition]:
    """``resolve_fenceposts`` for an open number of replicas: percentages become linear bounds on parameters."""
    assume = all_of(
        [
            _between(SURGE.expr, surge, replicas, up=True),
            _between(UNAVAILABLE.expr, unavailable, replicas, up=False),
        ]
    )
    neither = all_of([SURGE.expr == 0, UNAVAILABLE.expr == 0])
    return RollingUpdate(SURGE.expr, minimum([ite(neither, 1, UNAVAILABLE.expr), replicas])), assume


def _between(number: Number, written: int | str, replicas: Number, *, up: bool) -> Condition:
    """``number`` is ``written``, a count or a percentage of ``replicas`` that is rounded up or down."""
    if isinstance(written, int) or not written.endswith("%"):
        return lift(number) == int(written)
    part = times(int(written[:-1]), replicas)
    whole = times(100, number)
    below = lift(whole) - part
    return all_of([below >= 0, below < 100] if up else [below <= 0, below > -100])
