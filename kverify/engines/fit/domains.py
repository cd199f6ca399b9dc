"""What spreading over domains that several nodes share (zones) lets pods of one kind do.

The usual constraint counts only pods that have it themselves. Then the fewest never falls while nothing is deleted, so
no domain that such a pod was bound to is ever more than ``maxSkew`` ahead, and a state in which none is can be reached
by always binding in the domain that has the fewest. Both directions need nothing but the number of pods in each domain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from attrs import frozen

from kverify.engines.fit.rules import Rulebook
from kverify.model.scheduling import pod_topology_spread


@frozen(eq=False)
class Spread:
    """A spread constraint that counts no pods that come but its own.

    ``domains`` are the classes of nodes that take part, ``staying`` the counted pods that stay, ``open`` whether some
    class takes such a pod at all; each by domain. ``zero``: the fewest counts as 0 (``minDomains``). ``path`` is the
    field.
    """

    domains: tuple[tuple[int, ...], ...]
    staying: tuple[int, ...]
    open: tuple[bool, ...]
    skew: int
    zero: bool
    path: str = ""

    def domain(self, node_class: int) -> int:
        """The domain of a class that takes part."""
        return next(z for z, classes in enumerate(self.domains) if node_class in classes)

    def touched(self, classes: Collection[int]) -> frozenset[int]:
        """The domains that some of ``classes`` are of."""
        chosen = set(classes)
        return frozenset(z for z, members in enumerate(self.domains) if chosen & set(members))

    def level(self, supply: int, chosen: Collection[int]) -> int:
        """How many pods the fewest should be, so that as many as possible are in the ``chosen`` domains.

        With the fewest at ``m``, a chosen domain bears ``m + skew``, and every other one needs ``m``.
        """
        low = min(self.staying)
        high = min([low + supply, *(n for n, able in zip(self.staying, self.open, strict=True) if not able)])
        while low < high:
            middle = (low + high + 1) // 2
            if self._borne(middle, chosen) + self._needed(middle, chosen) <= supply:
                low = middle
            else:
                high = middle - 1
        return low

    def most(self, supply: int, chosen: Collection[int]) -> int:
        """At most so many of ``supply`` pods are ever in the ``chosen`` domains."""
        chosen = [z for z in chosen if self.open[z]]
        if self.zero:
            return min(supply, sum(max(self.skew - self.staying[z], 0) for z in chosen))
        first = self.level(supply, chosen)
        least = [n for n, able in zip(self.staying, self.open, strict=True) if not able]
        levels = [first] if least and first >= min(least) else [first, first + 1]
        return max(max(min(self._borne(m, chosen), supply - self._needed(m, chosen)), 0) for m in levels)

    def _borne(self, level: int, chosen: Collection[int]) -> int:
        return sum(max(level + self.skew - self.staying[z], 0) for z in chosen)

    def _needed(self, level: int, chosen: Collection[int]) -> int:
        return sum(max(level - n, 0) for z, n in enumerate(self.staying) if z not in chosen)

    def even(self, supply: int) -> list[int]:
        """``supply`` pods dealt out so that domains differ as little as they can; some are left where that is all."""
        able = [z for z in range(len(self.staying)) if self.open[z]]
        fixed = [self.staying[z] for z in range(len(self.staying)) if not self.open[z]]
        top = self.skew if self.zero else min(fixed) + self.skew if fixed else max(self.staying) + supply

        def dealt(level: int) -> list[int]:
            return [
                max(min(level, top) - n, 0) if opened else 0 for n, opened in zip(self.staying, self.open, strict=True)
            ]

        low, high = 0, max(self.staying) + supply
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if sum(dealt(middle)) <= supply else (low, middle - 1)
        numbers = dealt(low)
        left = supply - sum(numbers)
        for z in [z for z in able if self.staying[z] + numbers[z] == low < top][:left]:
            numbers[z] += 1
        return numbers

    def holds(self, numbers: Sequence[int]) -> bool:
        """Whether so many pods that came, by domain, can be reached."""
        if self.zero:
            return all(not n or n + stay <= self.skew for n, stay in zip(numbers, self.staying, strict=True))
        after = [n + stay for n, stay in zip(numbers, self.staying, strict=True)]
        fewest = min(after)
        return all(not n or total <= fewest + self.skew for n, total in zip(numbers, after, strict=True))


@frozen(eq=False)
class Domains:
    """What a demand meets in shared domains. ``free``: nothing. ``stable``: only what later pods cannot break."""

    free: bool
    stable: bool
    spread: Spread | None = None

    @property
    def simple(self) -> bool:
        """Whether states can be built without trying orders."""
        return self.free or self.stable or self.spread is not None


def domains(book: Rulebook, demand: int) -> Domains:
    """The kind of condition that a demand puts on shared domains."""
    classes = [c for c in range(len(book.classes)) if not book.of(demand, c).refused]
    if all(book.of(demand, c).domain is True for c in classes):
        return Domains(free=True, stable=True)
    asked = [r for c in classes for r in book.domain_requirements(demand, c) if r.holds is not True]
    stable = all(requirement.stable for requirement in asked)
    paths = {requirement.path for requirement in asked}
    spread = None
    if len(paths) == 1 and all(requirement.plugin == pod_topology_spread.NAME for requirement in asked):
        spread = _spread(book, demand, paths.pop(), classes)
    return Domains(free=False, stable=stable, spread=spread)


def _spread(book: Rulebook, demand: int, path: str, classes: Sequence[int]) -> Spread | None:
    number = int(path.partition("[")[2].partition("]")[0])
    found = pod_topology_spread.constraint(book.domain_pod(demand), number, book.whole)
    coming = [group for group in found.groups if group < len(book.demands)]
    if coming != [demand] or found.self_match != 1:
        return None
    parts = tuple(found.domains.values())
    if not set(classes) <= {c for members in parts for c in members}:
        return None
    staying = {group - len(book.demands) for group in found.groups} - {demand - len(book.demands)}
    return Spread(
        domains=parts,
        staying=tuple(
            sum(n * book.classes[c].size for c in members for g, n in book.classes[c].present if g in staying)
            for members in parts
        ),
        open=tuple(any(c in classes for c in members) for members in parts),
        skew=found.spec.max_skew,
        zero=found.floor_is_zero,
        path=path,
    )
