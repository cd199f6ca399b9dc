"""One row for each rule of object metadata (``ValidateObjectMeta`` and its update)."""

from __future__ import annotations

import pytest

from kverify.api import validate_update
from tests.unit.api.api_cases import POD, accepted, short_paths

OWNER = "apiVersion: v1, kind: Pod, name: a, uid: b"
MANAGER = "manager: m, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {}"


def with_metadata(extra: str, text: str = POD) -> str:
    return text.replace("name: web\n", f"name: web\n  {extra}\n", 1)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("generateName: a-", []),
        ("generateName: a.-b-", ["generateName"]),
        ("generateName: A", ["generateName"]),
        ("namespace: a.b", ["namespace"]),
        ("labels: {a b: c}", ["labels"]),
        ("labels: {a: b c}", ["labels"]),
        ("labels: {a/b/c: d}", ["labels"]),
        ("labels: {A.b/c: d}", ["labels"]),
        ("annotations: {a b: c}", ["annotations"]),
        ("annotations: {A.b/c: d e}", []),
        (f"annotations: {{a: {'b' * 256 * 1024}}}", ["annotations"]),
        (f"ownerReferences: [{{{OWNER}}}]", []),
        ("ownerReferences: [{kind: Pod, name: a, uid: b}]", ["ownerReferences.apiVersion"]),
        ("ownerReferences: [{apiVersion: v1, name: a, uid: b}]", ["ownerReferences.kind"]),
        ("ownerReferences: [{apiVersion: v1, kind: Pod, uid: b}]", ["ownerReferences.name"]),
        ("ownerReferences: [{apiVersion: v1, kind: Pod, name: a}]", ["ownerReferences.uid"]),
        ("ownerReferences: [{apiVersion: v1, kind: Event, name: a, uid: b}]", ["ownerReferences"]),
        (
            f"ownerReferences: [{{{OWNER}, controller: true}}, {{{OWNER.replace('b', 'c')}, controller: true}}]",
            ["ownerReferences"],
        ),
        (f"ownerReferences: [{{{OWNER}, controller: true}}, {{{OWNER}, controller: false}}]", []),
        ("finalizers: [a.b/c, kubernetes, orphan]", []),
        ("finalizers: [a]", ["finalizers[0]"]),
        ("finalizers: [a.b/c, a b]", ["finalizers", "finalizers[1]"]),
        ("finalizers: [orphan, foregroundDeletion]", ["finalizers"]),
        (f"managedFields: [{{{MANAGER}}}]", []),
        (f"managedFields: [{{{MANAGER.replace('Apply', 'Create')}}}]", ["managedFields[0].operation"]),
        (f"managedFields: [{{{MANAGER.replace('m,', 'n' * 129 + ',', 1)}}}]", ["managedFields[0].manager"]),
        (f"managedFields: [{{{MANAGER}, subresource: {'s' * 257}}}]", ["managedFields[0].subresource"]),
        (f"managedFields: [{{{MANAGER.replace('FieldsV1', 'FieldsV2')}}}]", []),
    ],
)
def test_fields(extra: str, expected: list[str]) -> None:
    assert short_paths(with_metadata(extra), "metadata.") == expected


def test_names() -> None:
    assert short_paths(POD.replace("name: web\n", "name: Web\n", 1), "") == ["metadata.name"]
    assert short_paths(POD.replace("name: web\n", f"name: {'a' * 254}\n", 1), "") == ["metadata.name"]
    assert short_paths(POD.replace("name: web\n", f"name: {'a' * 253}\n", 1), "") == []


def test_generations() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, generation: -1}\n"
    assert short_paths(text, "") == ["metadata.generation"]


def test_an_object_that_is_being_deleted_gets_no_more_finalizers() -> None:
    old = accepted(with_metadata("deletionTimestamp: '2026-01-01T00:00:00Z'\n  finalizers: [a.b/c]"))
    new = accepted(with_metadata("finalizers: [a.b/c, a.b/d]"))
    assert [item.path for item in validate_update(old, new)] == ["metadata.finalizers"]
    assert validate_update(accepted(POD), new) == ()
