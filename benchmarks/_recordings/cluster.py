"""The cluster that was recorded, as far as its answers depend on it."""

from __future__ import annotations

from kverify.api.apply.custom import CustomKind

NAMESPACE = "rec"
"""Where the recorder applied its manifests."""

_SPEC = {
    "type": "object",
    "properties": {
        "size": {"type": "integer"},
        "color": {"type": "string", "default": "blue"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "keyed": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "v": {"type": "integer"}}},
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    },
    "x-kubernetes-preserve-unknown-fields": True,
}
WIDGETS = {("rec.example.com/v1", "Widget"): CustomKind({"type": "object", "properties": {"spec": _SPEC}})}
"""The custom kind of the recording, as its answers show it."""
