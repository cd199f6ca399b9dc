"""Whole outputs. Every file in ``golden/`` begins with the command that made it and ends with its exit code.

``KVERIFY_UPDATE_GOLDEN=1 pytest tests/cli`` writes them anew; read the difference before committing it. The commands
run in ``input/``.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from kverify.cli.main import main

HERE = Path(__file__).parent
GOLDEN = sorted((HERE / "golden").glob("*.txt"))
UPDATE = os.environ.get("KVERIFY_UPDATE_GOLDEN") == "1"


def transcript(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a person sees who types the command, and its exit code."""
    program, *arguments = shlex.split(command)
    assert program == "kverify"
    try:
        code: int | str | None = main(arguments)
    except SystemExit as stop:
        code = stop.code
    shown = capsys.readouterr()
    return f"$ {command}\n{shown.err}{shown.out}[exit code {code}]\n"


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_golden(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(HERE / "input")
    expected = path.read_text("utf-8")
    command = expected.partition("\n")[0].removeprefix("$ ")
    actual = transcript(command, capsys)
    if UPDATE:
        path.write_text(actual, "utf-8")
    else:
        assert actual == expected


def test_there_are_golden_files_and_no_input_is_forgotten() -> None:
    commands = " ".join(path.read_text("utf-8").partition("\n")[0] for path in GOLDEN)
    unused = [path.name for path in (HERE / "input").iterdir() if path.name not in commands]
    assert (bool(GOLDEN), unused) == (True, [])
