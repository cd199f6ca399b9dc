"""Strategies reach every kind; what they draw survives being written and read; valid objects are valid."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.api.decode import decode, structure
from kverify.api.encode import to_plain, to_yaml
from kverify.api.registry import TYPED
from kverify.api.types.pod import PodSpec
from kverify.manifest import Severity, read_text
from kverify.testing import MINIMAL, minimal, objects, typed, valid_objects

KINDS = sorted(TYPED)
EXAMPLES = max(settings().max_examples // 12, 1)
"""For each of so many kinds; the deep profile draws hundreds."""


@pytest.mark.parametrize("kind", KINDS, ids="/".join)
@settings(max_examples=EXAMPLES)
@given(st.data())
def test_typed_plain_yaml_typed_is_the_identity(kind: tuple[str, str], data: st.DataObject) -> None:
    obj = data.draw(objects(kind[1], kind[0]))
    named = attrs.evolve(obj, metadata=attrs.evolve(obj.metadata, name="x"))
    for text in (to_yaml(named), json.dumps(to_plain(named))):
        read = read_text(text, "written.yaml")
        assert read.diagnostics == ()
        again = structure(read.documents[0])
        assert [d for d in again.diagnostics if d.severity is Severity.ERROR] == []
        assert again.object == named


def test_every_kind_has_a_smallest_object() -> None:
    assert MINIMAL.keys() == TYPED.keys()


@pytest.mark.parametrize("kind", KINDS, ids="/".join)
def test_the_smallest_object_is_accepted(kind: tuple[str, str]) -> None:
    decoded = decode(read_text(json.dumps(minimal(*kind)), "minimal.json").documents[0])
    assert [d.message for d in decoded.diagnostics if d.severity is Severity.ERROR] == []


@pytest.mark.parametrize("kind", KINDS, ids="/".join)
@settings(max_examples=max(EXAMPLES // 2, 1))
@given(st.data())
def test_valid_objects_are_accepted_again_as_they_are_stored(kind: tuple[str, str], data: st.DataObject) -> None:
    """Defaulting is idempotent, and what it makes of a valid object is valid."""
    stored = data.draw(valid_objects(kind[1], kind[0]))
    again = decode(read_text(json.dumps(to_plain(stored)), "stored.json").documents[0])
    assert [d.message for d in again.diagnostics if d.severity is Severity.ERROR] == []
    assert again.object == stored


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no class for Widget"):
        objects("Widget")


@given(typed(PodSpec))
def test_parts_of_objects_can_be_drawn(spec: PodSpec) -> None:
    assert isinstance(spec, PodSpec)
