"""Field paths as the API server prints them, and documents that know where each path is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.manifest import FieldPath, format_path, parse_path, read_text, to_plain
from tests.unit.manifest.manifest_helpers import box

POD = """\
apiVersion: v1
metadata:
  labels: {app.kubernetes.io/name: web}
spec:
  containers:
    - name: web   # comment
      image: "nginx:1"
    - name: log
      args: [a,
        b]

# the end
"""

paths = st.lists(st.text(max_size=6) | st.sampled_from(["spec", "a.b/c", "0", "", '"', "]"]) | st.integers(0, 99))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec", "containers", 0, "image"), "spec.containers[0].image"),
        (("metadata", "labels", "app.kubernetes.io/name"), "metadata.labels[app.kubernetes.io/name]"),
        (("metadata", "labels", "my-app"), "metadata.labels[my-app]"),
        ((0, "name"), "[0].name"),
        (("data", "0"), 'data["0"]'),
        (("data", ""), 'data[""]'),
        (("data", 'a]"\\'), 'data["a]\\"\\\\"]'),
    ],
)
def test_paths_are_written_and_read(path: FieldPath, text: str) -> None:
    assert format_path(path) == text
    assert parse_path(text) == path


@given(paths)
def test_every_path_is_read_back(path: list[str | int]) -> None:
    assert parse_path(format_path(tuple(path))) == tuple(path)


@pytest.mark.parametrize("text", [".spec", "spec.", "spec..a", "spec[", "spec[]", "[0]name", "a b", 'a["x]', "a]"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a field path at character"):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("", (1, 1, 10, 11)),
        ("apiVersion", (1, 13, 1, 15)),
        ("metadata.labels", (3, 11, 3, 40)),
        ("metadata.labels[app.kubernetes.io/name]", (3, 36, 3, 39)),
        ("spec.containers", (6, 5, 10, 11)),
        ("spec.containers[0]", (6, 7, 7, 23)),
        ("spec.containers[0].image", (7, 14, 7, 23)),
        ("spec.containers[1].args", (9, 13, 10, 11)),
        ("spec.containers[1].args[1]", (10, 9, 10, 10)),
        ("spec.containers[1].ports[0].name", (8, 7, 10, 11)),
        ("spec.containers[7]", (6, 5, 10, 11)),
        ("spec.containers.name", (6, 5, 10, 11)),
        ("apiVersion.x", (1, 13, 1, 15)),
        ("status", (1, 1, 10, 11)),
    ],
)
def test_locate_gives_the_deepest_existing_node(path: str, where: tuple[int, int, int, int]) -> None:
    (document,) = read_text(POD, "pod.yaml").documents
    assert box(document.locate(parse_path(path))) == where


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("spec.containers[0].image", (7, 7, 7, 12)),
        ("metadata.labels[app.kubernetes.io/name]", (3, 12, 3, 34)),
        ("spec.containers[0]", (6, 7, 7, 23)),
        ("spec.nodeName", (4, 1, 4, 5)),
        ("", (1, 1, 10, 11)),
    ],
)
def test_locate_key_gives_the_key(path: str, where: tuple[int, int, int, int]) -> None:
    (document,) = read_text(POD, "pod.yaml").documents
    assert box(document.locate_key(parse_path(path))) == where


def test_a_child_document_keeps_its_places() -> None:
    (document,) = read_text(POD, "pod.yaml").documents
    child = document.child(("spec", "containers", 1))
    assert to_plain(child.root) == {"name": "log", "args": ["a", "b"]}
    assert box(child.locate(("args", 0))) == (9, 14, 9, 15)
    assert (child.file, child.source_line(9)) == ("pod.yaml", "      args: [a,")


def test_a_child_that_is_not_there_is_refused() -> None:
    (document,) = read_text(POD, "pod.yaml").documents
    with pytest.raises(KeyError, match=r"spec\.volumes"):
        document.child(("spec", "volumes"))


def test_source_lines_are_those_of_an_editor() -> None:
    (document,) = read_text("a: 1\r\nb: 'x\u2028y'\r\nc: 2\r\n", "m.yaml").documents
    assert [document.source_line(number) for number in range(5)] == ["", "a: 1", "b: 'x\u2028y'", "c: 2", ""]
    assert box(document.locate_key(("c",))) == (3, 1, 3, 2)


def test_block_scalars_end_with_their_text() -> None:
    (document,) = read_text("a: |\n  x\n  yy\n\n# comment\nb: 1\n", "m.yaml").documents
    assert box(document.locate(("a",))) == (1, 4, 3, 5)
