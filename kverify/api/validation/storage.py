"""Kinds of ``storage.k8s.io/v1`` (``pkg/apis/storage/validation``).

The status of an attachment is not looked at: a new one has none, whatever is written.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from kverify.api.types.storage import (
    CSIDriver,
    CSIDriverSpec,
    CSINode,
    CSINodeDriver,
    CSIStorageCapacity,
    StorageClass,
    TopologySelectorTerm,
    VolumeAttachment,
    VolumeAttachmentSource,
    VolumeAttributesClass,
)
from kverify.api.validation import formats
from kverify.api.validation.claims import check_given_choice
from kverify.api.validation.deprecations import warn_node_label, warn_node_labels
from kverify.api.validation.metadata import check_format, check_metadata, check_selector
from kverify.api.validation.persistent_volumes import check_inline_volume
from kverify.api.validation.report import DUPLICATE, IMMUTABLE, OUT_OF_RANGE, RESOURCES, Path, Report
from kverify.api.validation.volume_sources import check_csi_driver_name
from kverify.api.versions import enabled

MAX_PARAMETERS = 512
MAX_PARAMETER_BYTES = 256 * 1024
MAX_NODE_ID = 256
MIN_TOKEN_SECONDS, MAX_TOKEN_SECONDS = 600, 2**32
MIN_UPDATE_SECONDS = 10
GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
LIFECYCLES = ("Ephemeral", "Persistent")
_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_storage_class(storage: StorageClass, report: Report) -> None:
    check_metadata(storage.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    _check_provisioner(storage.provisioner, Path().child("provisioner"), report)
    _check_parameters(storage.parameters, Path().child("parameters"), report)
    report.choice(Path().child("reclaimPolicy"), storage.reclaim_policy, ("Delete", "Retain"))
    check_given_choice(storage.volume_binding_mode, BINDING_MODES, Path().child("volumeBindingMode"), report)
    _check_topologies(storage.allowed_topologies, Path().child("allowedTopologies"), report)


def _check_provisioner(name: str, path: Path, report: Report) -> None:
    if not name:
        report.required(path, f"{path} is required.", "name a driver, such as ebs.csi.aws.com")
    else:
        check_format(name.lower(), path, report, formats.qualified_name)


def _check_parameters(parameters: Mapping[str, str], path: Path, report: Report) -> None:
    if len(parameters) > MAX_PARAMETERS:
        report.error(OUT_OF_RANGE, path, f"More than {MAX_PARAMETERS} parameters are given.", "remove some")
        return
    if "" in parameters:
        report.invalid(path.inside(""), "A parameter has no name.", "remove it")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in parameters.items())
    if size > MAX_PARAMETER_BYTES:
        report.error(OUT_OF_RANGE, path, f"The parameters have {size} bytes; the limit is {MAX_PARAMETER_BYTES}.")


def _check_topologies(terms: tuple[TopologySelectorTerm, ...], path: Path, report: Report) -> None:
    """No two terms say the same, and none says nothing: upstream takes that for a repetition too."""
    seen: list[dict[str, frozenset[str]]] = []
    for here, term in path.each(terms):
        place = here.child("matchLabelExpressions")
        selected: dict[str, frozenset[str]] = {}
        for entry, requirement in place.each(term.match_label_expressions):
            if not requirement.values:
                report.required(entry.child("values"), "A topology needs at least one value.", "add one")
            values: set[str] = set()
            for value_place, value in entry.child("values").each(requirement.values):
                if value in values:
                    report.duplicate(value_place, value, "remove it")
                values.add(value)
            check_format(requirement.key, entry.child("key"), report, formats.qualified_name)
            warn_node_label(requirement.key, entry.child("key"), report)
            if requirement.key in selected:
                report.duplicate(entry.child("key"), requirement.key, "merge the two")
            selected[requirement.key] = frozenset(values)
        if not selected:
            report.error(DUPLICATE, place, "A topology term that selects nothing is refused.", "remove it")
        elif selected in seen:
            report.error(DUPLICATE, place, "Two topology terms say the same.", "remove one of them")
        seen.append(selected)


def update_storage_class(new: StorageClass, old: StorageClass, report: Report) -> None:
    for name, before, after in (
        ("parameters", old.parameters, new.parameters),
        ("provisioner", old.provisioner, new.provisioner),
        ("reclaimPolicy", old.reclaim_policy, new.reclaim_policy),
        ("volumeBindingMode", old.volume_binding_mode, new.volume_binding_mode),
    ):
        report.unchanged(Path().child(name), before, after)


def check_attributes_class(attributes: VolumeAttributesClass, report: Report) -> None:
    check_metadata(attributes.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    _check_provisioner(attributes.driver_name, Path().child("driverName"), report)
    parameters = Path().child("parameters")
    _check_parameters(attributes.parameters, parameters, report)
    if not attributes.parameters:
        report.required(parameters, "A class without parameters changes nothing.", "add one")


def update_attributes_class(new: VolumeAttributesClass, old: VolumeAttributesClass, report: Report) -> None:
    report.unchanged(Path().child("driverName"), old.driver_name, new.driver_name)
    report.unchanged(Path().child("parameters"), old.parameters, new.parameters)


def check_attachment(attachment: VolumeAttachment, report: Report) -> None:
    """``ValidateVolumeAttachment`` and ``ValidateVolumeAttachmentV1``."""
    check_metadata(attachment.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    spec = attachment.spec
    check_csi_driver_name(spec.attacher, _SPEC.child("attacher"), report)
    _check_attached(spec.source, _SPEC.child("source"), report)
    check_format(spec.node_name, _SPEC.child("nodeName"), report, formats.dns_subdomain)


def _check_attached(source: VolumeAttachmentSource, path: Path, report: Report) -> None:
    name, inline = source.persistent_volume_name, source.inline_volume_spec
    here = path.child("persistentVolumeName")
    if name is None and inline is None:
        report.required(path, "What is attached is missing.", "add persistentVolumeName")
    elif name is not None and inline is not None:
        message = "persistentVolumeName and inlineVolumeSpec exclude each other."
        report.forbidden(path, message, "keep persistentVolumeName")
    elif inline is not None:
        check_inline_volume(inline, path.child("inlineVolumeSpec"), report)
    if name == "":
        report.required(here)
    elif name is not None:
        check_format(name, here, report, formats.dns_subdomain)


def update_attachment(new: VolumeAttachment, old: VolumeAttachment, report: Report) -> None:
    report.unchanged(_SPEC, old.spec, new.spec)


def check_csi_node(node: CSINode, report: Report) -> None:
    check_metadata(node.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    names: set[str] = set()
    for here, driver in _SPEC.child("drivers").each(node.spec.drivers):
        _check_node_driver(driver, names, here, report)


def _check_node_driver(driver: CSINodeDriver, names: set[str], path: Path, report: Report) -> None:
    check_csi_driver_name(driver.name, path.child("name"), report)
    if not driver.node_id:
        report.required(path.child("nodeID"))
    elif len(driver.node_id.encode()) > MAX_NODE_ID:
        report.invalid(path.child("nodeID"), f"The id of a node has at most {MAX_NODE_ID} characters.")
    if driver.allocatable is not None:
        report.at_least(path.child("allocatable", "count"), driver.allocatable.count, 0)
    if driver.name in names:
        report.duplicate(path.child("name"), driver.name, "keep one of them")
    names.add(driver.name)
    seen: set[str] = set()
    for index, key in enumerate(driver.topology_keys):
        # The API server prints the driver.
        here = path.inside("topologyKeys", index)
        if key in seen:
            report.error(DUPLICATE, here, f"The topology key {key} is listed twice.", "remove it")
        seen.add(key)
        check_format(key, here, report, formats.qualified_name)


def update_csi_node(new: CSINode, old: CSINode, report: Report) -> None:
    """Drivers come and go, and stay as they are in between."""
    known = {driver.name: driver for driver in old.spec.drivers}
    counts = enabled("MutableCSINodeAllocatableCount", report.version)
    for index, driver in enumerate(new.spec.drivers):
        before = known.get(driver.name)
        if before is None:
            continue
        after = attrs.evolve(driver, allocatable=before.allocatable) if counts else driver
        if before != after:
            here = _SPEC.child("drivers").inside(index)
            report.error(IMMUTABLE, here, f"The entry of {driver.name} cannot be changed.", "remove it first")


def check_csi_driver(driver: CSIDriver, report: Report) -> None:
    check_metadata(driver.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    spec = driver.spec
    check_given_choice(spec.fs_group_policy, GROUP_POLICIES, _SPEC.child("fsGroupPolicy"), report)
    _check_tokens(spec, _SPEC.child("tokenRequests"), report)
    modes = _SPEC.child("volumeLifecycleModes")
    for index, mode in enumerate(spec.volume_lifecycle_modes):
        if mode not in LIFECYCLES:
            report.unsupported(modes.inside(index), mode, LIFECYCLES)
    period = _SPEC.child("nodeAllocatableUpdatePeriodSeconds")
    report.at_least(period, spec.node_allocatable_update_period_seconds, MIN_UPDATE_SECONDS)
    if spec.service_account_token_in_secrets is not None and not spec.token_requests:
        message = "The driver asks for no tokens that could be passed."
        report.forbidden(_SPEC.child("serviceAccountTokenInSecrets"), message, "remove it, or add tokenRequests")


def _check_tokens(spec: CSIDriverSpec, path: Path, report: Report) -> None:
    audiences: set[str] = set()
    for here, request in path.each(spec.token_requests):
        if request.audience in audiences:
            report.duplicate(here.child("audience"), request.audience or "the API server's audience", "remove one")
            continue
        audiences.add(request.audience)
        seconds = here.child("expirationSeconds")
        report.between(seconds, request.expiration_seconds, MIN_TOKEN_SECONDS, MAX_TOKEN_SECONDS)


def update_csi_driver(new: CSIDriver, old: CSIDriver, report: Report) -> None:
    """The API server prints ``attachedRequired``."""
    attach = _SPEC.child("attachRequired").printed("spec.attachedRequired")
    report.unchanged(attach, old.spec.attach_required, new.spec.attach_required)
    before, after = old.spec.volume_lifecycle_modes, new.spec.volume_lifecycle_modes
    report.unchanged(_SPEC.child("volumeLifecycleModes"), before, after)


def check_storage_capacity(capacity: CSIStorageCapacity, report: Report) -> None:
    check_metadata(capacity.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    if capacity.node_topology is not None:
        check_selector(capacity.node_topology, Path().child("nodeTopology"), report)
        warn_node_labels(capacity.node_topology, Path().child("nodeTopology"), report)
    check_format(capacity.storage_class_name, Path().child("storageClassName"), report, formats.dns_subdomain)
    if capacity.capacity is not None and capacity.capacity.nano < 0:
        report.error(
            RESOURCES, Path().child("capacity"), f"The capacity {capacity.capacity} is negative.", "write 0 or more"
        )


def update_storage_capacity(new: CSIStorageCapacity, old: CSIStorageCapacity, report: Report) -> None:
    report.unchanged(Path().child("nodeTopology"), old.node_topology, new.node_topology)
    report.unchanged(Path().child("storageClassName"), old.storage_class_name, new.storage_class_name)
