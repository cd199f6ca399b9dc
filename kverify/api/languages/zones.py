"""Time zones of schedules: which names the API server takes, and their clocks.

Source: ``validateTimeZone`` in pkg/apis/batch/validation and ``time.LoadLocation`` of Go. The server has the whole IANA
database, links and old names included, on disk and inside its binary. Names and clocks are read from the ``tzdata``
package here, so that an answer does not depend on the machine that asks.
"""

from __future__ import annotations

import difflib
import re
from datetime import UTC, tzinfo
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from kverify.api.languages.language import TextError, shown

_PART = re.compile(r"[A-Za-z._0-9+-]{1,14}")
_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>0?[0-9]|1[0-4])(?::?00)?")
_COPY = re.compile(r"(?:posix|right)/")
_ON_DISK = {"posixrules": "America/New_York", "localtime": "UTC"}
"""Files beside the zones of a Debian image, which the server reads as zones."""

_ABBREVIATIONS = {
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "MDT": "America/Denver",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "EDT": "America/New_York",
    "BST": "Europe/London",
    "CEST": "Europe/Berlin",
    "EEST": "Europe/Athens",
    "MSK": "Europe/Moscow",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "SGT": "Asia/Singapore",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
    "NZST": "Pacific/Auckland",
    "Z": "UTC",
}


class ZoneError(TextError):
    """The text is not the name of a time zone."""


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every name of the IANA database."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


def check_zone(name: str) -> None:
    """Raise :class:`ZoneError` for a ``timeZone`` that the API server refuses. Names are case-sensitive."""
    if not name:
        raise ZoneError("a time zone has a name", "remove timeZone, or name a zone such as Europe/Berlin")
    parts = name.split("/") if len(name) <= 256 else [name]
    if any(part in (".", "..") or part.startswith("-") or not _PART.fullmatch(part) for part in parts):
        raise _unknown(name)
    if name.lower() == "local":
        message = f"{shown(name)} would be the zone of whatever machine runs the controller"
        raise ZoneError(message, "name a zone such as Europe/Berlin", 0, len(name))
    if _database_name(name) not in zone_names():
        raise _unknown(name)


@lru_cache(maxsize=64)
def time_zone(name: str) -> tzinfo:
    """The clock of a zone. Raises :class:`ZoneError` like :func:`check_zone`.

    The clocks of ``right/...`` count leap seconds in the server; here they are those of the zone itself.
    """
    check_zone(name)
    known = _database_name(name)
    if known == "UTC":
        return UTC
    *folders, file = known.split("/")
    with resources.files("tzdata").joinpath("zoneinfo", *folders, file).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def _database_name(name: str) -> str:
    copy = _COPY.match(name)
    return name[copy.end() :] if copy else _ON_DISK.get(name, name)


def _unknown(name: str) -> ZoneError:
    return ZoneError(f"there is no time zone {shown(name)}", _meant(name), 0, len(name))


def _meant(name: str) -> str:
    if len(name) > 64:
        return "name a zone such as Europe/Berlin"
    wanted = name.strip()
    offset = _OFFSET.fullmatch(wanted)
    if offset:
        # POSIX counts west of Greenwich.
        inverted = "-" if offset["sign"] == "+" else "+"
        return f"name a place such as Europe/Berlin, or write Etc/GMT{inverted}{int(offset['hours'])}"
    abbreviation = _ABBREVIATIONS.get(wanted.upper())
    if abbreviation:
        return f"write {abbreviation}, if that is meant"
    folded = {known.lower(): known for known in sorted(zone_names())}
    places = {place.rpartition("/")[2]: zone for place, zone in folded.items()} | folded
    near = difflib.get_close_matches(wanted.replace(" ", "_").replace("\\", "/").lower(), places, n=1, cutoff=0.8)
    return f"did you mean {places[near[0]]}?" if near else "name a zone such as Europe/Berlin"
