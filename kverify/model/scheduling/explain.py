"""Words for what a filter compared: near misses of names, and amounts of resources as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_BINARY = ((1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki"))


def distance(a: str, b: str) -> int:
    """The edit distance: insertions, deletions, substitutions and swaps of neighbours, each counted 1.

    >>> distance("disktype", "disktpye")
    1
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most likely meant by ``word``: equal but for case, else at most a quarter of it mistyped.

    >>> nearest("diskType", ["disktype", "gen"])
    'disktype'
    """
    choices = sorted(set(candidates) - {word})
    for choice in choices:
        if choice.casefold() == word.casefold():
            return choice
    ranked = min(((distance(word, choice), choice) for choice in choices), default=None)
    return ranked[1] if ranked is not None and ranked[0] <= max(1, len(word) // 4) else None


def near_miss(kind: str, wanted: str, found: str) -> str:
    """Why two names that look alike are not the same."""
    return f"{kind}s are case-sensitive" if wanted.casefold() == found.casefold() else "is that a typing error?"


def label_mismatch(key: str, wanted: Iterable[str], labels: Mapping[str, str]) -> str:
    """How ``labels`` of a node miss ``key`` with one of the values ``wanted`` (any value when there are none)."""
    values = list(wanted)
    if key in labels:
        actual = labels[key]
        # n1 and n2, a and b are no typing errors of each other.
        similar = nearest(actual, (value for value in values if not _siblings(actual, value)))
        hint = f": {near_miss('label value', actual, similar)}" if similar is not None else ""
        return f"the node has {key}={actual}{hint}"
    similar = nearest(key, labels)
    if similar is None:
        return f"the node has no label {key}"
    return f"the node has {similar}={labels[similar]}: {near_miss('label key', key, similar)}"


_NO_DIGITS = str.maketrans("", "", "0123456789")


def _siblings(a: str, b: str) -> bool:
    """Names that differ in their numbers, or in a last letter that stands alone (``us-east-1a``)."""
    if a.translate(_NO_DIGITS) == b.translate(_NO_DIGITS):
        return True
    alone = len(a) == len(b) and not a[-2:-1].isalpha()
    return alone and a[:-1] == b[:-1] and a.casefold() != b.casefold()


def amount(resource: str, number: int) -> str:
    """An amount in scheduler units (milli-cores, bytes, pieces), exactly.

    >>> amount("cpu", 1500), amount("cpu", 2000), amount("memory", 1 << 30)
    ('1500m', '2', '1Gi')
    """
    if resource == "cpu":
        return str(number // 1000) if number % 1000 == 0 else f"{number}m"
    if resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-"):
        for size, suffix in _BINARY:
            if number and number % size == 0:
                return f"{number // size}{suffix}"
    return str(number)


def listing(items: Iterable[str], conjunction: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    words = list(items)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def count(number: int, noun: str) -> str:
    """``1 pod``, ``2 pods``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
