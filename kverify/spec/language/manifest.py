"""The functions that ask nothing but objects: what each computes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from kverify.api.labels import map_matches
from kverify.api.languages.images import ImageError, ImageReference, parse_image
from kverify.api.languages.percentages import PercentError, scaled
from kverify.api.types.apps import Deployment
from kverify.api.types.meta import LabelSelector
from kverify.api.types.pod import Pod, PodTemplateSpec
from kverify.cluster.objects import endpoint_labels, key_of, namespace_of, templates_of
from kverify.cluster.scaling import Autoscaler, target_of
from kverify.manifest.nodes import parse_path
from kverify.model.expr import maximum, minimum
from kverify.model.workload import RollingUpdate, resolve_fenceposts
from kverify.spec.language.values import Item, is_there, plain


def call(function: str, arguments: tuple[Any, ...]) -> Any:
    """The value of a function of manifests for its (unpacked) arguments."""
    return _FUNCTIONS[function](*arguments)


def known() -> frozenset[str]:
    """The names of all functions here."""
    return frozenset(_FUNCTIONS)


def _has(value: Any) -> bool:
    return is_there(plain(value))


def _size(value: Any) -> int:
    found = plain(value)
    return 0 if found is None else len(found)


def _on_texts(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def asked(one: Any, other: Any) -> bool:
        a, b = plain(one), plain(other)
        return a is not None and b is not None and test(a, b)

    return asked


def _like(text: str, pattern: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def _image(part: Callable[[ImageReference], str]) -> Callable[[Any], str | None]:
    def asked(value: Any) -> str | None:
        try:
            return part(parse_image(plain(value) or ""))
        except ImageError:  # The text is no image: validation says so, and it has no parts.
            return None

    return asked


def _scaled(up: bool) -> Callable[[Any, Any], Any]:
    def asked(value: Any, total: Any) -> Any:
        part, whole = plain(value), plain(total)
        if part is None or whole is None:
            return None
        try:
            return part if isinstance(part, int) else scaled(part, whole, up=up)
        except PercentError:  # Validation says so; a text that is no percentage is no number.
            return None

    return asked


def pod_template(item: Item) -> tuple[tuple[str | int, ...], PodTemplateSpec] | None:
    """The path of the pods of an object below the item's own path, and their template."""
    value = item.value
    if isinstance(value, Pod):
        return (), PodTemplateSpec(metadata=value.metadata, spec=value.spec)
    found = next(templates_of(value), None)
    return None if found is None else (tuple(parse_path(found[0])), found[1])


def _containers(value: Item) -> tuple[Item, ...]:
    found = pod_template(value)
    if found is None:
        return ()
    below, template = found
    lists = (("initContainers", template.spec.init_containers), ("containers", template.spec.containers))
    return tuple(
        Item(container, value.root, (*value.path, *below, "spec", name, index))
        for name, containers in lists
        for index, container in enumerate(containers)
    )


def _pod_labels(value: Item) -> Item | None:
    found = pod_template(value)
    if found is None:
        return None
    below, template = found
    return Item(template.metadata.labels, value.root, (*value.path, *below, "metadata", "labels"))


def _selector(value: Item) -> Any:
    spec = getattr(value.value, "spec", None)
    return (
        getattr(spec, "pod_selector", None) if value.value.kind == "NetworkPolicy" else getattr(spec, "selector", None)
    )


def _has_selector(value: Item) -> bool:
    selector = _selector(value)
    if isinstance(selector, LabelSelector):
        return not selector.is_empty
    return bool(selector)


def _selects(value: Item, target: Item) -> bool:
    labels = _pod_labels(target)
    if labels is None or namespace_of(value.value) != (target.value.metadata.namespace or namespace_of(target.root)):
        return False
    selector = _selector(value)
    if value.value.kind == "Service":
        wanted = endpoint_labels(value.value)
        return wanted is not None and map_matches(wanted, labels.value)
    return _matches(selector, labels)


def _autoscales(autoscaler: Item, target: Item) -> bool:
    item = autoscaler.value
    assert isinstance(item, Autoscaler)
    return target_of(item) == key_of(target.root)


def _matches(selector: Any, labels: Any) -> bool:
    chosen, given = plain(selector), plain(labels) or {}
    if chosen is None:
        return False
    return bool(map_matches(chosen, given) if isinstance(chosen, Mapping) else chosen.matches(given))


def _fenceposts(value: Item) -> RollingUpdate | None:
    """The strategy of a Deployment in numbers; None where its fields are malformed, which validation says."""
    item = value.value
    assert isinstance(item, Deployment)
    replicas = 1 if item.spec.replicas is None else item.spec.replicas
    rolling = item.spec.strategy.rolling_update
    surge = rolling.max_surge if rolling and rolling.max_surge is not None else "25%"
    unavailable = rolling.max_unavailable if rolling and rolling.max_unavailable is not None else "25%"
    try:
        return resolve_fenceposts(surge, unavailable, replicas)
    except PercentError:
        return None


def _max_surge(value: Item) -> Any:
    if not isinstance(value.value, Deployment) or value.value.spec.strategy.type == "Recreate":
        return 0
    found = _fenceposts(value)
    return None if found is None else found.surge


def _max_unavailable(value: Item) -> Any:
    if not isinstance(value.value, Deployment):
        return 0
    if value.value.spec.strategy.type == "Recreate":
        return 1 if value.value.spec.replicas is None else value.value.spec.replicas
    found = _fenceposts(value)
    return None if found is None else found.unavailable


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "has": _has,
    "size": _size,
    "starts_with": _on_texts(str.startswith),
    "ends_with": _on_texts(str.endswith),
    "contains": _on_texts(str.__contains__),
    "like": _on_texts(_like),
    "image_registry": _image(lambda image: image.domain),
    "image_repository": _image(lambda image: image.path),
    "image_tag": _image(lambda image: image.pulled_tag),
    "image_digest": _image(lambda image: image.digest or ""),
    "min": lambda *values: minimum(map(plain, values)),
    "max": lambda *values: maximum(map(plain, values)),
    "scaled_up": _scaled(up=True),
    "scaled_down": _scaled(up=False),
    "containers": _containers,
    "pod_labels": _pod_labels,
    "has_selector": _has_selector,
    "selects": _selects,
    "autoscales": _autoscales,
    "matches": _matches,
    "max_surge": _max_surge,
    "max_unavailable": _max_unavailable,
}
