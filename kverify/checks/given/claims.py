"""The claims that pods will use: those of the input, and those that controllers make for their pods.

A StatefulSet makes claims for every ordinal, a generic ephemeral volume one for every pod. Pods whose claims nothing
tells apart are one part of their workload with a number; of such claims one stands for all (``Storage.own``).
"""

from __future__ import annotations

from collections.abc import Hashable

from attrs import evolve, frozen

from kverify.api.defaults import apply_defaults
from kverify.api.registry import AnyObject
from kverify.api.types.apps import StatefulSet
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.meta import ObjectMeta, OwnerReference
from kverify.api.types.pod import Pod
from kverify.api.types.volume import Volume
from kverify.cluster.admission import Admission, admit
from kverify.cluster.admission.created import claim_name, template_at
from kverify.cluster.objects import key_of, namespace_of
from kverify.model.scheduling.framework import PodInfo
from kverify.model.scheduling.storage import Storage, claims_named, is_bound

Name = tuple[str, str]
"""The namespace and the name of a claim."""


def given_claims(admission: Admission) -> dict[Name, PersistentVolumeClaim]:
    """The claims of the input, those of the manifests as admission leaves them."""
    admitted = {key_of(item): answer.object for item, answer in admission.answers}
    found = {}
    for item in admission.bundle.of_kind(PersistentVolumeClaim):
        claim = admitted.get(key_of(item), item)
        if isinstance(claim, PersistentVolumeClaim):
            found[namespace_of(item), item.metadata.name] = claim
    return found


def ephemeral_claims(admission: Admission) -> dict[Name, PersistentVolumeClaim]:
    """For every generic ephemeral volume the claim that is made of it: one like it for each pod.

    A pod that exists, or is applied by its own name, may find a claim of that name; then that one is meant.
    """
    found = {}
    for owner in admission.bundle.objects:
        placed = template_at(owner)
        if placed is not None and owner.kind != "PodTemplate":
            volumes = placed[1].spec.volumes
        elif isinstance(owner, Pod):
            volumes = owner.spec.volumes
        else:
            continue
        for volume in volumes:
            name = f"{owner.metadata.name}-{volume.name}"
            taken = isinstance(owner, Pod) and admission.bundle.find("PersistentVolumeClaim", namespace_of(owner), name)
            claim = None if taken else _ephemeral(admission, owner, volume, name)
            if claim is not None:
                found[namespace_of(owner), name] = claim
    return found


def _ephemeral(admission: Admission, owner: AnyObject, volume: Volume, name: str) -> PersistentVolumeClaim | None:
    template = None if volume.ephemeral is None else volume.ephemeral.volume_claim_template
    if template is None:
        return None
    pod = OwnerReference(kind="Pod", name=owner.metadata.name, uid=owner.metadata.uid or "", controller=True)
    metadata = evolve(template.metadata, name=name, namespace=namespace_of(owner), owner_references=(pod,))
    return _admitted(admission, PersistentVolumeClaim(metadata=metadata, spec=template.spec))


def _admitted(admission: Admission, claim: PersistentVolumeClaim) -> PersistentVolumeClaim:
    answer = admit(apply_defaults(claim), admission.view, version=admission.version).object
    assert isinstance(answer, PersistentVolumeClaim)
    return answer


# -- StatefulSets ----------------------------------------------------------------------------------------------------


@frozen(eq=False)
class Part:
    """``pods`` pods of a StatefulSet whose claims nothing tells apart; ``first`` is the number of one of them, counted
    from 0."""

    first: int
    pods: int

    def pod(self, pod: PodInfo, owner: StatefulSet) -> PodInfo:
        """``pod``, which is that of the first ordinal, with the claims of this part."""
        own = {
            claim_name(owner, template.metadata.name, 0): claim_name(owner, template.metadata.name, self.first)
            for template in owner.spec.volume_claim_templates
        }
        volumes = tuple(
            volume
            if (source := volume.persistent_volume_claim) is None
            else evolve(
                volume,
                persistent_volume_claim=evolve(source, claim_name=own.get(source.claim_name, source.claim_name)),
            )
            for volume in pod.spec.volumes
        )
        return evolve(pod, spec=evolve(pod.spec, volumes=volumes))


def parts(owner: StatefulSet, most: int, storage: Storage, skipped: frozenset[str] = frozenset()) -> tuple[Part, ...]:
    """The pods of ``owner`` by what their claims are; pods named in ``skipped`` are left out."""
    templates = [template.metadata.name for template in owner.spec.volume_claim_templates]
    first = (owner.spec.ordinals.start or 0) if owner.spec.ordinals is not None else 0
    numbers = [n for n in range(most) if f"{owner.metadata.name}-{first + n}" not in skipped]
    if not templates:
        return (Part(0, len(numbers)),) if numbers else ()
    found: dict[Hashable, list[int]] = {}
    for number in numbers:
        names = [(namespace_of(owner), claim_name(owner, template, number)) for template in templates]
        found.setdefault(tuple(_shape(name, storage) for name in names), []).append(number)
    return tuple(Part(row[0], len(row)) for row in found.values())


def part_name(owner: StatefulSet, part: Part) -> str:
    """``db-0``, ``3 pods like db-1``."""
    first = (owner.spec.ordinals.start or 0) if owner.spec.ordinals is not None else 0
    name = f"{owner.metadata.name}-{first + part.first}"
    return name if part.pods == 1 else f"{part.pods} pods like {name}"


def _shape(name: Name, storage: Storage) -> Hashable:
    """What the volume filters see of a claim that is one pod's own; equal values are alike to them."""
    claim = storage.claims.get(name)
    if claim is None or name in storage.own:
        return "not there yet"
    volume = storage.volumes.get(claim.spec.volume_name or "")
    if not is_bound(claim) or volume is None or claim.status.phase == "Lost" or claim.metadata.deletion_timestamp:
        return name
    driver = "" if volume.spec.csi is None else volume.spec.csi.driver
    limited = any(
        row.name == driver and row.allocatable is not None and row.allocatable.count is not None
        for node in storage.csi_nodes.values()
        for row in node.spec.drivers
    )
    return name if limited else (repr(volume.spec.node_affinity), tuple(sorted(volume.metadata.labels.items())))


def with_parts(storage: Storage, owner: StatefulSet, rows: tuple[Part, ...], admission: Admission) -> Storage:
    """``storage`` with the claims that stand for those of each part."""
    claims, own = dict(storage.claims), set(storage.own)
    for part in rows:
        for template in owner.spec.volume_claim_templates:
            name = namespace_of(owner), claim_name(owner, template.metadata.name, part.first)
            if name not in claims:
                metadata: ObjectMeta = evolve(template.metadata, name=name[1], namespace=name[0])
                claims[name] = _admitted(admission, PersistentVolumeClaim(metadata=metadata, spec=template.spec))
                own.add(name)
            elif part.pods > 1:
                own.add(name)
    return evolve(storage, claims=claims, own=frozenset(own))


def claims_of(pod: PodInfo) -> tuple[Name, ...]:
    """The claims that the volumes of ``pod`` use."""
    return tuple((pod.namespace, name) for _, name, _ in claims_named(pod.name, pod.spec.volumes))
