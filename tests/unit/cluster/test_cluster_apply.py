"""Applying manifests over what is there: what is created, configured, kept and refused, what a check then sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from kverify.api.types.apps import Deployment
from kverify.cluster.apply import Mode
from kverify.cluster.bundle import Bundle
from kverify.cluster.changes import Changes, read_changes
from kverify.cluster.difference import Reason

TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: "i:1"}]
"""


def write(folder: Path, **texts: str) -> dict[str, str]:
    paths = {}
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.write_text(text, "utf-8")
        paths[name] = str(path)
    return paths


def with_replicas(count: int, text: str = TEMPLATE) -> str:
    return text.replace("spec:\n  selector", f"spec:\n  replicas: {count}\n  selector")


def live(text: str) -> str:
    return text.replace("{name: web}", "{name: web, uid: u1}")


def only(changes: Changes) -> dict[str, tuple[Reason, object]]:
    (item,) = changes.objects
    return {change.path: (change.reason, change.after) for change in item.fields}


def wanted(bundle: Bundle) -> Deployment:
    (found,) = bundle.wanted
    assert isinstance(found, Deployment)
    return found


def test_a_number_dropped_from_the_manifest_falls_back(tmp_path: Path) -> None:
    """Somebody scaled to 7; the manifest had 3 and has none now: kubectl apply removes it, and the default is 1."""
    paths = write(tmp_path, old=with_replicas(3), new=TEMPLATE, live=live(with_replicas(7)))
    bundle, problems = Bundle.read([paths["new"]], [paths["live"]], [paths["old"]])
    assert not problems
    assert wanted(bundle).spec.replicas == 1
    changes = read_changes([paths["new"]], [paths["live"]], [paths["old"]])
    assert only(changes)["spec.replicas"] == (Reason.DEFAULT, 1)


def test_a_number_that_was_never_in_the_manifest_stays(tmp_path: Path) -> None:
    paths = write(tmp_path, old=TEMPLATE, new=TEMPLATE.replace("i:1", "i:2"), live=live(with_replicas(7)))
    bundle, problems = Bundle.read([paths["new"]], [paths["live"]], [paths["old"]])
    assert not problems
    assert wanted(bundle).spec.replicas == 7
    assert wanted(bundle).spec.template.spec.containers[0].image == "i:2"


def test_places_are_those_of_the_manifest(tmp_path: Path) -> None:
    """Also of items that moved: the live object has another container in front."""
    two = TEMPLATE.replace("[{name: c", "[{name: sidecar, image: s}, {name: c")
    paths = write(tmp_path, new=TEMPLATE.replace("i:1", "i:2"), live=live(two))
    found = wanted(Bundle.read([paths["new"]], [paths["live"]])[0])
    assert [container.name for container in found.spec.template.spec.containers] == ["sidecar", "c"]
    span = found.source.span("spec.template.spec.containers[1].image")
    assert (span.file, span.line, span.column) == (paths["new"], 9, 37)
    assert found.source.document is not None
    assert found.source.document.node(("spec", "replicas")) is None


def test_a_refused_update_is_reported_and_not_checked(tmp_path: Path) -> None:
    paths = write(tmp_path, old=TEMPLATE, new=TEMPLATE.replace("app: web", "app: shop"))
    bundle, problems = Bundle.read([paths["new"]], [], [paths["old"]])
    assert [(problem.id, problem.path, problem.span.line) for problem in problems] == [("KV1217", "spec.selector", 5)]
    assert bundle.wanted == ()


def test_a_manifest_may_be_partial_server_side(tmp_path: Path) -> None:
    partial = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 4}\n"
    paths = write(tmp_path, live=live(TEMPLATE), new=partial)
    changes = read_changes([paths["new"]], [paths["live"]], mode=Mode(server_side=True, manager="scaler"))
    assert only(changes)["spec.replicas"] == (Reason.SET, 4)
    assert changes.objects[0].change.guessed
    alone = read_changes([paths["new"]], mode=Mode(server_side=True))
    assert alone.objects[0].action == "refused"


@pytest.mark.parametrize("mode", [Mode(), Mode(server_side=True), Mode(server_side=True, manager="ci")])
def test_applying_the_same_again_changes_nothing(tmp_path: Path, mode: Mode) -> None:
    paths = write(tmp_path, old=with_replicas(3))
    changes = read_changes([paths["old"]], [], [paths["old"]], mode=mode)
    assert [item.action for item in changes.objects] == ["unchanged"]
    assert changes.exit_code == 0


def test_later_documents_are_applied_over_earlier_ones(tmp_path: Path) -> None:
    paths = write(tmp_path, new=f"{TEMPLATE}---\n{with_replicas(2)}")
    changes = read_changes([paths["new"]])
    assert [item.action for item in changes.objects] == ["created", "configured"]
    assert changes.exit_code == 1


def test_lists_that_do_not_merge_are_named(tmp_path: Path) -> None:
    def tolerating(key: str) -> str:
        return TEMPLATE.replace(
            "      containers", f"      tolerations: [{{key: {key}, operator: Exists}}]\n      containers"
        )

    paths = write(tmp_path, old=tolerating("a"), new=tolerating("b"))
    reason, after = only(read_changes([paths["new"]], [], [paths["old"]]))["spec.template.spec.tolerations"]
    assert (reason, after) == (Reason.REPLACED, [{"key": "b", "operator": "Exists"}])


def test_a_custom_resource_merges_as_its_definition_says(tmp_path: Path) -> None:
    definition = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              color: {type: string, default: blue}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string}, v: {type: integer}}
---
"""
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: default}\nspec: {parts: [%s]}\n"
    paths = write(
        tmp_path, old=definition + widget % "{name: a, v: 1}", new=definition + widget % "{name: a, v: 1}, {name: b}"
    )
    old = read_changes([paths["old"]])
    result = old.objects[1].change.outcome.stored
    assert result is not None
    assert result.plain["spec"]["color"] == "blue"
    changed = read_changes([paths["new"]], [], [paths["old"]], mode=Mode(server_side=True)).objects[1].changed
    assert [change.path for change in changed] == ["spec.parts[1]"]


def test_a_manifest_of_a_removed_version_is_applied_as_what_came_after(tmp_path: Path) -> None:
    """It is an error, and still the same object: what the old version meant where it said nothing is a change."""
    gone = TEMPLATE.replace("apps/v1", "extensions/v1beta1").replace("  selector: {matchLabels: {app: web}}\n", "")
    paths = write(tmp_path, old=TEMPLATE, new=gone)
    bundle, problems = Bundle.read([paths["new"]], [], [paths["old"]])
    assert [item.id for item in problems] == ["KV1301"]
    assert wanted(bundle).api_version == "apps/v1"
    changed = only(read_changes([paths["new"]], [], [paths["old"]]))
    assert changed["spec.strategy.rollingUpdate.maxSurge"][1] == 1
    assert "spec.selector" not in changed
