"""Objects of every kind through apply: nothing fails, and applying the same manifest again changes nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.api.apply.server import Action, Outcome, Server, Stored
from kverify.api.encode import to_plain
from kverify.api.object import KubeObject
from kverify.api.registry import TYPED
from kverify.manifest import Document, read_text
from kverify.testing import objects, valid_objects

SERVER = Server()
KINDS = st.sampled_from(sorted(TYPED))
valid = KINDS.flatmap(lambda key: valid_objects(key[1], key[0]))
arbitrary = KINDS.flatmap(lambda key: objects(key[1], key[0]))


def document(obj: KubeObject) -> Document:
    return read_text(json.dumps(to_plain(obj)), "object.json").documents[0]


def applied(live: Stored | None, manifest: Document, server_side: bool) -> Outcome:
    if server_side:
        return SERVER.apply_server_side(live, manifest, "m")
    return SERVER.apply_client_side(live, manifest)


@pytest.mark.parametrize("server_side", [False, True], ids=["client", "server"])
@given(valid)
@settings(max_examples=60, deadline=None)
def test_applying_again_changes_nothing(server_side: bool, obj: KubeObject) -> None:
    """An item without the key by which its list merges is refused, by kubectl as by the server."""
    manifest = document(obj)
    first = applied(None, manifest, server_side)
    if first.stored is None:
        assert first.errors
        return
    again = applied(first.stored, manifest, server_side)
    if again.action is Action.REFUSED:
        assert {problem.id for problem in again.errors} == {"KV1320"}
    else:
        assert again.stored is not None
        assert again.stored.plain == first.stored.plain


@pytest.mark.parametrize("server_side", [False, True], ids=["client", "server"])
@given(valid, arbitrary)
@settings(max_examples=60, deadline=None)
def test_whatever_is_applied_over_an_object_is_stored_or_refused_with_a_reason(
    server_side: bool, obj: KubeObject, other: KubeObject
) -> None:
    first = applied(None, document(obj), server_side)
    if first.stored is None:
        return
    outcome = applied(first.stored, document(other), server_side)
    assert outcome.stored is not None
    assert (outcome.action is Action.REFUSED) == bool(outcome.errors)
    if outcome.action is Action.REFUSED:
        assert outcome.stored.plain == first.stored.plain
