"""Webhooks of ``admissionregistration.k8s.io/v1beta1``: they fail open, and wait longer.

Source: ``pkg/apis/admissionregistration/v1beta1/defaults.go``. ``sideEffects`` was unknown where nothing was said, and
``v1`` does not take that: it stays absent, and is asked for.
"""

from __future__ import annotations

from kverify.api.conversion.tree import EACH, Notes, default, edit_root
from kverify.manifest.nodes import FieldPath, Mapping


def webhooks(root: Mapping, _notes: Notes) -> Mapping:
    return edit_root(root, ("webhooks", EACH), _webhook)


def _webhook(webhook: Mapping, _at: FieldPath) -> Mapping:
    webhook = default(webhook, "failurePolicy", "Ignore")
    webhook = default(webhook, "matchPolicy", "Exact")
    webhook = default(webhook, "timeoutSeconds", 30)
    return default(webhook, "admissionReviewVersions", ["v1beta1"])
