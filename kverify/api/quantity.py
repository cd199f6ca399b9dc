"""Resource quantities: ``500m``, ``1.5Gi``, ``1e3``. Exact integers inside, never floats.

Source: ``k8s.io/apimachinery/pkg/api/resource`` (quantity.go, amount.go, math.go, suffix.go). The API server rounds
everything up to whole nano units on parsing, so a quantity *is* an integer number of nanos.

Every container has half a dozen quantities, so one regular expression does the reading, and results are cached;
``grammar/quantity.lark``, which accepts the same texts, explains what is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering

from attrs import field, frozen

from kverify.api.languages.language import Fault, Language, Mistake, TextError, shown

NANO = 10**9
MILLI_SCALE = -3
MAX_BINARY = 2**63 - 1
"""Quantities with a binary suffix are capped here; decimal ones are not."""

MAX_LENGTH = 2048
MAX_EXPONENT = 2048
"""Bounds of ours: an exponent of 2³¹ costs the real API server gigabytes. Both together stay below the 4,300 digits
that Python converts."""

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = {exponent: suffix for suffix, exponent in _BINARY.items()} | {0: ""}

_QUANTITY = re.compile(
    r"""(?P<sign>[+-])?
        (?P<whole>[0-9]*)(?P<point>\.(?P<fraction>[0-9]*))?
        (?:(?P<binary>[KMGTPE]i)|[eE](?P<exponent>[+-]?[0-9]+)|(?P<decimal>[numkMGTPE]?))""",
    re.VERBOSE,
)

_MAX_DIGITS = 18
"""``maxInt64Factors``: numbers of at most so many digits are computed with in int64 (the fast path of the source)."""

_MEANT = {
    word: meaning
    for meaning, words in {
        "k or Ki": "k kb kib kbyte kbytes kilo",
        "M or Mi": "mb meg mbyte mbytes mega",
        "G or Gi": "g gb gig gbyte gbytes giga",
        "T or Ti": "t tb tbyte tbytes tera",
        "P or Pi": "p pb peta",
        "Ki": "ki",
        "Mi": "mi mib",
        "Gi": "gi gib",
        "Ti": "ti tib",
        "Pi": "pi pib",
        "Ei": "ei eib",
        "no suffix (1 is one CPU)": "cpu cpus core cores vcpu vcpus c",
        "m (1000m is one CPU)": "mcpu millicpu millicores mcores",
        "no suffix (1 is one byte)": "b byte bytes",
    }.items()
    for word in words.split()
}
"""What a wrong suffix, in lower case, probably stands for."""

_WRITE = "write a number with one suffix, as in 500m, 2, 1.5Gi or 10M"
_TWO_SUFFIXES = re.compile(r"(?:[KMGTPE]i|[numkMGTPE]|[eE][0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][0-9]+)+")
_DIGITLESS_EXPONENT = re.compile(r"[eE]")


class QuantityError(TextError):
    """The text is not a quantity."""


def _suffix_message(fault: Fault) -> str:
    word = fault.found
    if _DIGITLESS_EXPONENT.fullmatch(word):
        return "the exponent has no digits"
    if _TWO_SUFFIXES.fullmatch(word):
        return f"{shown(word)} is more than one suffix"
    if word.lower() in ("x", "o", "b") or re.fullmatch(r"[xXoObB][0-9A-Fa-f]+", word):
        return "a quantity is a decimal number"
    return f"{shown(word)} is not a suffix"


def _suffix_mend(fault: Fault) -> str:
    word = fault.found
    meant = _MEANT.get(word.lower())
    number = fault.before.strip()
    return f"write {number} with {meant}" if meant and number else _WRITE


def _joined(fault: Fault) -> str:
    rest = fault.after.strip()
    meant = _MEANT.get(rest.lower(), "")
    if meant:
        return f"write {fault.before.strip()} with {meant}"
    return f"write {fault.before.strip()}{rest}" if re.fullmatch(r"[A-Za-z0-9.]*", rest) else _WRITE


_LANGUAGE = Language(
    "quantity",
    "a quantity",
    limit=MAX_LENGTH,
    error=QuantityError,
    mistakes=(
        Mistake("{text} is not a quantity", _WRITE, examples=("", "#1", "_1")),
        Mistake("a quantity begins with a number, not with {found}", _WRITE, examples=("about", "Mib", "Q")),
        Mistake("a quantity cannot begin with a blank", "remove it", examples=("\t1", "+ 1")),
        Mistake("a quantity has one sign only", "keep one of them", examples=("+-1",)),
        Mistake("a decimal point stands here, not a comma", "write a point", examples=(",5", "+,5")),
        Mistake("{found} does not belong into a quantity", _WRITE, examples=("1#", ".#", "1.#", "1.5#", "+#")),
        Mistake("a quantity is an amount, not a percentage", "write the amount", examples=("50%", "1.%", "0.5%", ".%")),
        Mistake(_suffix_message, _suffix_mend, examples=("1Q", "1.Q", "1.5Q", ".Q", "+Q", "+1Q", "+1.Q", "+1.5Q")),
        Mistake("a blank stands inside the quantity", _joined, examples=("1 m", "1. m", "1.5 m", ". m", "+1 m")),
        Mistake(
            "a decimal point stands here, not a comma",
            lambda fault: f"write {fault.before}.{fault.after}" if fault.after[:1].isdigit() else "remove the comma",
            examples=("1,5", "1.,5", "1.5,5", ".,5"),
        ),
        Mistake("a quantity has one decimal point", "remove the other one", examples=("1.1.1", "1..1", "..1", ".5.")),
        Mistake("a sign stands behind the number", "move it to the front", examples=("1-", "1.-", "1.5-", ".-")),
        Mistake("digits cannot be grouped", "write them without _", examples=("1_000", "1.0_0")),
        Mistake("nothing can follow the suffix", _WRITE, examples=("1m#", "m#", "1e3#", "+1m#")),
        Mistake("a blank stands behind the suffix", "remove what follows", examples=("1m 1", "1Ki m", "1e3 m")),
        Mistake("an exponent is a whole number", "write the number out", examples=("1e3.5", "e3.5", "1m.5")),
        Mistake("the exponent has no digits", "write it as in 1e3, or remove it", examples=("1E+", "1E-", "E-")),
    ),
)


@total_ordering
@frozen
class Quantity:
    """An exact amount. Two quantities are equal when their amounts are: ``1`` is ``1000m``.

    ``nano`` is the amount in units of 10⁻⁹; ``text`` is what the manifest says.
    """

    nano: int
    text: str = field(eq=False, order=False)

    def value(self) -> int:
        """Whole units, rounded up (away from zero), as ``Quantity.Value``."""
        return _scaled(self.nano, NANO)

    def milli_value(self) -> int:
        """Thousandths, rounded up (away from zero), as ``Quantity.MilliValue`` where that fits into 64 bits."""
        return _scaled(self.nano, NANO // 1000)

    @property
    def is_integer(self) -> bool:
        """Whether the API server takes it for a whole number (``MilliValue() % 1000 == 0``, after rounding to milli).

        ``MilliValue`` overflows from about 9.2·10¹⁵ on, and what is left then is what counts: ``1Ei`` is no whole
        number, ``2Ei`` is one.
        """
        return _int64_milli(self.text) % 1000 == 0

    def __lt__(self, other: Quantity) -> bool:
        return self.nano < other.nano

    def __str__(self) -> str:
        return self.text

    def canonical(self) -> str:
        """The shortest spelling in the quantity's own format, as ``CanonicalizeBytes`` prints it.

        Kubernetes has no suffix above ``E``: from 10²¹ on it prints a decimal quantity without any suffix, and so
        loses its magnitude. That is kept here, because it is what is stored.
        """
        return _canonical(self.nano, self.text)

    def printed(self) -> str:
        """What the API server writes for it (``MarshalJSON``) in a field that is not rounded, ``sizeLimit`` for one.

        The spelling survives when the number is plainly canonical; signs and zeros in front do not count, so
        ``007`` stays, and ``1000`` becomes ``1k``.
        """
        return self.text.strip(" ") if _keeps_spelling(_read(self.text)) else self.canonical()

    def stored(self) -> Quantity:
        """What the API server stores in a resource list: rounded up to whole milli (``SetDefaults_ResourceList``), and
        printed as :meth:`printed` says when that changed nothing."""
        return _stored(self.text)

    @classmethod
    def of(cls, value: int) -> Quantity:
        """A whole number of units."""
        return cls(value * NANO, str(value))


@frozen
class _Parts:
    """A quantity taken apart as ``parseQuantityString`` does it. ``digits`` is whole number and fraction in one."""

    negative: bool
    whole: str  # without zeros in front, but at least "0"
    fraction: str
    has_digits: bool
    format: str  # "binary", "exponent" or "decimal"
    exponent: int  # of 2 for the binary format, else of 10

    @property
    def digits(self) -> int:
        return int(self.whole + self.fraction)

    @property
    def scale(self) -> int:
        """The power of ten of the last digit."""
        return (0 if self.format == "binary" else self.exponent) - len(self.fraction)

    @property
    def is_fast(self) -> bool:
        """Whether the source computes in int64. Only then can the spelling survive, and no digit is needed."""
        if self.format == "binary":
            return not self.fraction and 15 - len(self.whole) - self.exponent * 3 // 10 - 1 >= 0
        return len(self.whole) + len(self.fraction) <= _MAX_DIGITS and self.scale >= -9


@lru_cache(maxsize=16384)
def parse_quantity(text: str) -> Quantity:
    """Read a quantity. Raises :class:`QuantityError` for everything the API server refuses.

    Blanks around the text are dropped. A missing number is zero: ``.``, ``+`` and ``Ki`` are all 0.
    """
    parts = _read(text)
    digits = parts.digits
    if parts.format == "binary":
        numerator, denominator = digits << parts.exponent, 10 ** len(parts.fraction)
    elif parts.scale >= 0:
        numerator, denominator = digits * 10**parts.scale, 1
    else:
        # Far below a nano only whether it is zero matters; the power is bounded, not the exponent.
        numerator, denominator = digits, 10 ** min(-parts.scale, MAX_LENGTH + 9)
    nano = -(-numerator * NANO // denominator)
    if parts.format == "binary":
        nano = min(nano, MAX_BINARY * NANO)
    return Quantity(-nano if parts.negative else nano, text)


@lru_cache(maxsize=4096)
def _read(text: str) -> _Parts:
    """Raises :class:`QuantityError`."""
    _LANGUAGE.check_length(text)
    stripped = text.strip(" ")
    match = _QUANTITY.fullmatch(stripped) if stripped else None
    if match is None:
        raise _moved(_LANGUAGE.explain(stripped), text)
    whole, fraction = match["whole"], match["fraction"] or ""
    if match["binary"]:
        format, exponent = "binary", _BINARY[match["binary"]]
    elif match["exponent"]:
        format, exponent = "exponent", _exponent(match, text)
    else:
        format, exponent = "decimal", _DECIMAL[match["decimal"] or ""]
    parts = _Parts(match["sign"] == "-", whole.lstrip("0") or "0", fraction, bool(whole or fraction), format, exponent)
    if not parts.has_digits and not parts.is_fast:
        start = len(text) - len(text.lstrip(" "))
        message = f"{shown(stripped)} has no number; only a smaller suffix is 0 by itself"
        raise _LANGUAGE.error(message, "write 0", start, start + len(stripped))
    return parts


def _exponent(match: re.Match[str], text: str) -> int:
    """The exponent as the source reads it: 64 bits of it, of which 32 are kept."""
    start = len(text) - len(text.lstrip(" ")) + match.start("exponent")
    digits = match["exponent"].lstrip("+-").lstrip("0") or "0"
    number = int(digits) * (-1 if match["exponent"][0] == "-" else 1) if len(digits) <= 20 else 2**64
    if -(2**63) <= number < 2**63:
        number = (number + 2**31) % 2**32 - 2**31
        if MAX_LENGTH - 2**31 <= number <= MAX_EXPONENT:
            return number
    message = f"the exponent {shown(match['exponent'])} is beyond {MAX_EXPONENT}"
    raise _LANGUAGE.error(message, "write the number out", start, start + len(match["exponent"]))


def _moved(error: TextError, text: str) -> TextError:
    """The error of the stripped text, at its place in the whole one."""
    shift = len(text) - len(text.lstrip(" "))
    error.start += shift
    error.end += shift
    return error


def _scaled(nano: int, unit: int) -> int:
    return -(-nano // unit) if nano >= 0 else nano // unit


@lru_cache(maxsize=4096)
def _stored(text: str) -> Quantity:
    quantity, parts = parse_quantity(text), _read(text)
    milli = quantity.milli_value() * (NANO // 1000)
    if parts.is_fast and parts.scale >= MILLI_SCALE and _keeps_spelling(parts):
        return Quantity(milli, text.strip(" "))
    return parse_quantity(_canonical(milli, text))


def _keeps_spelling(parts: _Parts) -> bool:
    """Whether the source takes the text for canonical, from its last digits alone, and prints it again as it is."""
    if not parts.is_fast:
        return False
    if parts.format == "binary":
        return parts.digits % 8 != 0
    shifted = parts.whole + parts.fraction
    return parts.scale % 3 == 0 and not shifted.endswith("000") and shifted[0] != "0"


def _int64_milli(text: str) -> int:
    """``MilliValue`` after rounding up to milli, with the overflows of int64."""
    parts = _read(text)
    milli = parse_quantity(text).milli_value()
    up = parts.scale - MILLI_SCALE
    if parts.is_fast and up > 0 and up not in (1, 2, 3, 6, 9) and not -(2**63) <= milli < 2**63:
        return 0  # the general loop gives up; the powers that have a case of their own wrap around
    return (milli + 2**63) % 2**64 - 2**63


def _thousands(mantissa: int, exponent: int) -> tuple[int, int]:
    """All factors of ten moved to the exponent, then back until it is a multiple of three."""
    digits = str(mantissa)
    mantissa = int(digits.rstrip("0") or "0")
    exponent += len(digits) - len(digits.rstrip("0"))
    while exponent % 3:
        mantissa *= 10
        exponent -= 1
    return mantissa, exponent


def _canonical(nano: int, text: str) -> str:
    if nano == 0:
        return "0"
    sign, amount = ("-", -nano) if nano < 0 else ("", nano)
    format = _read(text).format
    if format == "binary" and amount % NANO == 0 and amount >= 1024 * NANO:
        units, exponent = amount // NANO, 0
        while units % 1024 == 0:
            units //= 1024
            exponent += 10
        return f"{sign}{units}{_BINARY_SUFFIX[exponent]}"
    mantissa, power = _thousands(amount, -9)
    if format == "exponent":
        return f"{sign}{mantissa}" + (f"e{power}" if power else "")
    return f"{sign}{mantissa}{_DECIMAL_SUFFIX.get(power, '')}"
