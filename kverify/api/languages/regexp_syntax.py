"""The syntax of Go's regular expressions (``regexp/syntax`` with the flags of ``regexp.Compile``).

A tree is a tuple: its kind, then its parts.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TypeAlias

from attrs import define, field, frozen

from kverify.api.languages.language import TextError, shown

MAX_REPEAT = 1000
MAX_DEPTH = 250
"""Go allows 1,000 levels. Nobody writes even twenty."""

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
class CharacterSet:
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

Tree: TypeAlias = tuple[Any, ...]
_EMPTY: Tree = ("empty",)


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

    def whole(self) -> Tree:
        tree = self.alternatives()
        if self.position < len(self.text):
            raise self.fail("')' closes nothing", self.position, self.position + 1)
        return tree

    def alternatives(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail("the groups are nested too deep", 0)
        branches = [self.sequence()]
        while self.take("|"):
            branches.append(self.sequence())
        self.depth -= 1
        return branches[0] if len(branches) == 1 else ("or", *branches)

    def sequence(self) -> Tree:
        parts: list[Tree] = []
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

    def repeated(self, atom: Tree, start: int) -> Tree:
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

    def character(self, code: int) -> Tree:
        return ("set", CharacterSet(((code, code),), fold=self.fold))

    def atom(self) -> Tree | None:
        start = self.position
        sign = self.text[start]
        self.position += 1
        match sign:
            case "(":
                return self.group(start)
            case "[":
                return ("set", self.bracket(start))
            case ".":
                return ("set", CharacterSet(() if self.dot_all else ((10, 10),), negated=True))
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

    def group(self, start: int) -> Tree | None:
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

    def escape(self, start: int) -> Tree:
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
            return ("set", CharacterSet(ranges, classes, negated, self.fold))
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

    def bracket(self, start: int) -> CharacterSet:
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        classes: list[tuple[str, bool]] = []
        first = True
        while first or not self.take("]"):
            if self.position >= len(self.text):
                raise self.fail("this '[' is never closed", start, start + 1)
            self.item(ranges, classes)
            first = False
        return CharacterSet(tuple(ranges), tuple(classes), negated, self.fold)

    def item(self, ranges: list[tuple[int, int]], classes: list[tuple[str, bool]]) -> None:
        here = self.position
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


def _copies(tree: Tree) -> int:
    """How many times the innermost repetition with numbers is written out (``checkLimits``)."""
    if tree[0] == "repeat":
        _, inner, low, high, _ = tree
        times: int = low if high is None else high
        return max(1, times) * _copies(inner)
    return max((_copies(part) for part in tree[1:] if isinstance(part, tuple)), default=1)


def read_pattern(pattern: str) -> Tree:
    """Raises :class:`RegexpError` for what ``regexp.Compile`` refuses."""
    return _Reader(pattern).whole()
