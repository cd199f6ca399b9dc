"""``docs/properties.md`` is true: its files are right, its Python runs, its tables are those of the language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kverify.spec.language.checker import check
from kverify.spec.language.formatter import format_file
from kverify.spec.language.library import assemble
from kverify.spec.language.parser import parse
from kverify.spec.language.syntax import Shape
from tools.function_table import rewritten

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "properties.md").read_text("utf-8")
FILES = re.findall(r"```kv\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("number", range(len(FILES)))
def test_an_example_is_right_and_formatted(number: int) -> None:
    library, problems = assemble([("x.kv", FILES[number])])
    assert (problems, check(library)[1]) == ((), ())
    assert format_file(parse("x.kv", FILES[number])[0]) == FILES[number]


def test_the_python_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "properties.md", "exec"), {})
    assert "Deployment shop/frontend" in capsys.readouterr().out


def test_the_tables_are_those_of_the_language() -> None:
    assert rewritten(TEXT) == TEXT


def test_every_shape_is_described() -> None:
    shown = [shape.value.replace("_", "P", 1).replace("_", "Q") for shape in Shape]
    assert not [text for text in shown if f"| `{text}` |" not in TEXT]


def test_the_mistake_that_is_shown_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from kverify.cli.main import main

    monkeypatch.chdir(tmp_path)
    Path("shop.kv").write_text(FILES[0].replace("<= 2Gi", "<= 2"))
    assert main(["spec", "check", "shop.kv"]) == 2
    (shown,) = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    assert shown.strip() in capsys.readouterr().out
