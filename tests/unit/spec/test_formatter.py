"""The formatter: what it writes is read as the same trees, formatting twice changes nothing, comments stay."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.spec.language.formatter import format_file
from kverify.spec.language.parser import parse
from kverify.spec.language.syntax import File

from .trees import FILES

SPECS = sorted((Path(__file__).parents[3] / "specs").glob("*.kv"))


@settings(max_examples=60)
@given(FILES)
def test_what_is_written_is_read_as_the_same_trees(file: File) -> None:
    text = format_file(file)
    read, problems = parse("x.kv", text)
    assert not problems
    assert read.declarations == file.declarations
    assert format_file(read) == text


@settings(max_examples=60)
@given(FILES, st.randoms(use_true_random=False))
def test_comments_stay_wherever_they_are(file: File, chance: random.Random) -> None:
    lines = format_file(file).split("\n")
    inside = False
    commented = []
    for number, line in enumerate(lines):
        # A comment in a text is no comment.
        if not inside and chance.random() < 0.3:
            commented.append(f"{chance.choice(['', '  ', '      '])}# comment {number}")
        quotes = line.replace('\\"', "").count('"""')
        inside ^= quotes % 2 == 1
        commented.append(f"{line}  # behind {number}" if line and not inside and chance.random() < 0.3 else line)
    before, problems = parse("x.kv", "\n".join(commented))
    assert not problems
    once = format_file(before)
    after, problems = parse("x.kv", once)
    assert not problems
    assert after.declarations == file.declarations
    assert sorted(c.text for c in after.comments) == sorted(c.text for c in before.comments)
    assert format_file(after) == once


def test_other_line_ends_and_a_mark_are_read_and_formatted_away(tmp_path: Path) -> None:
    from kverify.cli.main import main

    text = 'policy a\n  """\n    one\n    two\n    """\n  for p in Pod\n  require has(p.name)\n'
    file = tmp_path / "x.kv"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert main(["spec", "check", str(file)]) == 0
    assert main(["spec", "format", "--check", str(file)]) == 1
    assert main(["spec", "format", str(file)]) == 0
    assert file.read_bytes() == text.encode()


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.name)
def test_the_standard_library_is_formatted(path: Path) -> None:
    text = path.read_text("utf-8")
    file, problems = parse(path.name, text)
    assert not problems
    assert format_file(file) == text
