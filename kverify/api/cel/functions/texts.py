"""Functions of texts: the standard's, cel-go ``ext/strings.go`` (version 2), ``find`` and ``findAll`` of Kubernetes."""

from __future__ import annotations

from collections.abc import Callable

from kverify.api.cel.functions.formatting import format_text, quote_text
from kverify.api.cel.functions.operators import MAX_TEXT
from kverify.api.cel.values import CelError, Value, equal, no_such_overload
from kverify.api.languages.regexp import Regexp, RegexpError, compile_regexp

_UPPER = {code: code + 32 for code in range(65, 91)}
_LOWER = {code: code - 32 for code in range(97, 123)}


def _texts(run: Callable[..., Value], *kinds: type) -> Callable[..., Value]:
    """``run`` for arguments of exactly these kinds (later ones may be missing)."""

    def checked(*values: Value) -> Value:
        if len(values) > len(kinds) or any(type(v) is not k for v, k in zip(values, kinds, strict=False)):
            return no_such_overload()
        return run(*values)

    return checked


def regexp(pattern: str) -> Regexp | CelError:
    try:
        return compile_regexp(pattern)
    except RegexpError as error:
        return CelError(f"{pattern[:60]!r} is not a regular expression: {error}")


def matches(text: str, pattern: str) -> Value:
    compiled = regexp(pattern)
    return compiled if isinstance(compiled, CelError) else compiled.matches(text)


def _find(text: str, pattern: str) -> Value:
    compiled = regexp(pattern)
    if isinstance(compiled, CelError):
        return compiled
    span = compiled.find(text)
    return "" if span is None else text[span[0] : span[1]]


def _find_all(text: str, pattern: str, limit: int = -1) -> Value:
    compiled = regexp(pattern)
    return compiled if isinstance(compiled, CelError) else tuple(compiled.find_all(text, limit))


def _char_at(text: str, index: int) -> Value:
    if not 0 <= index <= len(text):
        return CelError(f"index out of range: {index}")
    return text[index : index + 1]


def _index_of(text: Value, part: Value, start: Value = 0) -> Value:
    if isinstance(text, tuple):
        return next((i for i, item in enumerate(text) if equal(item, part)), -1)
    if not isinstance(text, str) or not isinstance(part, str) or type(start) is not int:
        return no_such_overload()
    if not 0 <= start <= len(text):
        # An offset at or behind the end finds nothing; cel-go refuses only negative ones and those beyond the end.
        return CelError(f"index out of range: {start}")
    return start if not part else text.find(part, start)


def _last_index_of(text: Value, part: Value, *until: Value) -> Value:
    if isinstance(text, tuple):
        return next((i for i in range(len(text) - 1, -1, -1) if equal(text[i], part)), -1)
    if not isinstance(text, str) or not isinstance(part, str) or any(type(end) is not int for end in until):
        return no_such_overload()
    end = until[0] if until else len(text)
    if not 0 <= end <= len(text):
        return CelError(f"index out of range: {end}")
    return end if not part else text.rfind(part, 0, end + len(part))


def _replace(text: str, old: str, new: str, count: int = -1) -> Value:
    found = len(text) + 1 if not old else text.count(old)
    times = found if count < 0 else min(found, count)
    if len(text) + times * len(new) > MAX_TEXT:
        return CelError("the text is too long")
    return text.replace(old, new, count)


def _split(text: str, separator: str, limit: int = -1) -> Value:
    if limit == 0:
        return ()
    if separator:
        return tuple(text.split(separator, limit - 1 if limit > 0 else -1))
    if limit < 0 or limit >= len(text):
        return tuple(text)
    return (*text[: limit - 1], text[limit - 1 :])


def _substring(text: str, start: int, *until: int) -> Value:
    end = until[0] if until else len(text)
    if not 0 <= start <= len(text):
        return CelError(f"index out of range: {start}")
    if not 0 <= end <= len(text):
        return CelError(f"index out of range: {end}")
    return text[start:end] if start <= end else CelError(f"invalid substring range. start: {start}, end: {end}")


def _join(parts: Value, separator: Value = "") -> Value:
    if not isinstance(parts, tuple) or not isinstance(separator, str):
        return no_such_overload()
    if not all(isinstance(part, str) for part in parts):
        return CelError("join: a member of the list is no text")
    if sum(map(len, parts)) + len(parts) * len(separator) > MAX_TEXT:
        return CelError("the text is too long")
    return separator.join(parts)


_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's ``unicode.IsSpace`` holds to be a space; Python has four more."""


def _trim(text: str) -> str:
    return text.strip(_SPACES)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "contains": _texts(lambda text, part: part in text, str, str),
    "startsWith": _texts(lambda text, part: text.startswith(part), str, str),
    "endsWith": _texts(lambda text, part: text.endswith(part), str, str),
    "matches": _texts(matches, str, str),
    "find": _texts(_find, str, str),
    "findAll": _texts(_find_all, str, str, int),
    "charAt": _texts(_char_at, str, int),
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "lowerAscii": _texts(lambda text: text.translate(_UPPER), str),
    "upperAscii": _texts(lambda text: text.translate(_LOWER), str),
    "replace": _texts(_replace, str, str, str, int),
    "split": _texts(_split, str, str, int),
    "substring": _texts(_substring, str, int, int),
    "trim": _texts(_trim, str),
    "join": _join,
    "format": lambda text, values: (
        format_text(text, values) if isinstance(text, str) and isinstance(values, tuple) else no_such_overload()
    ),
    "strings.quote": _texts(quote_text, str),
    "jsonpatch.escapeKey": _texts(lambda text: text.replace("~", "~0").replace("/", "~1"), str),
}
