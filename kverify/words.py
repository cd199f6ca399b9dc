"""Small words: counting things in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int, noun: str) -> str:
    """``1 node``, ``3 nodes``, ``1,200 nodes``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listing(names: Sequence[str], most: int = 4) -> str:
    """``a, b and c``; of a long list the first few and how many more there are."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def any_of(names: Sequence[str]) -> str:
    """``a``, or ``any of a, b and c``: each of them alone, not all at once."""
    return f"any of {listing(names)}" if len(names) > 1 else listing(names)


def sentences(*parts: str) -> str:
    """``parts`` as sentences: each begins with a capital and ends with a full stop."""
    return " ".join(f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in parts if part)


def amount(resource: str, number: int) -> str:
    """A request as people write it: ``500m`` of cpu, ``2Gi`` of memory."""
    if resource == "cpu":
        return f"{number}m" if number % 1000 else str(number // 1000)
    for suffix, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if number % size == 0:
            return f"{number // size}{suffix}"
    return str(number)


def repeats(loop: int) -> str:
    """What a run does that comes back to the state after ``loop`` steps."""
    return f"From step {loop + 1} on this repeats for ever."
