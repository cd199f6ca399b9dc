"""What a change of a manifest is: of its fields, and of its characters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from attrs import frozen

from kverify.manifest.nodes import FieldPath, Plain


@frozen
class Put:
    """The field or item at ``path`` has ``value`` from now on; mappings that are missing on the way are made. A new
    key stands behind the last of those keys of ``after`` that are there, or last."""

    path: FieldPath
    value: Plain
    after: tuple[str, ...] = ()


@frozen
class Add:
    """The list at ``path`` has one more item, its last; a list that is missing is made."""

    path: FieldPath
    value: Plain


@frozen
class Remove:
    """The field or item at ``path`` is gone. A mapping or list that is empty then stays, as ``{}`` or ``[]``."""

    path: FieldPath


@frozen
class Rename:
    """The key that ``path`` ends with is ``key`` from now on; its value stays as it is written."""

    path: FieldPath
    key: str


Edit: TypeAlias = Put | Add | Remove | Rename


@frozen(order=True)
class Replacement:
    """The characters from ``start`` up to ``end`` of a text become ``text``."""

    start: int
    end: int
    text: str


def replaced(text: str, replacements: Iterable[Replacement]) -> str:
    """The text with all of them made; they must not overlap."""
    parts: list[str] = []
    position = 0
    for one in sorted(replacements):
        if one.start < position:
            raise ValueError("replacements overlap")
        parts += [text[position : one.start], one.text]
        position = one.end
    return "".join((*parts, text[position:]))


def lines_of(text: str) -> list[str]:
    """Lines with their ends, as git counts them: only LF ends one."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


def unified(name: str, old: str, new: str) -> str:
    """The change of a file as ``git apply`` and ``patch -p1`` take it; ``name`` is relative, with slashes."""
    from difflib import unified_diff

    before, after = lines_of(old), lines_of(new)
    first, last = _common(before, after)
    # What is far from the change need not be compared.
    skipped = max(0, first - _CONTEXT)
    rest = max(0, last - _CONTEXT)
    rows = unified_diff(
        before[skipped : len(before) - rest], after[skipped : len(after) - rest], f"a/{name}", f"b/{name}", n=_CONTEXT
    )
    shown = (_moved(row, skipped) if row.startswith("@@") else row for row in rows)
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in shown)


def difference(old: str, new: str) -> tuple[Replacement, ...]:
    """Replacements that make ``new`` of ``old``, each of them of whole lines."""
    from difflib import SequenceMatcher

    before, after = lines_of(old), lines_of(new)
    first, last = _common(before, after)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(None, before[first : len(before) - last], after[first : len(after) - last], False)
    return tuple(
        Replacement(starts[first + i], starts[first + j], "".join(after[first + k : first + m]))
        for kind, i, j, k, m in matcher.get_opcodes()
        if kind != "equal"
    )


_CONTEXT = 3
_HEAD = re.compile(r"(?<=[-+])[0-9]+")


def _common(before: list[str], after: list[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning and, of the others, at the end."""
    most = min(len(before), len(after))
    first = next((n for n in range(most) if before[n] != after[n]), most)
    most -= first
    return first, next((n for n in range(most) if before[-1 - n] != after[-1 - n]), most)


def _moved(head: str, lines: int) -> str:
    """The head of a hunk, so many lines further down."""
    return _HEAD.sub(lambda match: str(int(match[0]) + lines), head)
