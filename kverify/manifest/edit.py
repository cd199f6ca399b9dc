"""Changes of single fields of a manifest, made in its text: what is not changed stays as it is, byte for byte.

No library does that. The round trip of ruamel.yaml keeps comments, and then sets the file anew: indentation, the space
between tokens, long lines. Here a change is a few replacements of characters at the places that the nodes know
(``rewrite.py``). Whether the new text says what it should is not trusted but read: it must give exactly the old values
with the change, or there is no new text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from attrs import evolve, frozen

from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.json_text import skip_space
from kverify.manifest.nodes import Document, FieldPath, Mapping, Node, Plain, Sequence, deepest, format_path
from kverify.manifest.reader import read_text
from kverify.manifest.rewrite import CannotEdit, replacements
from kverify.manifest.source import SourceText
from kverify.manifest.streams import split
from kverify.manifest.textedit import Add, Edit, Put, Remove, Rename, replaced

__all__ = [
    "Add",
    "CannotEdit",
    "Edit",
    "Place",
    "Put",
    "Remove",
    "Rename",
    "changed",
    "document_at",
    "edited",
    "place_of",
]


@frozen
class Place:
    """Where an object is written: the ``number``-th document of a file (from 0), and for an item of a list the path to
    it. It stays the same when other documents of the file change."""

    file: str
    number: int
    prefix: FieldPath = ()


def place_of(document: Document) -> Place:
    """Where ``document`` (or the object that it extends, or the item that it is) stands in its file.

    Raises ``CannotEdit`` for a document that is not in its own source.
    """
    source = document.extract.source
    root = document.root
    offset = root.extract.offset + root.start
    for number, (start, end) in enumerate(_stretches(source)):
        if start <= offset < end:
            whole = _only(source.text[start:end], source.file).root
            for prefix, node in _objects(whole):
                if start + node.extract.offset + node.start == offset and type(node) is type(root):
                    return Place(source.file, number, prefix)
    raise CannotEdit("the object is not written in its file as such")


def edited(text: str, place: Place, edits: Iterable[Edit]) -> str:
    """The file's ``text`` (without byte order mark) with the object at ``place`` changed, one edit after the other.

    Raises ``CannotEdit`` with the reason where that cannot be done without touching anything else.
    """
    start, end = _stretch(text, place)
    part = text[start:end]
    newline = "\r\n" if "\r\n" in text else "\n"
    for edit in edits:
        part = _edited(part, place, edit, newline)
    return text[:start] + part + text[end:]


def document_at(text: str, place: Place) -> Document:
    """The object at ``place``, read from the file's ``text``; its own places are those of the part of the text that
    holds it. Raises ``CannotEdit``."""
    start, end = _stretch(text, place)
    document = _only(text[start:end], place.file)
    return document.child(place.prefix) if place.prefix else document


def changed(plain: Plain, edit: Edit) -> Plain:
    """The values that a text has after ``edit``: new ones where something changes.

    Raises ``CannotEdit`` for a path that leads through something else than mappings and lists.
    """
    return _changed(plain, edit.path, edit)


def _edited(text: str, place: Place, edit: Edit, newline: str) -> str:
    """One stretch of a file after one edit, read again."""
    before, problems = _read(text, place.file)
    whole = evolve(edit, path=(*place.prefix, *edit.path))
    expected = changed(before.plain, whole)
    for primitive in _primitives(before.root, whole):
        document, _ = _read(text, place.file)
        text = replaced(text, replacements(text, document.root, primitive, newline))
    after, more = _read(text, place.file)
    new = Counter(d.id for d in more) - Counter(d.id for d in problems)
    if new or not _same(after.plain, expected):
        raise CannotEdit(f"{format_path(edit.path)} is written in a form that cannot be changed without the rest")
    return text


def _same(one: Plain, other: Plain) -> bool:
    """They are one value in JSON, where 1 is neither 1.0 nor true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _read(text: str, file: str) -> tuple[Document, tuple[Diagnostic, ...]]:
    result = read_text(text, file)
    if len(result.documents) != 1:
        raise CannotEdit("the text cannot be read as one document")
    return result.documents[0], result.diagnostics


def _only(text: str, file: str) -> Document:
    return _read(text, file)[0]


def _stretch(text: str, place: Place) -> tuple[int, int]:
    """Where the document that holds ``place`` begins and ends in the file's ``text``. Raises ``CannotEdit``."""
    stretches = list(_stretches(SourceText(place.file, text)))
    if place.number >= len(stretches):
        raise CannotEdit("the file no longer has this document")
    return stretches[place.number]


def _stretches(source: SourceText) -> Iterator[tuple[int, int]]:
    """Where each document of a file begins and ends."""
    begin = skip_space(source.text, 0)
    is_json = PurePath(source.file).suffix.lower() == ".json"
    if is_json or source.text[begin : begin + 1] == "{":
        roots = [d.root for d in read_text(source.text, source.file).documents]
        if is_json or len(roots) > 1:
            yield from ((root.extract.offset + root.start, root.extract.offset + root.end) for root in roots)
            return
    for chunk in split(source):
        yield chunk.extract.offset, chunk.extract.offset + chunk.extract.length


def _objects(root: Node, prefix: FieldPath = ()) -> Iterator[tuple[FieldPath, Node]]:
    """A document's root and, if it is a list of objects, the objects."""
    yield prefix, root
    items = root.get("items") if isinstance(root, Mapping) else None
    if isinstance(items, Sequence):
        for index, item in enumerate(items.items):
            yield from _objects(item, (*prefix, "items", index))


def _primitives(root: Node, edit: Edit) -> Iterator[Edit]:
    """The same change in steps that each need one place of the text only: where a mapping replaces a mapping, its keys
    one by one; of a list that stays as long its items; where a field has no parent yet, the parent with the field in
    it."""
    if not isinstance(edit, Put):
        yield from _primitive_of_list(root, edit)
        return
    node, depth = deepest(root, edit.path)
    rest = edit.path[depth:]
    if rest:
        if any(not isinstance(step, str) for step in rest):
            raise CannotEdit(f"there is no {format_path(edit.path)}")
        value = edit.value
        for step in reversed(rest[1:] if isinstance(node, Mapping) else rest):
            value = {str(step): value}
        if isinstance(node, Mapping):
            yield Put(edit.path[: depth + 1], value, edit.after)
        else:
            yield Put(edit.path[:depth], value)
        return
    if isinstance(node, Sequence) and isinstance(edit.value, list) and len(node.items) == len(edit.value) > 0:
        for index, (old, value) in enumerate(zip(node.value, edit.value, strict=True)):
            if not _same(old, value):
                yield from _primitives(root, Put((*edit.path, index), value))
        return
    if isinstance(node, Mapping) and isinstance(edit.value, dict) and node.value and edit.value:
        kept = [key for key in node.value if key in edit.value]
        if kept:
            yield from (Remove((*edit.path, key)) for key in node.value if key not in edit.value)
            for key, value in edit.value.items():
                if key not in node.value:
                    yield Put((*edit.path, key), value)
                elif not _same(node.value[key], value):
                    yield from _primitives(root, Put((*edit.path, key), value))
            return
    yield edit


def _primitive_of_list(root: Node, edit: Add | Remove | Rename) -> Iterator[Edit]:
    node, depth = deepest(root, edit.path)
    if isinstance(edit, Remove | Rename):
        if depth < len(edit.path):
            raise CannotEdit(f"there is no {format_path(edit.path)}")
        yield edit
    elif depth == len(edit.path) and isinstance(node, Sequence) and node.items:
        yield edit
    else:
        yield from _primitives(root, Put(edit.path, [edit.value]))


def _changed(plain: Plain, path: FieldPath, edit: Edit) -> Plain:
    if not path:
        if isinstance(edit, Put):
            return edit.value
        if isinstance(edit, Add) and (plain is None or isinstance(plain, list)):
            return [*(plain or []), edit.value]
        raise CannotEdit(f"{format_path(edit.path)} is no list")
    step, rest = path[0], path[1:]
    if isinstance(step, str) and (plain is None or isinstance(plain, dict)):
        old = plain or {}
        if isinstance(edit, Rename) and not rest:
            if step not in old or edit.key in old:
                raise CannotEdit(f"{format_path(edit.path)} cannot be called {edit.key}")
            return {edit.key if key == step else key: value for key, value in old.items()}
        if isinstance(edit, Remove) and not rest:
            return {key: value for key, value in old.items() if key != step}
        if isinstance(edit, Remove | Rename) and step not in old:
            raise CannotEdit(f"there is no {format_path(edit.path)}")
        return {**old, step: _changed(old.get(step), rest, edit)}
    if isinstance(step, int) and isinstance(plain, list) and 0 <= step < len(plain):
        if isinstance(edit, Remove) and not rest:
            return [*plain[:step], *plain[step + 1 :]]
        return [*plain[:step], _changed(plain[step], rest, edit), *plain[step + 1 :]]
    raise CannotEdit(f"there is no {format_path(edit.path)}")
