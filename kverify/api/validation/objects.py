"""Namespaces."""

from __future__ import annotations

from kverify.api.types.namespace import Namespace
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata, check_standard_finalizer
from kverify.api.validation.report import INVALID, Path, Report

PSA_LEVELS = ("privileged", "baseline", "restricted")
_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_namespace(namespace: Namespace, report: Report) -> None:
    check_metadata(namespace.metadata, _METADATA, report, formats.dns_label, namespaced=False)
    finalizers = _SPEC.child("finalizers")
    for index, finalizer in enumerate(namespace.spec.finalizers):
        here = finalizers.inside(index)
        if check_format(finalizer, here, report, formats.qualified_name):
            check_standard_finalizer(finalizer, here, report)
    labels = _METADATA.child("labels")
    for mode in ("enforce", "audit", "warn"):
        key = f"pod-security.kubernetes.io/{mode}"
        level = namespace.metadata.labels.get(key)
        if level is not None and level not in PSA_LEVELS:
            message = f"{level!r} is not a Pod Security level."
            report.error(INVALID, labels.key(key), message, f"choose one of {', '.join(PSA_LEVELS)}")
