"""Agreement with a real API server (v1.36.2) on the schedules and time zones of CronJobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kverify.api.languages.language import TextError
from kverify.api.languages.schedules import check_schedule
from kverify.api.languages.zones import check_zone

RECORDED = Path(__file__).parents[3] / "shared/traces/cron.jsonl"
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")


def _cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()] if RECORDED.is_file() else []


def _refused_fields(case: dict[str, Any]) -> set[str]:
    fields = set()
    try:
        check_schedule(case["schedule"])
    except TextError:
        fields.add("spec.schedule")
    if case["timeZone"] is not None:
        try:
            check_zone(case["timeZone"])
        except TextError:
            fields.add("spec.timeZone")
    return fields


def test_there_are_recordings() -> None:
    assert len(_cases()) > 100


def test_same_acceptance_for_the_same_field() -> None:
    wrong = []
    for case in _cases():
        refused = _refused_fields(case)
        if refused != {cause["field"] for cause in case.get("causes", ())} or (not refused) != case["accepted"]:
            wrong.append((case["schedule"], case["timeZone"], case["message"], refused))
    assert wrong == []
