"""Which lines go into a report: those that are pointed at, a few around them, and nothing around a Secret."""

from __future__ import annotations

import pytest

from kverify.checks.finding import Report
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.span import Span
from kverify.report.excerpts import LONGEST, excerpts
from kverify.report.source import Sources

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n"
SECRET = "kind: Secret\nmetadata: {name: s}\ndata:\n  password: aHVudGVyMg==\n  bad key: eA==\n  token: c2VjcmV0\n"


def shown(text: str, *lines: int) -> list[tuple[int, tuple[str, ...]]]:
    problems = tuple(
        Diagnostic(id="KV1001", severity=Severity.ERROR, message="m", span=Span("f.yaml", line, 1, line, 2))
        for line in lines
    )
    found = excerpts(Report(diagnostics=problems), Sources({"f.yaml": text}))
    assert all(excerpt.file == "f.yaml" for excerpt in found)
    return [(excerpt.line, excerpt.texts) for excerpt in found]


def test_two_lines_around_are_shown() -> None:
    assert shown(DEPLOYMENT, 4) == [(2, tuple(DEPLOYMENT.splitlines()[1:6]))]
    assert shown(DEPLOYMENT, 1) == [(1, tuple(DEPLOYMENT.splitlines()[:3]))]


def test_lines_that_meet_are_one_excerpt() -> None:
    text = "".join(f"k{i}: 1\n" for i in range(1, 31))
    assert [line for line, _ in shown(text, 3, 6, 20)] == [1, 18]


def test_another_document_is_not_shown() -> None:
    text = f"{DEPLOYMENT}---\n{DEPLOYMENT}"
    assert shown(text, 6) == [(4, tuple(DEPLOYMENT.splitlines()[3:]))]
    assert shown(text, 8) == [(7, ("---", *DEPLOYMENT.splitlines()[:3]))]


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"{DEPLOYMENT}---\n{SECRET}",
        SECRET.replace("kind: Secret", 'kind: "Secret"'),
        "kind: List\nitems:\n" + "".join(f"  {line}\n" for line in f"- {SECRET}".splitlines()),
        '{\n  "kind": "Secret",\n  "data": {\n    "password": "aHVudGVyMg==",\n    "bad key": "eA=="\n  }\n}\n',
    ],
)
def test_nothing_around_a_secret_is_shown(text: str) -> None:
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "bad key" in row)
    assert shown(text, line) == [(line, (text.splitlines()[line - 1],))]


def test_the_secret_of_another_document_hides_nothing() -> None:
    assert len(shown(f"{DEPLOYMENT}---\n{SECRET}", 4)[0][1]) == 5


def test_lines_of_machines_and_of_files_that_are_gone_are_not_shown() -> None:
    assert shown("x" * (LONGEST + 1), 1) == []
    assert shown("a: 1\n" + "x" * (LONGEST + 1) + "\nb: 1\n", 1) == [(1, ("a: 1",))]
    assert (
        excerpts(
            Report(
                diagnostics=(
                    Diagnostic(
                        id="KV1001", severity=Severity.ERROR, message="m", span=Span("/nowhere.yaml", 1, 1, 1, 1)
                    ),
                )
            ),
            Sources(),
        )
        == ()
    )
