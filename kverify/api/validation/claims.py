"""Persistent volume claims (``ValidatePersistentVolumeClaim`` and its update), also inside pods and StatefulSets."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kverify.api.base import FrozenMap, json_name, model_fields
from kverify.api.types.claim import (
    PersistentVolumeClaim,
    PersistentVolumeClaimSpec,
    PersistentVolumeClaimTemplate,
)
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.references import TypedLocalObjectReference, TypedObjectReference
from kverify.api.validation import formats
from kverify.api.validation.metadata import (
    check_annotations,
    check_format,
    check_labels,
    check_metadata,
    check_selector,
)
from kverify.api.validation.report import IMMUTABLE, OUT_OF_RANGE, RESOURCES, SUSPICIOUS, Path, Report
from kverify.api.versions import enabled

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
"""The annotation that named the class before there was a field."""

_SPEC = Path().child("spec")
_METADATA = Path().child("metadata")


def check_claim(claim: PersistentVolumeClaim, report: Report) -> None:
    check_metadata(claim.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    check_claim_spec(claim.spec, _SPEC, report)
    warn_beta(claim.metadata, BETA_CLASS, "storageClassName", report)


def warn_beta(meta: ObjectMeta, annotation: str, field: str, report: Report) -> None:
    if annotation in meta.annotations:
        here = _METADATA.child("annotations").key(annotation)
        report.warn(SUSPICIOUS, here, f"The annotation {annotation} is deprecated.", f"use spec.{field}")


def check_claim_template(template: PersistentVolumeClaimTemplate, path: Path, report: Report) -> None:
    """``ValidatePersistentVolumeClaimTemplate``: of the metadata only labels and annotations are taken over."""
    meta, place = template.metadata, path.child("metadata")
    check_annotations(meta.annotations, place.child("annotations"), report)
    check_labels(meta.labels, place.child("labels"), report)
    for attribute in model_fields(ObjectMeta):
        value = getattr(meta, attribute.name)
        if attribute.name not in ("annotations", "labels") and value not in (None, "", ()):
            name = json_name(attribute)
            # The API server prints the Go name, UID, with a small first letter.
            printed = "uID" if name == "uid" else name
            report.forbidden(place.child(name).printed(f"{place}.{printed}"), f"A template has no {name}.", "remove it")
    check_claim_spec(template.spec, path.child("spec"), report)


def check_access_modes(modes: tuple[str, ...], path: Path, report: Report) -> None:
    """Of claims and of volumes."""
    if not modes:
        report.required(path, "At least one access mode is needed.", "add ReadWriteOnce, say")
    for index, mode in enumerate(modes):
        if mode not in ACCESS_MODES:
            report.unsupported(path.inside(index), mode, ACCESS_MODES)
    if "ReadWriteOncePod" in modes and any(mode in ACCESS_MODES and mode != "ReadWriteOncePod" for mode in modes):
        report.forbidden(path, "ReadWriteOncePod excludes all other access modes.", "keep one of them")


def check_class_name(name: str | None, path: Path, report: Report) -> None:
    if name:
        check_format(name, path, report, formats.dns_subdomain)


def check_given_choice(value: str | None, choices: Iterable[str], path: Path, report: Report) -> None:
    """One of ``choices`` when it is given at all; an empty text is given."""
    known = tuple(choices)
    if value is not None and value not in known:
        report.unsupported(path, value, known)


def check_claim_spec(spec: PersistentVolumeClaimSpec, path: Path, report: Report) -> None:
    """``ValidatePersistentVolumeClaimSpec``."""
    if spec.selector is not None:
        check_selector(spec.selector, path.child("selector"), report)
    check_access_modes(spec.access_modes, path.child("accessModes"), report)
    _check_size(spec, path, report)
    check_class_name(spec.storage_class_name, path.child("storageClassName"), report)
    check_given_choice(spec.volume_mode, VOLUME_MODES, path.child("volumeMode"), report)
    for name, source in (("dataSource", spec.data_source), ("dataSourceRef", spec.data_source_ref)):
        if source is not None:
            _check_data_source(source, path.child(name), report)
    _check_same_source(spec, path, report)
    check_class_name(spec.volume_attributes_class_name, path.child("volumeAttributesClassName"), report)


def _check_size(spec: PersistentVolumeClaimSpec, path: Path, report: Report) -> None:
    """The API server prints ``spec.resources[storage]``."""
    storage = spec.resources.requests.get("storage")
    printed = path.child("resources").key("storage")
    here = Path((*path.parts, "resources", "requests", "storage"), printed.text)
    if storage is None:
        report.required(here, "A claim needs a storage request.", "add resources.requests.storage: 1Gi, say")
    elif storage.nano <= 0:
        report.error(RESOURCES, here, f"The storage request {storage} must be above 0.")
    for kind, given in (("requests", spec.resources.requests), ("limits", spec.resources.limits)):
        quantity = given.get("storage")
        if quantity is not None and quantity.milli_value() % 1000:
            place = path.child("resources", kind).key("storage")
            report.warn(SUSPICIOUS, place, f"{quantity} is a fraction of a byte.", "write 1Gi, not 1G and m")


def _check_data_source(source: TypedLocalObjectReference | TypedObjectReference, path: Path, report: Report) -> None:
    for name, value in (("name", source.name), ("kind", source.kind)):
        if not value:
            report.required(path.child(name))
    if not source.api_group and source.kind != "PersistentVolumeClaim":
        message = f"Without apiGroup the source is a PersistentVolumeClaim, not a {source.kind or 'nothing'}."
        report.invalid(path, message, "add apiGroup")
    if source.api_group:
        check_format(source.api_group, path.child("apiGroup"), report, formats.dns_subdomain)
    if isinstance(source, TypedObjectReference) and source.namespace:
        check_format(source.namespace, path.child("namespace"), report, formats.dns_label)


def _check_same_source(spec: PersistentVolumeClaimSpec, path: Path, report: Report) -> None:
    """Both fields name the same source; the API server prints the spec."""
    source, ref = spec.data_source, spec.data_source_ref
    if source is None or ref is None:
        return
    here = path.inside("dataSource")
    if ref.namespace:
        report.invalid(here, "dataSource cannot follow dataSourceRef into another namespace.", "remove dataSource")
    elif (source.api_group, source.kind, source.name) != (ref.api_group, ref.kind, ref.name):
        report.invalid(here, "dataSource and dataSourceRef name different sources.", "remove dataSource")


def update_claim(new: PersistentVolumeClaim, old: PersistentVolumeClaim, report: Report) -> None:
    """``ValidatePersistentVolumeClaimUpdate``: a bound claim may grow and change its attributes class; every claim may
    be bound once and be given a storage class once. What is not in the manifest is the stored object's: its status."""
    before, after = old.spec, new.spec
    annotation = old.metadata.annotations.get(BETA_CLASS)
    if not before.volume_name:
        before = attrs.evolve(before, volume_name=after.volume_name)
    if _class_moved_to_field(new, old):
        after = attrs.evolve(after, storage_class_name=None)
    else:
        if new.metadata.annotations.get(BETA_CLASS, "") != (annotation or ""):
            here = _METADATA.child("annotations", BETA_CLASS)
            report.error(IMMUTABLE, here, "The storage class of a claim cannot be changed.", "create another claim")
        if (
            after.storage_class_name is not None
            and before.storage_class_name is None
            and annotation in (None, after.storage_class_name)
        ):
            after = attrs.evolve(after, storage_class_name=None)
    requests = after.resources.requests
    if old.status.phase == "Bound":
        if requests and (size := before.resources.requests.get("storage")) is not None:
            after_requests = FrozenMap({**requests, "storage": size})
            after = attrs.evolve(after, resources=attrs.evolve(after.resources, requests=after_requests))
        after = attrs.evolve(after, volume_attributes_class_name=before.volume_attributes_class_name)
    if before != after:
        bound = old.status.phase == "Bound"
        what = "its storage request and its attributes class" if bound else "nothing, until it is bound,"
        report.error(IMMUTABLE, _SPEC, f"Of this claim {what} can be changed.", "create another claim")
    _check_shrinking(new, old, report)
    if old.spec.volume_mode != new.spec.volume_mode:
        here = _SPEC.child("volumeMode").printed("volumeMode")
        report.error(IMMUTABLE, here, "The mode of a volume cannot be changed.", "create another claim")
    _check_attributes_class(new, old, report)


def _class_moved_to_field(new: PersistentVolumeClaim, old: PersistentVolumeClaim) -> bool:
    annotation = old.metadata.annotations.get(BETA_CLASS)
    return (
        annotation is not None
        and old.spec.storage_class_name is None
        and new.spec.storage_class_name == annotation
        and new.metadata.annotations.get(BETA_CLASS, annotation) == annotation
    )


def _check_shrinking(new: PersistentVolumeClaim, old: PersistentVolumeClaim, report: Report) -> None:
    """Smaller than before is fine after a failed expansion, down to what the volume has, and not to that."""
    before, after = old.spec.resources.requests.get("storage"), new.spec.resources.requests.get("storage")
    small = 0 if after is None else after.nano
    if before is None or small >= before.nano:
        return
    capacity = old.status.capacity.get("storage")
    if small <= (0 if capacity is None else capacity.nano):
        here = _SPEC.child("resources", "requests", "storage")
        report.error(OUT_OF_RANGE, here, f"A claim cannot shrink below {capacity}, its size.", f"ask for {before}")


def _check_attributes_class(new: PersistentVolumeClaim, old: PersistentVolumeClaim, report: Report) -> None:
    before, after = old.spec.volume_attributes_class_name, new.spec.volume_attributes_class_name
    here = _SPEC.child("volumeAttributesClassName")
    if before == after:
        return
    if not enabled("VolumeAttributesClass", report.version):
        report.forbidden(here, "Attributes classes are off in this version.")
    elif old.status.current_volume_attributes_class_name is not None and not after:
        report.forbidden(here, "An attributes class that is in use cannot be removed.", "name another one")
