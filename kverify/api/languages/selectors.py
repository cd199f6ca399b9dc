"""Label selectors written as text, for ``kubectl get -l`` and in the status of a scale: ``app=web,env in (a,b)``.

Source: ``Parse`` and ``NewRequirement`` of k8s.io/apimachinery/pkg/labels. What they match is said in one place for
texts and objects, :mod:`kverify.api.labels`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from kverify.api.labels import parse_int64
from kverify.api.languages.language import Fault, Language, Mistake, TextError, shown
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement
from kverify.api.validation import formats

if TYPE_CHECKING:
    from lark import Token, Tree

MAX_LENGTH = 65536

_OPERATORS = {"=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt", "in": "In", "notin": "NotIn"}
_SYMBOLS = {"Gt": ">", "Lt": "<"}
_QUOTES = "\"'`"

_WRITE = "write it as in app=web,tier!=db,env in (a,b),!old"


class SelectorError(TextError):
    """The text is not a label selector."""


def _first_and_later(*examples: str) -> tuple[str, ...]:
    """The parser is in another state where a requirement has one before it."""
    return (*examples, *(f"first,{example}" for example in examples))


def _in_mend(fault: Fault) -> str:
    key, _, operator = fault.before.rstrip().rpartition(",")[2].strip().rpartition(" ")
    return f"write {key.strip()} {operator} ({fault.found})" if key else "put the values in parentheses"


_LANGUAGE = Language(
    "selector",
    "a selector",
    limit=MAX_LENGTH,
    error=SelectorError,
    mistakes=(
        Mistake(
            "a requirement begins with a key, not with {found}", _WRITE, examples=_first_and_later("=a", "(a)", ">5")
        ),
        Mistake("a key is missing between two commas", "remove one of them", examples=(",a", "first,,b")),
        Mistake("the selector ends with a comma", "remove it", examples=("a,", "a,b,")),
        Mistake(
            "a key belongs behind the !", "write !key", examples=_first_and_later("!", "!!a", "!=a", "!(a)", "!,b")
        ),
        Mistake("behind the key {found} does not belong", _WRITE, examples=_first_and_later("a (b)", "a !b", "a ) b")),
        Mistake("an operator or a comma is missing before {found}", _WRITE, examples=_first_and_later("a b")),
        Mistake(
            "requirements are joined by commas",
            "write a comma",
            examples=_first_and_later("a and b", "a && b", "a & b"),
        ),
        Mistake(
            "requirements cannot be alternatives",
            "select once for each of them, or write key in (a,b)",
            examples=_first_and_later("a or b", "a || b", "a | b"),
        ),
        Mistake("the operator is spelled notin", "write notin", examples=_first_and_later("a not in (b)")),
        Mistake(
            "operators are in lower case",
            "write in or notin",
            examples=_first_and_later("a IN (b)", "a NOTIN (b)", "a NotIn (b)", "a In (b)"),
        ),
        Mistake(
            "a key that must not exist has no value",
            "write key!=value",
            examples=_first_and_later("!a=b", "!a in (b)", "!a b"),
        ),
        Mistake(
            "a value belongs here, not {found}", _WRITE, examples=_first_and_later("a=(b)", "a=!b", "a==)", "a==<b")
        ),
        Mistake(
            "there is no such operator",
            "the operators are =, !=, >, <, in and notin",
            examples=_first_and_later("a>=5", "a<=5", "a===b"),
        ),
        Mistake(
            "a requirement has one value",
            "write key in (a,b), or a comma between requirements",
            examples=_first_and_later("a=b c", "a=b=c", "a=b (c)", "a=b!c", "a=b)"),
        ),
        Mistake(
            "the values of in and notin stand in parentheses",
            _in_mend,
            examples=_first_and_later("a in b", "a in", "a in =b", "a in ,b"),
        ),
        Mistake(
            "the parenthesis is not closed",
            "add )",
            examples=_first_and_later("a in (", "a in (b", "a in (b,", "a in (b,c"),
        ),
        Mistake(
            "{found} does not belong between the values",
            "separate them by commas",
            examples=_first_and_later("a in (=b)", "a in (b=c)", "a in (b,=c)", "a in (b,c=d)"),
        ),
        Mistake(
            "a comma is missing before {found}",
            "separate the values by commas",
            examples=_first_and_later("a in (b c)", "a in (b,c d)"),
        ),
        Mistake(
            "behind the parenthesis a comma or the end belongs",
            _WRITE,
            examples=_first_and_later("a in (b) c", "a in (b))", "a in (b)=c", "a in (b)(c)"),
        ),
    ),
)


@lru_cache(maxsize=256)
def parse_selector(text: str) -> LabelSelector:
    """Read a selector; an empty one matches everything. Raises :class:`SelectorError` for what ``Parse`` refuses.

    The requirements are sorted by key, and their values too. ``>`` and ``<`` become the operators Gt and Lt, which a
    text can have and a ``LabelSelector`` in a manifest cannot.
    """
    tree = _LANGUAGE.parse(text)
    nodes = sorted(tree.find_pred(lambda node: node.data in ("requirement", "absent")), key=_place)
    found = [_requirement(node) for node in nodes]
    return LabelSelector(match_expressions=tuple(sorted(found, key=lambda requirement: requirement.key)))


def _place(node: Tree[Token]) -> int:
    first = next(node.scan_values(lambda _: True))
    assert first.start_pos is not None
    return first.start_pos


def _requirement(node: Tree[Token]) -> LabelSelectorRequirement:
    tokens = list(node.scan_values(lambda _: True))
    if node.data == "absent":
        return LabelSelectorRequirement(key=_key(tokens[1]), operator="DoesNotExist")
    key = _key(tokens[0])
    if len(tokens) == 1:
        return LabelSelectorRequirement(key=key, operator="Exists")
    operator = _OPERATORS[tokens[1]]
    if tokens[1].type == "MEMBERSHIP":
        written = [token for token in tokens[2:] if token.type == "WORD"]
        values = tuple(map(_value, written))
        if len(written) < sum(1 for _ in node.find_data("value")):
            values = ("", *values)
    else:
        values = (_value(tokens[2]) if len(tokens) == 3 else "",)
    if operator in _SYMBOLS and parse_int64(values[0]) is None:
        raise _at(f"{tokens[1]} compares whole numbers", "write a whole number behind it", tokens[-1])
    return LabelSelectorRequirement(key=key, operator=operator, values=tuple(sorted(set(values))))


def _key(token: Token) -> str:
    reason = formats.qualified_name(str(token))
    if reason:
        raise _at(f"{shown(str(token))} is not a label key: {reason}", _unquoted(token), token)
    return str(token)


def _value(token: Token) -> str:
    reason = formats.label_value(str(token))
    if reason:
        raise _at(f"{shown(str(token))} is not a label value: {reason}", _unquoted(token), token)
    return str(token)


def _unquoted(token: Token) -> str:
    bare = token.strip(_QUOTES)
    return f"write {bare} without quotes" if bare and bare != token else ""


def _at(message: str, mend: str, token: Token) -> TextError:
    assert token.start_pos is not None
    return _LANGUAGE.error(message, mend, token.start_pos, token.start_pos + len(token))


def format_selector(selector: LabelSelector) -> str:
    """The selector as text, as the ``selector`` of a scale prints it (``Selector.String``), sorted by key.

    ``parse_selector`` reads it back with the same meaning. Raises ``ValueError`` for an operator that no selector has.
    """
    parts = [(key, f"{key}={value}") for key, value in selector.match_labels.items()]
    for requirement in selector.match_expressions:
        parts.append((requirement.key, _text_of(requirement)))
    return ",".join(text for _, text in sorted(parts, key=lambda part: part[0]))


def _text_of(requirement: LabelSelectorRequirement) -> str:
    key, operator, values = requirement.key, requirement.operator, requirement.values
    match operator:
        case "Exists":
            return key
        case "DoesNotExist":
            return f"!{key}"
        case "In" | "NotIn":
            return f"{key} {operator.lower()} ({','.join(sorted(values))})"
        case "Gt" | "Lt":
            return f"{key}{_SYMBOLS[operator]}{values[0]}"
    raise ValueError(f"{operator!r} is not the operator of a selector")
