"""Ingresses of ``extensions/v1beta1`` and ``networking.k8s.io/v1beta1``, slices of ``discovery.k8s.io/v1beta1``.

Sources: ``pkg/apis/networking/v1beta1/{conversion,defaults}.go``, ``pkg/apis/extensions/v1beta1/conversion.go``,
``pkg/apis/discovery/v1beta1/conversion.go``, and the deprecation guide.
"""

from __future__ import annotations

from kverify.api.conversion.tree import EACH, Notes, default, drop, edit_root, entry_of, given, mapped, put, rename
from kverify.api.labels import HOSTNAME, ZONE
from kverify.manifest.nodes import FieldPath, Mapping, Scalar


def ingress(root: Mapping, _notes: Notes) -> Mapping:
    """``serviceName`` and ``servicePort`` become ``service``; a path without a type is up to the controller."""
    root = edit_root(root, ("spec",), lambda spec, _at: rename(spec, "backend", "defaultBackend"))
    root = edit_root(root, ("spec", "defaultBackend"), _backend)
    paths = ("spec", "rules", EACH, "http", "paths", EACH)
    root = edit_root(root, paths, lambda path, _at: default(path, "pathType", "ImplementationSpecific"))
    return edit_root(root, (*paths, "backend"), _backend)


def _backend(backend: Mapping, _at: FieldPath) -> Mapping:
    name, port = entry_of(backend, "serviceName"), entry_of(backend, "servicePort")
    first = name or port
    if first is None:
        return backend
    service = mapped(backend, [])
    if name is not None:
        service = put(service, "name", name.value, name.key)
    if port is not None:
        number = isinstance(port.value, Scalar) and not isinstance(port.value.value, str)
        chosen = {"number" if number else "name": port.value}
        service = put(service, "port", chosen, port.key)
    return default(drop(backend, "serviceName", "servicePort"), "service", service, first.key)


def endpoint_slice(root: Mapping, notes: Notes) -> Mapping:
    """``topology`` becomes ``zone`` and ``nodeName``; its other keys have no place."""

    def endpoint(mapping: Mapping, at: FieldPath) -> Mapping:
        topology = given(mapping, "topology")
        if not isinstance(topology, Mapping):
            return drop(mapping, "topology") if topology is None else mapping
        for key, field in ((ZONE, "zone"), (HOSTNAME, "nodeName")):
            entry = entry_of(topology, key)
            if entry is not None:
                mapping = default(mapping, field, entry.value, entry.key)
        for entry in topology.entries:
            if entry.key.value not in (ZONE, HOSTNAME):
                message = f"{entry.key.value} of a topology has no meaning in {notes.target}."
                notes.add(entry.key, (*at, "topology", str(entry.key.value)), message, "remove it")
        return drop(mapping, "topology")

    return edit_root(root, ("endpoints", EACH), endpoint)
