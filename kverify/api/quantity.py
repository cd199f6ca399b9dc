"""Resource quantities: ``500m``, ``1.5Gi``, ``1e3``. Exact integers inside, never floats.

Source: ``k8s.io/apimachinery/pkg/api/resource.ParseQuantity``. One regular expression does the reading, because every
container has half a dozen quantities; results are cached. The API server rounds everything up to whole nano units on
parsing, so a quantity *is* an integer number of nanos.
"""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering

from attrs import field, frozen

NANO = 10**9
MAX_BINARY = 2**63 - 1
"""Quantities with a binary suffix are capped here; decimal ones are not."""

MAX_LENGTH = 256
MAX_EXPONENT = 1024
"""Bounds of ours: an exponent of 2**31 costs the real API server gigabytes."""

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = {exponent: suffix for suffix, exponent in _BINARY.items()} | {0: ""}

_QUANTITY = re.compile(
    r"""(?P<sign>[+-])?
        (?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?
        (?:(?P<binary>[KMGTPE]i)|[eE](?P<exponent>[+-]?[0-9]+)|(?P<decimal>[numkMGTPE]?))""",
    re.VERBOSE,
)
_LIKELY_MEANT = {
    "K": "k or Ki",
    "KB": "k or Ki",
    "kb": "k or Ki",
    "MB": "M or Mi",
    "GB": "G or Gi",
    "TB": "T or Ti",
} | {
    "mb": "M or Mi",
    "gb": "G or Gi",
    "Mb": "M or Mi",
    "Gb": "G or Gi",
    "g": "G or Gi",
    "t": "T or Ti",
    "ki": "Ki",
    "mi": "Mi",
    "gi": "Gi",
    "KiB": "Ki",
    "MiB": "Mi",
    "GiB": "Gi",
    "cpu": "no suffix (1 is one CPU)",
    "cores": "no suffix (1 is one CPU)",
}


class QuantityError(ValueError):
    """The text is not a quantity. ``mend`` says what was probably meant, when that is known."""

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.mend = mend


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
        """Thousandths, rounded up (away from zero), as ``Quantity.MilliValue``."""
        return _scaled(self.nano, NANO // 1000)

    @property
    def is_integer(self) -> bool:
        return self.nano % NANO == 0

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

    def stored(self) -> Quantity:
        """What the API server stores in a resource list: rounded up to whole milli (``SetDefaults_ResourceList``).

        The spelling survives only when it is canonical apart from signs and zeros: ``007`` stays, ``1000`` becomes
        ``1k``.
        """
        return _stored(self.text)

    @classmethod
    def of(cls, value: int) -> Quantity:
        """A whole number of units."""
        return cls(value * NANO, str(value))


@lru_cache(maxsize=16384)
def parse_quantity(text: str) -> Quantity:
    """Read a quantity. Raises :class:`QuantityError` for everything the API server refuses.

    Blanks around the text are dropped. A missing number is zero: ``.``, ``+`` and ``Ki`` are all 0.
    """
    stripped = text.strip(" ")
    if len(stripped) > MAX_LENGTH:
        raise QuantityError(f"a quantity of {len(stripped)} characters is too long to be meant")
    match = _QUANTITY.fullmatch(stripped) if stripped else None
    if match is None:
        raise _refused(text)
    whole, fraction = match["whole"], match["fraction"] or ""
    digits = int(whole + fraction or "0")
    if match["binary"]:
        numerator, denominator = digits << _BINARY[match["binary"]], 10 ** len(fraction)
    else:
        exponent = int(match["exponent"]) if match["exponent"] else _DECIMAL[match["decimal"] or ""]
        if abs(exponent) > MAX_EXPONENT:
            raise QuantityError(f"the exponent of {text!r} is beyond {MAX_EXPONENT}", "write the number out")
        scale = exponent - len(fraction)
        numerator, denominator = (digits * 10**scale, 1) if scale >= 0 else (digits, 10**-scale)
    nano = -(-numerator * NANO // denominator)
    if match["binary"]:
        nano = min(nano, MAX_BINARY * NANO)
    return Quantity(-nano if match["sign"] == "-" else nano, text)


def _refused(text: str) -> QuantityError:
    stripped = text.strip()
    suffix = stripped.lstrip("+-.0123456789")
    meant = _LIKELY_MEANT.get(suffix.strip())
    if meant:
        number = stripped[: len(stripped) - len(suffix)].strip()
        return QuantityError(
            f"{text!r} is not a quantity: {suffix.strip()!r} is not a suffix", f"write {number} with {meant}"
        )
    return QuantityError(f"{text!r} is not a quantity", "write a number with one suffix, as in 500m, 2, 1.5Gi or 10M")


def _scaled(nano: int, unit: int) -> int:
    return -(-nano // unit) if nano >= 0 else nano // unit


@lru_cache(maxsize=4096)
def _stored(text: str) -> Quantity:
    quantity = parse_quantity(text)
    milli = quantity.milli_value() * 1_000_000
    if milli == quantity.nano and _keeps_spelling(quantity):
        return Quantity(milli, quantity.text.strip(" "))
    return parse_quantity(_canonical(milli, quantity.text))


def _keeps_spelling(quantity: Quantity) -> bool:
    match = _QUANTITY.fullmatch(quantity.text.strip(" "))
    if match is None or quantity.nano == 0:
        return False
    whole, fraction = match["whole"].lstrip("0"), match["fraction"] or ""
    digits = int(whole + fraction or "0")
    if match["binary"]:
        exponent = _BINARY[match["binary"]]
        if fraction or 15 - max(len(whole), 1) - int(exponent * 0.3) - 1 < 0:
            return False  # not on Go's fast path, which alone keeps the text
        return abs(quantity.nano) // NANO >= 1024 and digits % 1024 != 0
    exponent = int(match["exponent"]) if match["exponent"] else _DECIMAL[match["decimal"] or ""]
    if not whole or 18 - len(whole) - len(fraction) < 0:
        return False
    return (digits, exponent - len(fraction)) == _thousands(digits, exponent - len(fraction))


def _thousands(mantissa: int, exponent: int) -> tuple[int, int]:
    """All factors of ten moved to the exponent, then back until it is a multiple of three."""
    while mantissa and mantissa % 10 == 0:
        mantissa //= 10
        exponent += 1
    while exponent % 3:
        mantissa *= 10
        exponent -= 1
    return mantissa, exponent


def _canonical(nano: int, text: str) -> str:
    if nano == 0:
        return "0"
    sign, amount = ("-", -nano) if nano < 0 else ("", nano)
    match = _QUANTITY.fullmatch(text.strip(" "))
    if match and match["binary"] and amount % NANO == 0 and amount >= 1024 * NANO:
        units, exponent = amount // NANO, 0
        while units % 1024 == 0 and exponent < 60:
            units //= 1024
            exponent += 10
        return f"{sign}{units}{_BINARY_SUFFIX[exponent]}"
    mantissa, power = _thousands(amount, -9)
    if match and match["exponent"]:
        return f"{sign}{mantissa}" + (f"e{power}" if power else "")
    return f"{sign}{mantissa}{_DECIMAL_SUFFIX.get(power, '')}"
