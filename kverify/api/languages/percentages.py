"""Numbers that may be percentages: ``maxSurge: 25%``, ``minAvailable: 3``.

Sources: k8s.io/apimachinery/pkg/util/intstr (``GetScaledValueFromIntOrPercent``) and ``IsValidPercent`` in
pkg/util/validation. A text is always a percentage, never a number: ``"3"`` is refused.
"""

from __future__ import annotations

import re
from typing import Any, overload

from kverify.api.languages.language import Fault, Language, Mistake, TextError

MAX_LENGTH = 256
_ATOI_PERCENT = re.compile(r"(?P<number>[+-]?[0-9]+)%")


class PercentError(TextError):
    """The text is not a percentage."""


def _number_mend(fault: Fault) -> str:
    return f"write {fault.text} without quotes, or {fault.text}%" if fault.text.isdecimal() else "write it as in 25%"


_LANGUAGE = Language(
    "percent",
    "a percentage",
    limit=MAX_LENGTH,
    error=PercentError,
    mistakes=(
        Mistake(
            "{text} is neither a number nor a percentage", "write 1 or 25%", examples=("half", "#", "", "1#", "1% x")
        ),
        Mistake("a text is a percentage, and the % is missing", _number_mend, examples=("25",)),
        Mistake("the % stands behind the number", "write it as in 25%", examples=("%25",)),
        Mistake("a blank stands in the percentage", "remove it", examples=(" 25%", "25 %")),
        Mistake("a percentage has no sign", "write it as in 25%", examples=("-25%", "+25%")),
        Mistake("a percentage is a whole number", "round it", examples=("12.5%", "12,5%", ".5%")),
        Mistake(
            "a percentage has one %, at its end",
            "remove what follows",
            examples=("25%%", "25%5", "25%x", "25%.5", "25%-5"),
        ),
        Mistake("{found} is not the sign of a percentage", "write %", examples=("25percent",)),
    ),
)


def parse_percent(text: str) -> int:
    """25 for ``"25%"``. Raises :class:`PercentError` for what validation refuses (``[0-9]+%``)."""
    _LANGUAGE.parse(text)
    return int(text[:-1])


def is_percent(value: int | str | None) -> bool:
    return isinstance(value, str) and len(value) <= MAX_LENGTH and re.fullmatch(r"[0-9]+%", value) is not None


@overload
def scaled(value: int | str, total: int, *, up: bool) -> int: ...
@overload
def scaled(value: int | str, total: Any, *, up: bool) -> Any: ...
def scaled(value: int | str, total: Any, *, up: bool) -> Any:
    """``value``, or that part of ``total``, rounded up or down (``GetScaledValueFromIntOrPercent``).

    ``total`` may be anything that multiplies and divides as integers do, such as an expression of the model.

    ``"25%"`` of 3 is 1 rounded up and 0 rounded down. Exact, where the source goes through floating point, which is
    the same for the sizes that an int32 field can hold. Raises :class:`PercentError` for a text that is no percentage.
    A sign is no hindrance here: controllers leave that to validation.
    """
    if isinstance(value, int):
        return value
    match = _ATOI_PERCENT.fullmatch(value)
    if match is None or len(value) > MAX_LENGTH:
        raise _LANGUAGE.explain(value)
    product = int(match["number"]) * total
    return -(-product // 100) if up else product // 100
