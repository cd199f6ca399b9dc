"""What calls of library functions cost (``k8s.io/apiserver/pkg/cel/library/cost.go``; cel-go ``functionCost``)."""

from __future__ import annotations

import math
from collections.abc import Callable

from attrs import frozen

from kverify.api.cel.ast import Expr, Literal
from kverify.api.cel.sizes import ONE, REGEX_FACTOR, TEXT_FACTOR, UNKNOWN, UNLIMITED, ZERO, Range, bounded, fixed
from kverify.api.cel.types import Type

SizeAt = Callable[[tuple[str, ...]], Range | None]
Cost = tuple[Range, Range | None]

MAX_NAME_FORMAT_REGEX = 128
MAX_FORMAT_SIZE = 64


@frozen
class Node:
    """A part of an expression as the estimate sees it; ``path`` leads to declared data, if it is such."""

    expr: Expr | None
    type: Type
    path: tuple[str, ...]
    size: Range | None

    @property
    def size_or_unknown(self) -> Range:
        return self.size or UNKNOWN


_NOMINAL = frozenset(
    [
        "serviceAccount",
        "path",
        "group",
        "resource",
        "subresource",
        "namespace",
        "name",
        "allowed",
        "reason",
        "error",
        "errored",
        "masked",
        "prefixLength",
        "family",
        "isUnspecified",
        "isLoopback",
        "isLinkLocalMulticast",
        "isLinkLocalUnicast",
        "isGlobalUnicast",
        "format.named",
        "sign",
        "asInteger",
        "isInteger",
        "asApproximateFloat",
        "isGreaterThan",
        "isLessThan",
        "compareTo",
        "add",
        "sub",
        "major",
        "minor",
        "patch",
        "getScheme",
        "getHostname",
        "getHost",
        "getPort",
        "getEscapedPath",
        "getQuery",
    ]
)
_WHOLE_LIST = frozenset(["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"])
_SAME_TEXT = frozenset(["lowerAscii", "upperAscii", "substring", "trim"])
_READ_TEXT = frozenset(["ip", "isIP", "cidr", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"])
_CHECK_COST = fixed(350_000)
_ONE_STEP_EQUALITY = frozenset(
    ["Quantity", "Semver", "IP", "CIDR", "Authorizer", "PathCheck", "GroupCheck", "ResourceCheck", "Decision"]
)


def call_cost(function: str, overload: str, target: Node | None, args: list[Node], size_at: SizeAt) -> Cost | None:
    """The cost of the call alone and the size of its result; None for what costs one step."""
    if function in _NOMINAL:
        return ONE, None
    if function == "check":
        return _CHECK_COST, None
    if function == "_==_":
        return _equality(args)
    if target is None:
        return _function(function, overload, args)
    return _method(function, overload, target, args, size_at)


def _function(function: str, overload: str, args: list[Node]) -> Cost | None:
    if not args:
        return None
    size = args[0].size_or_unknown
    if function in ("url", "jsonpatch.escapeKey"):
        return size.times(TEXT_FACTOR), size
    if function in _READ_TEXT:
        return size.times(TEXT_FACTOR), None
    if function == "ip.isCanonical":
        return size.times(2 * TEXT_FACTOR), None
    match overload:
        case "string_to_bytes":
            return size.times(TEXT_FACTOR), Range(size.low, bounded(size.high * 4))
        case "bytes_to_string":
            return size.times(TEXT_FACTOR), Range(size.low // 4, size.high)
        case "strings_quote":
            return size.times(TEXT_FACTOR), Range(bounded(size.low + 2), bounded(size.high * 2 + 2))
    return None


def _method(function: str, overload: str, target: Node, args: list[Node], size_at: SizeAt) -> Cost | None:
    size = target.size_or_unknown
    if function in _WHOLE_LIST:
        return _whole_list(target, size_at)
    if function in _SAME_TEXT:
        return size.times(TEXT_FACTOR), size
    match function:
        case "replace" if len(args) >= 2:
            made = _replaced(size, args[0].size_or_unknown, args[1].size_or_unknown)
            return size.times(2 * TEXT_FACTOR), made
        case "split":
            return size.times(2 * TEXT_FACTOR), Range(0, _split_limit(args, size.high))
        case "join":
            return _join(target, args, size_at)
        case "find" | "findAll" if args:
            found = (size + ONE).times(TEXT_FACTOR) * args[0].size_or_unknown.times(REGEX_FACTOR)
            return found, Range(0, size.high)
        case "matches" if len(args) == 1:
            return (size + ONE).times(TEXT_FACTOR) * args[0].size_or_unknown.times(REGEX_FACTOR), None
        case "contains" if len(args) == 1:
            return size.times(TEXT_FACTOR) * args[0].size_or_unknown.times(TEXT_FACTOR), None
        case "startsWith" | "endsWith" if len(args) == 1:
            return args[0].size_or_unknown.times(TEXT_FACTOR), None
        case "format":
            return size.times(TEXT_FACTOR), None
        case "validate" if args:
            return args[0].size_or_unknown.times(TEXT_FACTOR).times(MAX_NAME_FORMAT_REGEX * REGEX_FACTOR), None
        case "fieldSelector" | "labelSelector" if len(args) == 1:
            return args[0].size_or_unknown.times(TEXT_FACTOR).times(2), None
        case "ip":
            return ONE, None
        case "containsIP" | "containsCIDR":
            return _contains(function, overload, args), None
    return None


def _element(node: Node, size_at: SizeAt) -> Range | None:
    """How large an element of a list can be; None when ``node`` is no list."""
    if not node.type.params:
        return None
    return (size_at((*node.path, "@items")) if node.path else None) or UNKNOWN


def _whole_list(target: Node, size_at: SizeAt) -> Cost:
    element = _element(target, size_at)
    size = target.size_or_unknown
    if element is None:
        return size.times(TEXT_FACTOR), None
    each = ONE
    if target.type.params[0].kind in ("string", "bytes"):
        each += element.times(TEXT_FACTOR)
    return size * each, None


def _join(target: Node, args: list[Node], size_at: SizeAt) -> Cost:
    count = target.size_or_unknown
    element = _element(target, size_at)
    size = ZERO if element is None else count * element
    if args:
        size += args[0].size_or_unknown * Range(max(count.low - 1, 0), max(count.high - 1, 0))
    return size.times(TEXT_FACTOR), size


def _split_limit(args: list[Node], most: int) -> int:
    if len(args) > 1 and isinstance(args[1].expr, Literal) and isinstance(args[1].expr.value, int):
        return args[1].expr.value % 2**64
    return most


def _replaced(size: Range, old: Range, new: Range) -> Range:
    most, kept_most = _replacements(size.high, old.low, new.high <= old.low)
    least, kept_least = _replacements(size.low, old.high, old.high <= new.low)
    return Range(least, most) * new + Range(kept_least, kept_most)


def _replacements(size: int, old: int, unchanged: bool) -> tuple[int, int]:
    """How often something is put in, and how much of the text stays."""
    if old == 0:
        return (size + 1 if size < UNLIMITED else size), size
    if unchanged:
        return 0, size
    return bounded(math.ceil(float(size) / float(old))), 0


def _contains(function: str, overload: str, args: list[Node]) -> Range:
    address = Range(4, 16)
    cost = (address + address).times(TEXT_FACTOR)
    if function == "containsCIDR":
        cost += address.times(TEXT_FACTOR) + ONE
    if overload.endswith("_string"):
        cost += args[0].size_or_unknown.times(TEXT_FACTOR)
    return cost


def _equality(args: list[Node]) -> Cost | None:
    first, second = args
    if first.type != second.type or first.type.kind != "object":
        return None
    name = first.type.name.rpartition(".")[2]
    if not first.type.name.startswith(("kubernetes.", "net.")):
        return None
    if name in _ONE_STEP_EQUALITY:
        return ONE, None
    if name == "NamedFormat":
        return Range(1, MAX_FORMAT_SIZE).times(TEXT_FACTOR), None
    if name == "URL":
        size = second.size or ONE
        return Range(1, size.high).times(TEXT_FACTOR), None
    return None
