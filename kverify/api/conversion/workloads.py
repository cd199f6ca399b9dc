"""Deployments, replica sets, daemon sets and stateful sets of ``extensions/v1beta1``, ``apps/v1beta1`` and
``apps/v1beta2``.

Their fields are those of ``apps/v1``; what they leave out means something else. Sources: ``defaults.go`` and
``conversion.go`` of ``pkg/apis/extensions/v1beta1`` and ``pkg/apis/apps/v1beta1``, as of Kubernetes 1.15;
``apps/v1beta2`` has the defaults of ``apps/v1``.
"""

from __future__ import annotations

from kverify.api.conversion.tree import Notes, default, edit_root, forget, given
from kverify.manifest.nodes import FieldPath, Mapping, Scalar

NO_LIMIT = 2**31 - 1
"""What says "without a deadline" and "all of them" where nothing did."""


def extensions_deployment(root: Mapping, notes: Notes) -> Mapping:
    """One pod more and one less in a rollout, no deadline, every revision kept."""

    def spec(mapping: Mapping, at: FieldPath) -> Mapping:
        mapping = forget(mapping, "rollbackTo", at, notes, mend="use kubectl rollout undo")
        mapping = _rolling(mapping, "strategy", {"maxUnavailable": 1, "maxSurge": 1})
        mapping = default(mapping, "revisionHistoryLimit", NO_LIMIT)
        return default(mapping, "progressDeadlineSeconds", NO_LIMIT)

    return edit_root(_labelled(root), ("spec",), spec)


def apps_deployment(root: Mapping, notes: Notes) -> Mapping:
    """``apps/v1beta1``: two old revisions are kept."""

    def spec(mapping: Mapping, at: FieldPath) -> Mapping:
        mapping = forget(mapping, "rollbackTo", at, notes, mend="use kubectl rollout undo")
        return default(mapping, "revisionHistoryLimit", 2)

    return edit_root(_labelled(root), ("spec",), spec)


def extensions_replica_set(root: Mapping, _notes: Notes) -> Mapping:
    return _labelled(root)


def extensions_daemon_set(root: Mapping, notes: Notes) -> Mapping:
    """Pods are replaced when somebody deletes them."""

    def spec(mapping: Mapping, at: FieldPath) -> Mapping:
        mapping = forget(mapping, "templateGeneration", at, notes)
        return _on_delete(mapping)

    return edit_root(_labelled(root), ("spec",), spec)


def apps_stateful_set(root: Mapping, _notes: Notes) -> Mapping:
    """``apps/v1beta1``: pods are replaced when somebody deletes them."""
    return edit_root(_labelled(root), ("spec",), lambda mapping, _at: _on_delete(mapping))


def _on_delete(spec: Mapping) -> Mapping:
    spec = default(spec, "updateStrategy", {})
    return edit_root(spec, ("updateStrategy",), lambda mapping, _at: default(mapping, "type", "OnDelete"))


def _rolling(spec: Mapping, key: str, amounts: dict[str, int]) -> Mapping:
    spec = default(spec, key, {})
    kind = given(spec, key, "type")
    if isinstance(kind, Scalar) and kind.value != "RollingUpdate":
        return spec
    spec = edit_root(spec, (key,), lambda mapping, _at: default(mapping, "rollingUpdate", {}))

    def fill(mapping: Mapping, _at: FieldPath) -> Mapping:
        for name, amount in amounts.items():
            mapping = default(mapping, name, amount)
        return mapping

    return edit_root(spec, (key, "rollingUpdate"), fill)


def _labelled(root: Mapping) -> Mapping:
    """Labels of the template become the selector, and the labels of the object, where those are missing."""
    labels = given(root, "spec", "template", "metadata", "labels")
    if not isinstance(labels, Mapping) or not labels.keys:
        return root
    selector = {"matchLabels": labels}
    root = edit_root(root, ("spec",), lambda mapping, _at: default(mapping, "selector", selector, labels))
    if given(root, "metadata", "labels") is None:
        root = edit_root(root, ("metadata",), lambda mapping, _at: default(mapping, "labels", labels, labels))
    return root
