"""A report that was written as JSON is read back as it was, and nothing else is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kverify.report.json import to_json
from kverify.report.reading import ReportFileError, read

GOLDEN = Path(__file__).parents[1] / "cli" / "golden" / "formats"
REPORTS = sorted(path.stem for path in GOLDEN.glob("*.json") if not path.name.endswith(".gitlab.json"))


def without_guards(document: Any) -> Any:
    """The guards of a model's actions are all that is not known any more."""
    for finding in document["findings"]:
        trace = (finding["verdict"] or {}).get("trace")
        if trace is not None:
            trace["blocked"] = []
    return document


@pytest.mark.parametrize("name", REPORTS)
def test_reading_is_the_way_back_from_writing(name: str) -> None:
    text = (GOLDEN / f"{name}.json").read_text("utf-8")
    written = read(text)
    again = to_json(written.report, written.exit_code, written.sources)
    assert without_guards(again) == without_guards(json.loads(text))


def test_there_are_reports_to_read() -> None:
    assert {"shop", "input"} <= set(REPORTS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "this is not JSON: Expecting property name"),
        ("[]", "it has no schema, not 'kverify.report/1'"),
        ('{"schema": "kverify.diff/1"}', "it has the schema 'kverify.diff/1', not 'kverify.report/1'"),
        ('{"schema": "kverify.report/1"}', "the report has no 'diagnostics'"),
    ],
)
def test_other_files_are_refused(text: str, says: str) -> None:
    with pytest.raises(ReportFileError) as caught:
        read(text)
    assert says in str(caught.value)


def changed(path: list[str | int], value: Any) -> str:
    document = json.loads((GOLDEN / "shop.json").read_text("utf-8"))
    *parents, last = path
    part = document
    for name in parents:
        part = part[name]
    part[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["findings"], {}, "findings is not a list"),
        (["kverify"], None, "kverify is not a text"),
        (["summary"], {"objects": 1}, "summary has no 'errors'"),
        (["findings", 0, "severity"], "bad", "findings[0].severity is not one of info, warning, error"),
        (["findings", 0, "causes", 0, "span", "line"], True, "findings[0].causes[0].span.line is not a number"),
        (["findings", 0, "verdict", "trace", "steps", 0], {}, "findings[0].verdict.trace.steps[0] has no 'state'"),
        (["findings", 0, "verdict", "trace", "loop"], 9, "findings[0].verdict.trace.loop is no step of the trace"),
        (
            ["findings", 0, "verdict", "trace", "legend", "places", 0],
            7,
            "findings[0].verdict.trace.legend.places[0] is not an object",
        ),
        (
            ["findings", 0, "verdict", "trace", "blocked", 0, "unmet", 0, "left"],
            "1",
            "findings[0].verdict.trace.blocked[0].unmet[0].left is not a number",
        ),
        (["sources", 0, "line"], 0, "sources[0].line is not from 1 to 2,147,483,648"),
        (["sources", 0, "line"], 10**12, "sources[0].line is not from 1 to 2,147,483,648"),
        (
            ["findings", 0, "causes", 0, "span", "column"],
            -1,
            "findings[0].causes[0].span.column is not from 1 to 2,147,483,648",
        ),
    ],
)
def test_the_place_of_a_fault_is_named(path: list[str | int], value: Any, says: str) -> None:
    with pytest.raises(ReportFileError) as caught:
        read(changed(path, value))
    assert str(caught.value) == says


def test_a_line_far_down_takes_no_more_room_than_another() -> None:
    sources = read(changed(["sources", 0, "line"], 2**31)).sources
    assert sources.written is not None
    (file,) = (name for name, lines in sources.written.items() if 2**31 in lines)
    assert sources.line(file, 2**31)
    assert sources.line(file, 2**31 - 1) == ""
    assert list(sources.numbers(file))[-1] >= 2**31


def test_no_other_file_is_read_than_the_report(tmp_path: Path) -> None:
    """A report may be somebody else's: it cannot show, or wait for, files of those who read it."""
    other = tmp_path / "other.yaml"
    other.write_text("private: true\n", "utf-8")
    written = read(changed(["findings", 0, "causes", 0, "span", "file"], str(other)))
    assert written.report.findings[0].causes[0].span.file == str(other)
    assert written.sources.line(str(other), 1) == ""
