"""Requests: what is created, replaced and patched, what stays of the stored object, and what is refused and where."""

from __future__ import annotations

import json

import pytest

from kverify.api.apply.last_applied import annotation
from kverify.api.apply.managers import LAST_APPLIED, Manager
from kverify.api.apply.server import Action, Server, Stored
from kverify.manifest import Document, read_text

SERVER = Server()
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}]}\n"


def document(text: str) -> Document:
    return read_text(text, "manifest.yaml").documents[0]


def created(text: str) -> Stored:
    stored = SERVER.create(document(text)).stored
    assert stored is not None
    return stored


def test_a_created_object_has_the_status_of_its_kind_and_one_manager() -> None:
    stored = created(POD + "status: {phase: Running}\n")
    assert stored.plain["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    assert list(stored.managers) == [Manager("kubectl-create", "Update", "v1")]


def test_a_replacement_is_the_whole_object_but_for_what_was_allocated() -> None:
    live = created(SERVICE.replace("{ports", "{clusterIP: 10.0.0.1, ports"))
    replaced = SERVER.replace(live, document(SERVICE.replace("port: 80", "port: 81"))).stored
    assert replaced is not None
    assert replaced.plain["spec"]["clusterIP"] == "10.0.0.1"
    assert [port["port"] for port in replaced.plain["spec"]["ports"]] == [81]
    assert {manager.name for manager in replaced.managers} == {"kubectl-create", "kubectl-replace"}


def test_a_patch_is_decoded_defaulted_and_validated_like_everything_else() -> None:
    live = created(POD)
    manager = Manager("edit", "Update")
    refused = SERVER.patch(live, {"spec": {"containers": [{"name": "c", "image": "j", "x": 1}]}}, "merge", manager)
    assert (refused.action, refused.stored) == (Action.REFUSED, live)
    assert [problem.path for problem in refused.errors] == ["spec.containers[0].x"]
    changed = SERVER.patch(live, {"spec": {"containers": [{"name": "c", "image": "j"}]}}, "strategic-merge", manager)
    assert changed.stored is not None
    assert changed.stored.plain["spec"]["containers"][0]["image"] == "j"


def test_nulls_are_pruned_from_a_manifest_that_creates() -> None:
    text = POD.replace("spec: {", "spec: {nodeSelector: null, ")
    outcome = SERVER.apply_client_side(None, document(text))
    assert outcome.stored is not None
    assert "nodeSelector" not in outcome.stored.plain["spec"]
    assert '"nodeSelector":null' in outcome.stored.plain["metadata"]["annotations"][LAST_APPLIED]


def test_the_annotation_is_the_text_that_go_writes() -> None:
    manifest = {"kind": "X", "metadata": {"name": "x", "annotations": {LAST_APPLIED: "old", "b": "<&>\u2028é"}}}
    text = annotation(manifest)
    assert text == ('{"kind":"X","metadata":{"annotations":{"b":"\\u003c\\u0026\\u003e\\u2028é"},"name":"x"}}\n')
    assert json.loads(text)["metadata"]["annotations"] == {"b": "<&>\u2028é"}


@pytest.mark.parametrize("text", ["[]", "{}", "kind: Pod\n", "apiVersion: v1\nkind: Pod\nmetadata: 1\n"])
def test_what_is_no_object_is_refused(text: str) -> None:
    for outcome in (
        SERVER.create(document(text)),
        SERVER.apply_client_side(None, document(text)),
        SERVER.apply_server_side(None, document(text)),
    ):
        assert outcome.action is Action.REFUSED
        assert outcome.errors


def test_admission_has_the_last_word() -> None:
    def admit(obj: object, old: object) -> tuple[object, tuple[()]]:
        seen.append((obj, old))
        return obj, ()

    seen: list[tuple[object, object]] = []
    server = Server(admit=admit)  # type: ignore[arg-type]
    first = server.apply_client_side(None, document(POD)).stored
    assert first is not None
    server.apply_client_side(first, document(POD.replace("image: i", "image: j")))
    assert [old is None for _, old in seen] == [True, False]
