"""What a change of a manifest is: of its fields, and of its characters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from attrs import evolve, frozen

from kverify.manifest.nodes import FieldPath, Plain


@frozen
class Put:
    """The field or item at ``path`` has ``value`` from now on; mappings that are missing on the way are made. A new
    key stands behind the last of those keys of ``after`` that are there, or last."""

    path: FieldPath
    value: Plain
    after: tuple[str, ...] = ()

    def at(self, path: FieldPath) -> Put:
        """The same change somewhere else."""
        return evolve(self, path=path)


@frozen
class Add:
    """The list at ``path`` has one more item, its last; a list that is missing is made."""

    path: FieldPath
    value: Plain

    def at(self, path: FieldPath) -> Add:
        """The same change somewhere else."""
        return evolve(self, path=path)


@frozen
class Remove:
    """The field or item at ``path`` is gone. A mapping or list that is empty then stays, as ``{}`` or ``[]``."""

    path: FieldPath

    def at(self, path: FieldPath) -> Remove:
        """The same change somewhere else."""
        return evolve(self, path=path)


@frozen
class Rename:
    """The key that ``path`` ends with is ``key`` from now on; its value stays as it is written."""

    path: FieldPath
    key: str

    def at(self, path: FieldPath) -> Rename:
        """The same change somewhere else."""
        return evolve(self, path=path)


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

    lines = unified_diff(lines_of(old), lines_of(new), f"a/{name}", f"b/{name}", lineterm="\n")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def difference(old: str, new: str) -> tuple[Replacement, ...]:
    """Replacements that make ``new`` of ``old``, each of them of whole lines."""
    from difflib import SequenceMatcher

    before, after = lines_of(old), lines_of(new)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    return tuple(
        Replacement(starts[i], starts[j], "".join(after[k:m]))
        for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if kind != "equal"
    )
