"""Editing a manifest: the new text says exactly what it should, and nothing else of it has changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from kverify.manifest import FieldPath, read_text
from kverify.manifest.edit import (
    Add,
    CannotEdit,
    Edit,
    Place,
    Put,
    Remove,
    Rename,
    changed,
    document_at,
    edited,
    place_of,
)
from kverify.manifest.nodes import Plain, Scalar
from kverify.manifest.textedit import difference, lines_of, replaced, unified

DEPLOYMENT = """\
# a shop
apiVersion:   apps/v1   # two   spaces
kind: Deployment
metadata: {name: web,  labels: {app: "web"}}
spec:
    replicas: 3     # three
    # below the template
    template:
      spec:
        containers:
        - name: 'web'   # the name
          args: [ "-c", 'a b' ]
          command:
            - a

            # b is new
            - b
        nodeSelector:
"""


def only_document(text: str, file: str = "m.yaml") -> Place:
    (document,) = read_text(text, file).documents
    return place_of(document)


def after(text: str, *edits: Edit, file: str = "m.yaml") -> str:
    return edited(text, only_document(text, file), edits)


def lines(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    gone: list[str] = []
    come: list[str] = []
    for one in difference(old, new):
        gone += old[one.start : one.end].splitlines()
        come += one.text.splitlines()
    return gone, come


SPEC: FieldPath = ("spec", "template", "spec")


@pytest.mark.parametrize(
    ("edit", "gone", "come"),
    [
        (Put(("spec", "replicas"), 4), ["    replicas: 3     # three"], ["    replicas: 4     # three"]),
        (
            Put(("spec", "strategy", "rollingUpdate"), {"maxSurge": 0}, ("replicas",)),
            [],
            ["    strategy:", "        rollingUpdate:", "            maxSurge: 0"],
        ),
        (Put(("spec", "paused"), "yes"), [], ['    paused: "yes"']),
        (Remove(("spec", "replicas")), ["    replicas: 3     # three"], []),
        (Rename(("spec", "replicas"), "count"), ["    replicas: 3     # three"], ["    count: 3     # three"]),
        (
            Rename(("metadata", "labels", "app"), "1"),
            ['metadata: {name: web,  labels: {app: "web"}}'],
            ['metadata: {name: web,  labels: {"1": "web"}}'],
        ),
        (
            Put(("metadata", "labels", "a.b/c"), "x: y"),
            ['metadata: {name: web,  labels: {app: "web"}}'],
            ['metadata: {name: web,  labels: {app: "web", a.b/c: "x: y"}}'],
        ),
        (
            Put(("metadata", "labels", "app"), "1"),
            ['metadata: {name: web,  labels: {app: "web"}}'],
            ['metadata: {name: web,  labels: {app: "1"}}'],
        ),
        (
            Remove(("metadata", "labels", "app")),
            ['metadata: {name: web,  labels: {app: "web"}}'],
            ["metadata: {name: web,  labels: {}}"],
        ),
        (
            Put((*SPEC, "containers", 0, "name"), "it's"),
            ["        - name: 'web'   # the name"],
            ["        - name: 'it''s'   # the name"],
        ),
        (
            Remove((*SPEC, "containers", 0, "name")),
            ["        - name: 'web'   # the name", "          args: [ \"-c\", 'a b' ]"],
            ["        - args: [ \"-c\", 'a b' ]"],
        ),
        (Add((*SPEC, "containers", 0, "command"), "c"), [], ["            - c"]),
        (Remove((*SPEC, "containers", 0, "command", 0)), ["            - a"], []),
        (
            Put((*SPEC, "nodeSelector", "disk"), "ssd"),
            [],
            ["            disk: ssd"],
        ),
        (
            Add((*SPEC, "tolerations"), {"key": "gpu", "operator": "Exists"}),
            [],
            ["        tolerations:", "        - key: gpu", "          operator: Exists"],
        ),
        (
            Put((*SPEC, "containers", 0, "args"), {"a": [1]}),
            ["          args: [ \"-c\", 'a b' ]"],
            ["          args: {a: [1]}"],
        ),
    ],
)
def test_only_the_lines_concerned_change(edit: Edit, gone: list[str], come: list[str]) -> None:
    new = after(DEPLOYMENT, edit)
    assert lines(DEPLOYMENT, new) == (gone, come)
    assert after(DEPLOYMENT.replace("\n", "\r\n"), edit) == new.replace("\n", "\r\n")
    assert after(DEPLOYMENT.removesuffix("\n"), edit).removesuffix("\n") == new.removesuffix("\n")


def test_a_mapping_put_over_a_mapping_changes_key_by_key() -> None:
    text = "spec:\n  strategy:\n    # why\n    type: RollingUpdate   # kept\n    rollingUpdate: {maxSurge: 1}\n"
    new = after(text, Put(("spec", "strategy"), {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0}}))
    assert new == text.replace("maxSurge: 1", "maxSurge: 0")
    assert after(text, Put(("spec", "strategy"), {"type": "Recreate"})) == (
        "spec:\n  strategy:\n    # why\n    type: Recreate   # kept\n"
    )


def test_block_scalars_are_replaced_whole() -> None:
    text = "a: |\n  one\n  two\n\n# c\nb: >-\n  x\n  y\n"
    assert after(text, Put(("a",), "z")) == "a: z\n\n# c\nb: >-\n  x\n  y\n"
    assert after(text, Put(("b",), {"k": 1})) == "a: |\n  one\n  two\n\n# c\nb:\n  k: 1\n"
    assert after(text, Put(("c",), 1)) == text + "c: 1\n"


JSON = """\
{
    "kind": "Deployment",
    "spec": {
        "replicas": 3,
        "args": [
            1
        ]
    }
}
"""


def test_json_stays_json() -> None:
    new = after(
        JSON,
        Put(("spec", "strategy"), {"type": "Recreate"}),
        Add(("spec", "args"), 'a "b"'),
        Put(("spec", "replicas"), 4),
        file="m.json",
    )
    assert new == (
        '{\n    "kind": "Deployment",\n    "spec": {\n        "replicas": 4,\n        "args": [\n            1,\n'
        '            "a \\"b\\""\n        ],\n        "strategy": {\n            "type": "Recreate"\n'
        "        }\n    }\n}\n"
    )
    assert after('{"a": {"b": 1}}', Put(("a", "c"), [1]), file="m.json") == '{"a": {"b": 1, "c": [1]}}'
    assert after(JSON, Remove(("kind",)), file="m.json").startswith('{\n    "spec": {')


STREAM = """\
# Source: shop/a.yaml
a: 1
--- # second
a: 2
---
apiVersion: v1
kind: List
items:
- a: 3
- {a: 4}
-   a: 5   # five
...
"""


@pytest.mark.parametrize(("number", "path", "value"), [(0, (), 1), (1, (), 2), (2, ("items", 0), 3)])
def test_the_right_document_is_edited(number: int, path: FieldPath, value: int) -> None:
    document = read_text(STREAM, "m.yaml").documents[number]
    place = place_of(document.child(path) if path else document)
    assert place == Place("m.yaml", number, path)
    assert edited(STREAM, place, [Put(("a",), 9)]) == STREAM.replace(f"a: {value}", "a: 9")


def test_items_of_lists_are_found() -> None:
    whole = read_text(STREAM, "m.yaml").documents[2]
    for index, (old, new) in enumerate([("a: 3", "a: 9"), ("{a: 4}", "{a: 9}"), ("a: 5   #", "a: 9   #")]):
        place = place_of(whole.child(("items", index)))
        assert edited(STREAM, place, [Put(("a",), 9)]) == STREAM.replace(old, new)
    several = '{"a": 1}\n{"a": 2}\n'
    second = read_text(several, "m.json").documents[1]
    assert edited(several, place_of(second), [Put(("a",), 9)]) == '{"a": 1}\n{"a": 9}\n'


def test_a_document_that_is_gone_is_neither_edited_nor_read() -> None:
    gone = Place("m.yaml", 1)
    with pytest.raises(CannotEdit, match="no longer has this document"):
        edited("a: 1\n", gone, [Put(("a",), 2)])
    with pytest.raises(CannotEdit, match="no longer has this document"):
        document_at("a: 1\n", gone)


@pytest.mark.parametrize(
    ("text", "edit", "reason"),
    [
        ("a: &x {k: 1}\nb: *x\n", Put(("b", "k"), 2), "used at several places"),
        ("a: &x {k: 1}\nb: *x\n", Put(("a", "k"), 2), "used at several places"),
        ("a: &x\n  k: 1\nb:\n  <<: *x\n", Put(("a", "k"), 2), "used at several places"),
        ("a: &x\n  k: 1\nb:\n  <<: *x\n", Put(("a", "l"), 2), "everything beside it is merged in"),
        ("a: &x {}\nb: *x\n", Put(("a", "l"), 2), "used at several places"),
        ("a: &x\n  k: 1\nb:\n  <<: *x\n", Remove(("b", "k")), "used at several places"),
        ("a: 1\n", Put(("a", 0), 2), "there is no a[0]"),
        ("a: [1]\n", Put(("a", 1), 2), "there is no a[1]"),
        ("a: 1\n", Remove(("b",)), "there is no b"),
        ("a: 1\nb: 2\n", Rename(("a",), "b"), "cannot be called b"),
        ("a: 1\n", Add(("a",), 2), "a is no list"),
        ("a: 1\n", Put((), 2), "the whole object"),
        ("- - 1\n  - 2\n", Remove((0, 0)), "does not begin a line"),
        ("x:\n- a: 1\n  # two\n  b: 2\n", Remove(("x", 0, "a")), "a comment stands"),
    ],
)
def test_what_cannot_be_edited_is_refused(text: str, edit: Edit, reason: str) -> None:
    with pytest.raises(CannotEdit, match=reason.replace("[", r"\[")):
        after(text, edit)


def test_beside_an_anchor_all_is_well() -> None:
    text = "a: &x\n  k: 1\nb:\n  <<: *x\n  l: 2\nc: *x\n"
    assert after(text, Put(("b", "m"), 3)) == text.replace("  l: 2\n", "  l: 2\n  m: 3\n")
    assert after(text, Put(("b", "l"), 3)) == text.replace("l: 2", "l: 3")
    assert after(text, Put(("d",), 3)) == text + "d: 3\n"


# -- any document ------------------------------------------------------------------------------------------------------

KEYS = ["a", "b", "c", "app.kubernetes.io/name", "y", "on", "1", "x y", "é", "- k", "k:", "", "#", "null"]
TEXTS = [
    *KEYS,
    "web",
    "true",
    "3",
    "0x1",
    "1e3",
    "a: b",
    "a #b",
    " a",
    "it's",
    'a"b',
    "a\nb\n",
    "\x07",
    "😀",
    "*a",
    "{",
]
SCALARS = st.sampled_from([*TEXTS, 0, 1, -2, 3.5, True, False, None])
PLAIN: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=4) | st.lists(inner, max_size=4),
    max_leaves=12,
)


@st.composite
def written(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """A mapping, and one of the many ways to write it."""
    value = draw(st.dictionaries(st.sampled_from(KEYS), PLAIN, min_size=1, max_size=5))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    step, items = draw(st.sampled_from([(2, 0), (2, 2), (4, 2), (3, 1)]))

    def scalar(item: Any) -> str:
        import json

        if not isinstance(item, str):
            return draw(st.sampled_from(["null", "~"])) if item is None else json.dumps(item)
        single = item.isprintable() and draw(st.booleans())
        if item in ("web", "a", "b", "c", "app.kubernetes.io/name", "x y") and draw(st.booleans()):
            return item
        return "'" + item.replace("'", "''") + "'" if single else json.dumps(item, ensure_ascii=not item.isprintable())

    def flow(item: Any) -> str:
        pad = draw(st.sampled_from(["", " "]))
        if isinstance(item, dict):
            return "{" + pad + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in item.items()) + pad + "}"
        if isinstance(item, list):
            return "[" + pad + ", ".join(map(flow, item)) + pad + "]"
        return scalar(item)

    def comment() -> str:
        return draw(st.sampled_from(["", "", "  # why", "   "]))

    def block(item: Any, column: int, out: list[str], lead: str) -> None:
        """Lines of ``item``; the first one begins with ``lead``, which fills the columns before ``column``."""
        if isinstance(item, dict) and item:
            for key, inner in item.items():
                if lead.isspace() or not lead:
                    out.extend(draw(st.sampled_from([[], [], [" " * column + "# above"], [""]])))
                below(f"{lead}{scalar(key)}:", inner, column, out)
                lead = " " * column
        elif isinstance(item, list) and item:
            for inner in item:
                block(inner, column + 2, out, f"{lead}- ")
                lead = " " * column
        else:
            out.append(f"{lead}{flow(item)}{comment()}")

    def below(head: str, item: Any, column: int, out: list[str]) -> None:
        if isinstance(item, dict | list) and item and draw(st.integers(0, 3)):
            out.append(f"{head}{comment()}")
            inner = column + (step if isinstance(item, dict) else items)
            block(item, inner, out, " " * inner)
        elif item is None and draw(st.booleans()):
            out.append(f"{head}{comment()}")
        else:
            out.append(f"{head} {flow(item)}{comment()}")

    out: list[str] = draw(st.sampled_from([[], ["# top"], ["---"]]))[:]
    block(value, 0, out, "")
    return value, newline.join(out) + draw(st.sampled_from([newline, ""]))


def places(value: Any, path: FieldPath = ()) -> list[FieldPath]:
    found = [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inner:
        found += places(item, (*path, step))
    return found


@st.composite
def edits(draw: st.DrawFn, value: Plain) -> Edit:
    path = draw(st.sampled_from(places(value)))
    kind = draw(st.sampled_from(["put", "new", "add", "remove", "rename"]))
    if kind == "rename" and path and isinstance(path[-1], str):
        return Rename(path, draw(st.sampled_from(KEYS)))
    if kind == "put" and path:
        return Put(path, draw(PLAIN))
    if kind == "remove" and path:
        return Remove(path)
    if kind == "add":
        return Add(path, draw(PLAIN))
    return Put((*path, *draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2))), draw(PLAIN))


REFUSALS = ("a comment stands", "the item does not begin", "it stands on a line with", "the whole object")


def attempt(text: str, edit: Edit, refusals: list[str]) -> str:
    try:
        return after(text, edit)
    except CannotEdit as refused:
        refusals.append(str(refused))
        return text


@given(st.data())
def test_any_edit_of_any_document(data: st.DataObject) -> None:
    """What is read afterwards is the edited tree; comments and lines that are not part of what went stay."""
    value, text = data.draw(written())
    edit = data.draw(edits(value))
    document = read_text(text, "m.yaml").documents[0]
    assert document.plain == value
    try:
        expected = changed(document.plain, edit)
    except CannotEdit:
        with pytest.raises(CannotEdit):
            after(text, edit)
        return
    refusals: list[str] = []
    new = attempt(text, edit, refusals)
    if refusals:
        assert refusals[0].startswith(REFUSALS)
        return
    assert read_text(new, "m.yaml").documents[0].plain == expected
    assert replaced(text, difference(text, new)) == new
    # Of the line ends none is of another kind.
    assert "\r\n" not in text or "\n" not in new.replace("\r\n", "")
    existing = document.node(edit.path)
    if isinstance(edit, Add) or (isinstance(edit, Put) and existing is None):
        assert new.count("#") >= text.count("#")
    if isinstance(edit, Put) and isinstance(existing, Scalar) and not isinstance(edit.value, dict | list):
        assert len(lines(text, new)[0]) <= 1
    # Whatever is outside the mapping or list that is changed stays.
    parent = existing if isinstance(edit, Add) else document.node(edit.path[:-1])
    if parent is not None and not isinstance(parent, Scalar):
        span = evolve(parent.span, line=document.locate_key(edit.path[: -1 - isinstance(edit, Add)]).line)
        starts = parent.extract.source.starts()
        for one in difference(text, new):
            first, last = bisect_right(starts, one.start), bisect_left(starts, one.end)
            assert span.line <= first
            assert last <= span.end_line + (one.start == one.end)


@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.sampled_from("abc"), max_size=30), st.booleans())
def test_a_patch_is_what_the_whole_texts_give(old: list[str], new: list[str], ended: bool) -> None:
    """Only the stretch that changes is compared: the patch still makes the new text of the old one, and so do lines."""
    before = "".join(f"{line}\n" for line in old)
    after_text = "".join(f"{line}\n" for line in new).removesuffix("" if ended else "\n")
    assert replaced(before, difference(before, after_text)) == after_text
    patch = unified("m.yaml", before, after_text)
    assert patched(lines_of(before), patch) == after_text


def patched(lines: list[str], patch: str) -> str:
    """A unified diff applied as its heads say, each line of context compared."""
    done: list[str] = []
    position = 0
    for row in patch.splitlines(keepends=True)[2:]:
        if row.startswith("@@"):
            start, _, count = row.split()[1][1:].partition(",")
            begin = int(start) - (count != "0")
            done += lines[position:begin]
            position = begin
        elif row.startswith("\\"):
            done[-1:] = [done[-1].removesuffix("\n")] if done else []
        elif row.startswith("+"):
            done.append(row[1:])
        else:
            assert lines[position] == row[1:]
            done += [row[1:]] if row.startswith(" ") else []
            position += 1
    return "".join((*done, *lines[position:]))
