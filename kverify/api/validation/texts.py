"""Fields whose texts have a grammar of their own: a problem points at the characters at fault."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kverify.api.languages import addresses
from kverify.api.languages.addresses import AddressError, AddressRange
from kverify.api.languages.language import TextError, shown
from kverify.api.validation.report import INVALID, SUSPICIOUS, Path, Report
from kverify.api.versions import enabled


def check_text(
    text: str, path: Path, report: Report, read: Callable[[str], object], id: str = INVALID, offset: int = 0
) -> bool:
    """Report ``text`` when ``read`` refuses it; whether it was fine. It begins ``offset`` characters into the value."""
    try:
        read(text)
    except TextError as error:
        message = f"{shown(text)} is not valid here: {error}."
        report.error(id, path, message, error.mend, part=(offset + error.start, offset + error.end))
        return False
    return True


def warn_text(text: str, path: Path, report: Report, read: Callable[[str], object]) -> None:
    """Warn of a ``text`` that the API server takes and ``read`` refuses: nothing can be done with it."""
    try:
        read(text)
    except TextError as error:
        message = f"{shown(text)} is accepted, and useless: {error}."
        report.warn(SUSPICIOUS, path, message, error.mend, part=(error.start, error.end))


def check_address(text: str, path: Path, report: Report) -> bool:
    """An IP address in a field that is older than the strict rules (``IsValidIPForLegacyField``)."""
    read = partial(addresses.check_legacy_ip, strict=enabled("StrictIPCIDRValidation", report.version))
    if not check_text(text, path, report, read):
        return False
    _remark(text, path, report, addresses.remark_on_ip(text))
    return True


def check_address_range(text: str, path: Path, report: Report, *, trim: bool = False) -> bool:
    """A CIDR in a field that is older than the strict rules (``IsValidCIDRForLegacyField``). ``trim`` where blanks
    around it do not matter."""
    offset = len(text) - len(text.lstrip()) if trim else 0
    text = text.strip() if trim else text
    read = partial(addresses.check_legacy_range, strict=enabled("StrictIPCIDRValidation", report.version))
    if not check_text(text, path, report, read, offset=offset):
        return False
    _remark(text, path, report, addresses.remark_on_range(text))
    return True


def is_address(text: str) -> bool:
    """Whether ``text`` can be read as an IP address at all (``ParseIPSloppy``)."""
    try:
        addresses.parse_ip(text)
    except AddressError:
        return False
    return True


def range_of(text: str) -> AddressRange | None:
    """The range of ``text`` as ``ParseCIDRSloppy`` reads it, also one that a strict field refuses."""
    try:
        return addresses.parse_range(text)
    except AddressError:
        return None


def is_ipv6(address: str) -> bool:
    """Whether a text that can be read as an address is one of IPv6."""
    return addresses.parse_ip(address).value.version == 6


def warn_about_address(text: str, path: Path, report: Report) -> None:
    """What is warned of an address that nothing refuses (``GetWarningsForIP``)."""
    if is_address(text):
        _remark(text, path, report, addresses.remark_on_ip(text))


def _remark(text: str, path: Path, report: Report, remark: AddressError | None) -> None:
    if remark is not None:
        report.warn(SUSPICIOUS, path, f"{shown(text)} should be spelled otherwise: {remark}.", remark.mend)
