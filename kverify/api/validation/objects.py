"""Namespaces."""

from __future__ import annotations

from kverify.api.pod_security import policies_of
from kverify.api.types.namespace import Namespace
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata, check_standard_finalizer
from kverify.api.validation.report import INVALID, Path, Report

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
    for bad in policies_of(namespace.metadata.labels)[1]:
        message = f"{bad.value!r} is not a value of the label {bad.key}."
        report.error(INVALID, labels.key(bad.key), message, f"choose one of {bad.choices}")
