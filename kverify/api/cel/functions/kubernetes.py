"""Quantities, semantic versions, named formats and the authorizer (``k8s.io/apiserver/pkg/cel/library``)."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from attrs import evolve, frozen

from kverify.api.cel.libraries import FORMAT_NAMES
from kverify.api.cel.literals import INT_MAX, INT_MIN
from kverify.api.cel.values import NONE, CelError, Optional, Value, no_such_overload
from kverify.api.languages import string_formats
from kverify.api.quantity import NANO, Quantity, QuantityError, parse_quantity

# -- quantities ------------------------------------------------------------------------------------------------------


@frozen
class QuantityValue:
    type_name = "kubernetes.Quantity"
    amount: Quantity


def _quantity(text: Value) -> Value:
    if not isinstance(text, str):
        return no_such_overload()
    try:
        return QuantityValue(parse_quantity(text))
    except QuantityError as error:
        return CelError(f"not a quantity: {error}")


def _integer(value: QuantityValue) -> int | None:
    """``AsInt64``: whole units that fit into 64 bits, not written in parts of one."""
    whole, rest = divmod(value.amount.nano, NANO)
    usable = not rest and INT_MIN <= whole <= INT_MAX and value.amount.text[-1:] not in ("n", "u", "m")
    return whole if usable else None


def _as_integer(value: Value) -> Value:
    if not isinstance(value, QuantityValue):
        return no_such_overload()
    number = _integer(value)
    return CelError("cannot convert value to integer") if number is None else number


def _sum(sign: int) -> Callable[[Value, Value], Value]:
    def run(first: Value, second: Value) -> Value:
        other = second.amount.nano if isinstance(second, QuantityValue) else second * NANO if _is_int(second) else None
        if not isinstance(first, QuantityValue) or other is None:
            return no_such_overload()
        nano = first.amount.nano + sign * other
        return QuantityValue(Quantity(nano, f"{nano}n"))

    return run


def _is_int(value: Value) -> bool:
    return type(value) is int


# -- semantic versions -----------------------------------------------------------------------------------------------

_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)


@frozen
class Semver:
    type_name = "kubernetes.Semver"
    numbers: tuple[int, int, int]
    before: tuple[tuple[int, int | str], ...]
    """The parts of the pre-release: numbers come before texts."""

    @property
    def rank(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[int, int | str], ...]]:
        return self.numbers, not self.before, self.before


def _normalised(text: str) -> str:
    """A leading ``v`` and zeros in front go, missing numbers are 0 (``normalizeAndParse``)."""
    core, mark, rest = re.fullmatch(r"([^-+]*)([-+]?)(.*)", text.removeprefix("v"), re.DOTALL).groups()  # type: ignore[union-attr]
    parts = [part.lstrip("0") or "0" if part else part for part in core.split(".")]
    parts += ["0"] * (3 - len(parts))
    return ".".join(parts) + mark + rest


def _semver(text: Value, normalise: Value = False) -> Value:
    if not isinstance(text, str) or not isinstance(normalise, bool):
        return no_such_overload()
    match = _SEMVER.fullmatch(_normalised(text) if normalise else text)
    if match is None or any(len(part) > 19 or int(part) >= 2**63 for part in match.groups()[:3]):
        return CelError(f"{text[:40]!r} is not a semantic version")
    before = tuple(
        (0, int(part)) if part.isdigit() else (1, part) for part in (match[4].split(".") if match[4] else ())
    )
    return Semver((int(match[1]), int(match[2]), int(match[3])), before)


def _number(index: int) -> Callable[[Value], Value]:
    return lambda value: value.numbers[index] if isinstance(value, Semver) else no_such_overload()


def _order(first: Value, second: Value) -> Value:
    if isinstance(first, QuantityValue) and isinstance(second, QuantityValue):
        return (first.amount.nano > second.amount.nano) - (first.amount.nano < second.amount.nano)
    if isinstance(first, Semver) and isinstance(second, Semver):
        return (first.rank > second.rank) - (first.rank < second.rank)
    return no_such_overload()


def _compared(wanted: int) -> Callable[[Value, Value], Value]:
    def run(first: Value, second: Value) -> Value:
        order = _order(first, second)
        return order if isinstance(order, CelError) else order == wanted

    return run


# -- named formats ---------------------------------------------------------------------------------------------------


@frozen
class Format:
    type_name = "kubernetes.NamedFormat"
    name: str


def _why(fits: Callable[[str], bool], what: str) -> Callable[[str], str]:
    return lambda text: "" if fits(text) else f"it is not {what}"


@cache
def _rules() -> dict[str, Callable[[str], str]]:
    from kverify.api.validation import formats

    def prefix(rule: Callable[[str], str]) -> Callable[[str], str]:
        return lambda text: rule(f"{text[:-1]}a" if len(text) > 1 and text.endswith("-") else text)

    return {
        "dns1123Label": formats.dns_label,
        "dns1123Subdomain": formats.dns_subdomain,
        "dns1035Label": formats.dns_label_1035,
        "qualifiedName": formats.qualified_name,
        "dns1123LabelPrefix": prefix(formats.dns_label),
        "dns1123SubdomainPrefix": prefix(formats.dns_subdomain),
        "dns1035LabelPrefix": prefix(formats.dns_label_1035),
        "labelValue": formats.label_value,
        "uri": _why(string_formats.is_uri, "a URI"),
        "uuid": _why(string_formats.is_uuid, "a UUID"),
        "byte": _why(string_formats.is_base64, "base64"),
        "date": _why(string_formats.is_date, "a date such as 2006-01-02"),
        "datetime": _why(string_formats.is_date_time, "a time such as 2006-01-02T15:04:05Z"),
    }


def _named(name: Value) -> Value:
    if not isinstance(name, str):
        return no_such_overload()
    return Optional(True, Format(name)) if name in FORMAT_NAMES else NONE


def _validate(value: Value, text: Value) -> Value:
    if not isinstance(value, Format) or not isinstance(text, str):
        return no_such_overload()
    why = _rules()[value.name](text)
    return Optional(True, (why,)) if why else NONE


def _constant(name: str) -> Callable[[], Value]:
    return lambda: Format(name)


# -- the authorizer --------------------------------------------------------------------------------------------------


@frozen
class Decision:
    type_name = "kubernetes.authorization.Decision"
    allowed: bool
    reason: str = ""
    error: str = ""


@frozen
class Query:
    """What is asked of the authorizer. ``step`` says how much of the question has been put together; ``decide`` answers
    it, and without it there is no answer."""

    step: str
    decide: Callable[[Query], Decision] | None = None
    user: str = ""
    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""
    verb: str = ""

    @property
    def type_name(self) -> str:
        return f"kubernetes.authorization.{self.step}"


def authorizer(decide: Callable[[Query], Decision] | None = None) -> Query:
    """The value of the variable ``authorizer``."""
    return Query("Authorizer", decide)


def _ask(at: str, to: str, attribute: str, needed: bool = False) -> Callable[[Value, Value], Value]:
    def run(query: Value, text: Value) -> Value:
        if not isinstance(query, Query) or query.step != at or not isinstance(text, str):
            return no_such_overload()
        if needed and not text.strip():
            return CelError(f"{attribute} must not be empty")
        return evolve(query, step=to, **{attribute: text})  # type: ignore[arg-type]

    return run


def _service_account(query: Value, namespace: Value, name: Value) -> Value:
    if not isinstance(query, Query) or query.step != "Authorizer":
        return no_such_overload()
    return evolve(query, user=f"system:serviceaccount:{namespace}:{name}")


def _check(query: Value, verb: Value) -> Value:
    if not isinstance(query, Query) or query.step not in ("PathCheck", "ResourceCheck") or not isinstance(verb, str):
        return no_such_overload()
    if query.decide is None:
        return CelError("nothing is known here of who may do what")
    return query.decide(evolve(query, verb=verb))


def _of_decision(read: Callable[[Decision], Value]) -> Callable[[Value], Value]:
    return lambda value: read(value) if isinstance(value, Decision) else no_such_overload()


_RESOURCE = "ResourceCheck"

FUNCTIONS: dict[str, Callable[..., Value]] = {
    "quantity": _quantity,
    "isQuantity": lambda text: (
        not isinstance(_quantity(text), CelError) if isinstance(text, str) else no_such_overload()
    ),
    "sign": lambda value: (
        (value.amount.nano > 0) - (value.amount.nano < 0) if isinstance(value, QuantityValue) else no_such_overload()
    ),
    "asInteger": _as_integer,
    "isInteger": lambda value: _integer(value) is not None if isinstance(value, QuantityValue) else no_such_overload(),
    "asApproximateFloat": lambda value: (
        float(Fraction(value.amount.nano, NANO)) if isinstance(value, QuantityValue) else no_such_overload()
    ),
    "add": _sum(1),
    "sub": _sum(-1),
    "compareTo": _order,
    "isLessThan": _compared(-1),
    "isGreaterThan": _compared(1),
    "semver": _semver,
    "isSemver": lambda *arguments: not isinstance(_semver(*arguments), CelError),
    "major": _number(0),
    "minor": _number(1),
    "patch": _number(2),
    "format.named": _named,
    "validate": _validate,
    **{f"format.{name}": _constant(name) for name in FORMAT_NAMES},
    "path": _ask("Authorizer", "PathCheck", "path", True),
    "group": _ask("Authorizer", "GroupCheck", "group"),
    "serviceAccount": _service_account,
    "resource": _ask("GroupCheck", _RESOURCE, "resource", True),
    "subresource": _ask(_RESOURCE, _RESOURCE, "subresource"),
    "namespace": _ask(_RESOURCE, _RESOURCE, "namespace"),
    "name": _ask(_RESOURCE, _RESOURCE, "name"),
    "fieldSelector": _ask(_RESOURCE, _RESOURCE, "field_selector"),
    "labelSelector": _ask(_RESOURCE, _RESOURCE, "label_selector"),
    "check": _check,
    "allowed": _of_decision(lambda decision: decision.allowed),
    "reason": _of_decision(lambda decision: decision.reason),
    "error": _of_decision(lambda decision: decision.error),
    "errored": _of_decision(lambda decision: bool(decision.error)),
}
