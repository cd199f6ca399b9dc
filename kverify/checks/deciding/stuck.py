"""Why nothing moves any more: the last state of a trace, in the words of the components that are stuck."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from kverify.checks.deciding.scenes import Scene
from kverify.checks.finding import Refusal
from kverify.engines.replay import left_out
from kverify.engines.verdict import Trace
from kverify.model.components.deployment import promised
from kverify.model.components.kubelet import holds_volumes, volumes_attach
from kverify.model.components.scheduler import profile_of, snapshot_of, views
from kverify.model.expr import evaluate
from kverify.model.scheduling.framework import Requirement, Snapshot
from kverify.model.scheduling.profile import message, reject
from kverify.model.workload import Recreate, Revision, RollingUpdate, Workload
from kverify.model.world import LIVE, NodeStatus, Phase, Place, World
from kverify.words import count, listing

STATIC = frozenset({"NodeName", "NodeUnschedulable", "TaintToleration", "NodeAffinity"})
"""Filters that look at the pod and the node only: they say the same whatever else is there."""


@frozen(eq=False, kw_only=True)
class Stuck:
    """What holds the last state of a trace: sentences, the filters that reject a pending pod, also by node
    (``refusals``), and the subjects whose volumes wait for another node."""

    sentences: tuple[str, ...]
    details: tuple[str, ...] = ()
    rejections: tuple[Requirement, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    waits_for_volume: bool = False

    @property
    def culprits(self) -> tuple[Requirement, ...]:
        """One requirement for each field that keeps a pod Pending. Where other pods are in the way, those fields; the
        nodes that would not take the pod even when empty are then no news."""
        moving = [r for r in self.rejections if r.plugin not in STATIC]
        return tuple({r.path: r for r in reversed(moving or self.rejections) if r.path}.values())[::-1]


def explain(scene: Scene, trace: Trace) -> Stuck:
    """Read the last state of ``trace``; where it goes round for ever, what it does."""
    if trace.loop is not None:
        return Stuck(sentences=(_round(trace),), details=left_out(trace))
    world, view = scene.world, trace.system.view(trace.final)
    sentences: list[str] = []
    details: list[str] = []
    rejections: list[Requirement] = []
    refusals: list[Refusal] = []
    waits = False
    for workload in world.workloads:
        for revision in workload.revisions:
            if view[world.pending(revision)] and revision.pod is not None and world.nodes:
                snapshot = concrete(world, view)
                number = int(view[world.pending(revision)])
                why = (message(revision.pod, snapshot, profile_of(world)) or "no node takes it").rstrip(".")
                sentences.append(f"{count(number, 'pod')} of {revision.title} stay{'s' * (number == 1)} Pending: {why}")
                found = [reject(revision.pod, n, snapshot, profile_of(world)) for n in range(len(snapshot.nodes))]
                rejections += [r for rs in found for r in rs]
                names = [n.name for n in snapshot.nodes]
                details += per_node(names, found)
                refusals += [
                    Refusal(
                        pods=revision.title, node=name, reasons=tuple(dict.fromkeys(r.detail or r.reason for r in rs))
                    )
                    for name, rs in zip(names, found, strict=True)
                    if rs
                ]
            for place in world.places:
                starting = int(view.get(world.at(Phase.STARTING, revision, place), 0))
                if starting and not evaluate(volumes_attach(world, workload, place), view):
                    waits = True
                    holders = _holders(world, place, view)
                    sentences.append(
                        f"The pod of {revision.title} on {place.name} waits for its volume (Multi-Attach): "
                        f"{listing(workload.claims)} is ReadWriteOnce and attached to {listing(holders)}"
                    )
                elif starting and not revision.ready:
                    sentences.append(
                        f"{count(starting, 'pod')} of {revision.title} never become{'s' * (starting == 1)} Ready"
                    )
        sentences += _controller(world, workload, view)
    return Stuck(
        sentences=tuple(sentences),
        details=tuple(dict.fromkeys(details)),
        rejections=tuple(rejections),
        refusals=tuple(refusals),
        waits_for_volume=waits,
    )


def _round(trace: Trace) -> str:
    """The loop of ``trace`` in one sentence."""
    said = list(dict.fromkeys(list(trace.sentences())[trace.loop :]))
    shown = ", then ".join(said[:4]) + (f", then {len(said) - 4} more" if len(said) > 4 else "")
    return f"these steps can repeat for ever: {shown}"


def ending(trace: Trace) -> str:
    """Why the run does not get any further, in a few words."""
    return "nothing moves any more" if trace.loop is None else "it goes on like this for ever"


def concrete(world: World, view: Mapping[str, int | bool]) -> Snapshot:
    """The scheduler's snapshot in one state."""
    nodes = world.nodes
    gone = False
    if world.disturbed is not None:
        place = world.disturbed[0]
        status = NodeStatus.numbered(int(view[world.status(place)]))
        gone = status is NodeStatus.REMOVED
        if place.node is not None and not gone:
            nodes = dict(views(world))[status]
    snapshot = snapshot_of(world, nodes, without_disturbed=gone)
    return snapshot.with_counts({key: int(evaluate(number, view)) for key, number in snapshot.counts.items()})


CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


def reserved(rejected: Sequence[Requirement]) -> bool:
    """The node is set apart for the control plane, where the pod has no business: that it refuses is no news."""
    taints = tuple(f"{{{key}:" for key in CONTROL_PLANE)
    return any(r.plugin == "TaintToleration" and any(taint in r.reason for taint in taints) for r in rejected)


def per_node(names: Sequence[str], rejections: Sequence[Sequence[Requirement]]) -> list[str]:
    """One line for each distinct set of reasons, with the nodes that give it. Nodes of the control plane are left out
    where there are others."""
    lines: dict[str, tuple[str, list[str]]] = {}
    rows = list(zip(names, rejections, strict=True))
    for name, rejected in [row for row in rows if not reserved(row[1])] or rows:
        text = "; ".join(dict.fromkeys(r.detail or r.reason for r in rejected))
        # The same text but for the node's own name is the same reason.
        alike = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", "*", text)
        lines.setdefault(alike, (text, []))[1].append(name)
    return [f"{listing(members)}: {text}" for text, members in lines.values() if text]


def _holders(world: World, place: Place, view: Mapping[str, int | bool]) -> list[str]:
    return [
        other.name
        for other in world.places
        if other is not place and any(evaluate(holds_volumes(world, w, other), view) for w in world.workloads)
    ]


_NO_REMOVAL = "The Deployment controller may not remove an old pod"


def _controller(world: World, workload: Workload, view: Mapping[str, int | bool]) -> Iterator[str]:
    """Why the Deployment controller does not scale any further."""
    target = int(evaluate(workload.target, view))
    new, old = workload.revisions[target], [r for r in workload.revisions if r is not workload.revisions[target]]
    spec = {r: int(view[world.spec(r)]) for r in workload.revisions}
    available = sum(int(evaluate(world.available(r), view)) for r in workload.revisions)
    replicas = int(evaluate(workload.replicas, view))
    if workload.paused is not False and evaluate(workload.paused, view):
        yield f"{workload.name} is paused: nothing is rolled out until somebody resumes it"
        return
    told = None if workload.annotated is None else int(evaluate(workload.annotated, view))
    if told is not None and told != replicas:
        yield (
            f"The Deployment controller takes the change of replicas from {told} to {replicas} for unfinished, and "
            "does nothing else: its only active ReplicaSet has as many already, so its annotation desired-replicas is "
            "never written (kubernetes/kubernetes#138036)"
        )
        return
    match workload.strategy:
        case RollingUpdate() as strategy if any(spec[r] for r in old):
            least, most = (int(evaluate(number, view)) for number in promised(replicas, strategy))
            wants = count(replicas, "replica")
            full = sum(spec.values()) >= most and spec[new] < replicas
            if full:
                yield (
                    f"The Deployment controller may not create more: {sum(spec.values())} wanted = "
                    f"{wants} + maxSurge {most - replicas}"
                )
            if available <= least:
                begins = "It may not remove an old pod either" if full else _NO_REMOVAL
                yield f"{begins}: {available} available = {wants} - maxUnavailable {replicas - least}"
        case Recreate() | RollingUpdate() | None:
            return


def opening(scene: Scene, trace: Trace) -> str:
    """Where everybody's pods are when the trace begins."""
    view = trace.system.view(trace.start)
    parts = []
    for subject in scene.subjects:
        workload = scene.workload(subject)
        parts.append(f"{subject.title} has {_where(scene.world, workload.revisions[0], view)}")
    return "; ".join(parts)


def _where(world: World, revision: Revision, view: Mapping[str, int | bool]) -> str:
    here = {p.name: int(evaluate(world.count(revision, LIVE, (p,)), view)) for p in world.places}
    here = {name: number for name, number in here.items() if number}
    total = sum(here.values())
    if not total:
        return "no pods"
    if len(here) == 1 and next(iter(world.places)).node is None and len(world.places) == 1:
        return f"{count(total, 'pod')} available"
    return f"{count(total, 'pod')} available: " + ", ".join(f"{number} on {name}" for name, number in here.items())
