"""From the objects of the input to what the volume filters see: what every claim is bound to, or will be.

The filters look at one moment; a check asks about the time after the apply. So a claim that is not bound yet is taken
as what the volume controller and the provisioner will have made of it. What the input does not say is assumed and
named, or left undecided with the reason; it is never guessed. Whether an object that is not in the input exists is
decided as for all other references (``ClusterView.presumes``). Of a storage class of which the input has volumes it has
all.

Source: ``syncUnboundClaim`` in pkg/controller/volume/persistentvolume/pv_controller.go; for where provisioners make
volumes, ``GenerateAccessibilityRequirements`` in pkg/controller/topology.go of kubernetes-csi/external-provisioner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from attrs import define, evolve, field, frozen

from kverify.api.types.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from kverify.api.types.apps import StatefulSet
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.persistent_volume import (
    CSIPersistentVolumeSource,
    PersistentVolume,
    PersistentVolumeSpec,
    VolumeNodeAffinity,
)
from kverify.api.types.pod import Pod
from kverify.api.types.references import ObjectReference
from kverify.api.types.storage import StorageClass
from kverify.checks.given.claims import Name, Part, claims_of, ephemeral_claims, given_claims, parts, with_parts
from kverify.checks.given.subject import surge_of
from kverify.cluster.admission import Admission
from kverify.cluster.objects import Key, key_of, namespace_of, title
from kverify.model.scheduling.framework import NodeInfo, PodInfo
from kverify.model.scheduling.node_volume_limits import IN_TREE
from kverify.model.scheduling.state import ClusterState
from kverify.model.scheduling.storage import BIND_COMPLETED, Storage, class_of, is_bound
from kverify.model.scheduling.volume_binding import (
    is_free,
    matching_volume,
    reachable,
    reserved_for,
    suits,
    topology_allowed,
)
from kverify.words import count, listing

CLAIM = "PersistentVolumeClaim"
VOLUME = "PersistentVolume"
CLASS = "StorageClass"


@frozen(eq=False)
class Reach:
    """A volume that a claim may get: what it is called, the nodes that reach it, and the volume itself."""

    text: str
    nodes: frozenset[int]
    volume: PersistentVolume


@frozen(eq=False)
class Volumes:
    """``assumed`` says by claim what the input does not. ``undecided`` are claims of which the pods' placement depends
    on something that no filter knows, with the reason. ``choices`` are the claims of which it is open to which of
    several volumes they will be bound; those in ``early`` are bound before anybody looks at the pod."""

    storage: Storage
    parts: Mapping[Key, tuple[Part, ...]] = field(factory=dict)
    assumed: Mapping[Name, str] = field(factory=dict)
    undecided: Mapping[Name, str] = field(factory=dict)
    choices: Mapping[Name, tuple[Reach, ...]] = field(factory=dict)
    early: frozenset[Name] = frozenset()

    def bound(self, name: Name, choice: Reach) -> Storage:
        """The storage once a claim is bound to one of its choices."""
        return _with_bound(self.storage, name, choice.volume)


def volumes_of(admission: Admission, nodes: Sequence[NodeInfo], most: Mapping[Key, int] | None = None) -> Volumes:
    """What the volume filters see after the apply. ``most`` says how many pods there are of a StatefulSet, if they are
    not its replicas."""
    bundle = admission.bundle
    storage = Storage.of(bundle.objects, complete=False)
    volumes = {name: _fresh(volume) for name, volume in storage.volumes.items()}
    storage = evolve(storage, volumes=volumes, claims=given_claims(admission), ephemeral=ephemeral_claims(admission))
    placed = frozenset(
        (pod.metadata.namespace or "default", pod.metadata.name) for pod in bundle.live_pods if pod.spec.node_name
    )
    rows: dict[Key, tuple[Part, ...]] = {}
    for item in bundle.of_kind(StatefulSet):
        key = key_of(item)
        number = (most or {}).get(key, admission.wanted(item) or 0)
        there = () if bundle.is_wanted(item) else (name for namespace, name in placed if namespace == key.namespace)
        rows[key] = parts(item, number, storage, frozenset(there))
        storage = with_parts(storage, item, rows[key], admission)
    planner = _Planner(admission, tuple(nodes), storage)
    for name in storage.ephemeral:
        planner.resolve(name, storage.ephemeral[name], own=True)
    for name in storage.claims:
        planner.resolve(name, storage.claims[name], own=name in storage.own)
    planner.pools()
    return planner.result(rows)


def pinned(volumes: Volumes, nodes: tuple[NodeInfo, ...], pods: Sequence[PodInfo]) -> tuple[Storage, tuple[str, ...]]:
    """The storage with every claim that ``pods`` share bound to one of its choices, and what was chosen.

    Of the volumes that let a pod run at all, one that the fewest nodes reach: what goes wrong goes wrong there first.
    """
    storage, notes, taken = volumes.storage, [], set[str]()
    for name, choices in volumes.choices.items():
        users = [pod for pod in pods if name in claims_of(pod)]
        if name in storage.ephemeral or not users:
            continue
        usable = [c for c in choices if any(takes(pod, nodes, volumes.bound(name, c)) & c.nodes for pod in users)]
        left = [choice for choice in usable or choices if choice.volume.metadata.name not in taken]
        chosen = min(left or usable or choices, key=lambda choice: len(choice.nodes))
        taken.add(chosen.volume.metadata.name)
        storage = _with_bound(storage, name, chosen.volume)
        notes.append(
            f"{title(CLAIM, *name)}, which is not bound yet, is bound to one of {count(len(choices), 'volume')} that "
            f"it can get: {chosen.text}"
        )
    return storage, tuple(notes)


def takes(pod: PodInfo, nodes: tuple[NodeInfo, ...], storage: Storage) -> frozenset[int]:
    """The nodes that take ``pod`` when nothing else is there."""
    return frozenset(ClusterState(nodes, storage=storage).feasible_nodes(pod))


def _fresh(volume: PersistentVolume) -> PersistentVolume:
    """A volume that is only in a manifest will be available."""
    if volume.status.phase not in (None, "", "Pending"):
        return volume
    return evolve(volume, status=evolve(volume.status, phase="Available"))


def _with_bound(storage: Storage, name: Name, volume: PersistentVolume) -> Storage:
    made = name in storage.ephemeral
    claim = storage.ephemeral[name] if made else storage.claims[name]
    metadata = evolve(claim.metadata, annotations={**claim.metadata.annotations, BIND_COMPLETED: "yes"})
    spec = evolve(claim.spec, volume_name=volume.metadata.name)
    bound = evolve(claim, metadata=metadata, spec=spec)
    reference = ObjectReference(kind=CLAIM, namespace=name[0], name=name[1], uid=claim.metadata.uid)
    volume = evolve(
        volume,
        spec=evolve(volume.spec, claim_ref=reference),
        status=evolve(volume.status, phase="Bound"),
    )
    return evolve(
        storage,
        claims=storage.claims if made else {**storage.claims, name: bound},
        ephemeral={**storage.ephemeral, name: bound} if made else storage.ephemeral,
        volumes={**storage.volumes, volume.metadata.name: volume},
    )


def _topology_keys(provisioner: str, found: StorageClass, storage: Storage) -> tuple[str, ...] | None:
    """The node labels that say how far volumes of a provisioner reach; None where nothing says it."""
    rows = [d for node in storage.csi_nodes.values() for d in node.spec.drivers if d.name == provisioner]
    if rows:
        return tuple(dict.fromkeys(key for row in rows for key in row.topology_keys))
    keys = (e.key for term in found.allowed_topologies for e in term.match_label_expressions)
    return tuple(dict.fromkeys(keys)) or None


@define(eq=False, slots=False)
class _Planner:
    """One claim after the other; volumes that have been taken are not free for the next."""

    admission: Admission
    nodes: tuple[NodeInfo, ...]
    storage: Storage
    claims: dict[Name, PersistentVolumeClaim] = field(factory=dict)
    ephemeral: dict[Name, PersistentVolumeClaim] = field(factory=dict)
    made: dict[str, PersistentVolume] = field(factory=dict)
    taken: set[str] = field(factory=set)
    known: set[tuple[str, str, str]] = field(factory=set)
    assumed: dict[Name, str] = field(factory=dict)
    undecided: dict[Name, str] = field(factory=dict)
    choices: dict[Name, tuple[Reach, ...]] = field(factory=dict)
    early: set[Name] = field(factory=set)
    own: set[Name] = field(factory=set)
    waiting: dict[str, list[tuple[Name, PersistentVolumeClaim, bool]]] = field(factory=dict)

    def result(self, rows: Mapping[Key, tuple[Part, ...]]) -> Volumes:
        storage = evolve(
            self.storage,
            claims={**self.storage.claims, **self.claims},
            ephemeral={**self.storage.ephemeral, **self.ephemeral},
            volumes={**self.storage.volumes, **self.made},
            known=frozenset((*self.known, *self._absent())),
            own=frozenset((*self.storage.own, *(self.own - self.storage.ephemeral.keys()))),
        )
        return Volumes(
            storage=storage,
            parts=rows,
            assumed=self.assumed,
            undecided=self.undecided,
            choices=self.choices,
            early=frozenset(self.early),
        )

    def _absent(self) -> list[tuple[str, str, str]]:
        """The claims that pods name and that do not exist."""
        found = []
        for item in self.admission.bundle.objects:
            answer = self.admission.pod(item)
            spec = getattr(None if answer is None else answer.object, "spec", None)
            for volume in getattr(spec, "volumes", ()):
                source = volume.persistent_volume_claim
                name = (item.metadata.namespace or "default", "" if source is None else source.claim_name)
                if source is not None and name not in self.storage.claims and self._is_absent(CLAIM, *name):
                    found.append((CLAIM, *name))
        return found

    def _is_absent(self, kind: str, namespace: str, name: str) -> bool:
        return not self.admission.view.presumes(kind, namespace, name)

    def resolve(self, name: Name, claim: PersistentVolumeClaim, *, own: bool) -> None:
        """What ``claim`` will be bound to. ``own``: it stands for one claim of each of several pods."""
        if claim.status.phase == "Lost" or claim.metadata.deletion_timestamp is not None:
            return
        wanted = claim.spec.volume_name
        volume = self.storage.volumes.get(wanted or "")
        if wanted and volume is None:
            if self._is_absent(VOLUME, "", wanted):
                self.known.update(((VOLUME, "", wanted), (CLAIM, *name)))
            else:
                self._assume(name, f"{title(VOLUME, '', wanted)} is not in the input")
        elif volume is not None:
            if not is_bound(claim):
                self._asked_for(name, claim, volume)
        else:
            self._unbound(name, claim, own)

    def _asked_for(self, name: Name, claim: PersistentVolumeClaim, volume: PersistentVolume) -> None:
        """The claim itself says which volume it wants. One that is free has to do (``checkVolumeSatisfyClaim`` in
        pkg/controller/volume/persistentvolume/pv_controller.go, which asks no selector)."""
        asked = evolve(claim, spec=evolve(claim.spec, selector=None))
        fits = is_free(volume) and class_of(claim) == class_of(volume) and suits(volume, asked)
        if (fits or reserved_for(volume, claim)) and volume.metadata.name not in self.taken:
            self._bind(name, volume)
        else:
            self.known.add((CLAIM, *name))

    @cached_property
    def _naming(self) -> Mapping[Name, Sequence[PersistentVolume]]:
        """The volumes that name a claim, by the claim."""
        rows: dict[Name, list[PersistentVolume]] = {}
        for volume in self.storage.volumes.values():
            reference = volume.spec.claim_ref
            if reference is not None and volume.metadata.deletion_timestamp is None:
                rows.setdefault((reference.namespace or "default", reference.name or ""), []).append(volume)
        return rows

    def _unbound(self, name: Name, claim: PersistentVolumeClaim, own: bool) -> None:
        storage = self.storage
        kind = class_of(claim)
        found = storage.classes.get(kind)
        volumes = storage.volumes_by_class.get(kind, ())
        # ``FindMatchingVolume`` asks a volume that names the claim for no class, and the claim for no selector.
        asked = evolve(claim, spec=evolve(claim.spec, selector=None))
        named = self._naming.get(name, ())
        reserved = next((v for v in named if reserved_for(v, claim) and suits(v, asked)), None)
        if reserved is not None and not own:
            self._bind(name, reserved)
            return
        # Admission gives such a claim the default class, if there is one.
        nameless = claim.spec.storage_class_name is None and not kind
        if found is None and not volumes:
            if (nameless and self._is_absent(CLASS, "", "")) or (kind and self._is_absent(CLASS, "", kind)):
                self.known.add((CLAIM, *name))
            elif nameless:
                self._assume(name, "no StorageClass of the input is the default one")
            elif not kind:
                self._no_volume(name, "the claim wants a volume that is made by hand")
            else:
                self._assume(name, f"{title(CLASS, '', kind)} is not in the input")
            return
        if found is not None and storage.provisions(claim):
            self._provisioned(name, claim, found, own)
        elif found is not None and storage.delays_binding(claim):
            if volumes:
                self.waiting.setdefault(kind, []).append((name, claim, own))
            else:
                self._no_volume(name, f"StorageClass {kind} provisions nothing")
        elif (
            nameless
            and not self._is_absent(CLASS, "", "")
            and matching_volume(claim, None, self.taken, storage) is None
        ):
            self._assume(name, "no StorageClass of the input is the default one")
        else:
            self._at_once(name, claim, own)

    def _no_volume(self, name: Name, reason: str) -> None:
        """No volume of its class is in the input."""
        if self.admission.bundle.lists(VOLUME) or self.admission.view.boundary.closed:
            self.known.add((CLAIM, *name))
            return
        self._assume(name, f"{reason}, and the input has no such volume")
        self._bind(name, PersistentVolume(metadata=ObjectMeta(name=f"(assumed for {name[0]}/{name[1]})")))

    def _assume(self, name: Name, reason: str) -> None:
        self.assumed[name] = f"{title(CLAIM, *name)} has a volume that every node reaches: {reason}"

    def _bind(self, name: Name, volume: PersistentVolume) -> None:
        self.taken.add(volume.metadata.name)
        bound = _with_bound(self.storage, name, volume)
        if name in self.storage.ephemeral:
            self.ephemeral[name] = bound.ephemeral[name]
        else:
            self.claims[name] = bound.claims[name]
        self.made[volume.metadata.name] = bound.volumes[volume.metadata.name]

    # -- volumes that are there ----------------------------------------------------------------------------------

    def _at_once(self, name: Name, claim: PersistentVolumeClaim, own: bool) -> None:
        """The volume controller takes the smallest that does, wherever it is."""
        best = matching_volume(claim, None, self.taken, self.storage)
        if best is None:
            self.known.add((CLAIM, *name))
            return
        if own:
            self.undecided[name] = "the claims of its pods are bound to volumes before the pods have nodes"
            return
        free = [
            volume
            for volume in self.storage.volumes_by_class.get(class_of(claim), ())
            if is_free(volume) and suits(volume, claim) and volume.metadata.name not in self.taken
        ]
        alike = [v for v in free if v.spec.capacity.get("storage") == best.spec.capacity.get("storage")] or [best]
        reaches = self._reaches(alike)
        if len({reach.nodes for reach in reaches}) > 1:
            self.choices[name] = reaches
            self.early.add(name)
        else:
            self._bind(name, best)

    def _reaches(self, volumes: Sequence[PersistentVolume]) -> tuple[Reach, ...]:
        return tuple(
            Reach(
                f"volume {volume.metadata.name}",
                frozenset(n for n, node in enumerate(self.nodes) if reachable(volume, node)),
                volume,
            )
            for volume in volumes
        )

    def pools(self) -> None:
        """The claims that wait for volumes that nobody makes: whether counting on each node is right."""
        for kind, rows in self.waiting.items():
            free = [v for v in self.storage.volumes_by_class.get(kind, ()) if is_free(v)]
            free = [volume for volume in free if volume.metadata.name not in self.taken]
            local = all(len(reach.nodes) <= 1 for reach in self._reaches(free))
            same = all(suits(volume, claim) for volume in free for _, claim, _ in rows)
            alone = all(own or self._pods.get(name, 2) <= 1 for name, _, own in rows)
            alike = same and len({reach.nodes for reach in self._reaches(free)}) == 1
            for name, claim, own in rows:
                reaches = self._reaches([v for v in free if suits(v, claim)])
                if len({reach.nodes for reach in reaches}) > 1:
                    self.choices[name] = reaches
                if own or len(rows) > 1:
                    counted = alone and local and same
                    self._pooled(name, kind, reaches, counted=counted, alike=alike and not own)
                elif reaches:
                    self._choose(name, reaches)

    def _pooled(self, name: Name, kind: str, reaches: tuple[Reach, ...], *, counted: bool, alike: bool) -> None:
        """One of several claims that take of the same volumes. ``counted``: the filter counts them node by node;
        ``alike``: it is all the same which of them it gets."""
        if counted:
            # A claim of a single pod is as good as its own.
            self.own.add(name)
        elif not alike:
            self.undecided[name] = (
                f"several claims choose among the volumes of StorageClass {kind}, and which pod takes which is not "
                "followed"
            )
        else:
            left = [reach.volume for reach in reaches if reach.volume.metadata.name not in self.taken]
            if left:
                self._bind(name, left[0])

    @cached_property
    def _pods(self) -> Mapping[Name, int]:
        """By claim, how many pods there can be at once that use it."""
        found: dict[Name, int] = {}
        rows = [item for row in self.admission.owners.values() for item in row]
        bare = [item for item in self.admission.bundle.of_kind(Pod) if item not in rows]
        for item in (*rows, *bare):
            answer = self.admission.pod(item)
            pod = None if answer is None else answer.object
            number = self.admission.wanted(item) or 0
            number += surge_of(item, number)
            for volume in pod.spec.volumes if isinstance(pod, Pod) else ():
                if volume.persistent_volume_claim is not None:
                    name = namespace_of(item), volume.persistent_volume_claim.claim_name
                    found[name] = found.get(name, 0) + number
        return found

    # -- volumes that are made -----------------------------------------------------------------------------------

    def _provisioned(self, name: Name, claim: PersistentVolumeClaim, found: StorageClass, own: bool) -> None:
        keys = _topology_keys(found.provisioner, found, self.storage)
        if keys is None:
            self.assumed[name] = (
                f"the volume of {title(CLAIM, *name)} is reachable from every node: nothing says how far volumes of "
                f"{found.provisioner} reach (a CSINode would)"
            )
            return
        segments: dict[tuple[str, ...], set[int]] = {}
        for n, node in enumerate(self.nodes):
            if all(key in node.labels for key in keys) and topology_allowed(found, node):
                segments.setdefault(tuple(node.labels[key] for key in keys), set()).add(n)
        rows = tuple(
            Reach(
                listing([f"{key}={value}" for key, value in zip(keys, values, strict=True)]) or "any node",
                frozenset(nodes),
                _volume_in(name, found.provisioner, tuple(zip(keys, values, strict=True))),
            )
            for values, nodes in segments.items()
        )
        if rows and keys:
            if not self.storage.delays_binding(claim):
                self.early.add(name)
            if own:
                self.choices[name] = rows
            else:
                self._choose(name, rows)

    def _choose(self, name: Name, reaches: tuple[Reach, ...]) -> None:
        """One that all choices have in common is no choice."""
        if len({reach.nodes for reach in reaches}) > 1:
            self.choices[name] = reaches
        else:
            self._bind(name, reaches[0].volume)


def _volume_in(name: Name, provisioner: str, labels: tuple[tuple[str, str], ...]) -> PersistentVolume:
    """A volume that will be made for a claim on the nodes with ``labels``."""
    terms = tuple(NodeSelectorRequirement(key=key, operator="In", values=(value,)) for key, value in labels)
    required = NodeSelector(node_selector_terms=(NodeSelectorTerm(match_expressions=terms),))
    return PersistentVolume(
        metadata=ObjectMeta(name=f"(made for {name[0]}/{name[1]})"),
        spec=PersistentVolumeSpec(
            node_affinity=VolumeNodeAffinity(required=required),
            csi=None
            if provisioner in IN_TREE
            else CSIPersistentVolumeSource(driver=provisioner, volume_handle="/".join(name)),
        ),
    )
