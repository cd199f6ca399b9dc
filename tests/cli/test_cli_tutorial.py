"""docs/tutorial.md is true: its commands run one after the other, and print what stands below them."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from kverify.cli.main import main

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
COMMAND = re.compile(r"^```console\n\$ (?P<shown>[^\n]+)\n(?P<output>.*?)^```|^    (?P<silent>[^\n]+)$", re.S | re.M)
LEFT_OUT = "[…]\n"


def steps() -> list[tuple[str, str]]:
    """Every command with what it is said to print; empty for one whose output is not shown."""
    return [(m["shown"] or m["silent"], m["output"] or "") for m in COMMAND.finditer(TUTORIAL)]


def test_the_commands_print_what_stands_below_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = []
    for command, expected in steps():
        match shlex.split(command):
            case ["pip", *_]:
                continue
            case ["cp", "-r", source, target, "&&", "cd", folder]:
                shutil.copytree(ROOT / source, tmp_path / target)
                monkeypatch.chdir(tmp_path / folder)
                continue
            case ["sed", "-i", change, file]:
                _, before, after, _ = change.split("/")
                text = Path(file).read_text("utf-8")
                assert text.count(before) == 1
                Path(file).write_text(text.replace(before, after), "utf-8")
                continue
            case ["kverify", *arguments]:
                codes.append(main(arguments))
        shown = capsys.readouterr()
        printed, position = shown.out + shown.err, 0
        for part in expected.split(LEFT_OUT):
            position = printed.find(part, position)
            assert position >= 0, part
            position += len(part)
    assert codes == [0, 0, 1, 1, 0, 0]
    assert Path("report.html").read_text("utf-8").startswith("<!")
