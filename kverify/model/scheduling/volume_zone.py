"""VolumeZone: the zone and region labels of a bound volume hold for the node as well.

Source: pkg/scheduler/framework/plugins/volumezone/volume_zone.go. A label may name several zones, joined by ``__``. A
node without any zone or region label takes every volume; the beta labels of a volume are compared with the node's
current ones where the node has no beta ones. PreFilter looks up volumes and classes, so a missing one makes the pod fit
nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from attrs import frozen

from kverify.api.labels import REGION, ZONE
from kverify.model.scheduling.explain import label_mismatch, listing
from kverify.model.scheduling.framework import Plugin, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.storage import WAIT, Storage, class_of
from kverify.model.scheduling.volume_restrictions import explain_missing

NAME = "VolumeZone"
BETA = {"failure-domain.beta.kubernetes.io/zone": ZONE, "failure-domain.beta.kubernetes.io/region": REGION}
LABELS = (*BETA, ZONE, REGION)
SEPARATOR = "__"


@frozen
class _Topology:
    """What a label of a volume asks of the node; ``index`` is that of the pod's volume."""

    index: int
    volume: str
    key: str
    values: tuple[str, ...]


@frozen
class _Refusal:
    """What PreFilter says when it gives the pod up because of the volume at ``index``."""

    index: int
    reason: str
    explain: partial[str]


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One failing requirement for each label of a volume that the node does not match."""
    if not pod.spec.volumes:
        return
    topologies, refusal = snapshot.memo((NAME, pod), partial(_topologies, pod, snapshot))
    if refusal is not None:
        yield _failing(refusal.index, refusal.reason, refusal.explain, gives_up=True)
        return
    labels = snapshot.nodes[node_index].labels
    if not topologies or not any(key in labels for key in LABELS):
        return
    for topology in topologies:
        key = topology.key if topology.key in labels else BETA.get(topology.key, topology.key)
        if labels.get(key) not in topology.values:
            explain = partial(_explain, topology, key, labels)
            yield _failing(topology.index, "node(s) had no available volume zone", explain)


PLUGIN = Plugin(NAME, requirements)


def _failing(index: int, reason: str, explain: partial[str], *, gives_up: bool = False) -> Requirement:
    return Requirement(
        plugin=NAME,
        holds=False,
        reason=reason,
        path=f"volumes[{index}].persistentVolumeClaim.claimName",
        stable=True,
        resolvable=False,
        explain=explain,
        before_filters=gives_up,
        gives_up=gives_up,
    )


def _topologies(pod: PodInfo, snapshot: Snapshot) -> tuple[tuple[_Topology, ...], _Refusal | None]:
    """``getPVbyPod``: what the labels of the bound volumes ask for, or why the pod is given up."""
    storage = snapshot.storage
    found: list[_Topology] = []
    for index, volume in enumerate(pod.spec.volumes):
        source = volume.persistent_volume_claim
        if source is None:
            continue
        claim = storage.claims.get((pod.namespace, source.claim_name))
        if claim is None:
            if not storage.knows("PersistentVolumeClaim", pod.namespace, source.claim_name):
                continue
            reason = f'persistentvolumeclaim "{source.claim_name}" not found'
            return (), _Refusal(index, reason, partial(explain_missing, pod, source.claim_name, snapshot))
        if not claim.spec.volume_name:
            known = storage.knows("PersistentVolumeClaim", pod.namespace, source.claim_name)
            refused = _unbound(index, source.claim_name, class_of(claim), storage) if known else None
            if refused is not None:
                return (), refused
            continue
        name = claim.spec.volume_name
        bound = storage.volumes.get(name)
        if bound is None:
            if not storage.knows("PersistentVolume", "", name):
                continue
            detail = f"claim {source.claim_name} is bound to volume {name}, which does not exist"
            return (), _Refusal(index, f'persistentvolume "{name}" not found', partial(str, detail))
        found += (
            _Topology(index, name, key, tuple(sorted(set(zones))))
            for key in LABELS
            if (zones := _zones(bound.metadata.labels.get(key)))
        )
    return tuple(found), None


def _unbound(index: int, claim: str, name: str, storage: Storage) -> _Refusal | None:
    """Only a claim whose class waits for a pod may be unbound."""
    if not name:
        reason = "PersistentVolumeClaim had no pv name and storageClass name"
        return _Refusal(index, reason, partial(str, f"claim {claim} is not bound and names no storage class"))
    found = storage.classes.get(name)
    if found is None:
        reason = f'storageclass.storage.k8s.io "{name}" not found'
        detail = f"claim {claim} is not bound and names storage class {name}, which does not exist"
        return _Refusal(index, reason, partial(str, detail))
    if found.volume_binding_mode == WAIT:
        return None
    return _Refusal(index, "PersistentVolume had no name", partial(str, f"claim {claim} is not bound yet"))


def _zones(value: str | None) -> list[str]:
    """``LabelZonesToSet``: the zones a label names; a label with an empty zone is not looked at."""
    zones = [] if value is None else [zone.strip() for zone in value.split(SEPARATOR)]
    return zones if all(zones) else []


def _explain(topology: _Topology, key: str, labels: Mapping[str, str]) -> str:
    return (
        f"volume {topology.volume} has label {topology.key}={listing(topology.values, 'or')}; "
        f"{label_mismatch(key, topology.values, labels)}"
    )
