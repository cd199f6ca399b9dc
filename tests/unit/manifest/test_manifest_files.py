"""Paths on the command line: files, directories, standard input, and what cannot be read."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from kverify.manifest import ReadResult, read_paths, to_plain
from kverify.manifest.files import shown_text
from tests.unit.manifest.manifest_helpers import box


def values(result: ReadResult) -> list[object]:
    return [to_plain(document.root) for document in result.documents]


def test_directories_are_read_recursively_in_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "sub/c.JSON", "sub/deep/d.yaml", ".git/x.yaml", "notes.txt", "z/empty.yaml"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f'{{"n": "{name}"}}')
    (tmp_path / "z/empty.yaml").write_text("")
    result = read_paths([str(tmp_path)])
    assert values(result) == [{"n": name} for name in ("a.yml", "b.yaml", "sub/c.JSON", "sub/deep/d.yaml")]
    assert [(d.id, str(d.span)) for d in result.diagnostics] == [("KV1020", f"{tmp_path / 'z/empty.yaml'}:1:1")]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    assert len(read_paths([str(tmp_path), str(tmp_path / "a.yaml"), str(tmp_path)]).documents) == 1


def test_names_are_those_the_user_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s/a.yaml").write_text("a: 1\n")
    monkeypatch.chdir(tmp_path)
    assert read_paths(["k8s"]).documents[0].file == "k8s/a.yaml"
    assert read_paths(["./k8s/a.yaml"]).documents[0].file == "./k8s/a.yaml"


@pytest.mark.parametrize("stdin", [io.BytesIO(b"a: 1\n"), io.StringIO("a: 1\n")])
def test_standard_input(stdin: io.BytesIO | io.StringIO) -> None:
    result = read_paths(["-", "-"], stdin)
    assert (values(result), result.documents[0].file) == ([{"a": 1}], "-")


@pytest.mark.parametrize("text", [b"", b"---\n# Source: shop/templates/web.yaml\n"])
def test_standard_input_without_a_document_is_refused(text: bytes) -> None:
    """A command before the pipe has failed; an empty file is only warned of."""
    (diagnostic,) = read_paths(["-"], io.BytesIO(text)).diagnostics
    assert (diagnostic.id, diagnostic.refuses) == ("KV1027", True)


def test_standard_input_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("a: é\n".encode()), "ascii"))
    assert values(read_paths(["-"])) == [{"a": "é"}]


@pytest.mark.parametrize("name", ["missing.yaml", "nul\x00.yaml", "https://example.com/x.yaml", "", "x" * 5000])
def test_what_is_not_there(name: str) -> None:
    result = read_paths([name])
    (diagnostic,) = result.diagnostics
    assert (diagnostic.id, box(diagnostic.span), diagnostic.refuses) == ("KV1001", (1, 1, 1, 1), True)
    assert diagnostic.mend


def test_an_empty_name_is_not_the_current_directory() -> None:
    (diagnostic,) = read_paths([""]).diagnostics
    assert (diagnostic.id, diagnostic.message) == ("KV1001", "The name of a file is empty.")


def test_the_network_is_never_read() -> None:
    (diagnostic,) = read_paths(["https://example.com/x.yaml"]).diagnostics
    assert diagnostic.mend == "curl -s https://example.com/x.yaml | kverify check -"


def test_a_missing_file_does_not_lose_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\n")
    assert values(read_paths([str(tmp_path / "x.yaml"), str(tmp_path / "a.yaml")])) == [{"a": 1}]


def test_a_directory_without_manifests(tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden/a.yaml").write_text("a: 1\n")
    (diagnostic,) = read_paths([str(tmp_path)]).diagnostics
    assert (diagnostic.id, str(diagnostic.span)) == ("KV1002", f"{tmp_path}:1:1")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_read_where_it_is_named_and_not_waited_for_in_a_directory(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text("a: 1\n", "utf-8")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "link.json").symlink_to(os.devnull)
    result = read_paths([str(tmp_path)])
    assert values(result) == [{"a": 1}]
    assert [(d.id, d.span.file) for d in result.diagnostics] == [
        ("KV1001", str(tmp_path / "link.json")),
        ("KV1001", str(tmp_path / "pipe.yaml")),
    ]
    reading, writing = os.pipe()
    os.write(writing, b"b: 2\n")
    os.close(writing)
    if Path(f"/dev/fd/{reading}").exists():
        assert values(read_paths([f"/dev/fd/{reading}"])) == [{"b": 2}]
    os.close(reading)


def test_files_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").touch()

    def refuse(place: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (diagnostic,) = read_paths([str(tmp_path)]).diagnostics
    assert (diagnostic.id, "Permission denied" in diagnostic.message) == ("KV1001", True)


def test_directories_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(place: str) -> None:
        raise PermissionError(13, "Permission denied", place)

    monkeypatch.setattr(os, "scandir", refuse)
    (diagnostic,) = read_paths([str(tmp_path)]).diagnostics
    assert (diagnostic.id, diagnostic.span.file) == ("KV1001", str(tmp_path))


def test_bytes_that_are_not_utf8_are_reported_in_place(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\n---\nb: caf\xe9\n---\nc: 3\n")
    result = read_paths([str(tmp_path)])
    assert values(result) == [{"a": 1}, {"b": "caf\ufffd"}, {"c": 3}]
    (diagnostic,) = result.diagnostics
    assert (diagnostic.id, diagnostic.refuses, box(diagnostic.span)) == ("KV1023", False, (3, 7, 3, 8))
    assert "0xE9" in diagnostic.message


def test_many_bytes_that_are_not_utf8_are_one_warning(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"a": "\xe9\xff", "b": "\xed\xa0\x80"}')
    result = read_paths([str(tmp_path)])
    assert values(result) == [{"a": "\ufffd" * 2, "b": "\ufffd" * 3}]
    (diagnostic,) = result.diagnostics
    assert (diagnostic.id, "and 4 more" in diagnostic.message) == ("KV1023", True)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_read_as_in_kubectl(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.yaml").write_bytes("\ufeffa: é\n".encode(encoding))
    result = read_paths([str(tmp_path)])
    assert values(result) == [{"a": "é"}]
    (diagnostic,) = result.diagnostics
    assert (diagnostic.id, diagnostic.refuses, "UTF-16" in diagnostic.message) == ("KV1023", False, True)


def test_utf16_without_a_mark_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("a: 1\n".encode("utf-16-le"))
    (diagnostic,) = read_paths([str(tmp_path)]).diagnostics
    assert (diagnostic.id, "NUL" in diagnostic.message) == ("KV1008", True)


@pytest.mark.parametrize(
    "data",
    ["\ufeffa: é\n".encode(), "\ufeffa: é\n".encode("utf-16-le"), "\ufeffa: é\n".encode("utf-16-be"), b"a: \xe9\n"],
)
def test_reports_quote_what_was_read(data: bytes) -> None:
    text = shown_text(data)
    assert text in ("a: é\n", "a: \ufffd\n")
    (document,) = read_paths(["-"], io.BytesIO(data)).documents
    assert document.source_line(1) == text.removesuffix("\n")
