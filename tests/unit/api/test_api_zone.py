"""Names of time zones, and their clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kverify.api.languages.zones import check_zone, time_zone, zone_names
from tests.unit.api.language_cases import refusal


@pytest.mark.parametrize(
    "name",
    ["UTC", "Europe/Berlin", "US/Eastern", "Asia/Calcutta", "Etc/GMT+5", "America/Argentina/ComodRivadavia", "Factory"],
)
def test_every_name_of_the_database_is_known(name: str) -> None:
    assert name in zone_names()
    check_zone(name)


@pytest.mark.parametrize("name", ["posix/Europe/Rome", "right/UTC", "posixrules", "localtime"])
def test_so_are_the_other_files_beside_them(name: str) -> None:
    check_zone(name)


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("", "remove timeZone, or name a zone such as Europe/Berlin"),
        ("Local", "name a zone such as Europe/Berlin"),
        ("utc", "did you mean UTC?"),
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("America/New York", "did you mean America/New_York?"),
        ("+02:00", "name a place such as Europe/Berlin, or write Etc/GMT-2"),
        ("UTC-5", "name a place such as Europe/Berlin, or write Etc/GMT+5"),
        ("PDT", "write America/Los_Angeles, if that is meant"),
        ("Europe", "name a zone such as Europe/Berlin"),
        ("Europe/../UTC", "name a zone such as Europe/Berlin"),
        ("posix/right/UTC", "name a zone such as Europe/Berlin"),
        ("x" * 100_000, "name a zone such as Europe/Berlin"),
    ],
)
def test_what_is_no_zone(name: str, mend: str) -> None:
    error = refusal(check_zone, name)
    assert error is not None
    assert (error.start, error.end, error.mend) == (0, len(name), mend)


def test_clocks_do_not_depend_on_the_machine() -> None:
    """Read from the package, whatever the system has."""
    summer = datetime(2024, 7, 1, tzinfo=UTC).astimezone(time_zone("Europe/Berlin"))
    assert summer.utcoffset() == timedelta(hours=2)
    assert time_zone("UTC") is UTC
    assert time_zone("posix/Europe/Berlin").utcoffset(datetime(2024, 1, 1)) == timedelta(hours=1)
