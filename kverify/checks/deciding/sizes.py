"""On how many nodes, and with how much quota, can a rollout get stuck? Answered for every number at once.

All nodes are one place with so much room. That is exact where every node of a class takes the same number of the
workload's pods, whichever of them come, old or new: then some node has room as long as there are fewer pods than the
nodes take together. Whether that is so is read off the filters (``kverify.engines.fit``); where it is not, nothing is
said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from attrs import evolve, frozen

from kverify.api.types.apps import Deployment
from kverify.checks.deciding.focus import fixed_pods
from kverify.checks.deciding.theorems import Rollout, completion, lemmas, ranking, rollout_of
from kverify.checks.given.context import Context
from kverify.checks.given.subject import Subject, strategy_of
from kverify.engines import explicit
from kverify.engines.fit.classes import classify
from kverify.engines.fit.merge import merged
from kverify.engines.fit.rules import Blocker, Rulebook, Rules
from kverify.engines.schedulability import Demand
from kverify.engines.sizes import Sizes, stuck_sizes
from kverify.engines.verdict import Verdict
from kverify.model.expr import Number, all_of, times
from kverify.model.system import Variable
from kverify.model.workload import RollingUpdate
from kverify.words import count

SIZE = Variable("size", 1)
SEARCH = 60_000
"""States of the search that decides one size."""


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
    told = list(_by_nodes(subject, name, per_node, rest))
    if per_node == 1 and not rest and alone and isinstance(subject.strategy, RollingUpdate):
        told += _one_each(subject, name)
    others = "" if len(ctx.rooms.placeable) == 1 else "; the other workloads' pods stay where they are"
    yield from (evolve(answer, text=answer.text + others) for answer in told)


# -- how many pods nodes take --------------------------------------------------------------------------------------


def _room(ctx: Context, subject: Subject) -> tuple[str, int, int, bool] | None:
    """The name of a node of the class that varies, how many pods each of its nodes takes, how many the nodes of other
    classes take together, and whether no other class takes any. None where nodes do not simply take a number."""
    demands = (
        Demand(subject.old, subject.most, f"an old pod of {subject.title}"),
        Demand(subject.new, subject.most, f"a pod of {subject.title}"),
    )
    cluster = merged(evolve(ctx.rooms.cluster, others=fixed_pods(ctx, (subject,))), [subject.old, subject.new])
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
    counting_some: list[Blocker] = []
    for rules in (old, new):
        if rules.refused or rules.domain is not True or not rules.covered:
            return None
        alike = [b for b in rules.blockers if not b.rises and [d for d, _ in b.weights] == [0, 1] and _equal(b)]
        counting_some += [b for b in rules.blockers if not any(b is other for other in alike)]
        bounds.append(min((b.most // b.weights[0][1] + 1 for b in alike), default=0))
    number = bounds[0]
    if not number or bounds[1] != number:
        return None
    # What counts only some of the pods must never be what refuses while the node has room by number.
    spare = all(not b.rises and (number - 1) * max(w for _, w in b.weights) <= b.most for b in counting_some)
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
        return rollout_of(replicas, strategy, room=room, min_ready=subject.min_ready, parameters=_open(nodes))

    sizes = _ask(at, low)
    nodes = f"nodes like {name}" + (f" (the others take {count(rest, 'pod')})" if rest else "")
    before = ""
    if low > 1:
        before = f"fewer than {low} do not hold {count(replicas, 'replica')}; "
    yield SizeAnswer(text=f"by number of {nodes}: {before}{_told(sizes, low)}", sizes=sizes)


def _one_each(subject: Subject, name: str) -> Iterator[SizeAnswer]:
    """As many replicas as nodes, both open together; the strategy as it is written, so percentages follow."""
    assert isinstance(subject.object, Deployment)
    written = partial(strategy_of, subject.object)
    many = written(10_000)
    if isinstance(many, RollingUpdate) and many.unavailable == 0:
        # Every number of nodes is full, and nothing may go first: no number is different from another.
        return

    def at(number: Number) -> Rollout:
        return rollout_of(number, written(number), room=number, min_ready=subject.min_ready, parameters=_open(number))

    sizes = _ask(at, 1)
    text = f"with one replica on each of the nodes like {name}, by their number: {_told(sizes, 1)}"
    yield SizeAnswer(text=text, sizes=sizes)


def by_admitted(subject: Subject) -> SizeAnswer | None:
    """How many pods admission has to let exist at once (a quota on pods), for a rollout that has room on nodes."""
    strategy = subject.strategy
    if strategy is None or not subject.replicas:
        return None

    def at(pods: Number) -> Rollout:
        return rollout_of(
            subject.replicas, strategy, admitted=pods, min_ready=subject.min_ready, parameters=_open(pods)
        )

    sizes = _ask(at, subject.replicas)
    return SizeAnswer(text=f"by the pods that quotas let exist at once: {_told(sizes, subject.replicas)}", sizes=sizes)


def _open(number: Number) -> tuple[Variable, ...]:
    return () if isinstance(number, int) else (SIZE,)


def _ask(at: Callable[[Number], Rollout], low: int) -> Sizes:
    """The answer for every size; ``at`` builds the rollout of one size, or of all when it is given a variable."""
    every = at(SIZE.expr)

    def search(value: int) -> Verdict:
        one = at(value)
        return explicit.check(one.system, completion(one), limit=SEARCH)

    return stuck_sizes(
        every.system,
        completion(every),
        SIZE.name,
        low=low,
        invariant=all_of(lemmas(every)),
        rank=ranking(every),
        search=search,
    )


def _told(sizes: Sizes, low: int) -> str:
    """``on 3 it cannot complete; from 4 on it always does (proved)``."""
    stuck = [value for value, _ in sizes.stuck]
    certain = all(verdict.certain for _, verdict in sizes.stuck)
    if not sizes.exact:
        told = f"with {_listed(stuck)} it {'cannot' if certain else 'may never'} complete; " if stuck else ""
        return f"{told}beyond that nothing is decided ({sizes.proof.reason})"
    if not stuck:
        return f"from {low} on it always completes (proved for every number by a ranking function)"
    last = max(stuck)
    text = f"with {_listed(stuck)} it {'cannot' if certain else 'may never'} complete"
    if stuck == list(range(stuck[0], last + 1)) and stuck[0] == low:
        return f"{text}, from {last + 1} on it always does (proved for every number by a ranking function)"
    return f"{text}, with every other number it always does (proved for all of them by a ranking function)"


def _listed(values: list[int]) -> str:
    """``1 to 3`` or ``1, 4``."""
    if len(values) > 2 and values == list(range(values[0], values[-1] + 1)):
        return f"{values[0]} to {values[-1]}"
    return ", ".join(map(str, values))
