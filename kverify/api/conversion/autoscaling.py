"""Autoscalers of ``autoscaling/v2beta1``: a metric names its target in one place since ``v2beta2``.

Source: ``pkg/apis/autoscaling/v2beta1/conversion.go``. ``autoscaling/v2beta2`` has the fields of ``autoscaling/v2``.
"""

from __future__ import annotations

from kverify.api.conversion.tree import EACH, Notes, drop, edit_root, entry_of, given, mapped, put
from kverify.manifest.nodes import FieldPath, Mapping

TARGETS = {
    "targetAverageUtilization": ("Utilization", "averageUtilization"),
    "targetAverageValue": ("AverageValue", "averageValue"),
    "averageValue": ("AverageValue", "averageValue"),
    "targetValue": ("Value", "value"),
}
"""The field of the old version to the type of its target and its name there; of several the first decides."""


def autoscaler(root: Mapping, _notes: Notes) -> Mapping:
    """The status is the controller's, and is not converted."""
    for kind in ("resource", "containerResource"):
        root = edit_root(root, ("spec", "metrics", EACH, kind), _targeted)
    for kind in ("pods", "external"):
        root = edit_root(root, ("spec", "metrics", EACH, kind), _metric)
    return drop(edit_root(root, ("spec", "metrics", EACH, "object"), _object), "status")


def _targeted(source: Mapping, _at: FieldPath) -> Mapping:
    written = [entry for name in TARGETS if (entry := entry_of(source, name)) is not None]
    if not written or given(source, "target") is not None:
        return source
    place = written[0].key
    target = put(mapped(place, []), "type", TARGETS[str(place.value)][0])
    for entry in written:
        target = put(target, TARGETS[str(entry.key.value)][1], entry.value, entry.key)
    return put(drop(source, *TARGETS), "target", target, place)


def _metric(source: Mapping, at: FieldPath) -> Mapping:
    name = entry_of(source, "metricName")
    if name is None or given(source, "metric") is not None:
        return _targeted(source, at)
    metric = put(mapped(name.key, []), "name", name.value)
    for key in ("selector", "metricSelector"):
        selector = entry_of(source, key)
        if selector is not None:
            metric = put(metric, "selector", selector.value, selector.key)
    source = drop(source, "metricName", "selector", "metricSelector")
    return _targeted(put(source, "metric", metric, name.key), at)


def _object(source: Mapping, at: FieldPath) -> Mapping:
    described = entry_of(source, "target")
    if described is not None and given(source, "describedObject") is None:
        source = put(drop(source, "target"), "describedObject", described.value, described.key)
    return _metric(source, at)
