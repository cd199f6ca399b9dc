"""The documents are true: their examples run, their links and paths exist, every id of a check is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kverify.checks import CHECKS

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CHECKS_TEXT = "".join(path.read_text("utf-8") for path in (ROOT / "kverify/checks").rglob("*.py"))
IDS = set(re.findall(r'id="(KV\d{4})"', CHECKS_TEXT))


RUNNABLE = ("README.md", "docs/testing.md")


def examples() -> list[tuple[str, str]]:
    return [
        (name, text)
        for name in RUNNABLE
        for text in re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    ]


@pytest.mark.parametrize("number", range(len(examples())))
def test_an_example_runs(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    name, text = examples()[number]
    exec(compile(text, name, "exec"), {})


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_paths_that_are_named_exist(path: Path) -> None:
    for name in re.findall(
        r"`((?:kverify|tests|docs|examples|benchmarks|grammar|specs)/[\w./-]+)`", path.read_text("utf-8")
    ):
        assert (ROOT / name).exists(), name


def test_every_check_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(IDS) >= 20
    assert not [number for number in sorted(IDS) if number not in text]
    assert not [name for name in CHECKS if f"`{name}`" not in text]


def test_the_transcript_is_what_the_demo_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from kverify.cli.main import main

    monkeypatch.chdir(ROOT)
    assert main(["check", "examples/shop"]) == 1
    printed = set(capsys.readouterr().out.splitlines())
    transcript = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert transcript is not None
    assert not [line for line in transcript[1].splitlines() if line != "[…]" and line not in printed]


def test_every_diagnostic_id_is_documented() -> None:
    from kverify.api import codes as api
    from kverify.cluster import codes as cluster
    from kverify.manifest import codes as manifest

    text = (ROOT / "docs" / "reading.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (KV\d+) \| (\w+) \|", text, re.MULTILINE))
    known = {code.id: str(code.severity) for table in (manifest.ALL, api.ALL, cluster.ALL) for code in table}
    assert rows == known
