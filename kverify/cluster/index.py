"""Labelled things by namespace and label, so that a selector is answered without looking at every object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from itertools import chain, islice
from typing import Generic, TypeVar

from attrs import field, frozen

from kverify.api.labels import map_matches
from kverify.api.types.meta import LabelSelector

T = TypeVar("T")


@frozen(eq=False)
class LabelIndex(Generic[T]):
    """Items with their labels. Answers are exact and in the order in which the items were given."""

    _items: Mapping[str, tuple[tuple[Mapping[str, str], T], ...]]
    _postings: Mapping[tuple[str, str, str], tuple[int, ...]] = field(repr=False)

    @classmethod
    def of(cls, items: Iterable[tuple[str, Mapping[str, str], T]]) -> LabelIndex[T]:
        """An index of (namespace, labels, item)."""
        by_namespace: dict[str, list[tuple[Mapping[str, str], T]]] = {}
        postings: dict[tuple[str, str, str], list[int]] = {}
        for namespace, labels, item in items:
            row = by_namespace.setdefault(namespace, [])
            for key, value in labels.items():
                postings.setdefault((namespace, key, value), []).append(len(row))
            row.append((labels, item))
        return cls(
            {namespace: tuple(row) for namespace, row in by_namespace.items()},
            {key: tuple(numbers) for key, numbers in postings.items()},
        )

    def matching(
        self, namespace: str, selector: LabelSelector | Mapping[str, str] | None, most: int | None = None
    ) -> tuple[T, ...]:
        """The items of ``namespace`` that ``selector`` matches, the first ``most`` of them; ``None`` matches nothing,
        an empty one everything."""
        return tuple(islice(self._matching(namespace, selector), most))

    def _matching(self, namespace: str, selector: LabelSelector | Mapping[str, str] | None) -> Iterator[T]:
        if selector is None:
            return
        row = self._items.get(namespace, ())
        pairs = selector.match_labels if isinstance(selector, LabelSelector) else selector
        lists = [self._postings.get((namespace, key, value), ()) for key, value in pairs.items()]
        candidates = (row[number] for number in min(lists, key=len)) if lists else iter(row)
        matches = selector.matches if isinstance(selector, LabelSelector) else partial(map_matches, selector)
        for labels, item in candidates:
            if matches(labels):
                yield item

    def similar(self, namespace: str, pairs: Mapping[str, str], most: int) -> Iterator[tuple[Mapping[str, str], T]]:
        """At most ``most`` items of ``namespace`` with different labels, those that have one of ``pairs`` first."""
        row = self._items.get(namespace, ())
        shared = (number for pair in pairs.items() for number in self._postings.get((namespace, *pair), ()))
        seen: set[tuple[tuple[str, str], ...]] = set()
        # Looking at a fixed number of items keeps many selectors that find nothing from costing their product.
        for number in islice(chain(shared, range(len(row))), 8 * most):
            form = tuple(sorted(row[number][0].items()))
            if form not in seen:
                seen.add(form)
                yield row[number]
            if len(seen) == most:
                return

    def elsewhere(self, namespace: str, pairs: Mapping[str, str], most: int) -> tuple[str, T] | None:
        """An item of another namespace that has all of ``pairs``, and its namespace; ``most`` namespaces are looked
        into."""
        if not pairs:
            return None
        places = min((self._places.get(pair, ()) for pair in pairs.items()), key=len)
        for place in islice((place for place in places if place != namespace), most):
            for item in self.matching(place, pairs, 1):
                return place, item
        return None

    @cached_property
    def _places(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """The namespaces in which a label occurs."""
        places: dict[tuple[str, str], dict[str, None]] = {}
        for namespace, key, value in self._postings:
            places.setdefault((key, value), {})[namespace] = None
        return {pair: tuple(found) for pair, found in places.items()}


@frozen(eq=False)
class SelectorIndex(Generic[T]):
    """The other way round: things with a plain selector, found by the labels they select."""

    _by_pair: Mapping[tuple[str, str, str], tuple[tuple[int, Mapping[str, str], T], ...]]

    @classmethod
    def of(cls, items: Iterable[tuple[str, Mapping[str, str], T]]) -> SelectorIndex[T]:
        """An index of (namespace, selector, item). An item with an empty selector selects nothing and is left out.

        Each item is filed under one pair of its selector: labels that lack that pair cannot match.
        """
        by_pair: dict[tuple[str, str, str], list[tuple[int, Mapping[str, str], T]]] = {}
        for number, (namespace, selector, item) in enumerate(items):
            if selector:
                by_pair.setdefault((namespace, *min(selector.items())), []).append((number, selector, item))
        return cls({key: tuple(row) for key, row in by_pair.items()})

    def selecting(self, namespace: str, labels: Mapping[str, str]) -> tuple[T, ...]:
        """The items of ``namespace`` whose selector matches ``labels``, in the order in which they were given."""
        found = [
            (number, item)
            for key, value in labels.items()
            for number, selector, item in self._by_pair.get((namespace, key, value), ())
            if map_matches(selector, labels)
        ]
        return tuple(item for _, item in sorted(found, key=lambda pair: pair[0]))
