"""KV3005: wherever a claim that binds at once gets its volume, its pod can follow.

A class with ``volumeBindingMode: Immediate`` has its volume bound or made before the scheduler looks at the pod. The
zone is then nobody's choice but the provisioner's, and the pod can go there or nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, frozen

from kverify.api.registry import AnyObject
from kverify.checks.finding import Answer, Certainty, Finding, Proof, Repair
from kverify.checks.given import standard
from kverify.checks.given.claims import Name, claims_of
from kverify.checks.given.context import Context
from kverify.checks.given.pods import at, pod_field, pod_info
from kverify.checks.given.storage import Reach, Volumes, takes
from kverify.checks.names import VOLUMES_REACHABLE
from kverify.cluster.objects import describe, key_of
from kverify.engines.verdict import Outcome, Verdict
from kverify.model.scheduling.framework import NodeInfo, PodInfo
from kverify.model.scheduling.storage import WAIT, claims_named, class_of
from kverify.words import listing

METHOD = "every place in which the volume can be, with the filters on empty nodes"
WHY = (
    "A class that binds at once (volumeBindingMode Immediate, the default) has the volume made without regard to the "
    "pod; a claim is never bound again (https://kubernetes.io/docs/concepts/storage/storage-classes/"
    "#volume-binding-mode)."
)


@frozen(eq=False)
class Trap:
    """If the claims are bound to these choices, no node takes the pod."""

    choices: tuple[tuple[Name, Reach], ...]
    volumes: tuple[int, ...]
    """Indices of the volumes of the pod."""

    @property
    def sentence(self) -> str:
        places = [f"claim {name[1]} gets {_made(reach)}" for name, reach in self.choices]
        return f"if {listing(places)}, no node takes the pod"


def _made(reach: Reach) -> str:
    return reach.text if reach.text.startswith("volume ") else f"a volume in {reach.text}"


def trap(pod: PodInfo, nodes: Sequence[NodeInfo], volumes: Volumes) -> Trap | None:
    """Choices of the volumes of ``pod`` that are made before it is looked at and leave it no node; None if there are
    none, or if no node takes it anyway."""
    rows: dict[Name, int] = {}
    for index, claim, _ in claims_named(pod.name, pod.spec.volumes):
        key = pod.namespace, claim
        if key in volumes.early and key in volumes.choices:
            rows[key] = index
    if not rows:
        return None
    # Where the filters look at the claim they only see where volumes may be made at all.
    possible = takes(pod, tuple(nodes), volumes.storage)
    if not possible:
        return None
    single = [(name, reach) for name in rows for reach in volumes.choices[name]]
    for name, reach in single:
        if not possible & reach.nodes:
            return Trap(((name, reach),), (rows[name],))
    for name, reach in single:
        for other, there in single:
            if other != name and not possible & reach.nodes & there.nodes:
                return Trap(((name, reach), (other, there)), (rows[name], rows[other]))
    return None


def check(ctx: Context, owner: AnyObject) -> Iterator[Answer]:
    """An answer for every object of the manifests whose pods use volumes that may be made in several places."""
    if ctx.open:
        return
    pod = None if key_of(owner) in ctx.admission.unadmitted else pod_info(ctx.admission, owner)
    found = None if pod is None else trap(pod, ctx.nodes, ctx.rooms.volumes)
    if pod is not None and found is not None:
        yield _finding(ctx, owner, pod, found)
    elif pod is not None and any(name in ctx.rooms.volumes.choices for name in claims_of(pod)):
        yield _proof(owner)


def _proof(owner: AnyObject) -> Proof:
    return Proof(
        id="KV3005",
        object=describe(owner),
        property=VOLUMES_REACHABLE,
        message="wherever a volume of it is made, some node reaches it that takes the pod",
        verdict=Verdict(
            outcome=Outcome.HOLDS,
            method=METHOD,
            scope=f"one pod of {describe(owner)}",
            assumptions=("there is room where the volume is made",),
        ),
    )


def _finding(ctx: Context, owner: AnyObject, pod: PodInfo, found: Trap) -> Finding:
    storage = ctx.rooms.volumes.storage
    claims = [storage.ephemeral.get(name) or storage.claims[name] for name, _ in found.choices]
    classes = dict.fromkeys(map(class_of, claims))
    causes = [at(owner, pod_field(owner, pod, f"volumes[{index}]"), "this volume") for index in found.volumes]
    stored = {item.metadata.name: item for item in ctx.bundle.of_kind("StorageClass")}
    for name in classes:
        if name in stored:
            cause = at(stored[name], "volumeBindingMode", "binds at once")
            causes.append(evolve(cause, path=f"StorageClass {name} volumeBindingMode"))
    return Finding(
        id="KV3005",
        severity=standard.severity("KV3005"),
        object=describe(owner),
        message=f"its pods may be left without a node: {found.sentence}",
        property=VOLUMES_REACHABLE,
        causes=tuple(causes),
        certainty=Certainty.POSSIBLE,
        outcome="The claim stays bound to that volume, and the pod stays Pending for ever.",
        why=WHY,
        repairs=tuple(
            Repair(text=f"use a StorageClass like {name} with volumeBindingMode: {WAIT}", verified=_mended(ctx, pod))
            for name in classes
        ),
        verdict=Verdict(outcome=Outcome.VIOLATED, method=METHOD, scope=f"one pod of {describe(owner)}", certain=False),
    )


def _mended(ctx: Context, pod: PodInfo) -> bool:
    """With classes that wait for the pod, some node takes it, and the volume is made there."""
    classes: Mapping[str, object] = {
        name: evolve(item, volume_binding_mode=WAIT) for name, item in ctx.rooms.volumes.storage.classes.items()
    }
    return bool(takes(pod, ctx.nodes, evolve(ctx.rooms.volumes.storage, classes=classes)))
