"""Labelled things by namespace and label, so that a selector is answered without looking at every object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    def matching(self, namespace: str, selector: LabelSelector | Mapping[str, str] | None) -> tuple[T, ...]:
        """The items of ``namespace`` that ``selector`` matches; ``None`` matches nothing, an empty one everything."""
        if selector is None:
            return ()
        row = self._items.get(namespace, ())
        pairs = selector.match_labels if isinstance(selector, LabelSelector) else selector
        lists = [self._postings.get((namespace, key, value), ()) for key, value in pairs.items()]
        candidates = [row[number] for number in min(lists, key=len)] if lists else row
        if isinstance(selector, LabelSelector):
            return tuple(item for labels, item in candidates if selector.matches(labels))
        return tuple(item for labels, item in candidates if map_matches(selector, labels))

    def labels(self, namespace: str) -> tuple[Mapping[str, str], ...]:
        """The labels of every item of ``namespace``."""
        return tuple(labels for labels, _ in self._items.get(namespace, ()))


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
