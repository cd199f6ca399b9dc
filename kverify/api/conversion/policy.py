"""Disruption budgets of ``policy/v1beta1``, role bindings of ``rbac.authorization.k8s.io/v1alpha1`` and priority levels
of ``flowcontrol.apiserver.k8s.io/v1beta1`` and ``v1beta2``.

Sources: ``conversion.go`` of ``pkg/apis/policy/v1beta1``, ``pkg/apis/rbac/v1alpha1``, ``pkg/apis/flowcontrol/v1beta2``.
"""

from __future__ import annotations

from kverify.api.conversion.tree import EACH, Notes, drop, edit_root, given, put, rename, text_of
from kverify.manifest.nodes import FieldPath, Mapping

NOTHING = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match"
"""The label that no pod has: a budget that selects it by existence selects nothing."""


def budget(root: Mapping, notes: Notes) -> Mapping:
    """An empty selector selected no pod, and selects every pod in ``policy/v1``."""
    selector = given(root, "spec", "selector")
    if not isinstance(selector, Mapping):
        return root
    if given(selector, "matchLabels") is None and given(selector, "matchExpressions") is None:
        message = "An empty selector selects no pod in policy/v1beta1, and every pod of the namespace in policy/v1."
        notes.add(selector, ("spec", "selector"), message, "say which pods are meant")
        nothing = {"matchExpressions": [{"key": NOTHING, "operator": "Exists"}]}
        return edit_root(root, ("spec",), lambda spec, _at: put(spec, "selector", nothing, selector))
    return root


def alpha_binding(root: Mapping, _notes: Notes) -> Mapping:
    """Subjects named their API version, and the user ``*`` was everybody who had logged in."""

    def subject(mapping: Mapping, _at: FieldPath) -> Mapping:
        mapping = drop(mapping, "apiVersion")
        if text_of(mapping.get("kind")) == "User" and text_of(mapping.get("name")) == "*":
            mapping = put(put(mapping, "kind", "Group"), "name", "system:authenticated")
        return mapping

    return edit_root(root, ("subjects", EACH), subject)


def priority_level(root: Mapping, _notes: Notes) -> Mapping:
    """Shares of concurrency have another name."""
    return edit_root(
        root,
        ("spec", "limited"),
        lambda limited, _at: rename(limited, "assuredConcurrencyShares", "nominalConcurrencyShares"),
    )
