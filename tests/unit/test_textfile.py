"""Files of kverify's own: a byte order mark and line ends change nothing, and what is no text is said to be none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kverify.cli.main import main
from kverify.textfile import BOM, read_file

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
READ = {
    "baseline": ["check", "web.yaml", "--baseline"],
    "report": ["report"],
    "configuration": ["check", "web.yaml", "--config"],
    "trace": ["replay"],
}


def test_a_mark_and_line_ends_are_taken_off(tmp_path: Path) -> None:
    file = tmp_path / "a.kv"
    file.write_bytes(f"{BOM}eins\r\nzwei\n".encode())
    assert read_file(file) == "eins\nzwei\n"


def test_a_report_and_a_baseline_may_begin_with_a_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As PowerShell's ``Out-File`` writes them."""
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(SERVICE)
    code = main(["check", "web.yaml", "--write-baseline", "known.json", "-o", "json=report.json"])
    for name in ("known.json", "report.json"):
        Path(name).write_bytes((BOM + Path(name).read_text("utf-8")).encode())
    capsys.readouterr()
    assert main(["check", "web.yaml", "--baseline", "known.json", "-o", "json"]) == code
    shown = json.loads(capsys.readouterr().out)
    assert main(["report", "report.json"]) == 0
    assert shown["exitCode"] == code


@pytest.mark.parametrize("arguments", READ.values(), ids=READ)
def test_what_is_not_utf_8_is_said_so(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(SERVICE)
    Path("other").write_bytes(b"gr\xfc\xdfe")
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "other"])
    assert stop.value.code == 2
    assert "other: it is not UTF-8" in capsys.readouterr().err
