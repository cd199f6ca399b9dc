"""Gangs: pods that can do nothing until so many of their peers have a node. Do they all get that far, in every order?

The scheduler binds one pod at a time and never gives a node back. Several gangs may each hold a part of the room and
wait for the rest of it for ever, although each of them fits alone. A gang of a Job *ends*: once it is whole it runs,
its pods go, and the next one may have their room. Others keep it.

*Proof*: for each gang, in every state in which those that end are not whole yet, a waiting pod of it finds a node (one
question for :func:`kverify.engines.fit.decide.decide`, with one pod less than whole of each other gang that ends). Then
some gang becomes whole, and the argument repeats with fewer: a gang that is gone holds less than one that is not whole.
So k gangs of g equal pods need k * (g - 1) + 1 places. *Deadlock*: a state in which no pod can be bound and nobody is
whole, reached bind by bind. Few orders are searched exhaustively; otherwise gangs are filled in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from kverify.engines.errors import ReplayError
from kverify.engines.explicit import Exploration, explore
from kverify.engines.fit.counts import draws, helps
from kverify.engines.fit.decide import decide
from kverify.engines.schedulability import Cluster, Demand, Question, Room, state_of
from kverify.model.expr import Condition, Number, all_of, any_of, evaluate, integer, negate, total
from kverify.model.scheduling.framework import Requirement, Snapshot
from kverify.model.system import Action, TransitionSystem

SMALL = 120
"""Demands times nodes up to which all orders are searched."""
STATES = 50_000
BUILD = 20_000_000
"""Pods times nodes up to which a deadlock is built pod by pod."""


@frozen(eq=False)
class Gang:
    """The pods of ``members`` (indices of demands) work only when ``least`` of them have a node. ``ends``: then they
    run to their end and are gone."""

    title: str
    members: tuple[int, ...]
    least: int
    ends: bool = True


@frozen(eq=False, kw_only=True)
class Gangs:
    """``room``: always, every order makes every gang whole; fragile, some order ends in a deadlock; impossible, a gang
    does not fit even alone. ``stuck`` are the gangs that are not whole at the end: (index, pods on nodes).

    ``steps`` are (demand, node) of each bind, and (gang, -1) where a whole gang runs to its end. ``refusals`` are what
    each node says of the pod that waits, ``message`` the scheduler's event.
    """

    room: Room
    method: str
    reason: str = ""
    steps: tuple[tuple[int, int], ...] = ()
    stuck: tuple[tuple[int, int], ...] = ()
    waiting: int = -1
    message: str = ""
    refusals: tuple[tuple[int, str, tuple[Requirement, ...]], ...] = ()


def gangs_fit(
    demands: Sequence[Demand], cluster: Cluster, gangs: Sequence[Gang], *, ending: Sequence[int] = ()
) -> Gangs:
    """Whether every order makes all ``gangs`` whole. Demands of no gang compete with them; those in ``ending`` are gone
    some day and cannot be part of a deadlock. If their pods let nobody in, they may be left out altogether: what is
    bound beside them is bound without them as well."""
    demands = [
        evolve(row, count=0) if d in ending and not helps(demands, cluster, d) else row for d, row in enumerate(demands)
    ]
    ending = [d for d in ending if demands[d].count]
    alone = list(_impossible(demands, cluster, gangs))
    if alone:
        return alone[0]
    answers = [_never_blocked(demands, cluster, gangs, index) for index in range(len(gangs))]
    if all(answer is None for answer in answers):
        method = "for each gang: a waiting pod of it finds a node while no other gang is whole"
        return Gangs(room=Room.ALWAYS, method=method)
    staying = [evolve(row, count=0) if d in ending else row for d, row in enumerate(demands)]
    if len(demands) * len(cluster.nodes) <= SMALL:
        found = _search(staying, cluster, gangs)
        if found is not None and found.room is Room.ALWAYS and ending:
            # What ends is out of the way some day, but while it is there it may turn the gangs elsewhere.
            with_them = _search(demands, cluster, gangs)
            found = with_them if with_them is not None and with_them.room is Room.ALWAYS else None
        if found is not None:
            return found
    for first in (True, False):
        built = _built(staying, cluster, gangs, gangs_first=first)
        if built is not None:
            return built
    reason = next(answer for answer in answers if answer is not None)
    return Gangs(room=Room.UNKNOWN, method="not decided", reason=f"{reason}, and no deadlock could be built")


def _impossible(demands: Sequence[Demand], cluster: Cluster, gangs: Sequence[Gang]) -> Iterator[Gangs]:
    snapshot = Snapshot(nodes=(), groups=(), counts={}, namespaces=cluster.namespaces)
    for index, gang in enumerate(gangs):
        members = [_capped(demands[d], gang.least) for d in gang.members]
        # Of several kinds of pods any may make the number up: only one kind says what is needed.
        if len(members) > 1:
            continue
        # What has no room alone may have it beside pods that let it in.
        others = (row.pod for d, row in enumerate(demands) if row.count and d not in gang.members)
        if any(draws(members[0].pod, other, snapshot) for other in others):
            continue
        answer = decide(members, cluster)
        row = answer.demands[0]
        if answer.room is Room.IMPOSSIBLE:
            placed = sum(number for _, number in row.blocking)
            yield Gangs(
                room=Room.IMPOSSIBLE,
                method=answer.core_method if answer.core else row.method,
                stuck=((index, placed),),
                waiting=gang.members[0],
                message=row.message,
                refusals=row.refusals,
            )


def _capped(demand: Demand, most: int) -> Demand:
    return evolve(demand, count=min(demand.count, max(most, 0)))


def _never_blocked(demands: Sequence[Demand], cluster: Cluster, gangs: Sequence[Gang], index: int) -> str | None:
    """None if a pod that the gang still needs always finds a node; else why that is not known."""
    rows = list(demands)
    limits: list[tuple[Sequence[int], int]] = []
    for number, gang in enumerate(gangs):
        if number != index and not gang.ends:
            continue
        most = gang.least if number == index else gang.least - 1
        for d in gang.members:
            rows[d] = _capped(rows[d], most)
        if len(gang.members) > 1:
            limits.append((gang.members, most))
    answer = decide(rows, cluster, waiting=gangs[index].members, limits=limits)
    if answer.room is Room.ALWAYS:
        return None
    bad = next(row for row in answer.demands if row.room is not Room.ALWAYS)
    return f"a pod of {gangs[index].title} may wait while no gang is whole" + (f" ({bad.reason})" if bad.reason else "")


# -- all orders ------------------------------------------------------------------------------------------------------


def _search(demands: Sequence[Demand], cluster: Cluster, gangs: Sequence[Gang]) -> Gangs | None:
    """All orders, one by one; None where there are too many of them."""
    question = Question(demands, cluster)
    system = _system(question, gangs)
    search = explore(system, limit=STATES)
    method = f"exhaustive search over scheduling orders, {search.evidence}"
    if not search.complete:
        return None
    incomplete = any_of(_lacking(question, gang) for gang in gangs)
    at_rest = search.select(all_of([incomplete, negate(any_of(action.guard for action in system.actions))]))
    if not at_rest:
        return Gangs(room=Room.ALWAYS, method=method)
    steps = []
    # Of the nearest ones that in which gangs are most alike.
    nearest = [
        index for index in at_rest[:500] if len(search.trace(index).steps) == len(search.trace(at_rest[0]).steps)
    ]
    for step in search.trace(min(nearest, key=lambda index: _largest(question, gangs, system, search, index))).steps:
        kind, _, rest = step.action.name.partition(" ")
        demand, _, node = rest.partition("@")
        steps.append((int(demand), int(node) if kind == "bind" else -1))
    return _shown(demands, cluster, gangs, tuple(steps), method)


def _largest(
    question: Question, gangs: Sequence[Gang], system: TransitionSystem, search: Exploration, index: int
) -> int:
    view = system.view(search.states[index])
    return max(int(evaluate(total(question.placed(d) for d in gang.members), view)) for gang in gangs)


def _lacking(question: Question, gang: Gang) -> Condition:
    """The gang is not whole, and has pods that wait."""
    placed = total(question.placed(d) for d in gang.members)
    return all_of([placed <= gang.least - 1, total(integer(f"waiting{d}") for d in gang.members) >= 1])


def _system(question: Question, gangs: Sequence[Gang]) -> TransitionSystem:
    """Binding in every order; a whole gang that ends takes its pods along."""
    system = question.system()
    ends = []
    for index, gang in enumerate(gangs):
        if gang.ends:
            gone: dict[str, Number | Condition]
            gone = {f"waiting{d}": 0 for d in gang.members}
            gone.update({f"x{d}@{n}": 0 for d in gang.members for n in question.nodes})
            whole = total(question.placed(d) for d in gang.members) >= gang.least
            ends.append(
                Action(
                    f"end {index}@",
                    "kubelet",
                    guard=whole,
                    updates=gone,
                    says=f"{gang.title} is whole and runs to its end",
                )
            )
    return evolve(system, actions=(*system.actions, *ends))


# -- one order, built ------------------------------------------------------------------------------------------------


def _built(demands: Sequence[Demand], cluster: Cluster, gangs: Sequence[Gang], *, gangs_first: bool) -> Gangs | None:
    """Give every gang a pod in turn, one less than whole where it ends, and everybody else what they want."""
    pods = sum(row.count for row in demands)
    if pods * len(cluster.nodes) > BUILD:
        return None
    state = state_of(demands, cluster)
    steps: list[tuple[int, int]] = []
    left = [row.count for row in demands]
    grouped = {d for gang in gangs for d in gang.members}

    def bind(d: int) -> bool:
        nodes = state.feasible_nodes(demands[d].pod) if left[d] else []
        if nodes:
            state.bind(demands[d].pod, nodes[0])
            steps.append((d, nodes[0]))
            left[d] -= 1
        return bool(nodes)

    def fill_gangs() -> None:
        room = {index: gang.least - 1 for index, gang in enumerate(gangs)}
        moved = True
        while moved:
            moved = False
            for index, gang in enumerate(gangs):
                if room[index] > 0 and any(bind(d) for d in gang.members):
                    room[index] -= 1
                    moved = True

    def fill_others() -> None:
        for d in range(len(demands)):
            while d not in grouped and bind(d):
                pass

    for fill in (fill_gangs, fill_others) if gangs_first else (fill_others, fill_gangs):
        fill()
    for gang in gangs:
        if any(left[d] and state.feasible_nodes(demands[d].pod) for d in gang.members):
            return None
    return _shown(demands, cluster, gangs, tuple(steps), "a deadlock, built bind by bind through the filters")


def _shown(
    demands: Sequence[Demand],
    cluster: Cluster,
    gangs: Sequence[Gang],
    steps: tuple[tuple[int, int], ...],
    method: str,
) -> Gangs:
    """Every bind again through the filters, and what they say of the pod that waits at the end.

    Raises ``ReplayError`` where a bind is refused, or the pod is not.
    """
    state = state_of(demands, cluster)
    placed: dict[tuple[int, int], int] = {}
    ended = set()
    for first, node in steps:
        if node < 0:
            ended.add(first)
            for (d, n), number in list(placed.items()):
                if d in gangs[first].members and number:
                    state.unbind(demands[d].pod, n, number)
                    del placed[d, n]
            continue
        if not state.fits(demands[first].pod, node):
            raise ReplayError(f"{cluster.nodes[node].name} does not take {demands[first].title}")
        state.bind(demands[first].pod, node)
        placed[first, node] = placed.get((first, node), 0) + 1
    stuck = []
    waiting = -1
    for index, gang in enumerate(gangs):
        here = sum(number for (d, _), number in placed.items() if d in gang.members)
        lacking = [d for d in gang.members if sum(n for (m, _), n in placed.items() if m == d) < demands[d].count]
        if index in ended or here >= gang.least or not lacking:
            continue
        if any(state.feasible_nodes(demands[d].pod) for d in lacking):
            raise ReplayError(f"{gang.title} does not wait after all")
        stuck.append((index, here))
        waiting = lacking[0] if waiting < 0 else waiting
    if waiting < 0:
        raise ReplayError("no gang waits after all")
    pod = demands[waiting].pod
    kinds: dict[str, tuple[int, str, tuple[Requirement, ...]]] = {}
    for node, info in enumerate(cluster.nodes):
        said = state.reject(pod, node)
        key = "; ".join(requirement.reason for requirement in said)
        number, name, first_said = kinds.get(key, (0, info.name, said))
        kinds[key] = number + 1, name, first_said
    return Gangs(
        room=Room.FRAGILE,
        method=method,
        steps=steps,
        stuck=tuple(stuck),
        waiting=waiting,
        message=state.message(pod) or "",
        refusals=tuple(kinds.values()),
    )
