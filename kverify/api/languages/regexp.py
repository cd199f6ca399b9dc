"""Regular expressions as Go reads and runs them (``regexp/syntax``, RE2): ``pattern`` of a schema, ``matches`` of CEL.

Python's ``re`` accepts other texts (look-ahead, back references), means other things by the same text (``$``, ``\\d``)
and can take exponential time. Here a pattern becomes a small program that is run over the text once, all alternatives
side by side, so that time is linear in the text; of several matches the leftmost is found, and of those the one that
Go prefers.
"""

from __future__ import annotations

from functools import lru_cache

from attrs import define, field, frozen

from kverify.api.languages.regexp_syntax import RegexpError, Tree, read_pattern

__all__ = ["Regexp", "RegexpError", "compile_regexp"]

MAX_PROGRAM = 50_000


def _may_be_empty(tree: Tree) -> bool:
    match tree[0]:
        case "set":
            return False
        case "and":
            return all(map(_may_be_empty, tree[1:]))
        case "or":
            return any(map(_may_be_empty, tree[1:]))
        case "repeat":
            return tree[2] == 0 or _may_be_empty(tree[1])
    return True


# -- programs ----------------------------------------------------------------------------------------------------------


@define
class _Compiler:
    """Instructions are ``("set", chars)``, ``("split", preferred, other)``, ``("jump", to)``, ``("at", where)`` and
    ``("match",)``."""

    code: list[Tree] = field(factory=list)

    def emit(self, *instruction: object) -> int:
        if len(self.code) >= MAX_PROGRAM:
            raise RegexpError("the expression is too large")
        self.code.append(instruction)
        return len(self.code) - 1

    def compile(self, tree: Tree) -> None:
        match tree[0]:
            case "set" | "at":
                self.emit(*tree)
            case "and":
                for part in tree[1:]:
                    self.compile(part)
            case "or":
                self._alternatives(tree[1:])
            case "repeat":
                self._repeat(tree)

    def _alternatives(self, branches: Tree) -> None:
        ends: list[int] = []
        for branch in branches[:-1]:
            split = self.emit("split", 0, 0)
            self.compile(branch)
            ends.append(self.emit("jump", 0))
            self.code[split] = ("split", split + 1, len(self.code))
        self.compile(branches[-1])
        for end in ends:
            self.code[end] = ("jump", len(self.code))

    def _repeat(self, tree: Tree) -> None:
        _, inner, low, high, lazy = tree
        if high is None:
            self._unbounded(inner, low, lazy)
            return
        for _ in range(low):
            self.compile(inner)
        splits: list[int] = []
        for _ in range(high - low):
            splits.append(self.emit("split", 0, 0))
            self.compile(inner)
        for split in splits:
            self._split(split, split + 1, len(self.code), lazy)

    def _unbounded(self, inner: Tree, low: int, lazy: bool) -> None:
        """``x*`` of an ``x`` that may be empty is ``(x+)?``: the order of preference needs that (golang/go#46123)."""
        for _ in range(low - 1):
            self.compile(inner)
        skip = None
        if low == 0:
            skip = self.emit("split", 0, 0)
            if not _may_be_empty(inner):
                self.compile(inner)
                self.emit("jump", skip)
                self._split(skip, skip + 1, len(self.code), lazy)
                return
        begin = len(self.code)
        self.compile(inner)
        again = self.emit("split", 0, 0)
        self._split(again, begin, len(self.code), lazy)
        if skip is not None:
            self._split(skip, skip + 1, len(self.code), lazy)

    def _split(self, at: int, inside: int, after: int, lazy: bool) -> None:
        self.code[at] = ("split", after, inside) if lazy else ("split", inside, after)


@frozen(eq=False)
class Regexp:
    """A pattern that can be looked for; made by :func:`compile_regexp`."""

    pattern: str
    _code: tuple[Tree, ...]

    def matches(self, text: str) -> bool:
        """Whether the pattern matches anywhere in ``text``."""
        return self._run(text, 0, True) is not None

    def find(self, text: str, start: int = 0) -> tuple[int, int] | None:
        """Where the leftmost match at or after ``start`` begins and ends."""
        return self._run(text, start, False)

    def find_all(self, text: str, limit: int = -1) -> list[str]:
        """All matches that do not overlap, at most ``limit`` unless that is negative (``FindAllString``)."""
        found: list[str] = []
        position, previous_end = 0, -1
        while position <= len(text) and len(found) != limit:
            span = self.find(text, position)
            if span is None:
                break
            begin, end = span
            if not (begin == end == previous_end):
                found.append(text[begin:end])
            position = end if end > position else position + 1
            previous_end = end
        return found

    def _run(self, text: str, start: int, any_will_do: bool) -> tuple[int, int] | None:
        code = self._code
        threads: list[tuple[int, int]] = []
        found: tuple[int, int] | None = None
        for position in range(start, len(text) + 1):
            if found is None:
                self._follow(threads, {pc for pc, _ in threads}, 0, position, text, position)
            if not threads:
                if found is not None:
                    break
                continue
            following: list[tuple[int, int]] = []
            seen: set[int] = set()
            character = text[position : position + 1]
            for pc, begun in threads:
                instruction = code[pc]
                if instruction[0] == "match":
                    if any_will_do:
                        return begun, position
                    found = (begun, position)
                    break
                if character and instruction[1].holds(character):
                    self._follow(following, seen, pc + 1, begun, text, position + 1)
            threads = following
        return found

    def _follow(
        self, threads: list[tuple[int, int]], seen: set[int], pc: int, begun: int, text: str, position: int
    ) -> None:
        """Add what can be reached from ``pc`` without reading a character, most preferred first."""
        stack = [pc]
        while stack:
            pc = stack.pop()
            if pc in seen:
                continue
            seen.add(pc)
            instruction = self._code[pc]
            match instruction[0]:
                case "jump":
                    stack.append(instruction[1])
                case "split":
                    stack += (instruction[2], instruction[1])
                case "at":
                    if _stands(instruction[1], text, position):
                        stack.append(pc + 1)
                case _:
                    threads.append((pc, begun))


def _stands(where: str, text: str, position: int) -> bool:
    match where:
        case "text":
            return position == 0
        case "text end":
            return position == len(text)
        case "line":
            return position == 0 or text[position - 1] == "\n"
        case "line end":
            return position == len(text) or text[position] == "\n"
    before = position > 0 and _is_word(text[position - 1])
    after = position < len(text) and _is_word(text[position])
    return (before != after) == (where == "word")


def _is_word(character: str) -> bool:
    return character == "_" or (character < "\x80" and character.isalnum())


@lru_cache(maxsize=512)
def compile_regexp(pattern: str) -> Regexp:
    """Raises :class:`RegexpError` for what ``regexp.Compile`` refuses."""
    tree = read_pattern(pattern)
    compiler = _Compiler()
    compiler.compile(tree)
    compiler.emit("match")
    return Regexp(pattern, tuple(compiler.code))
