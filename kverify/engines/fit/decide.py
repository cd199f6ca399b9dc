"""The answer for every order: what always fits, what some order leaves waiting, what fits nowhere.

Pods that nothing tells apart are one demand (``merge.py``), nodes that nothing tells apart one class (``classes.py``).
Of each demand the cheapest argument that decides is taken: refused by every node for good; counting
(``pigeonhole.py``); a blocking placement that is built (``build.py``, ``patterns.py``) and replayed (``replay.py``);
linear programming with an exact certificate (``programs.py``); for few classes the relaxation in Z3
(``relaxation.py``); and, for small clusters, all orders one by one (``orders.py``). What none of them decides is
unknown, with the reason.

A pod waits *for ever* where scheduling has come to an end, or where nothing that may still come lets it in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, evolve, field, frozen

from kverify.engines import schedulability
from kverify.engines.budget import OutOfTime
from kverify.engines.errors import Undecided
from kverify.engines.fit import merge, orders
from kverify.engines.fit.build import block, follow, for_good, place_all
from kverify.engines.fit.classes import classify
from kverify.engines.fit.concrete import State, Table
from kverify.engines.fit.patterns import patterned
from kverify.engines.fit.pigeonhole import Counting, Slack
from kverify.engines.fit.programs import Programs
from kverify.engines.fit.relaxation import Relaxation
from kverify.engines.fit.replay import NoOrder, Replay, check
from kverify.engines.fit.rules import Rulebook
from kverify.engines.schedulability import Cluster, Demand, Room
from kverify.model.scheduling.framework import Requirement

SMALL = 120
"""Demands times nodes up to which single nodes are looked at when classes do not decide."""
STATES = 50_000
LARGE = 200
"""Demands times classes of nodes up to which Z3 is asked about classes."""
REFUSED = "every node refuses it for good"
"""How a demand is impossible whatever else there is."""
MANY = 500
"""Nodes up to which Z3 is asked about classes where linear programs are at hand."""
NO_PODS = "no pods are wanted"
BUILT = "a blocking placement, replayed through the filters"


@frozen(eq=False, kw_only=True)
class DemandAnswer:
    """One kind of pod. ``slack`` comes with a proof by counting. ``message`` is the scheduler's event for a pod that
    waits, ``refusals`` what it says of each kind of node: (number of nodes, name of the first, requirements)."""

    room: Room
    method: str
    reason: str = ""
    slack: Slack | None = None
    message: str = ""
    refusals: tuple[tuple[int, str, tuple[Requirement, ...]], ...] = ()
    blocking: tuple[tuple[str, int], ...] = ()
    """The blocking placement: (title of a demand, pods on nodes)."""
    steps: int = 0
    placed: tuple[tuple[int, int], ...] = field(default=(), repr=False)
    """The same by index of the demand."""


@frozen(eq=False, kw_only=True)
class Answer:
    """``room`` is the worst of the demands'. ``core`` names what together makes a full placement impossible.

    ``demands`` are the answers for what was asked, in its order. ``book`` is about the demands that are left when those
    that are alike are one: ``members`` says which those are.
    """

    room: Room
    demands: tuple[DemandAnswer, ...]
    book: Rulebook = field(repr=False)
    members: tuple[tuple[int, ...], ...] = ()
    placement: State | None = None
    core: tuple[str, ...] = ()
    core_method: str = ""


def decide(
    demands: Sequence[Demand],
    cluster: Cluster,
    *,
    waiting: Iterable[int] | None = None,
    limits: Sequence[tuple[Sequence[int], int]] = (),
) -> Answer:
    """Whether all ``demands`` fit on ``cluster`` in every order; of the demands in ``waiting`` (by default all) nobody
    may be left waiting. ``limits`` bound sums of demands."""
    asked = tuple(range(len(demands))) if waiting is None else tuple(waiting)
    cluster = merge.merged(cluster, [demand.pod for demand in demands])
    members = merge.parted(demands, cluster, limits)
    position = {d: index for index, alike in enumerate(members) for d in alike}
    fewer = [merge.together(demands, alike) for alike in members]
    classes, shape = classify(cluster, [demand.pod for demand in fewer])
    book = Rulebook(fewer, cluster, classes, shape)
    bounds = [([position[d] for d in limited], most) for limited, most in limits]
    answers = Answers.of(book, bounds)
    found = [_own(answers.decided(position[d]), d, demands, members) for d in asked]
    if all(answer.room is Room.ALWAYS for answer in found):
        return Answer(room=Room.ALWAYS, demands=tuple(found), book=book, members=members)
    full, core, method = answers.whole()
    if core:
        found = [evolve(answer, room=Room.IMPOSSIBLE) if answer.room is Room.FRAGILE else answer for answer in found]
    return Answer(
        room=Room.IMPOSSIBLE if core else max((answer.room for answer in found), key=_BADNESS.__getitem__),
        demands=tuple(found),
        book=book,
        members=members,
        placement=full,
        core=_named(core, members),
        core_method=method,
    )


_BADNESS = {Room.ALWAYS: 0, Room.UNKNOWN: 1, Room.FRAGILE: 2, Room.IMPOSSIBLE: 3}


def _own(
    answer: DemandAnswer, demand: int, demands: Sequence[Demand], members: Sequence[Sequence[int]]
) -> DemandAnswer:
    """The answer for one of the demands that are alike."""
    blocking: list[tuple[str, int]] = []
    for index, number in answer.placed:
        alike = members[index]
        waiting = alike.index(demand) if demand in alike else None
        dealt = merge.shares([demands[d].count for d in alike], number, waiting)
        blocking += [(demands[d].title, own) for d, own in zip(alike, dealt, strict=True) if own]
    return evolve(answer, blocking=tuple(blocking))


def _named(core: Iterable[str], members: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """The names of a core by the demands that were given."""
    names: list[str] = []
    for name in core:
        kind, _, rest = name.partition(" ")
        if kind == "pods":
            names += [f"pods {d}" for d in members[int(rest)]]
        elif kind == "rule":
            number, _, more = rest.partition(" ")
            names.append(f"rule {members[int(number)][0]} {more}")
        else:
            names.append(name)
    return tuple(names)


@define(eq=False)
class Answers:
    """The arguments, from the cheapest on, about demands that differ."""

    book: Rulebook
    most: list[int]
    limits: Sequence[tuple[Sequence[int], int]]
    counting: Counting
    table: Table
    replay: Replay = field(factory=Replay)
    _answers: dict[int, DemandAnswer | None] = field(factory=dict)
    _relaxations: dict[bool, Relaxation] = field(factory=dict)
    _programs: Programs | None = None

    @classmethod
    def of(cls, book: Rulebook, limits: Sequence[tuple[Sequence[int], int]]) -> Answers:
        """Nothing is decided yet."""
        most = [demand.count for demand in book.demands]
        counting = Counting(book, most, limits)
        return cls(book, most, limits, counting, Table(book, counting, most, limits))

    def decided(self, demand: int) -> DemandAnswer:
        """The answer about one demand."""
        if self._answers.get(demand) is None:
            self._answers[demand] = None
            self._answers[demand] = self._decide(demand)
        answer = self._answers[demand]
        assert answer is not None
        return answer

    def _decide(self, demand: int) -> DemandAnswer:
        if not self.most[demand]:
            return DemandAnswer(room=Room.ALWAYS, method=NO_PODS)
        rules = [self.book.of(demand, c) for c in range(len(self.book.classes))]
        if all(rule.refused for rule in rules):
            empty = State(self.table, waiting=demand)
            return self._shown(demand, empty, Room.IMPOSSIBLE, REFUSED)
        partners = self._settle(demand)
        slack = self.counting.slack(demand)
        if slack is not None:
            return DemandAnswer(room=Room.ALWAYS, method=f"counting over classes of nodes{partners}", slack=slack)
        if not all(rule.covered for rule in rules):
            return self._small(demand, "a pod that is needed on the same node (required affinity) is not counted")
        built = self._built(block(self.table, demand), demand)
        if built is not None:
            return built
        if self.programs.free(demand):
            return DemandAnswer(
                room=Room.ALWAYS, method=f"linear programming over classes of nodes, exact certificate{partners}"
            )
        built = self._built(patterned(self.table, self.programs, demand), demand)
        if built is not None:
            return built
        if len(self.most) * len(self.book.classes) > LARGE or self._many:
            return self._small(demand, "counting leaves it open, and no blocking placement was found")
        try:
            for whole in (False, True):
                candidate = self._relaxation(whole).blocked(demand, self.counting.settled)
                if candidate is None:
                    method = f"Z3 over classes of nodes ({_numbers(whole)}): unsatisfiable{partners}"
                    return DemandAnswer(room=Room.ALWAYS, method=method)
                built = self._built(follow(self.table, demand, candidate.blocked, candidate.plan), demand)
                if built is not None:
                    return built
        except OutOfTime:
            raise
        except Undecided as undecided:
            return self._small(demand, str(undecided))
        return self._small(demand, "a blocking placement may exist, and none could be built")

    @property
    def _many(self) -> bool:
        """With so many nodes Z3's integers rarely add anything to linear programs, and take long."""
        return self.programs.available and len(self.book.cluster.nodes) > MANY

    @property
    def programs(self) -> Programs:
        """The linear programs about this question."""
        if self._programs is None:
            self._programs = Programs(self.counting)
        return self._programs

    def _settle(self, demand: int) -> str:
        """Decide the pods that ``demand`` needs beside it; words for what the proof then rests on."""
        if not self.book.demands[demand].pod.affinity:
            return ""
        limited = {d for members, _ in self.limits for d in members}
        settled = []
        for d in self.counting.partners(demand):
            if d == demand or d in limited or (d in self._answers and self._answers[d] is None):
                continue
            if self.most[d] and self.decided(d).room is Room.ALWAYS:
                self.counting.settled.add(d)
                settled.append(self.book.demands[d].title)
        return f"; {', '.join(settled)} always {'fit' if len(settled) > 1 else 'fits'}" if settled else ""

    def _built(self, states: Iterable[State], demand: int) -> DemandAnswer | None:
        for state in states:
            if not state.blocked(demand) or not for_good(state, demand):
                continue
            try:
                return self._shown(demand, state, Room.FRAGILE, BUILT)
            except NoOrder:
                # It was a guess: what spreading or affinity allows depends on the order, and none leads there.
                continue
        return None

    @property
    def _never_all(self) -> bool:
        """Limits leave it open which pods there are."""
        return any(sum(self.most[d] for d in members) > most for members, most in self.limits)

    def whole(self) -> tuple[State | None, tuple[str, ...], str]:
        """A full placement if one is found, or why there is none."""
        if self._never_all:
            return None, (), "the limits never allow all pods at once"
        places = range(len(self.book.classes))
        nowhere = [d for d, most in enumerate(self.most) if most and all(self.book.of(d, c).refused for c in places)]
        if nowhere:
            return None, tuple(f"pods {d}" for d in nowhere), "every node refuses them for good"
        covered = all(self.book.of(d, c).covered for d in range(len(self.most)) for c in places)
        state = place_all(self.table) if covered else None
        if state is not None and _reached(state):
            return state, (), "placed one by one"
        large = len(self.most) * len(self.book.classes) > LARGE
        core = self.programs.core() if large else ()
        if core:
            return None, core, "linear programming over classes of nodes, exact certificate"
        try:
            for whole in (False, True) if not large else (False,) if not self.programs.available else ():
                if self._relaxation(whole).complete() is None:
                    core = self._relaxation(whole).core()
                    return None, core, f"Z3 over classes of nodes ({_numbers(whole)}): unsatisfiable"
        except OutOfTime:
            raise
        except Undecided as undecided:
            return None, (), str(undecided)
        return None, (), "no full placement was found, and none was excluded"

    def _relaxation(self, whole: bool) -> Relaxation:
        if whole not in self._relaxations:
            self._relaxations[whole] = Relaxation.of(self.book, self.most, self.limits, whole=whole)
        return self._relaxations[whole]

    def _small(self, demand: int, reason: str) -> DemandAnswer:
        """Single nodes instead of classes, if there are few."""
        demands, cluster = self.book.demands, self.book.cluster
        if len(demands) * len(cluster.nodes) > SMALL:
            return DemandAnswer(room=Room.UNKNOWN, method="not decided", reason=reason)
        proved = schedulability.always(demands, cluster, waiting=(demand,), limits=self.limits)
        if proved.room is Room.ALWAYS:
            return DemandAnswer(room=Room.ALWAYS, method=proved.method)
        found = orders.search(demands, cluster, self.limits, demand, STATES)
        if found.evidence is None:
            more = f"; single nodes have more than {STATES:,} scheduling states"
            return DemandAnswer(room=Room.UNKNOWN, method="not decided", reason=reason + more)
        method = f"exhaustive search over scheduling orders, {found.evidence}"
        end = found.end
        if end is None:
            return DemandAnswer(room=Room.ALWAYS, method=method)
        return DemandAnswer(
            room=Room.FRAGILE if found.complete or self._never_all else Room.IMPOSSIBLE,
            method=method,
            message=end.message,
            refusals=end.refusals,
            placed=end.placed,
            steps=end.steps,
        )

    def _shown(self, demand: int, state: State, room: Room, method: str) -> DemandAnswer:
        shown = self.replay.show(state, demand)
        return DemandAnswer(
            room=room,
            method=method,
            message=shown.message,
            refusals=shown.refusals,
            placed=shown.blocking,
            steps=shown.steps,
        )


def _reached(state: State) -> bool:
    """Some order leads to a state. Raises ``ReplayError`` if the bounds do not let its pods through."""
    try:
        check(state)
    except NoOrder:
        return False
    return True


def _numbers(whole: bool) -> str:
    return "integers" if whole else "rationals"
