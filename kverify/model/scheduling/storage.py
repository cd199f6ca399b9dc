"""The storage objects of a cluster as the volume filters look them up.

Source: ``GetPersistentVolumeClaimClass`` in k8s.io/component-helpers/storage/volume, ``VolumeClaimName`` in
k8s.io/component-helpers/storage/ephemeral, ``isPVCFullyBound`` in
pkg/scheduler/framework/plugins/volumebinding/binder.go.

In-tree volumes that a CSINode announces as migrated to a CSI driver are taken as what they are written as.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import field, frozen

from kverify.api.base import EMPTY, freeze
from kverify.api.quantity import Quantity, parse_quantity
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.persistent_volume import PersistentVolume
from kverify.api.types.storage import CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment
from kverify.api.types.volume import Volume

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
NO_PROVISIONER = "kubernetes.io/no-provisioner"
WAIT = "WaitForFirstConsumer"

_NOTHING = parse_quantity("0")


@frozen(eq=False, slots=False)
class Storage:
    """Claims by (namespace, name), the other objects by name.

    ``complete`` says that what is not here does not exist, and that what is unbound now is meant as it is: a picture of
    one moment. Without that, a claim that is not here restricts nothing (it may come to exist, and to be reachable from
    every node), and an unbound one will be bound; ``known`` are the objects, by (kind, namespace, name), of which it is
    known all the same: those that are missing do not come, those that are unbound stay so.

    Of pods that come, one stands for many. ``own`` are the claims of which every pod has one like it, ``ephemeral`` the
    claims that are made of the ephemeral volumes of a template, by the namespace and the name they would have.
    """

    claims: Mapping[tuple[str, str], PersistentVolumeClaim] = field(default=EMPTY, converter=freeze)
    volumes: Mapping[str, PersistentVolume] = field(default=EMPTY, converter=freeze)
    classes: Mapping[str, StorageClass] = field(default=EMPTY, converter=freeze)
    csi_nodes: Mapping[str, CSINode] = field(default=EMPTY, converter=freeze)
    csi_drivers: Mapping[str, CSIDriver] = field(default=EMPTY, converter=freeze)
    capacities: tuple[CSIStorageCapacity, ...] = ()
    attachments: tuple[VolumeAttachment, ...] = ()
    complete: bool = False
    known: frozenset[tuple[str, str, str]] = frozenset()
    own: frozenset[tuple[str, str]] = frozenset()
    ephemeral: Mapping[tuple[str, str], PersistentVolumeClaim] = field(default=EMPTY, converter=freeze)

    @classmethod
    def of(cls, objects: Iterable[object], *, complete: bool) -> Storage:
        """The storage objects among ``objects``; a later one of the same name replaces an earlier one."""
        claims: dict[tuple[str, str], PersistentVolumeClaim] = {}
        volumes: dict[str, PersistentVolume] = {}
        classes: dict[str, StorageClass] = {}
        csi_nodes: dict[str, CSINode] = {}
        csi_drivers: dict[str, CSIDriver] = {}
        capacities: list[CSIStorageCapacity] = []
        attachments: list[VolumeAttachment] = []
        for item in objects:
            match item:
                case PersistentVolumeClaim():
                    claims[item.metadata.namespace or "default", item.metadata.name] = item
                case PersistentVolume():
                    volumes[item.metadata.name] = item
                case StorageClass():
                    classes[item.metadata.name] = item
                case CSINode():
                    csi_nodes[item.metadata.name] = item
                case CSIDriver():
                    csi_drivers[item.metadata.name] = item
                case CSIStorageCapacity():
                    capacities.append(item)
                case VolumeAttachment():
                    attachments.append(item)
        return cls(
            claims=claims,
            volumes=volumes,
            classes=classes,
            csi_nodes=csi_nodes,
            csi_drivers=csi_drivers,
            capacities=tuple(capacities),
            attachments=tuple(attachments),
            complete=complete,
        )

    def knows(self, kind: str, namespace: str, name: str) -> bool:
        """Whether an object that is missing does not come, and a claim that is unbound stays unbound."""
        return self.complete or (kind, namespace, name) in self.known

    def claim(self, namespace: str, name: str, *, ephemeral: bool = False) -> PersistentVolumeClaim | None:
        """The claim that a volume of a pod uses (see :func:`claims_named`), if it is here."""
        found = self.ephemeral.get((namespace, name)) if ephemeral else None
        return self.claims.get((namespace, name)) if found is None else found

    def every_pod_has(self, namespace: str, name: str, *, ephemeral: bool = False) -> bool:
        """Whether the claim stands for one of each pod, and not for one that all of them use."""
        return (namespace, name) in (self.ephemeral if ephemeral else self.own)

    def provisions(self, claim: PersistentVolumeClaim) -> bool:
        """Whether the class of ``claim`` makes volumes."""
        found = self.classes.get(class_of(claim))
        return found is not None and found.provisioner not in ("", NO_PROVISIONER)

    def delays_binding(self, claim: PersistentVolumeClaim) -> bool:
        """Whether the class of ``claim`` waits for a pod before it binds (``IsDelayBindingMode``)."""
        found = self.classes.get(class_of(claim))
        return found is not None and found.volume_binding_mode == WAIT

    @cached_property
    def attachments_by_node(self) -> Mapping[str, tuple[VolumeAttachment, ...]]:
        """The attachments of each node, by its name."""
        found: dict[str, list[VolumeAttachment]] = {}
        for attachment in self.attachments:
            found.setdefault(attachment.spec.node_name, []).append(attachment)
        return {name: tuple(attachments) for name, attachments in found.items()}

    @cached_property
    def volumes_by_class(self) -> Mapping[str, tuple[PersistentVolume, ...]]:
        """The volumes of each class, by name. Where several are equally good the scheduler takes any."""
        found: dict[str, list[PersistentVolume]] = {}
        for _, volume in sorted(self.volumes.items()):
            found.setdefault(class_of(volume), []).append(volume)
        return {name: tuple(volumes) for name, volumes in found.items()}


def class_of(item: PersistentVolumeClaim | PersistentVolume) -> str:
    """The storage class by name, the beta annotation first; empty when there is none."""
    beta = item.metadata.annotations.get(BETA_CLASS)
    return beta if beta is not None else item.spec.storage_class_name or ""


def is_bound(claim: PersistentVolumeClaim) -> bool:
    """Whether the volume controller has finished binding ``claim``."""
    return bool(claim.spec.volume_name) and BIND_COMPLETED in claim.metadata.annotations


def requested(claim: PersistentVolumeClaim) -> Quantity:
    """The capacity that ``claim`` asks for."""
    return claim.spec.resources.requests.get("storage", _NOTHING)


def capacity(volume: PersistentVolume) -> Quantity:
    """The capacity that ``volume`` has."""
    return volume.spec.capacity.get("storage", _NOTHING)


def claims_named(pod_name: str, volumes: Iterable[Volume]) -> Iterator[tuple[int, str, bool]]:
    """The claims that ``volumes`` of a pod use: the index of the volume, the name, and whether the claim is ephemeral.

    A generic ephemeral volume uses a claim named after the pod and the volume.
    """
    for index, volume in enumerate(volumes):
        if volume.persistent_volume_claim is not None:
            yield index, volume.persistent_volume_claim.claim_name, False
        elif volume.ephemeral is not None:
            yield index, f"{pod_name}-{volume.name}", True
