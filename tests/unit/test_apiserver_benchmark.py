"""``python -m benchmarks.apiserver``: it knows files by their rows, and a wrong answer is never agreement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import apiserver
from benchmarks._recordings.files import RECORDINGS, recognise

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n"
CONFIG: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1"}}
ANNOTATION = (
    '{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"m",'
    '"namespace":"rec"}}\n'
)
APPLIED = {
    **CONFIG,
    "metadata": {"name": "m", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": ANNOTATION}},
}
QUANTITY = {"accepted": True, "stored": "1"}
ROWS: dict[str, dict[str, Any]] = {
    "admission.jsonl": {"id": "m", "manifest": MANIFEST, "accepted": True},
    "defaults.jsonl": {"kind": "ConfigMap", "sent": CONFIG, "stored": CONFIG},
    "apply.jsonl": {
        "id": "m",
        "mode": "client",
        "first": CONFIG,
        "second": CONFIG,
        "exit": 0,
        "output": "unchanged",
        "result": APPLIED,
    },
    "quantities.jsonl": {"text": "1", **QUANTITY, "count": QUANTITY, "limitrange_max_cpu": QUANTITY},
    "cron.jsonl": {"schedule": "@daily", "timeZone": None, "accepted": True, "message": None},
}
WRONG: dict[str, dict[str, Any]] = {
    "admission.jsonl": {"accepted": False, "causes": [{"field": "data"}]},
    "defaults.jsonl": {"stored": {**CONFIG, "data": {"a": "2"}}},
    "apply.jsonl": {"conflicts": [{"manager": "m", "fields": [".data.a"]}]},
    "quantities.jsonl": {"count": {"accepted": False, "stored": None}},
    "cron.jsonl": {"accepted": False, "causes": [{"field": "spec.schedule"}]},
}


def write(folder: Path, *rows: object) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return str(path)


@pytest.mark.parametrize("file", ROWS)
def test_rows_say_what_they_are(file: str) -> None:
    found = recognise([ROWS[file]])
    assert found is not None
    assert found.file == file
    assert set(ROWS) == {recording.file for recording in RECORDINGS}


@pytest.mark.parametrize("file", ROWS)
def test_agreement(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apiserver.main([write(tmp_path, ROWS[file])]) == 0
    assert "1 of 1 agree" in capsys.readouterr().out


@pytest.mark.parametrize("file", ROWS)
def test_disagreement(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apiserver.main([write(tmp_path, ROWS[file], {**ROWS[file], **WRONG[file]})]) == 1
    shown = capsys.readouterr().out
    assert "1 of 2 agree" in shown
    assert "the server has" in shown


def test_files_of_no_known_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apiserver.main([write(tmp_path, {"a": 1})]) == 2
    assert apiserver.main([write(tmp_path)]) == 2
    assert apiserver.main([str(tmp_path / "missing.jsonl")]) == 2
    (tmp_path / "text").write_text("not json\n", "utf-8")
    assert apiserver.main([str(tmp_path / "text")]) == 2
    assert capsys.readouterr().out == ""
