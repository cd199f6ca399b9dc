"""VolumeBinding: bound volumes are reachable from the node, unbound claims can be bound or provisioned there.

Source: pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder}.go and ``FindMatchingVolume`` in
k8s.io/component-helpers/storage/volume. PreFilter gives the pod up when a claim is missing, lost, being deleted, or
unbound although its class binds at once. On a node, a bound volume's node affinity must match. Claims whose class waits
are matched with available volumes, the smallest request first and the smallest volume that will do; what finds none is
provisioned if the class can do that for the node (``allowedTopologies``, storage capacity).

Nothing here depends on where other pods are: two pods that wait for the same free volume both see it as free. Only of
pods that come, where one claim stands for one of each pod (``Storage.own``), it is counted how many of a node's volumes
they take; that is right where every free volume of the class does for each of these claims and is reachable from one
node only, as local volumes are.

Where the storage is not a picture of one moment (``Storage.complete``), an unbound claim whose class binds at once will
have been bound before the pod comes: to a volume that is made where the class allows it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import cmp_to_key, partial

from attrs import frozen

from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.persistent_volume import PersistentVolume
from kverify.api.types.storage import StorageClass
from kverify.model.expr import times, total
from kverify.model.scheduling import node_affinity
from kverify.model.scheduling.explain import count, label_mismatch, listing
from kverify.model.scheduling.framework import NodeInfo, Plugin, PodInfo, Requirement, Snapshot
from kverify.model.scheduling.storage import (
    SELECTED_NODE,
    Storage,
    capacity,
    claims_named,
    class_of,
    is_bound,
    requested,
)
from kverify.model.scheduling.volume_restrictions import explain_missing

NAME = "VolumeBinding"
NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
NOT_ENOUGH_SPACE = "node(s) did not have enough free storage"
NO_VOLUME = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims"


@frozen
class _Claim:
    """A claim of the pod and the field of the pod spec that names it."""

    claim: PersistentVolumeClaim
    path: str
    own: bool = False
    """The claim stands for one of each pod."""

    @property
    def name(self) -> str:
        return self.claim.metadata.name


@frozen
class _Claims:
    """The claims of a pod: bound ones, and those that wait for it."""

    bound: tuple[_Claim, ...]
    waiting: tuple[_Claim, ...]


def requirements(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """One failing requirement for each kind of trouble with the claims of the pod."""
    if not pod.spec.volumes:
        return
    claims = snapshot.memo((NAME, pod), partial(_pre_filter, pod, snapshot))
    if isinstance(claims, Requirement):
        yield claims
        return
    node = snapshot.nodes[node_index]
    yield from _check_bound(claims.bound, node, snapshot.storage)
    refused = tuple(_check_waiting(claims.waiting, node, snapshot.storage))
    yield from refused
    if not refused and any(item.own for item in claims.waiting):
        yield from _check_pools(claims.waiting, node_index, snapshot)


PLUGIN = Plugin(NAME, requirements, reports_all=True)


def _failing(path: str, reason: str, explain: partial[str], *, gives_up: bool = False) -> Requirement:
    return Requirement(
        plugin=NAME,
        holds=False,
        reason=reason,
        path=path,
        stable=True,
        resolvable=False,
        explain=explain,
        before_filters=gives_up,
        gives_up=gives_up,
    )


# -- the pod's claims ----------------------------------------------------------------------------------------------


def _pre_filter(pod: PodInfo, snapshot: Snapshot) -> _Claims | Requirement:
    """``podHasPVCs`` and ``GetPodVolumeClaims``: the claims, or why the pod is given up."""
    storage = snapshot.storage
    found: list[_Claim] = []
    for index, name, ephemeral in claims_named(pod.name, pod.spec.volumes):
        path = f"volumes[{index}].{'ephemeral' if ephemeral else 'persistentVolumeClaim.claimName'}"
        claim = storage.claim(pod.namespace, name, ephemeral=ephemeral)
        if claim is None and not storage.knows("PersistentVolumeClaim", pod.namespace, name):
            continue
        refused = _refusal(pod, name, claim, ephemeral, snapshot)
        if refused is not None:
            reason, explain = refused
            return _failing(path, reason, explain, gives_up=True)
        assert claim is not None
        found.append(_Claim(claim, path, storage.every_pod_has(pod.namespace, name, ephemeral=ephemeral)))
    waiting = []
    for item in found:
        if is_bound(item.claim):
            continue
        if storage.delays_binding(item.claim) and not item.claim.spec.volume_name:
            waiting.append(item)
        elif storage.knows("PersistentVolumeClaim", pod.namespace, item.name):
            return _failing(item.path, UNBOUND, partial(_explain_unbound, item, storage), gives_up=True)
        elif storage.provisions(item.claim) and not item.claim.spec.volume_name:
            waiting.append(item)
    return _Claims(tuple(item for item in found if is_bound(item.claim)), tuple(waiting))


def _refusal(
    pod: PodInfo, name: str, claim: PersistentVolumeClaim | None, ephemeral: bool, snapshot: Snapshot
) -> tuple[str, partial[str]] | None:
    if claim is None:
        if ephemeral:
            reason = f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
            return reason, partial(str, f"the claim {name} is created from the pod, and has not been yet")
        return f'persistentvolumeclaim "{name}" not found', partial(explain_missing, pod, name, snapshot)
    if claim.status.phase == "Lost":
        lost = claim.spec.volume_name or ""
        reason = f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{lost}"'
        return reason, partial(str, f"volume {lost} of claim {name} was deleted, and its data with it")
    if claim.metadata.deletion_timestamp is not None:
        return f'persistentvolumeclaim "{name}" is being deleted', partial(str, f"claim {name} is being deleted")
    if ephemeral and not _owned(claim, pod):
        where = f"{pod.namespace}/{name}"
        reason = f"PVC {where} was not created for pod {pod.namespace}/{pod.name} (pod is not owner)"
        return reason, partial(str, f"a claim {name} that belongs to another object is in the way")
    return None


def _owned(claim: PersistentVolumeClaim, pod: PodInfo) -> bool:
    """``VolumeIsForPod``: the pod controls the claim. Without a known uid of the pod its name has to do."""
    owner = next((owner for owner in claim.metadata.owner_references if owner.controller), None)
    if owner is None:
        return False
    return owner.uid == pod.uid if pod.uid else (owner.kind, owner.name) == ("Pod", pod.name)


def _explain_unbound(item: _Claim, storage: Storage) -> str:
    claim = item.claim
    name = class_of(claim)
    if claim.spec.volume_name:
        volume = storage.volumes.get(claim.spec.volume_name)
        why = "is not bound to it yet"
        if volume is not None and class_of(volume) != name:
            why = f"is of storage class {class_of(volume) or '(none)'} and not {name or '(none)'}"
        elif volume is not None and not suits(volume, claim):
            why = "does not do for it"
        return f"claim {item.name} asks for volume {claim.spec.volume_name}, which {why}"
    if not name:
        return f"claim {item.name} has no storage class, so it is bound before any pod is scheduled, and is not yet"
    if name not in storage.classes:
        return f"claim {item.name} names storage class {name}, which does not exist"
    if not storage.provisions(claim):
        return (
            f"storage class {name} of claim {item.name} provisions nothing, and no volume of the class does: "
            f"{requested(claim)}, {listing(claim.spec.access_modes)}"
        )
    return (
        f"storage class {name} of claim {item.name} binds at once (volumeBindingMode), and the claim is not bound yet"
    )


# -- bound claims --------------------------------------------------------------------------------------------------


def _check_bound(claims: Iterable[_Claim], node: NodeInfo, storage: Storage) -> Iterator[Requirement]:
    """``checkBoundClaims``: it stops at the first claim that does not do."""
    for item in claims:
        name = item.claim.spec.volume_name or ""
        volume = storage.volumes.get(name)
        if volume is None:
            if not storage.knows("PersistentVolume", "", name):
                continue
            detail = f"claim {item.name} is bound to volume {name}, which does not exist"
            yield _failing(item.path, NO_VOLUME, partial(str, detail))
            return
        if not reachable(volume, node):
            yield _failing(item.path, NODE_CONFLICT, partial(_explain_affinity, item.name, volume, node))
            return


def reachable(volume: PersistentVolume, node: NodeInfo) -> bool:
    """``CheckNodeAffinity``: the volume's node affinity sees the labels of a node and nothing else of it."""
    affinity = volume.spec.node_affinity
    if affinity is None or affinity.required is None:
        return True
    return any(node_affinity.term_matches(term, node, named=False) for term in affinity.required.node_selector_terms)


def _explain_affinity(claim: str, volume: PersistentVolume, node: NodeInfo) -> str:
    affinity = volume.spec.node_affinity
    required = None if affinity is None else affinity.required
    terms = () if required is None else required.node_selector_terms
    asked = [requirement for term in terms for requirement in term.match_expressions]
    wanted = listing(f"{r.key} {r.operator} [{', '.join(r.values)}]" for r in asked)
    text = f"volume {volume.metadata.name} of claim {claim} is reachable from nodes with {wanted or 'nothing'}"
    if len(asked) == 1 and asked[0].operator in ("In", "Exists"):
        text += f"; {label_mismatch(asked[0].key, asked[0].values, node.labels)}"
    return text


# -- claims that wait for the pod ----------------------------------------------------------------------------------


def _check_waiting(claims: Iterable[_Claim], node: NodeInfo, storage: Storage) -> Iterator[Requirement]:
    """The second half of ``FindPodVolumes``."""
    provision: list[_Claim] = []
    match: list[_Claim] = []
    for item in claims:
        selected = item.claim.metadata.annotations.get(SELECTED_NODE)
        if selected is None:
            match.append(item)
        elif selected == node.name:
            provision.append(item)
        else:
            detail = f"claim {item.name} is being provisioned for node {selected}"
            yield _failing(item.path, BIND_CONFLICT, partial(str, detail))
            return
    provision += _unmatched(match, node, storage)
    for item in provision:
        trouble = _not_provisionable(item, node, storage)
        if trouble is not None:
            yield trouble
            return


def _unmatched(claims: list[_Claim], node: NodeInfo, storage: Storage) -> list[_Claim]:
    """``findMatchingVolumes``: the claims for which no available volume is left."""
    chosen: set[str] = set()
    left = []
    for item in sorted(claims, key=cmp_to_key(_smaller)):
        volume = matching_volume(item.claim, node, chosen, storage)
        if volume is None:
            left.append(item)
        else:
            chosen.add(volume.metadata.name)
    return left


def pool(claim: PersistentVolumeClaim, node: NodeInfo, storage: Storage) -> int | None:
    """How many volumes on ``node`` are free for claims like ``claim``; None if its class makes as many as are
    wanted."""
    if storage.provisions(claim):
        return None
    free = storage.volumes_by_class.get(class_of(claim), ())
    return sum(is_free(volume) and suits(volume, claim) and reachable(volume, node) for volume in free)


def _check_pools(claims: Iterable[_Claim], node_index: int, snapshot: Snapshot) -> Iterator[Requirement]:
    """For each class that provisions nothing: the volumes of the node are enough for the pods that come."""
    storage = snapshot.storage
    wanted: dict[str, list[_Claim]] = {}
    for item in claims:
        if item.own and not storage.provisions(item.claim):
            wanted.setdefault(class_of(item.claim), []).append(item)
    for name, items in sorted(wanted.items()):
        free = pool(items[0].claim, snapshot.nodes[node_index], storage) or 0
        users = snapshot.memo((NAME, "pool", name), partial(_pool_users, name, snapshot))
        taken = total(times(snapshot.pods(groups, (node_index,)), number) for number, groups in users)
        yield Requirement(
            plugin=NAME,
            holds=taken + len(items) <= free,
            reason=BIND_CONFLICT,
            path=items[0].path,
            stable=True,
            resolvable=False,
            explain=partial(str, f"every pod takes {count(len(items), 'volume')} of class {name}, the node has {free}"),
        )


def _pool_users(name: str, snapshot: Snapshot) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """The groups whose pods take volumes of a class, by how many each takes."""
    found: dict[int, list[int]] = {}
    for index, group in enumerate(snapshot.groups):
        claims = snapshot.memo((NAME, group.pod), partial(_pre_filter, group.pod, snapshot))
        waiting = () if isinstance(claims, Requirement) else claims.waiting
        number = sum(item.own and class_of(item.claim) == name for item in waiting)
        if number:
            found.setdefault(number, []).append(index)
    return tuple((number, tuple(groups)) for number, groups in found.items())


def seen(pod: PodInfo, node_index: int, snapshot: Snapshot) -> Hashable:
    """What the filter says to ``pod`` on a node without pods: nodes of which it is equal are alike to it."""
    claims = snapshot.memo((NAME, pod), partial(_pre_filter, pod, snapshot))
    if isinstance(claims, Requirement):
        return ()
    node = snapshot.nodes[node_index]
    refused = tuple(r.reason for r in (*_check_bound(claims.bound, node, snapshot.storage),))
    refused += tuple(r.reason for r in (*_check_waiting(claims.waiting, node, snapshot.storage),))
    return refused, tuple(pool(item.claim, node, snapshot.storage) for item in claims.waiting if item.own)


def _smaller(a: _Claim, b: _Claim) -> int:
    first, second = requested(a.claim), requested(b.claim)
    return -1 if first < second else int(second < first)


def matching_volume(
    claim: PersistentVolumeClaim, node: NodeInfo | None, taken: set[str], storage: Storage
) -> PersistentVolume | None:
    """``FindMatchingVolume``: the volume reserved for ``claim``, else the smallest that will do on ``node`` (without a
    node: anywhere, as the volume controller takes it for a class that binds at once)."""
    wanted = requested(claim)
    best: PersistentVolume | None = None
    for volume in storage.volumes_by_class.get(class_of(claim), ()):
        if volume.metadata.name in taken or volume.metadata.deletion_timestamp is not None:
            continue
        if not _same_kind(claim, volume) or capacity(volume) < wanted:
            continue
        if reserved_for(volume, claim):
            return volume if node is None or reachable(volume, node) else None
        if not is_free(volume) or not suits(volume, claim) or not (node is None or reachable(volume, node)):
            continue
        if best is None or capacity(volume) < capacity(best):
            best = volume
    return best


def is_free(volume: PersistentVolume) -> bool:
    """No claim has the volume, or will have it."""
    return volume.status.phase == "Available" and volume.spec.claim_ref is None


def suits(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """A volume of the claim's class does for the claim, wherever the pod is and whoever has it."""
    if not _same_kind(claim, volume) or capacity(volume) < requested(claim):
        return False
    if claim.spec.selector is not None and not claim.spec.selector.matches(volume.metadata.labels):
        return False
    return set(claim.spec.access_modes) <= set(volume.spec.access_modes)


def _same_kind(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    """The volume mode (``Filesystem`` unless said otherwise) and the attributes class are the same."""
    if (claim.spec.volume_mode or "Filesystem") != (volume.spec.volume_mode or "Filesystem"):
        return False
    return (claim.spec.volume_attributes_class_name or "") == (volume.spec.volume_attributes_class_name or "")


def reserved_for(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """``IsVolumeBoundToClaim``."""
    reference = volume.spec.claim_ref
    if reference is None or reference.name != claim.metadata.name:
        return False
    if (reference.namespace or "default") != (claim.metadata.namespace or "default"):
        return False
    return not reference.uid or reference.uid == claim.metadata.uid


def _not_provisionable(item: _Claim, node: NodeInfo, storage: Storage) -> Requirement | None:
    """``checkVolumeProvisions``: why no volume for the claim can be made on ``node``."""
    found = storage.classes[class_of(item.claim)]
    if not storage.provisions(item.claim):
        return _failing(item.path, BIND_CONFLICT, partial(_explain_no_match, item, node, storage))
    if not topology_allowed(found, node):
        return _failing(item.path, BIND_CONFLICT, partial(_explain_topology, item, found, node))
    if not _has_capacity(item.claim, found, node, storage):
        size, name = requested(item.claim), found.metadata.name
        detail = f"no CSIStorageCapacity of storage class {name} has {size} left for the node"
        return _failing(item.path, NOT_ENOUGH_SPACE, partial(str, detail))
    return None


def topology_allowed(found: StorageClass, node: NodeInfo) -> bool:
    """``MatchTopologySelectorTerms``: terms are ORed, a term without expressions matches nothing."""
    if not found.allowed_topologies:
        return True
    return any(
        term.match_label_expressions and all(node.labels.get(e.key) in e.values for e in term.match_label_expressions)
        for term in found.allowed_topologies
    )


def _has_capacity(claim: PersistentVolumeClaim, found: StorageClass, node: NodeInfo, storage: Storage) -> bool:
    """``hasEnoughCapacity``: drivers say for which nodes they have how much, where they opted into that."""
    driver = storage.csi_drivers.get(found.provisioner)
    if "storage" not in claim.spec.resources.requests or driver is None or not driver.spec.storage_capacity:
        return True
    size = requested(claim).value()
    for item in storage.capacities:
        limit = item.maximum_volume_size if item.maximum_volume_size is not None else item.capacity
        if item.storage_class_name != found.metadata.name or limit is None or limit.value() < size:
            continue
        if item.node_topology is not None and item.node_topology.matches(node.labels):
            return True
    return False


def _explain_no_match(item: _Claim, node: NodeInfo, storage: Storage) -> str:
    claim = item.claim
    name = class_of(claim)
    near = []
    for volume in storage.volumes_by_class.get(name, ()):
        wrong = []
        if volume.status.phase != "Available" or volume.spec.claim_ref is not None:
            wrong.append("is not available")
        if capacity(volume) < requested(claim):
            wrong.append(f"has only {capacity(volume)}")
        modes = sorted(set(claim.spec.access_modes) - set(volume.spec.access_modes))
        if modes:
            wrong.append(f"lacks access mode {listing(modes)}")
        if not reachable(volume, node):
            wrong.append("is not reachable from the node")
        if wrong:
            near.append((len(wrong), f"{volume.metadata.name} {listing(wrong)}"))
    text = (
        f"claim {item.name} asks for {requested(claim)} of storage class {name}, which provisions nothing: "
        "a volume has to exist"
    )
    return f"{text}; the nearest, {min(near)[1]}" if near else text


def _explain_topology(item: _Claim, found: StorageClass, node: NodeInfo) -> str:
    expressions = [e for term in found.allowed_topologies for e in term.match_label_expressions]
    wanted = listing((f"{e.key} in [{', '.join(e.values)}]" for e in expressions), "or")
    text = f"storage class {found.metadata.name} of claim {item.name} provisions on nodes with {wanted} only"
    if len(expressions) == 1:
        text += f"; {label_mismatch(expressions[0].key, expressions[0].values, node.labels)}"
    return text
