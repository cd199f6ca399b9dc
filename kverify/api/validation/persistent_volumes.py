"""Persistent volumes, also inside attachments (``ValidatePersistentVolume`` and its update)."""

from __future__ import annotations

import posixpath

import attrs

from kverify.api.labels import DEPRECATED_NODE_LABELS
from kverify.api.types.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from kverify.api.types.persistent_volume import (
    LocalVolumeSource,
    PersistentVolume,
    PersistentVolumeSpec,
    VolumeNodeAffinity,
)
from kverify.api.validation import formats
from kverify.api.validation import volume_sources as sources
from kverify.api.validation.claims import (
    BETA_CLASS,
    VOLUME_MODES,
    check_access_modes,
    check_class_name,
    check_given_choice,
    warn_beta,
)
from kverify.api.validation.deprecations import warn_node_terms
from kverify.api.validation.metadata import check_format, check_metadata
from kverify.api.validation.placement import check_node_selector
from kverify.api.validation.report import IMMUTABLE, RESOURCES, SUSPICIOUS, Path, Report
from kverify.api.validation.volume_sources import SourceKind, warn_plugin
from kverify.api.versions import enabled

RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
BETA_OPTIONS = "volume.beta.kubernetes.io/mount-options"
RENAMED_LABELS = {old: new for old, new in DEPRECATED_NODE_LABELS.items() if "beta.kubernetes.io/" in old}
"""Labels of nodes that were beta once: volumes may follow to today's names."""

_METADATA = Path().child("metadata")
_SPEC = Path().child("spec")


def check_volume(volume: PersistentVolume, report: Report) -> None:
    _check_all(volume, report)
    warn_beta(volume.metadata, BETA_CLASS, "storageClassName", report)
    warn_beta(volume.metadata, BETA_OPTIONS, "mountOptions", report)
    for kind in _given(volume.spec):
        warn_plugin(kind.name, _SPEC.child(kind.name), report)
    if volume.spec.persistent_volume_reclaim_policy == "Recycle":
        here = _SPEC.child("persistentVolumeReclaimPolicy")
        report.warn(SUSPICIOUS, here, "Recycle is deprecated.", "let a StorageClass make new volumes")


def _check_all(volume: PersistentVolume, report: Report) -> None:
    check_metadata(volume.metadata, _METADATA, report, formats.dns_subdomain, namespaced=False)
    spec = volume.spec
    check_access_modes(spec.access_modes, _SPEC.child("accessModes"), report)
    _check_capacity(spec, _SPEC.child("capacity"), report)
    here = _SPEC.child("persistentVolumeReclaimPolicy")
    report.choice(here, spec.persistent_volume_reclaim_policy, RECLAIM_POLICIES)
    if spec.node_affinity is not None:
        required = _SPEC.child("nodeAffinity", "required")
        if spec.node_affinity.required is None:
            report.required(required, "A volume is bound to nodes by what they must have.", "add required")
        else:
            check_node_selector(spec.node_affinity.required, required, report)
            terms = spec.node_affinity.required.node_selector_terms
            warn_node_terms(terms, required.child("nodeSelectorTerms"), report)
    _check_sources(spec, volume.metadata.name, _SPEC, report)
    check_class_name(spec.storage_class_name, _SPEC.child("storageClassName"), report)
    check_given_choice(spec.volume_mode, VOLUME_MODES, _SPEC.child("volumeMode"), report)
    _check_attributes_class(spec, _SPEC, report)


def check_inline_volume(spec: PersistentVolumeSpec, path: Path, report: Report) -> None:
    """The volume of an attachment: a CSI volume that was written inside a pod once, with nothing that binds it."""
    for name, given in (("claimRef", spec.claim_ref is not None), ("capacity", bool(spec.capacity))):
        if given:
            _forbid_inline(path.child(name), report)
    if spec.csi is None:
        report.required(path.child("csi"), "The volume of an attachment is a CSI volume.", "add csi")
    check_access_modes(spec.access_modes, path.child("accessModes"), report)
    if spec.persistent_volume_reclaim_policy not in (None, "", "Retain"):
        report.forbidden(path.child("persistentVolumeReclaimPolicy"), "Such a volume is kept.", "write Retain")
    if spec.node_affinity is not None:
        _forbid_inline(path.child("nodeAffinity"), report)
    _check_sources(spec, "", path, report)
    if spec.storage_class_name:
        _forbid_inline(path.child("storageClassName"), report)
    if spec.volume_mode not in (None, "Filesystem"):
        report.forbidden(path.child("volumeMode"), "Such a volume is a file system.", "write Filesystem")
    _check_attributes_class(spec, path, report)


def _forbid_inline(path: Path, report: Report) -> None:
    report.forbidden(path, f"The volume of an attachment has no {path.parts[-1]}.", "remove it")


def _check_capacity(spec: PersistentVolumeSpec, path: Path, report: Report) -> None:
    if not spec.capacity:
        report.required(path, "A volume has a size.", "add capacity.storage: 1Gi, say")
    elif set(spec.capacity) != {"storage"}:
        report.unsupported(path, ", ".join(spec.capacity), ("storage",))
    for name, quantity in spec.capacity.items():
        if quantity.nano <= 0:
            report.error(RESOURCES, path.key(name), f"The capacity {quantity} must be above 0.")


def _given(spec: PersistentVolumeSpec) -> list[SourceKind]:
    return [kind for kind in _KINDS if getattr(spec, kind.attribute) is not None]


def _check_sources(spec: PersistentVolumeSpec, name: str, path: Path, report: Report) -> None:
    """The first source in upstream's order is looked at; every further one is too many, but a FlexVolume always is."""
    given = _given(spec)
    if not given:
        report.required(path, "The volume has no source.", "add csi, nfs, hostPath, ...")
    for number, kind in enumerate(given):
        if number and kind.name != "flexVolume":
            message = f"A volume has one source only, and {given[0].name} is given."
            report.forbidden(kind.place_of_extra(path), message, "remove one of them")
            continue
        kind.check(getattr(spec, kind.attribute), kind.place(path), report)
        if kind.name == "local" and spec.node_affinity is None:
            message = "A local volume is on one node, which nodeAffinity tells."
            report.required(path.child("nodeAffinity"), message, "add nodeAffinity.required")
        if kind.name == "iscsi" and spec.iscsi is not None and sources.too_long_for_iscsi(name, spec.iscsi):
            here = path.child("iscsi", "targetPortal").printed(f"{path}.iscsi.targetportal")
            limit = sources.MAX_INITIATOR_TARGET
            report.invalid(here, f"The name of the volume and the portal are longer than {limit} bytes together.")
    host = spec.host_path
    recycled = spec.persistent_volume_reclaim_policy == "Recycle"
    if recycled and host is not None and host.path and not posixpath.normpath(host.path).strip("/"):
        message = "The root of a node cannot be recycled."
        report.forbidden(path.child("persistentVolumeReclaimPolicy"), message, "write Retain")


def _check_local(source: LocalVolumeSource, path: Path, report: Report) -> None:
    if not source.path:
        report.required(path.child("path"))
    else:
        check_format(source.path, path.child("path"), report, formats.path_inside)


def _check_attributes_class(spec: PersistentVolumeSpec, path: Path, report: Report) -> None:
    if spec.volume_attributes_class_name is None:
        return
    if not spec.volume_attributes_class_name:
        report.required(path.child("volumeAttributesClassName"), "The name of the class is empty.", "remove it")
    check_class_name(spec.volume_attributes_class_name, path.child("volumeAttributesClassName"), report)
    if spec.csi is None:
        report.required(path.child("csi"), "Only CSI volumes have an attributes class.", "remove the class")


def update_volume(new: PersistentVolume, old: PersistentVolume, report: Report) -> None:
    """``ValidatePersistentVolumeUpdate``: the source and the mode stay; what is not bound to nodes may be."""
    before, after = old.spec, new.spec
    if before.csi is not None and after.csi is not None and before.csi.controller_expand_secret_ref is None:
        after = attrs.evolve(after, csi=attrs.evolve(after.csi, controller_expand_secret_ref=None))
    changed = [kind for kind in _KINDS if getattr(before, kind.attribute) != getattr(after, kind.attribute)]
    if changed:
        here = _SPEC.child(changed[0].name).printed("spec.persistentvolumesource")
        message = "The source of a volume cannot be changed once it exists."
        report.error(IMMUTABLE, here, message, "create another PersistentVolume")
    if before.volume_mode != after.volume_mode:
        here = _SPEC.child("volumeMode").printed("volumeMode")
        report.error(IMMUTABLE, here, "The mode of a volume cannot be changed.", "create another PersistentVolume")
    nodes, mutable = before.node_affinity, enabled("MutablePVNodeAffinity", report.version)
    if nodes is not None and not mutable and _renamed(nodes, after.node_affinity) != after.node_affinity:
        here = _SPEC.child("nodeAffinity").printed("nodeAffinity")
        message = "The nodes of a volume cannot be changed once they are known."
        report.error(IMMUTABLE, here, message, "create another PersistentVolume")
    if before.volume_attributes_class_name is not None and after.volume_attributes_class_name is None:
        here = _SPEC.child("volumeAttributesClassName")
        report.forbidden(here, "An attributes class cannot be removed.", "name another one")


def _renamed(old: VolumeNodeAffinity, new: VolumeNodeAffinity | None) -> VolumeNodeAffinity:
    """``old`` with today's names of labels where ``new`` has them."""
    if old.required is None or new is None or new.required is None:
        return old
    before, after = old.required.node_selector_terms, new.required.node_selector_terms
    if len(before) != len(after):
        return old
    terms = tuple(map(_renamed_term, before, after))
    return VolumeNodeAffinity(required=NodeSelector(node_selector_terms=terms))


def _renamed_term(old: NodeSelectorTerm, new: NodeSelectorTerm) -> NodeSelectorTerm:
    if len(old.match_expressions) != len(new.match_expressions):
        return old
    expressions = tuple(map(_renamed_requirement, old.match_expressions, new.match_expressions))
    return attrs.evolve(old, match_expressions=expressions)


def _renamed_requirement(old: NodeSelectorRequirement, new: NodeSelectorRequirement) -> NodeSelectorRequirement:
    return attrs.evolve(old, key=new.key) if RENAMED_LABELS.get(old.key) == new.key else old


_KINDS: tuple[SourceKind, ...] = (
    SourceKind("hostPath", sources.check_host_path),
    SourceKind("gcePersistentDisk", sources.check_gce_disk, printed="persistentDisk"),
    SourceKind("awsElasticBlockStore", sources.check_aws_disk),
    SourceKind("glusterfs", sources.check_glusterfs),
    SourceKind("flocker", sources.check_flocker),
    SourceKind("nfs", sources.check_nfs),
    SourceKind("rbd", sources.check_rbd),
    SourceKind("quobyte", sources.check_quobyte),
    SourceKind("cephfs", sources.check_cephfs, extra="cephFS"),
    SourceKind("iscsi", sources.check_iscsi),
    SourceKind("cinder", sources.check_cinder),
    SourceKind("fc", sources.check_fc),
    SourceKind("flexVolume", sources.check_flex),
    SourceKind("azureFile", sources.check_azure_file),
    SourceKind("vsphereVolume", sources.check_vsphere),
    SourceKind("photonPersistentDisk", sources.check_photon),
    SourceKind("portworxVolume", sources.check_portworx),
    SourceKind("azureDisk", sources.check_azure_disk),
    SourceKind("scaleIO", sources.check_scale_io),
    SourceKind("local", _check_local),
    SourceKind("storageos", sources.check_storageos),
    SourceKind("csi", sources.check_persistent_csi),
)
"""In the order in which ``ValidatePersistentVolumeSpec`` looks, with its spellings."""
