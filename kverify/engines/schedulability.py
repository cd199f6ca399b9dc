"""Is there room for all pods, and does every scheduling order find it?

One state is asked about, not a run: how many pods of each kind are on each node. Kinds of pods and the filters come
from ``kverify.model.scheduling``; counts are variables, so each filter's own requirement becomes the constraint.

* *Consistent* placements: every bound pod still meets the *stable* requirements it met when it was bound (requirements
  that later pods cannot break). Every placement a scheduler can reach is consistent, so "no consistent placement holds
  all pods" proves that none exists, and "in no consistent placement is a waiting pod refused by every node" proves that
  every order fits.
* A pod is *stuck* when it waits, every node refuses it, and no other pod can be bound any more either: nothing is
  deleted, so nothing will change. One that waits for a pod which is still to come (required affinity) is not.
* When all requirements are stable the converse holds too: any sub-placement of a consistent one is consistent, so any
  order of binding reaches it, and the answer is exact. Otherwise (topology spread, pod affinity) the search over all
  orders decides, while it is small enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property

from attrs import evolve, field, frozen

from kverify.engines.budget import OutOfTime
from kverify.engines.errors import ReplayError, Undecided
from kverify.engines.explicit import explore
from kverify.engines.ranges import Range, decided
from kverify.engines.smt import as_condition, solve, translate
from kverify.model.expr import (
    Condition,
    Expr,
    Number,
    all_of,
    any_of,
    evaluate,
    implies,
    integer,
    negate,
    substitute,
    total,
)
from kverify.model.scheduling.framework import NodeInfo, Plugin, PodGroup, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.profile import DEFAULT_PROFILE, message, reject, requirements
from kverify.model.scheduling.state import ClusterState
from kverify.model.scheduling.storage import Storage
from kverify.model.system import Action, TransitionSystem, Variable


class Room(Enum):
    """The answer, from best to worst."""

    ALWAYS = "every order fits"
    FRAGILE = "some order does not fit"
    IMPOSSIBLE = "no placement exists"
    UNKNOWN = "not decided"


@frozen(eq=False)
class Demand:
    """``count`` pods nothing can tell apart. ``title`` is for people."""

    pod: PodInfo
    count: int
    title: str = ""


@frozen(eq=False, kw_only=True)
class Cluster:
    """Nodes, and the pods on them that stay where they are."""

    nodes: tuple[NodeInfo, ...]
    others: tuple[tuple[PodGroup, Mapping[int, int]], ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(factory=dict)
    profile: tuple[Plugin, ...] = DEFAULT_PROFILE
    storage: Storage = field(factory=Storage)

    def without(self, node: int) -> Cluster:
        """The cluster after it lost a node and the pods on it."""
        return evolve(
            self,
            nodes=tuple(n for i, n in enumerate(self.nodes) if i != node),
            others=tuple(
                (group, {i - (i > node): n for i, n in by_node.items() if i != node}) for group, by_node in self.others
            ),
        )


Placement = Mapping["tuple[int, int]", int]
"""Pods by (index of the demand, index of the node)."""


@frozen(eq=False, kw_only=True)
class Fit:
    """``placement`` is a full placement if one exists (``ALWAYS``, ``FRAGILE``); ``blocking`` one that leaves a pod of
    demand ``blocked`` waiting, reached by binding in ``order`` (each step let through by the filters), with the
    scheduler's ``message`` about that pod and what each node's filters reject. ``capacity`` says that on some node
    resources alone are in the way.

    Where nodes were not looked at one by one, ``held`` are the pods on nodes by title of their demand instead, and
    ``refusals`` what kinds of nodes say: (number of nodes, name of the first, requirements). ``doubtful``: it is not
    known whether a full placement exists."""

    room: Room
    placement: Placement | None = None
    blocking: Placement | None = None
    blocked: int | None = None
    order: tuple[tuple[int, int], ...] = ()
    message: str = ""
    rejections: tuple[tuple[Requirement, ...], ...] = ()
    capacity: bool = False
    method: str = ""
    reason: str = ""
    held: tuple[tuple[str, int], ...] = ()
    refusals: tuple[tuple[int, str, tuple[Requirement, ...]], ...] = ()
    doubtful: bool = False

    def held_by(self, demand: int, title: str) -> int:
        """How many pods of a demand with this title have a node in the blocking placement."""
        if self.blocking is None:
            return dict(self.held).get(title, 0)
        return sum(n for (d, _), n in self.blocking.items() if d == demand)

    def said(self) -> Iterator[Requirement]:
        """Everything that nodes reject the blocked pod for, node by node or kind by kind."""
        for rejections in (*self.rejections, *(said for _, _, said in self.refusals)):
            yield from rejections


class Question:
    """The symbolic snapshot of one set of demands on one cluster, and the conditions over it."""

    def __init__(self, demands: Sequence[Demand], cluster: Cluster, limits: Iterable[tuple[Sequence[int], int]] = ()):
        self.demands = tuple(demands)
        self.cluster = cluster
        self.x = {(d, n): integer(f"x{d}@{n}") for d in range(len(self.demands)) for n in range(len(cluster.nodes))}
        groups = [PodGroup(demand.pod) for demand in self.demands] + [group for group, _ in cluster.others]
        counts: dict[tuple[int, int], Number] = dict(self.x)
        for i, (_, by_node) in enumerate(cluster.others):
            counts.update({(len(self.demands) + i, n): number for n, number in by_node.items()})
        self.snapshot = Snapshot(
            nodes=cluster.nodes,
            groups=tuple(groups),
            counts=counts,
            namespaces=cluster.namespaces,
            storage=cluster.storage,
        )
        self.limits = tuple(limits)
        self._needs: dict[tuple[int, int], tuple[Requirement, ...]] = {}
        self._open: dict[tuple[int, int], tuple[Requirement, ...]] = {}

    @property
    def nodes(self) -> range:
        """The indices of the nodes."""
        return range(len(self.cluster.nodes))

    @property
    def all_stable(self) -> bool:
        """Every requirement is one that later pods cannot break."""
        return all(r.stable or not isinstance(r.holds, Expr) for d, n in self.x for r in self.needs(d, n))

    @cached_property
    def ranges(self) -> dict[str, Range]:
        """How many pods of each demand there can be on each node."""
        return {f"x{d}@{n}": (0, self.demands[d].count) for d, n in self.x}

    def needs(self, demand: int, node: int) -> tuple[Requirement, ...]:
        """What the filters require of ``node`` for one more pod of ``demand``."""
        key = demand, node
        if key not in self._needs:
            pod = self.demands[demand].pod
            self._needs[key] = tuple(requirements(pod, node, self.snapshot, self.cluster.profile))
        return self._needs[key]

    def undecided(self, demand: int, node: int) -> tuple[Requirement, ...]:
        """Those of its ``needs`` that some counts do not meet."""
        key = demand, node
        if key not in self._open:
            self._open[key] = tuple(r for r in self.needs(*key) if decided(r.holds, self.ranges) is not True)
        return self._open[key]

    def roomy(self, demand: int) -> bool:
        """Some node takes a pod of ``demand`` even with every other pod on it."""
        return any(decided(self.feasible(demand, n), self.ranges) for n in range(len(self.cluster.nodes)))

    def count_on(self, demand: int, node: int, number: int) -> Placement | None:
        """A full placement with exactly ``number`` pods of ``demand`` on ``node``, or None if there is none.

        Exact only where ``all_stable`` holds. Raises ``TimeoutError`` when Z3 gives up.
        """
        answer = _solve(self, all_of([self.consistent(), self.full(), self.x[demand, node] == number]))
        if answer is None:
            raise TimeoutError("Z3 gave up on one placement")
        return answer if isinstance(answer, dict) else None

    def feasible(self, demand: int, node: int) -> Condition:
        """All filters let one more pod of ``demand`` onto ``node``."""
        return all_of(r.holds for r in self.needs(demand, node))

    def placed(self, demand: int) -> Number:
        """How many pods of ``demand`` have a node."""
        return total(self.x[demand, n] for n in range(len(self.cluster.nodes)))

    def consistent(self) -> Condition:
        """Counts a scheduler could have produced, or more: see the module's text."""
        parts: list[Condition] = []
        for (d, n), here in self.x.items():
            stable = all_of(r.holds for r in self.needs(d, n) if r.stable or not isinstance(r.holds, Expr))
            # What it met when it was bound, it meets now as if it were being bound again.
            met = substitute(stable, {f"x{d}@{n}": here - 1})
            parts += [here >= 0, implies(here >= 1, met)]
        parts += [self.placed(d) <= demand.count for d, demand in enumerate(self.demands)]
        parts += [total(self.placed(d) for d in members) <= most for members, most in self.limits]
        return all_of(parts)

    def full(self) -> Condition:
        """Every pod has a node."""
        return all_of(self.placed(d) == demand.count for d, demand in enumerate(self.demands))

    def blocked(self, demand: int) -> Condition:
        """A pod of ``demand`` is waiting and no node takes it."""
        return all_of([self.waits(demand), *(negate(self.feasible(demand, n)) for n in self.nodes)])

    def waits(self, demand: int) -> Condition:
        """Not all pods of ``demand`` have a node."""
        rooms = [(self.placed(demand), self.demands[demand].count)]
        rooms += [(total(self.placed(d) for d in members), most) for members, most in self.limits if demand in members]
        return all_of(placed + 1 <= most for placed, most in rooms)

    def concrete(self, placement: Placement) -> Snapshot:
        """The snapshot with ``placement`` filled in."""
        fixed = {key: number for key, number in self.snapshot.counts.items() if key not in self.x}
        return self.snapshot.with_counts({**fixed, **placement})

    def state(self) -> ClusterState:
        """The cluster without any pod that is asked about, to bind them one by one."""
        return state_of(self.demands, self.cluster)

    def system(self, of: int | None = None) -> TransitionSystem:
        """Binding, one pod at a time, in every order, within the limits; a pod ``of`` a demand that waits is one of
        them."""
        waiting = {d: Variable(f"waiting{d}", 0, demand.count, demand.count) for d, demand in enumerate(self.demands)}
        variables = [
            *waiting.values(),
            *(Variable(e.name or "", 0, self.demands[d].count, 0) for (d, _), e in self.x.items()),
        ]
        actions = [
            Action(
                f"bind {d}@{n}",
                "scheduler",
                guard=all_of([waiting[d].expr >= 1, fits, *self._within(d, of)]),
                updates={f"waiting{d}": waiting[d].expr - 1, f"x{d}@{n}": here + 1},
                says=f"The scheduler binds {self.demands[d].title} to {self.cluster.nodes[n].name}",
            )
            for (d, n), here in self.x.items()
            if (fits := self.feasible(d, n)) is not False
        ]
        return TransitionSystem("scheduling", tuple(variables), tuple(actions))

    def _within(self, demand: int, of: int | None) -> Iterator[Condition]:
        """The limits have room for one more pod of ``demand``, and one ``of`` another that waits."""
        for members, most in self.limits:
            if demand in members:
                yield total(self.placed(d) for d in members) + 1 <= most - (of in members)

    def at_an_end(self, system: TransitionSystem, demand: int, view: Mapping[str, int | bool]) -> bool:
        """A pod of ``demand`` waits, no node takes it, and no other pod finds a node either: one that only waits for
        others to come is not stuck."""
        if not evaluate(self.waits(demand), view) or any(evaluate(self.feasible(demand, n), view) for n in self.nodes):
            return False
        return not any(evaluate(action.guard, view) for action in system.actions)


METHOD = "one-state query (Z3)"

EFFORT = 20_000_000
"""Work per query, in Z3's own unit: the same input always gets the same answer, however busy the machine is."""


def fit(
    demands: Sequence[Demand],
    cluster: Cluster,
    *,
    waiting: Iterable[int] | None = None,
    limit: int = 100_000,
) -> Fit:
    """Decide whether ``demands`` always, sometimes or never fit on ``cluster``.

    ``waiting`` are the demands whose pods must not get stuck (by default all). ``limit`` bounds the states of the
    search over orders.
    """
    question = Question(demands, cluster)
    asked = _asked(question, waiting)
    if (proved := _roomy(question, asked)) is not None:
        return proved
    stuck = _stuck(question, asked)
    complete = _solve(question, all_of([question.consistent(), question.full()]))
    if complete is False:
        return _impossible(question, asked)
    placement = complete if isinstance(complete, dict) else None
    if stuck is False:
        return Fit(room=Room.ALWAYS, placement=placement, method=METHOD)
    if question.all_stable and isinstance(stuck, dict) and complete is not None:
        return _blocked(question, Room.FRAGILE, stuck, asked, placement, f"{METHOD}, replayed")
    return search_orders(question, asked, limit)


def always(
    demands: Sequence[Demand],
    cluster: Cluster,
    *,
    waiting: Iterable[int] | None = None,
    limits: Iterable[tuple[Sequence[int], int]] = (),
) -> Fit:
    """Whether it is proved that ``demands`` always fit: ``ALWAYS``, or ``UNKNOWN`` where one query cannot prove it.

    ``waiting`` as in :func:`fit`; ``limits`` bound sums of demands, such as old and new pods of one rollout.
    """
    unproved = Fit(room=Room.UNKNOWN, method=METHOD, reason="not proved")
    question = Question(demands, cluster, limits)
    asked = _asked(question, waiting)
    if (proved := _roomy(question, asked)) is not None:
        return proved
    if len(asked) < len(demands):
        alone = _alone(question, asked)
        if _possible(alone, _some_blocked(alone, range(len(asked)))) is True:
            return unproved
    if _possible(question, _some_blocked(question, asked)) is False:
        return evolve(unproved, room=Room.ALWAYS)
    return unproved


def _alone(question: Question, asked: Sequence[int]) -> Question:
    """The question about the demands that are ``asked`` about when there is no pod of any other: a pod that waits in
    vain there does so in ``question``, too, of which this is one case."""
    position = {d: i for i, d in enumerate(asked)}
    limits = [
        ([position[d] for d in members if d in position], most)
        for members, most in question.limits
        if any(d in position for d in members)
    ]
    return Question([question.demands[d] for d in asked], question.cluster, limits)


def _asked(question: Question, waiting: Iterable[int] | None) -> Sequence[int]:
    return range(len(question.demands)) if waiting is None else tuple(waiting)


def _roomy(question: Question, asked: Iterable[int]) -> Fit | None:
    if not all(question.roomy(d) for d in asked):
        return None
    return Fit(room=Room.ALWAYS, method="interval arithmetic: one node has room for all that may come")


def _stuck(question: Question, asked: Iterable[int]) -> dict[tuple[int, int], int] | bool | None:
    """A consistent placement in which a pod waits in vain, as ``_solve`` answers."""
    return _solve(question, all_of([question.consistent(), any_of(question.blocked(d) for d in asked)]))


def _some_blocked(question: Question, asked: Iterable[int]) -> Condition:
    """A pod that is ``asked`` about waits and no node takes it."""
    return any_of(
        all_of(
            [question.waits(d), *(negate(all_of(r.holds for r in question.undecided(d, n))) for n in question.nodes)]
        )
        for d in asked
    )


def _possible(question: Question, condition: Condition) -> bool | None:
    """Whether some consistent placement satisfies ``condition``; None if Z3 gave up.

    Only what can have to do with it is asked: counts that it names, those that decide whether these are consistent, and
    so on. With no pod of all others, any such placement is a consistent one of the whole.
    """
    if not isinstance(condition, Expr):
        return condition
    index = {expr.name: key for key, expr in question.x.items()}
    met: list[Condition] = []
    seen, waiting = set[str](), sorted(condition.variables())
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        (d, n), here = index[name], question.x[index[name]]
        stable = all_of(r.holds for r in question.undecided(d, n) if r.stable or not isinstance(r.holds, Expr))
        then = substitute(stable, {name: here - 1})
        met += [here >= 0, implies(here >= 1, then)]
        waiting += sorted(then.variables()) if isinstance(then, Expr) else ()
    chosen = [key for key in question.x if f"x{key[0]}@{key[1]}" in seen]
    counts = {d: total(question.x[key] for key in chosen if key[0] == d) for d in {d for d, _ in chosen}}
    met += [number <= question.demands[d].count for d, number in counts.items()]
    met += [total(counts[d] for d in members if d in counts) <= most for members, most in question.limits]
    answer = _solve(question, all_of([*met, condition]))
    return None if answer is None else answer is not False


def never_binds(
    plugin: str,
    demands: Sequence[Demand],
    cluster: Cluster,
    *,
    waiting: Iterable[int],
    limits: Iterable[tuple[Sequence[int], int]] = (),
) -> bool:
    """It is proved that a filter lets every ``waiting`` pod onto every node that the filters over the node alone allow,
    whatever consistent placement the others have. Leaving that filter out then changes nothing.

    This is more than room for every pod: a node that is too full, or too small, would become usable without the filter.
    """
    question = Question(demands, cluster, limits)
    refusals: list[Condition] = []
    for d in waiting:
        for n in question.nodes:
            needs = question.needs(d, n)
            if any(r.holds is False for r in needs if r.plugin != plugin):
                continue
            holds = all_of(r.holds for r in needs if r.plugin == plugin)
            known = decided(holds, question.ranges)
            if known is False:
                return False
            if known is None:
                refusals.append(all_of([question.waits(d), negate(holds)]))
    return not refusals or _possible(question, any_of(refusals)) is False


def _solve(question: Question, condition: Condition) -> dict[tuple[int, int], int] | bool | None:
    """A placement that satisfies ``condition``, False if there is none, None if Z3 gave up."""
    if not isinstance(condition, Expr):
        return dict.fromkeys(question.x, 0) if condition else False
    import z3

    names = {name: z3.Int(name) for name in sorted(condition.variables())}
    try:
        model = solve([as_condition(translate(condition, names))], effort=EFFORT)
    except OutOfTime:
        raise
    except Undecided:
        return None
    if model is None:
        return False
    # A count the condition does not mention is of pods that can never be there.
    return {
        key: model.eval(names[e.name], model_completion=True).as_long() if e.name in names else 0
        for key, e in question.x.items()
    }


def _blocked(
    question: Question,
    room: Room,
    placement: Placement,
    asked: Iterable[int],
    complete: Placement | None,
    method: str,
    order: tuple[tuple[int, int], ...] | None = None,
) -> Fit:
    """Replay ``placement`` through the filters, bind by bind, and let them say why the waiting pod finds no node."""
    order = _replayed(question, placement, order)
    snapshot = question.concrete(placement)
    for d in asked:
        demand = question.demands[d]
        if sum(placement[d, n] for n in range(len(question.cluster.nodes))) >= demand.count:
            continue
        rejections = tuple(
            reject(demand.pod, n, snapshot, question.cluster.profile) for n in range(len(question.cluster.nodes))
        )
        if all(rejections):
            return Fit(
                room=room,
                placement=complete,
                blocking=placement,
                blocked=d,
                order=order,
                message=message(demand.pod, snapshot, question.cluster.profile) or "",
                rejections=rejections,
                capacity=any(_only_capacity(rs) for rs in rejections),
                method=method,
            )
    raise ReplayError(f"the filters do not confirm the blocking placement {dict(placement)}")


def _replayed(
    question: Question, placement: Placement, order: tuple[tuple[int, int], ...] | None
) -> tuple[tuple[int, int], ...]:
    """``order``, or else any order, of binding that the concrete filters let through up to ``placement``.

    Raises ``ReplayError`` when they do not: then the symbolic and the concrete reading of a filter differ.
    """
    steps = _some_order(question, placement) if order is None else order
    done: dict[tuple[int, int], int] = dict.fromkeys(question.x, 0)
    for d, n in steps:
        if reject(question.demands[d].pod, n, question.concrete(done), question.cluster.profile):
            raise ReplayError("the filters do not let the blocking placement come about")
        done[d, n] += 1
    return steps


def _some_order(question: Question, placement: Placement) -> tuple[tuple[int, int], ...]:
    """An order in which each pod fits where it goes, as far as there is one. A state finds it, the filters judge it."""
    state = question.state()
    left = [key for key, number in placement.items() for _ in range(number)]
    steps = []
    while left:
        i = next((i for i, (d, n) in enumerate(left) if state.fits(question.demands[d].pod, n)), 0)
        d, n = left.pop(i)
        state.bind(question.demands[d].pod, n)
        steps.append((d, n))
    return tuple(steps)


def _only_capacity(rejections: tuple[Requirement, ...]) -> bool:
    return all(r.plugin == "NodeResourcesFit" for r in rejections)


def greedy(question: Question) -> Placement:
    """What one scheduler reaches that always takes the feasible node with the fewest pods, going on while it can."""
    return {**dict.fromkeys(question.x, 0), **placed_in_turn(question.demands, question.cluster)}


def placed_in_turn(
    demands: Sequence[Demand], cluster: Cluster, *, state: ClusterState | None = None, but: int | None = None
) -> Placement:
    """As :func:`greedy`, without the conditions of a question: only the pods that are somewhere. ``state`` is that of
    the cluster without them; they are bound to it. No pod goes to the node ``but``."""
    placement: dict[tuple[int, int], int] = {}
    state = state_of(demands, cluster) if state is None else state
    left = [demand.count for demand in demands]
    crowd = [0 for _ in cluster.nodes]
    moved = True
    while moved:
        moved = False
        for d, demand in enumerate(demands):
            fitting = state.feasible_nodes(demand.pod) if left[d] else []
            if but is not None:
                fitting = [node for node in fitting if node != but]
            if fitting:
                node = min(fitting, key=crowd.__getitem__)
                state.bind(demand.pod, node)
                placement[d, node] = placement.get((d, node), 0) + 1
                crowd[node] += 1
                left[d] -= 1
                moved = True
    return placement


def state_of(demands: Sequence[Demand], cluster: Cluster) -> ClusterState:
    """The cluster without any pod of ``demands``, to bind them one by one."""
    state = ClusterState(
        cluster.nodes,
        pods=[demand.pod for demand in demands],
        namespaces=cluster.namespaces,
        storage=cluster.storage,
        profile=cluster.profile,
    )
    for group, by_node in cluster.others:
        for node, number in by_node.items():
            if number:
                state.bind(group.pod, node, number, terminating=group.terminating, nominated=group.nominated)
    return state


def _impossible(question: Question, asked: Iterable[int]) -> Fit:
    """Nothing holds all pods: show what a scheduler reaches when it goes on as long as it can. The pods left over are
    those ``asked`` about, if it is so, or others that came after them."""
    first = dict.fromkeys((*asked, *range(len(question.demands))))
    return _blocked(question, Room.IMPOSSIBLE, greedy(question), first, None, f"{METHOD}: unsatisfiable")


def search_orders(question: Question, asked: Iterable[int], limit: int) -> Fit:
    """All orders, one by one: exact for every filter, while there are few enough of them."""
    system = question.system()
    exploration = explore(system, limit=limit)
    method = f"exhaustive search over scheduling orders, {exploration.evidence}"
    if not exploration.complete:
        return Fit(room=Room.UNKNOWN, reason=f"more than {limit:,} scheduling states", method=method)
    complete: Placement | None = None
    stuck: tuple[int, Placement] | None = None
    for index, view in enumerate(map(system.view, exploration.states)):
        placement: Placement = {key: int(view[e.name or ""]) for key, e in question.x.items()}
        if all(view[f"waiting{d}"] == 0 for d in range(len(question.demands))):
            complete = complete or placement
        elif stuck is None and any(question.at_an_end(system, d, view) for d in asked):
            stuck = index, placement
        if complete is not None and stuck is not None:
            break
    if stuck is None:
        return Fit(room=Room.ALWAYS, placement=complete, method=method)
    index, placement = stuck
    order = tuple(_bound(step.action.name) for step in exploration.trace(index).steps)
    room = Room.FRAGILE if complete is not None else Room.IMPOSSIBLE
    return _blocked(question, room, placement, asked, complete, method, order)


def _bound(action: str) -> tuple[int, int]:
    """The demand and the node of a ``bind D@N`` action."""
    demand, node = action.removeprefix("bind ").split("@")
    return int(demand), int(node)
