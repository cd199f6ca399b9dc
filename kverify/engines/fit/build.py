"""Placements that are looked for: with every pod on a node, or with a pod that waits and that every node refuses.

Nothing here proves that there is none. What is found is a state of ``concrete.py``; ``replay.py`` says how it comes
about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kverify.engines.budget import consult
from kverify.engines.fit.concrete import Alike, State, Table
from kverify.engines.fit.domains import Spread

MOST_PARTS = 12
"""How many choices of domains are tried for one waiting pod."""
MOST_SINGLE = 5_000
"""How many pods are placed one by one where the order matters."""


def place_all(table: Table) -> State | None:
    """A state with every pod on a node; None if the pods, put one kind after the other, find no room."""
    demands = [d for d, most in enumerate(table.most) if most]
    sizes = {d: _size(table, d) for d in demands}
    choice = {d: sum(table.book.classes[c].size for c in table.counting.eligible(d)) for d in demands}
    free = {d: table.counting.domains(d).free for d in demands}
    needs = {d: bool(table.book.demands[d].pod.affinity) for d in demands}
    orders = (
        sorted(demands, key=lambda d: (needs[d], choice[d], free[d], -sizes[d])),
        sorted(demands, key=lambda d: (needs[d], -sizes[d])),
    )
    for order in orders:
        state = State(table)
        if all(_placed(state, d) for d in order):
            return state
    return None


def _placed(state: State, demand: int) -> bool:
    """All pods of a demand got a node, spread as they have to be, else as evenly over classes as they are big."""
    counting = state.table.counting
    kind = counting.domains(demand)
    classes = sorted(counting.eligible(demand))
    number = state.left(demand)
    if kind.spread is not None:
        parts = zip(kind.spread.domains, kind.spread.even(number), strict=True)
        for domain, share in parts:
            number -= state.place(demand, domain, share)
        return number == 0 and kind.spread.holds(state.spread_over(demand))
    if kind.free:
        return state.place(demand, classes, number) == number
    return place_one_by_one(state, demand, classes, number) == number


def place_one_by_one(state: State, demand: int, classes: Iterable[int], wanted: int) -> int:
    """As :meth:`State.place`, asking before every pod what the domains say; how many found a place."""
    placed = 0
    chosen = list(classes)
    while placed < wanted:
        consult()
        for c in chosen:
            if not state.refused_by_domain(demand, c) and state.place(demand, [c], 1):
                placed += 1
                break
        else:
            break
    return placed


def _size(table: Table, demand: int) -> float:
    """The part of a node that a pod takes, at its scarcest: big pods are placed first."""
    adds = table.adds.get(demand, {})
    return max(
        (
            adds[check.sum] / (check.most + adds[check.sum])
            for c in table.counting.eligible(demand)
            for check in table.checks(demand, c)
            if adds.get(check.sum) and check.most + adds[check.sum] > 0
        ),
        default=0.0,
    )


def block(table: Table, demand: int) -> Iterator[State]:
    """States in which a pod of ``demand`` waits and nobody takes it."""
    kind = table.counting.domains(demand)
    alone = State(table, waiting=demand)
    if kind.spread is not None:
        for domain, share in zip(kind.spread.domains, kind.spread.even(alone.left(demand)), strict=True):
            alone.place(demand, domain, share)
    elif kind.free:
        alone.place(demand, sorted(table.counting.eligible(demand)), alone.left(demand))
    else:
        place_one_by_one(alone, demand, sorted(table.counting.eligible(demand)), alone.left(demand))
    if alone.blocked(demand):
        yield alone
    for part in parts(table, demand):
        state = _blocking(table, demand, part)
        if state is not None and state.blocked(demand):
            yield state


def parts(table: Table, demand: int) -> Iterator[frozenset[int]]:
    """The classes whose nodes are to be filled: all, or those of some domains, the others being closed by spreading."""
    counting = table.counting
    eligible = counting.eligible(demand)
    spread = counting.domains(demand).spread
    if spread is None:
        groups = counting.groups(demand)
        if len(groups) > 1:
            yield from (frozenset(classes) for classes in list(groups.values())[:MOST_PARTS])
        yield eligible
        return
    able = [z for z in range(len(spread.domains)) if spread.open[z]]
    inside = {z: eligible & frozenset(spread.domains[z]) for z in able}
    able.sort(key=lambda z: (counting.free(demand, sorted(inside[z])) is not None, _nodes(table, inside[z])))
    tried: list[frozenset[int]] = [frozenset()] if len(able) < len(spread.domains) else []
    tried += [inside[z] for z in able]
    tried += [frozenset().union(*(inside[z] for z in able[:number])) for number in range(2, len(able) + 1)]
    yield from tried[: MOST_PARTS - 1]
    if len(tried) >= MOST_PARTS:
        yield tried[-1]


def _nodes(table: Table, classes: Iterable[int]) -> int:
    return sum(table.book.classes[c].size for c in classes)


def _blocking(table: Table, demand: int, target: frozenset[int]) -> State | None:
    """Fill the nodes of ``target`` until they refuse ``demand``, put what spreading needs elsewhere beside that, and
    close the domains of the other classes by spreading the demand's own pods."""
    state = State(table, waiting=demand)
    _bring_partners(state, demand, target)
    quotas = _quotas(state, demand, target)
    for c in sorted(target, key=lambda c: (_nodes(table, [c]), c)):
        if state.refused_by_domain(demand, c) and not table.counting.domains(demand).spread:
            continue
        if not _fill(state, demand, c, target, quotas):
            return None
    for other in list(state.sequence):
        if other != demand and not _balance(state, other):
            return None
    spread = table.counting.domains(demand).spread
    if spread is not None and not _close(state, demand, spread, target):
        return None
    return state


def _bring_partners(state: State, demand: int, target: frozenset[int]) -> None:
    """Pods that ``demand`` has to be beside come first, on the nodes that are to be filled."""
    for d in state.table.counting.partners(demand):
        wanted = 1 if d == demand else min(state.left(d), MOST_SINGLE)
        place_one_by_one(state, d, sorted(target & state.table.counting.eligible(d)), wanted)


_Quotas = Mapping["tuple[int, int]", int]
"""The most pods of a spread demand in one of its domains, by (demand, domain)."""


def _quotas(state: State, demand: int, target: Collection[int]) -> _Quotas:
    """How far a spread demand may go in each domain that is to be filled, so that the others can keep up."""
    found: dict[tuple[int, int], int] = {}
    for d in range(len(state.table.most)):
        spread = state.table.counting.domains(d).spread
        if spread is None:
            continue
        supply = state.left(d)
        touched = {z for z in spread.touched(target) if spread.open[z]}
        rest = [z for z in range(len(spread.domains)) if z not in touched]
        if not rest or spread.zero:
            for z, number in enumerate(spread.even(supply)):
                found[d, z] = number
            continue
        if d == demand:
            # The domains that are not filled must be ahead by all that is allowed.
            level = _own_level(spread, supply, touched)
            found.update({(d, z): max(level - spread.staying[z], 0) for z in touched})
            continue
        level = spread.level(supply, touched)
        spare = supply - sum(max(level - spread.staying[z], 0) for z in rest)
        for z in sorted(touched):
            found[d, z] = max(min(level + spread.skew - spread.staying[z], spare), 0)
            spare -= found[d, z]
    return found


def _own_level(spread: Spread, supply: int, filled: Collection[int]) -> int:
    """How many pods the filled domains may have, so that there are enough to close the others."""
    low, high = 0, supply
    while low < high:
        level = (low + high + 1) // 2
        needed = sum(max((level if z in filled else level + spread.skew) - n, 0) for z, n in enumerate(spread.staying))
        low, high = (level, high) if needed <= supply else (low, level - 1)
    return low


def _fill(state: State, demand: int, node_class: int, target: Collection[int], quotas: _Quotas) -> bool:
    """Fill the nodes of a class until they refuse, with the pods that have least choice and weigh most."""
    for d in ranked(state, demand, node_class, target):
        for alike in list(state.nodes[node_class]):
            _load(state, demand, d, node_class, alike, quotas)
    return all(state.refused(demand, node_class, alike) for alike in state.nodes[node_class])


def _load(state: State, demand: int, other: int, node_class: int, alike: Alike, quotas: _Quotas) -> None:
    """Put pods of ``other`` on the nodes ``alike`` until they refuse ``demand``, as far as there are any."""
    left = _left(state, other, node_class, quotas)
    if not left or state.refused(demand, node_class, alike):
        return
    each = state.takes(other, node_class, alike, left)
    needed = state.needed(other, demand, node_class, alike)
    if not each or not needed:
        return
    each = min(each, needed)
    nodes = min(alike.number, left // each)
    rest = left - nodes * each
    whole = nodes == alike.number
    state.put(other, node_class, alike, nodes, each)
    if rest and not whole and (rest := min(rest, state.takes(other, node_class, alike, rest))):
        state.put(other, node_class, alike, 1, rest)


def _left(state: State, demand: int, node_class: int, quotas: _Quotas) -> int:
    left = state.left(demand)
    spread = state.table.counting.domains(demand).spread
    if left and spread is not None:
        z = spread.domain(node_class)
        left = min(left, quotas[demand, z] - state.on(demand, spread.domains[z]))
    return max(left, 0)


def ranked(state: State, demand: int, node_class: int, target: Collection[int]) -> list[int]:
    """The demands that can fill such a node: first those that can go to the fewest others, the heaviest first."""
    counting = state.table.counting
    keys: dict[int, tuple[int, float]] = {}
    for check in state.table.checks(demand, node_class):
        for d, weight in _adding(state, check.sum):
            if node_class not in counting.eligible(d) or not state.left(d):
                continue
            kind = counting.domains(d)
            if not state.book.of(d, node_class).covered:
                continue
            # Who needs company has it where pods of its kind are.
            if not kind.free and kind.spread is None and (d != demand or state.refused_by_domain(d, node_class)):
                continue
            share = -min(weight / max(check.most + check.least + 1, 1), 1.0)
            choice = sum(state.book.classes[c].size for c in counting.eligible(d) & frozenset(target))
            keys[d] = min(keys.get(d, (choice, 0.0)), (choice, share))
    return sorted(keys, key=lambda d: (*keys[d], d))


def _adding(state: State, number: int) -> Iterator[tuple[int, int]]:
    for d, adds in state.table.adds.items():
        if number in adds:
            yield d, adds[number]


def _balance(state: State, demand: int) -> bool:
    """Bring a spread demand to domains that are too far behind."""
    spread = state.table.counting.domains(demand).spread
    if spread is None or spread.zero:
        return True
    numbers = state.spread_over(demand)
    highest = max(n + stay for n, stay in zip(numbers, spread.staying, strict=True) if n)
    for z, (number, stay) in enumerate(zip(numbers, spread.staying, strict=True)):
        lacking = highest - spread.skew - number - stay
        if lacking > 0 and state.place(demand, spread.domains[z], lacking) < lacking:
            return False
    return spread.holds(state.spread_over(demand))


def _close(state: State, demand: int, spread: Spread, target: Collection[int]) -> bool:
    """Put pods of the waiting demand into the domains that are not filled until they are as far ahead as allowed."""
    numbers = state.spread_over(demand)
    filled = spread.touched(target)
    low = [
        n + stay
        for z, (n, stay) in enumerate(zip(numbers, spread.staying, strict=True))
        if z in filled or not spread.open[z]
    ]
    fewest = 0 if spread.zero else min(low, default=0)
    for z, (number, stay) in enumerate(zip(numbers, spread.staying, strict=True)):
        lacking = fewest + spread.skew - number - stay
        if z not in filled and spread.open[z] and lacking > 0:
            state.place(demand, spread.domains[z], lacking)
    return spread.holds(state.spread_over(demand))


def follow(
    table: Table, demand: int, blocked: Mapping[tuple[int, int], int], plan: Mapping[tuple[int, int, int], int]
) -> Iterator[State]:
    """The state that a candidate of the relaxation is about: its pods are dealt out evenly over so many nodes, and what
    is not blocked then is filled with what is left."""
    state = State(table, waiting=demand)
    eligible = table.counting.eligible(demand)
    for c in sorted(eligible):
        used: list[Alike] = []
        for r in range(len(table.book.of(demand, c).blockers)):
            fresh = next((alike for alike in state.nodes[c] if alike not in used and not alike.pods), None)
            number = blocked.get((c, r), 0)
            if not number or fresh is None:
                continue
            own = [fresh]
            if number < fresh.number:
                own = [state.part(c, fresh, number)]
            used += own
            for d in range(len(table.most)):
                number_of = plan.get((d, c, r), 0)
                if number_of and table.book.of(d, c).covered:
                    own = _deal(state, d, c, own, number_of)
            used += own
    quotas = {
        (d, z): table.most[d]
        for d in range(len(table.most))
        if (spread := table.counting.domains(d).spread)
        for z in range(len(spread.domains))
    }
    for c in sorted(eligible):
        if not state.refused_by_domain(demand, c):
            _fill(state, demand, c, eligible, quotas)
    for other in list(state.sequence):
        if other != demand and not _balance(state, other):
            return
    if state.blocked(demand):
        yield state


def _deal(state: State, demand: int, node_class: int, nodes: Sequence[Alike], number: int) -> list[Alike]:
    """Deal pods out over nodes as evenly as they are taken; the nodes, parted where they differ now."""
    total = sum(alike.number for alike in nodes)
    each, more = divmod(min(number, state.left(demand)), total)
    found: list[Alike] = []
    for alike in nodes:
        extra = min(more, alike.number)
        more -= extra
        for part, pods in ((extra, each + 1), (alike.number - extra, each)):
            if not part:
                continue
            chosen = state.part(node_class, alike, part) if part < alike.number else alike
            pods = min(pods, state.takes(demand, node_class, chosen, pods)) if pods else 0
            if pods:
                state.put(demand, node_class, chosen, part, pods)
            found.append(chosen)
    return found


def finish(state: State, demand: int, target: frozenset[int]) -> State | None:
    """Bring spread demands into balance, fill what is still open of ``target``, and close the other domains."""
    counting = state.table.counting
    for other in list(state.sequence):
        if other != demand and not _balance(state, other):
            return None
    quotas: dict[tuple[int, int], int] = {}
    for d in range(len(state.table.most)):
        spread = counting.domains(d).spread
        if spread is not None:
            after = [n + stay for n, stay in zip(state.spread_over(d), spread.staying, strict=True)]
            top = spread.skew if spread.zero else min(after) + spread.skew
            quotas.update({(d, z): max(top - stay, 0) for z, stay in enumerate(spread.staying)})
    for c in sorted(target):
        if not _fill(state, demand, c, target, quotas):
            return None
    spread = counting.domains(demand).spread
    if spread is not None and not _close(state, demand, spread, target):
        return None
    return state if state.blocked(demand) else None


def for_good(state: State, demand: int) -> bool:
    """Whether ``demand``, which every node refuses, is refused for ever, whoever comes next.

    What bounds from above stays exceeded. Where more pods of others may let it in again (spreading that counts them,
    affinity), all others come first; True only if then nobody finds a node any more.
    """
    counting = state.table.counting
    rises = any(
        check.floor is not None and any(d != demand for d, _ in _adding(state, check.sum))
        for c in counting.eligible(demand)
        for check in state.table.checks(demand, c)
    )
    if counting.domains(demand).simple and not rises:
        return True
    coming = [d for d in range(len(state.table.most)) if state.left(d)]
    if sum(state.left(d) for d in coming) > MOST_SINGLE:
        return False
    if any(not state.book.of(d, c).covered for d in coming for c in range(len(state.book.classes))):
        # The bounds do not tell where they may go.
        return False
    progress = True
    while progress:
        progress = False
        for d in range(len(state.table.most)):
            if not state.left(d) or (d == demand and not rises and counting.domains(d).simple):
                continue
            classes: Sequence[int] = sorted(counting.eligible(d))
            if counting.domains(d).free:
                progress = state.place(d, classes, state.left(d)) > 0 or progress
            else:
                progress = place_one_by_one(state, d, classes, state.left(d)) > 0 or progress
    return all(state.blocked(d) for d in range(len(state.table.most)) if d == demand or state.left(d))
