"""Regular expressions as Go reads and runs them (``regexp/syntax``, RE2): ``pattern`` of a schema, ``matches`` of CEL.

Python's ``re`` accepts other texts (look-ahead, back references), means other things by the same text (``$``, ``\\d``)
and can take exponential time. Here a pattern becomes a small program that is run over the text once, all alternatives
side by side, so that time is linear in the text; of several matches the leftmost is found, and of those the one that
Go prefers.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, TypeAlias

from attrs import define, field, frozen

from kverify.api.languages.language import TextError, shown

MAX_REPEAT = 1000
MAX_DEPTH = 250
"""Go allows 1,000 levels. Nobody writes even twenty."""
MAX_PROGRAM = 50_000

Ranges: TypeAlias = tuple[tuple[int, int], ...]
_LAST = 0x10FFFF

_DIGIT: Ranges = ((48, 57),)
_SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _DIGIT,
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CATEGORIES = frozenset(
    [
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cs",
        "L",
        "Ll",
        "Lm",
        "Lo",
        "Lt",
        "Lu",
        "M",
        "Mc",
        "Me",
        "Mn",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Pe",
        "Pf",
        "Pi",
        "Po",
        "Ps",
        "S",
        "Sc",
        "Sk",
        "Sm",
        "So",
        "Z",
        "Zl",
        "Zp",
        "Zs",
    ]
)
_SCRIPTS = frozenset(
    [
        "Arabic",
        "Armenian",
        "Cyrillic",
        "Devanagari",
        "Greek",
        "Hangul",
        "Han",
        "Hebrew",
        "Hiragana",
        "Katakana",
        "Latin",
        "Thai",
    ]
)
_ESCAPES = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}


class RegexpError(TextError):
    """The text is not a regular expression of Go; ``start`` and ``end`` are the characters at fault."""


@frozen
class _Set:
    """Characters in ``ranges`` or of one of ``classes`` (general categories, scripts); not these if ``negated``."""

    ranges: Ranges
    classes: tuple[tuple[str, bool], ...] = ()
    negated: bool = False
    fold: bool = False

    def holds(self, character: str) -> bool:
        if not self.fold:
            return self._plain(character) != self.negated
        forms = {character, character.lower(), character.upper(), character.swapcase()}
        return any(self._plain(form) for form in forms if len(form) == 1) != self.negated

    def _plain(self, character: str) -> bool:
        code = ord(character)
        return any(low <= code <= high for low, high in self.ranges) or any(
            _in_class(character, name) != negated for name, negated in self.classes
        )


def _in_class(character: str, name: str) -> bool:
    if name == "Any":
        return True
    if name in _SCRIPTS:
        spoken = unicodedata.name(character, "")
        return spoken.startswith("CJK" if name == "Han" else name.upper())
    return unicodedata.category(character).startswith(name)


# -- syntax tree: nested tuples, made by _Reader and compiled by _Compiler ------------------------------------------

_Tree: TypeAlias = tuple[Any, ...]
_EMPTY: _Tree = ("empty",)


@define
class _Reader:
    text: str
    position: int = 0
    depth: int = 0
    fold: bool = False
    multiline: bool = False
    dot_all: bool = False
    lazy: bool = False
    names: set[str] = field(factory=set)

    def fail(self, message: str, start: int, end: int | None = None) -> RegexpError:
        return RegexpError(message, "", start, max(start, len(self.text) if end is None else end))

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def take(self, text: str) -> bool:
        if self.text.startswith(text, self.position):
            self.position += len(text)
            return True
        return False

    def whole(self) -> _Tree:
        tree = self.alternatives()
        if self.position < len(self.text):
            raise self.fail("')' closes nothing", self.position, self.position + 1)
        return tree

    def alternatives(self) -> _Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail("the groups are nested too deep", 0)
        branches = [self.sequence()]
        while self.take("|"):
            branches.append(self.sequence())
        self.depth -= 1
        return branches[0] if len(branches) == 1 else ("or", *branches)

    def sequence(self) -> _Tree:
        parts: list[_Tree] = []
        while self.peek() not in ("", "|", ")"):
            start = self.position
            if self.take("\\Q"):
                end = self.text.find("\\E", self.position)
                literal = self.text[self.position : end if end >= 0 else len(self.text)]
                self.position = len(self.text) if end < 0 else end + 2
                parts += [self.character(ord(character)) for character in literal]
                if literal:
                    parts.append(self.repeated(parts.pop(), start))
                continue
            atom = self.atom()
            if atom is None:
                continue
            parts.append(self.repeated(atom, start))
        return parts[0] if len(parts) == 1 else ("and", *parts) if parts else _EMPTY

    def repeated(self, atom: _Tree, start: int) -> _Tree:
        bounds = self.bounds()
        if bounds is None:
            return atom
        low, high = bounds
        lazy = self.take("?") != self.lazy
        after = self.position
        if self.bounds() is not None:
            raise self.fail("one repetition follows another", start, self.position)
        self.position = after
        tree = ("repeat", atom, low, high, lazy)
        if _copies(tree) > MAX_REPEAT:
            raise self.fail(f"this repeats more than {MAX_REPEAT} times", start, after)
        return tree

    def bounds(self) -> tuple[int, int | None] | None:
        """The numbers of a repetition that stands here."""
        for sign, low, high in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self.take(sign):
                return low, high
        match = re.compile(r"\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}").match(self.text, self.position)
        if match is None:
            return None
        start, self.position = self.position, match.end()
        first = int(match[1][:6])
        last = None if match[2] and not match[3] else int((match[3] or match[1])[:6])
        if first > MAX_REPEAT or (last is not None and (last > MAX_REPEAT or last < first)):
            raise self.fail(f"the count {match[0]} is wrong or beyond {MAX_REPEAT}", start, self.position)
        return first, last

    def character(self, code: int) -> _Tree:
        return ("set", _Set(((code, code),), fold=self.fold))

    def atom(self) -> _Tree | None:
        start = self.position
        sign = self.text[start]
        self.position += 1
        match sign:
            case "(":
                return self.group(start)
            case "[":
                return ("set", self.bracket(start))
            case ".":
                return ("set", _Set(() if self.dot_all else ((10, 10),), negated=True))
            case "^":
                return ("at", "line" if self.multiline else "text")
            case "$":
                return ("at", "line end" if self.multiline else "text end")
            case "*" | "+" | "?":
                raise self.fail(f"there is nothing before {sign} to repeat", start, start + 1)
            case "\\":
                return self.escape(start)
        if sign == "{" and self._is_count(start):
            raise self.fail("there is nothing before the count to repeat", start, start + 1)
        return self.character(ord(sign))

    def _is_count(self, start: int) -> bool:
        self.position = start
        found = self.bounds() is not None
        self.position = start + 1
        return found

    def group(self, start: int) -> _Tree | None:
        before = (self.fold, self.multiline, self.dot_all, self.lazy)
        if self.take("?"):
            named = re.compile(r"P?<([^>]*)>").match(self.text, self.position)
            if named is not None and not self.text.startswith(("<=", "<!"), self.position):
                self.position = named.end()
                if not re.fullmatch(r"[A-Za-z0-9_]+", named[1]) or named[1] in self.names:
                    raise self.fail(f"the name {shown(named[1])} is wrong or used twice", start, self.position)
                self.names.add(named[1])
            elif self.flags(start):
                return None
        inner = self.alternatives()
        if not self.take(")"):
            raise self.fail("this '(' is never closed", start, start + 1)
        self.fold, self.multiline, self.dot_all, self.lazy = before
        return inner

    def flags(self, start: int) -> bool:
        """Flags after ``(?``; whether they are all there is to this group."""
        value, seen = True, False
        while True:
            sign = self.peek()
            self.position += 1
            match sign:
                case "i":
                    self.fold, seen = value, True
                case "m":
                    self.multiline, seen = value, True
                case "s":
                    self.dot_all, seen = value, True
                case "U":
                    self.lazy, seen = value, True
                case "-" if value:
                    value, seen = False, False
                case ":" | ")" if value or seen:
                    return sign == ")"
                case _:
                    message = f"{shown(self.text[start : self.position])} is not known to Go (no look-around)"
                    raise self.fail(message, start, min(self.position, len(self.text)))

    def escape(self, start: int) -> _Tree:
        sign = self.peek()
        self.position += 1
        match sign:
            case "A":
                return ("at", "text")
            case "z":
                return ("at", "text end")
            case "b":
                return ("at", "word")
            case "B":
                return ("at", "no word")
        self.position = start
        found = self.class_escape()
        if found is not None:
            ranges, classes, negated = found
            return ("set", _Set(ranges, classes, negated, self.fold))
        return self.character(self.code())

    def class_escape(self) -> tuple[Ranges, tuple[tuple[str, bool], ...], bool] | None:
        """``\\d``, ``\\pL`` and the like, when one stands here."""
        match = re.compile(r"\\([dswDSW])").match(self.text, self.position)
        if match is not None:
            self.position = match.end()
            ranges = {"d": _DIGIT, "s": _SPACE, "w": _WORD}[match[1].lower()]
            return ranges, (), match[1].isupper()
        match = re.compile(r"\\([pP])(?:\{(\^?)(\w*)\}|(\w))").match(self.text, self.position)
        if match is not None:
            self.position = match.end()
            name = match[3] or match[4] or ""
            if name not in _CATEGORIES and name not in _SCRIPTS and name != "Any":
                raise self.fail(f"{shown(match[0])} is no class of characters", match.start(), match.end())
            return (), ((name, False),), (match[1] == "P") != bool(match[2])
        return None

    def code(self) -> int:
        """The code of one character, which may be escaped."""
        start = self.position
        if not self.take("\\"):
            self.position += 1
            return ord(self.text[start])
        sign = self.peek()
        if not sign:
            raise self.fail("nothing follows the backslash", start)
        self.position += 1
        if sign in _ESCAPES:
            return _ESCAPES[sign]
        if sign == "x":
            match = re.compile(r"\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2})").match(self.text, self.position)
            if match is not None and int((match[1] or match[2])[-8:], 16) <= _LAST:
                self.position = match.end()
                return int((match[1] or match[2])[-8:], 16)
        if sign == "0" or ("1" <= sign <= "7" and self.peek() in tuple("01234567")):
            match = re.compile(r"[0-7]{1,3}").match(self.text, self.position - 1)
            assert match is not None
            self.position = match.end()
            return int(match[0], 8)
        if ord(sign) < 128 and not sign.isalnum():
            return ord(sign)
        raise self.fail(f"{shown(chr(92) + sign)} is no escape of Go", start, start + 2)

    def bracket(self, start: int) -> _Set:
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        classes: list[tuple[str, bool]] = []
        first = True
        while first or not self.take("]"):
            if self.position >= len(self.text):
                raise self.fail("this '[' is never closed", start, start + 1)
            self.item(ranges, classes, first)
            first = False
        return _Set(tuple(ranges), tuple(classes), negated, self.fold)

    def item(self, ranges: list[tuple[int, int]], classes: list[tuple[str, bool]], first: bool) -> None:
        here = self.position
        if self.peek() == "-" and not first and not self.text.startswith("-]", here):
            following = self.text[here + 1 : here + 2]
            if following != "]":
                raise self.fail("a range has no first character", here, here + 2)
        posix = re.compile(r"\[:(\^?)(\w*):\]").match(self.text, here)
        if posix is not None:
            if posix[2] not in _POSIX:
                raise self.fail(f"{shown(posix[0])} is no class of characters", here, posix.end())
            self.position = posix.end()
            ranges += _complement(_POSIX[posix[2]]) if posix[1] else _POSIX[posix[2]]
            return
        found = self.class_escape()
        if found is not None:
            inside, named, negated = found
            ranges += _complement(inside) if negated and inside else inside
            classes += [(name, negated) for name, _ in named]
            return
        low = high = self.code()
        if self.text.startswith("-", self.position) and not self.text.startswith("-]", self.position):
            self.position += 1
            if self.position >= len(self.text):
                raise self.fail("a range has no last character", here)
            high = self.code()
            if high < low:
                raise self.fail(f"the range {self.text[here : self.position]} is empty", here, self.position)
        ranges.append((low, high))


def _complement(ranges: Ranges) -> list[tuple[int, int]]:
    result: list[tuple[int, int]] = []
    following = 0
    for low, high in sorted(ranges):
        if low > following:
            result.append((following, low - 1))
        following = max(following, high + 1)
    return [*result, (following, _LAST)]


def _copies(tree: _Tree) -> int:
    """How many times the innermost repetition with numbers is written out (``checkLimits``)."""
    if tree[0] == "repeat":
        _, inner, low, high, _ = tree
        times: int = low if high is None else high
        return max(1, times) * _copies(inner)
    return max((_copies(part) for part in tree[1:] if isinstance(part, tuple)), default=1)


def _may_be_empty(tree: _Tree) -> bool:
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

    code: list[_Tree] = field(factory=list)

    def emit(self, *instruction: object) -> int:
        if len(self.code) >= MAX_PROGRAM:
            raise RegexpError("the expression is too large")
        self.code.append(instruction)
        return len(self.code) - 1

    def compile(self, tree: _Tree) -> None:
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

    def _alternatives(self, branches: _Tree) -> None:
        ends: list[int] = []
        for branch in branches[:-1]:
            split = self.emit("split", 0, 0)
            self.compile(branch)
            ends.append(self.emit("jump", 0))
            self.code[split] = ("split", split + 1, len(self.code))
        self.compile(branches[-1])
        for end in ends:
            self.code[end] = ("jump", len(self.code))

    def _repeat(self, tree: _Tree) -> None:
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

    def _unbounded(self, inner: _Tree, low: int, lazy: bool) -> None:
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
    _code: tuple[_Tree, ...]

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
    tree = _Reader(pattern).whole()
    compiler = _Compiler()
    compiler.compile(tree)
    compiler.emit("match")
    return Regexp(pattern, tuple(compiler.code))
