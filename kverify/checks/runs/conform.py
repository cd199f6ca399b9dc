"""Reality: is a recorded run of a Deployment a run of the model?

For each Deployment of a recording, the world it lives in is built from what the recording shows (size, strategy, one
revision per pod template), every write to it, its ReplicaSets and its pods is an observation, and the engine follows
them from nothing at all. Deletions of pods are the driver's only where the driver's actions say so.

Nodes are one place: with room for every pod, where a pod runs makes no difference to the controllers involved. What
the model does not cover is said as ``NotModelled``, never followed with one eye closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from attrs import frozen

from kverify.api.decode import structure
from kverify.api.types.apps import Deployment
from kverify.cluster.recording import (
    DeploymentSeen,
    Event,
    FirstSeen,
    NodeSeen,
    PodSeen,
    Recording,
    RecordingError,
    ReplicaSetSeen,
    orders,
    read_recording,
)
from kverify.engines.conform import Conformance, Observation, conform
from kverify.manifest import read_text
from kverify.model.build import COMPONENTS
from kverify.model.components.deployment import promised
from kverify.model.environment import apply, pod_deletion
from kverify.model.expr import Number, integer
from kverify.model.system import TransitionSystem, Variable
from kverify.model.workload import Recreate, Revision, RollingUpdate, Strategy, Workload, resolve_fenceposts, template
from kverify.model.world import SERVING, Phase, Place, World
from kverify.textfile import reason

MODELLED = {"Deployment", "ReplicaSet", "Pod"}
UNINVOLVED = {"Event", "Node", "Service", "EndpointSlice", "Endpoints", "ConfigMap", "Secret", "Lease", "Namespace"}
"""Kinds that do not act on Deployments, ReplicaSets and pods. Of nodes, that holds while they do not change."""


class NotModelled(Exception):
    """The recording has something in it that the model does not cover; the message says what."""


@frozen(kw_only=True)
class Bounds:
    """What was recorded next to what the model promises, for one Deployment.

    ``least_ready`` counts from the moment every replica was ready for the first time (None if that never was);
    ``removed`` are the pods that the driver deleted, for which no rolling update can answer.
    """

    least_ready: int | None
    floor: int
    removed: int
    largest_sum: int
    ceiling: int

    @property
    def kept(self) -> bool:
        enough = self.least_ready is None or self.least_ready >= self.floor - self.removed
        return enough and self.largest_sum <= self.ceiling


@frozen(eq=False, kw_only=True)
class Case:
    """One Deployment of a recording in the model's terms."""

    deployment: str
    world: World
    observations: tuple[Observation, ...]
    bounds: Bounds
    assumptions: tuple[str, ...] = ()

    @property
    def projection(self) -> dict[str, Number]:
        """What the recording shows of a state of the model."""
        (workload,) = self.world.workloads
        seen: dict[str, Number] = {_template_name(workload): integer(template(workload))}
        for r in workload.revisions:
            pending = integer(self.world.pending(r))
            names = _names(r)
            seen[names[0]] = integer(self.world.spec(r))
            seen[names[1]] = self.world.live(r)
            seen[names[2]] = pending
            seen[names[3]] = self.world.count(r, SERVING)
            seen[names[4]] = self.world.count(r, (Phase.TERMINATING,))
        return seen

    @property
    def separate(self) -> frozenset[str]:
        """What one sync of the Deployment controller writes object by object."""
        return frozenset(_names(r)[0] for r in self.world.revisions)


@frozen(kw_only=True)
class Answer:
    """What became of one Deployment of a recording."""

    recording: str
    case: Case
    conformance: Conformance

    @property
    def conforms(self) -> bool:
        return self.conformance.conforms and self.case.bounds.kept


def check_recording(path: Path) -> tuple[Answer, ...]:
    """Follow every Deployment of the recording in ``path``. Raises ``RecordingError`` and ``NotModelled``."""
    recording = read_recording(path)
    min_ready = _manifest_beside(path)
    return tuple(_best(recording, name, min_ready.get(name)) for name in deployments_of(recording))


def _best(recording: Recording, name: str, min_ready: int | None) -> Answer:
    """The answer under the order of ReplicaSets that explains most, where the recording leaves their order open."""
    answers = []
    for order in orders(_replica_sets(recording, name)):
        case = case_of(recording, name, order, min_ready)
        answers.append(Answer(recording=recording.name, case=case, conformance=follow(case, system_of(case.world))))
        if answers[-1].conforms:
            break
    return max(answers, key=lambda answer: answer.conformance.matched)


def follow(case: Case, system: TransitionSystem, *, explain: bool = False) -> Conformance:
    """Whether ``system``, built of the case's world, can do what was recorded; ``explain`` by which steps."""
    return conform(system, case.projection, case.observations, apart=case.separate, explain=explain)


def system_of(world: World) -> TransitionSystem:
    """The control plane over ``world`` with the disturbances a driver makes, from nothing at all."""
    components = (*COMPONENTS, apply, pod_deletion)
    variables = tuple(v for c in components for v in c.variables(world))
    actions = tuple(a for c in components for a in c.actions(world) if a.guard is not False)
    start = tuple(_initial(v) for v in variables)
    return TransitionSystem(world.workloads[0].name, variables=variables, actions=actions, starts=(start,))


def _initial(variable: Variable) -> int:
    return variable.initial or 0


# -- what is in a recording ------------------------------------------------------------------------------------------


def deployments_of(recording: Recording) -> tuple[str, ...]:
    """The Deployments of a recording that the model covers as a whole. Raises ``NotModelled``."""
    nodes: dict[str, NodeSeen] = {}
    for event in recording.events:
        if event.kind not in MODELLED | UNINVOLVED:
            raise NotModelled(f"{event.kind} {event.name}")
    for event in recording.events:
        if event.verb == "INITIAL" and event.kind in MODELLED:
            raise NotModelled(f"{event.kind} {event.name} that is there before the recording begins")
        if event.kind == "ReplicaSet" and not event.owner("Deployment"):
            raise NotModelled(f"ReplicaSet {event.name} without a Deployment")
        if event.kind == "Pod" and not event.owner("ReplicaSet"):
            raise NotModelled(f"Pod {event.name} without a ReplicaSet")
        if isinstance(event.seen, NodeSeen) and nodes.setdefault(event.name, event.seen) != event.seen:
            raise NotModelled(f"a change of node {event.name} at {event.time:.3f} s")
    names = tuple(dict.fromkeys(e.name for e in recording.events if e.kind == "Deployment"))
    if not names:
        raise NotModelled("a recording without a Deployment")
    return names


def _manifest_beside(path: Path) -> Mapping[str, int]:
    """``minReadySeconds`` by Deployment, from the manifests that lie beside the recording."""
    manifest = path.with_name(path.name.split(".")[0] + ".yaml")
    if not manifest.is_file():
        return {}
    try:
        text = manifest.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"{manifest}: {reason(error)}") from error
    objects = [structure(document).object for document in read_text(text, str(manifest)).documents]
    return {o.metadata.name: o.spec.min_ready_seconds or 0 for o in objects if isinstance(o, Deployment)}


def _replica_sets(recording: Recording, deployment: str) -> tuple[FirstSeen, ...]:
    """The Deployment's ReplicaSets in the order of their creation. Raises ``NotModelled``."""
    found = {s.name: s for s in recording.replica_sets(deployment)}
    for event in recording.events:
        first = found.get(event.name)
        if first and isinstance(event.seen, ReplicaSetSeen) and first.seen.template != event.seen.template:
            raise NotModelled(f"a change of the template of ReplicaSet {event.name}")
    templates = [s.seen.template for s in found.values()]
    if len(set(templates)) < len(templates):
        raise NotModelled(f"two ReplicaSets of {deployment} with the same template (the full recording may differ)")
    return tuple(found.values())


# -- the model of one Deployment -------------------------------------------------------------------------------------


def case_of(recording: Recording, name: str, sets: Sequence[FirstSeen], min_ready: int | None) -> Case:
    """The Deployment ``name`` with ``sets`` in the order the controller takes them. Raises ``NotModelled``."""
    shown = [e for e in recording.events if isinstance(e.seen, DeploymentSeen) and e.name == name]
    for before, after in pairwise(shown):
        _unchanged(name, before, after)
    if any(e.deleted for e in shown):
        raise NotModelled(f"the deletion of Deployment {name}")
    first = shown[0].seen
    assert isinstance(first, DeploymentSeen)
    templates = {s.seen.template: Revision(s.name, f"ReplicaSet {s.name} ({', '.join(s.seen.images)})") for s in sets}
    for event in shown:
        if isinstance(event.seen, DeploymentSeen) and event.seen.template not in templates:
            title = f"a template nobody ever ran ({', '.join(event.seen.images)})"
            templates[event.seen.template] = Revision(f"{name}-unused-{len(templates)}", title)
    seconds = first.min_ready if first.min_ready is not None else min_ready
    workload = Workload(
        name=name,
        replicas=first.replicas,
        revisions=tuple(templates.values()),
        strategy=_strategy(first),
        target=apply.target(name),
        min_ready=seconds is None or seconds > 0,
    )
    world = World(workloads=(workload,), places=(Place("a node"),), stale=True)
    watcher = _Watcher(recording, world, templates, sets)
    observations = tuple(watcher.observations())
    assumptions = []
    if seconds is None:
        assumptions.append("minReadySeconds is not recorded: any number of seconds is allowed")
    if not recording.actions:
        assumptions.append("no actions of a driver are recorded: nobody else deleted pods")
    return Case(
        deployment=name,
        world=world,
        observations=observations,
        bounds=watcher.bounds(),
        assumptions=tuple(assumptions),
    )


def _unchanged(name: str, before: Event, after: Event) -> None:
    a, b = before.seen, after.seen
    assert isinstance(a, DeploymentSeen)
    assert isinstance(b, DeploymentSeen)
    at = f"at {after.time:.3f} s"
    if a.replicas != b.replicas:
        raise NotModelled(f"a change of spec.replicas of {name} from {a.replicas} to {b.replicas} {at}")
    if _strategy(a) != _strategy(b):
        raise NotModelled(f"a change of spec.strategy of {name} {at}")
    if a.min_ready != b.min_ready:
        raise NotModelled(f"a change of spec.minReadySeconds of {name} {at}")


def _strategy(seen: DeploymentSeen) -> Strategy:
    if not seen.rolling:
        return Recreate()
    return resolve_fenceposts(seen.max_surge, seen.max_unavailable, seen.replicas)


def _template_name(workload: Workload) -> str:
    return f"the template of {workload.name}"


def _names(revision: Revision) -> tuple[str, str, str, str, str]:
    """What is observed of a revision: spec, live, without a node, ready, terminating."""
    key = revision.key
    return (
        f"spec.replicas of {key}",
        f"live pods of {key}",
        f"unbound pods of {key}",
        f"ready pods of {key}",
        f"terminating pods of {key}",
    )


class _Watcher:
    """Reads the events of one Deployment one by one and keeps what they show."""

    def __init__(
        self, recording: Recording, world: World, templates: Mapping[str, Revision], sets: Sequence[FirstSeen]
    ) -> None:
        self.recording = recording
        self.world = world
        (self.workload,) = world.workloads
        self.templates = {template: i for i, template in enumerate(templates)}
        self.owner = {s.name: templates[s.seen.template] for s in sets}
        self.removed = {a.removes for a in recording.actions if a.removes}
        self.specs = dict.fromkeys(self.workload.revisions, 0)
        self.pods: dict[str, tuple[Revision, PodSeen]] = {}
        self.asked = self.nobody = len(self.workload.revisions)
        self.paused = False
        self.taken: set[str] = set()
        self.least_ready: int | None = None
        self.largest_sum = 0

    def observations(self) -> Iterator[Observation]:
        """The beginning, then one observation for every write. Raises ``NotModelled`` for a pause in a rollout."""
        yield Observation("before the first event", self._values())
        for event in self.recording.events:
            if not self._concerns(event):
                continue
            disturbances = self._read(event)
            self._check_pause(event)
            self._measure()
            yield Observation(str(event), self._values(), disturbances)

    def bounds(self) -> Bounds:
        """The recorded extremes, once all observations are read."""
        replicas, strategy = self.workload.replicas, self.workload.strategy
        assert isinstance(replicas, int)
        floor, ceiling = 0, replicas
        if isinstance(strategy, RollingUpdate):
            least, most = promised(replicas, strategy)
            assert isinstance(least, int)
            assert isinstance(most, int)
            floor, ceiling = least, most
        return Bounds(
            least_ready=self.least_ready,
            floor=floor,
            removed=len(self.taken),
            largest_sum=self.largest_sum,
            ceiling=ceiling,
        )

    def _concerns(self, event: Event) -> bool:
        match event.kind:
            case "Deployment":
                return event.name == self.workload.name
            case "ReplicaSet":
                return event.name in self.owner
            case "Pod":
                return event.owner("ReplicaSet") in self.owner
        return False

    def _read(self, event: Event) -> frozenset[str]:
        """Take in one event; the disturbances that the driver may have caused with it."""
        match event.seen:
            case DeploymentSeen() as seen:
                self.paused = seen.paused
                asked = self.nobody if seen.paused else self.templates[seen.template]
                if asked == self.asked:
                    return frozenset()
                self.asked = asked
                return frozenset({apply.apply_name(self.workload, apply.choices(self.workload)[asked])})
            case ReplicaSetSeen() as seen:
                self.specs[self.owner[event.name]] = 0 if event.deleted else seen.replicas
                return frozenset()
            case PodSeen() as seen:
                return self._read_pod(event, seen)
        raise AssertionError(f"{event.kind} is not read")

    def _read_pod(self, event: Event, seen: PodSeen) -> frozenset[str]:
        revision = self.owner[event.owner("ReplicaSet") or ""]
        known = self.pods.get(event.name)
        if known is not None and known[0] is not revision:
            raise NotModelled(f"Pod {event.name} changing its owner at {event.time:.3f} s")
        if event.deleted or seen.ended:
            # A pod that has ended holds nothing back, although its object may stay for a while.
            self.pods.pop(event.name, None)
        else:
            self.pods[event.name] = (revision, seen)
        begins = known is not None and not known[1].terminating and (seen.terminating or event.deleted)
        if not begins or event.name not in self.removed:
            return frozenset()
        self.taken.add(event.name)
        return frozenset(pod_deletion.names(self.world, revision))

    def _check_pause(self, event: Event) -> None:
        """A paused Deployment is left alone while one ReplicaSet has all replicas; else it is scaled in proportion."""
        if not self.paused:
            return
        active = [spec for spec in self.specs.values() if spec]
        if active != [self.workload.replicas]:
            raise NotModelled(f"{self.workload.name} paused in the middle of a rollout, at {event.time:.3f} s")

    def _count(self, revision: Revision | None = None) -> tuple[int, int, int, int]:
        """Live, unbound, ready and terminating pods of ``revision``, or of all."""
        pods = [seen for owner, seen in self.pods.values() if revision in (None, owner)]
        live = [p for p in pods if not p.terminating]
        return len(live), sum(not p.bound for p in live), sum(p.ready for p in live), len(pods) - len(live)

    def _values(self) -> dict[str, int]:
        values = {_template_name(self.workload): self.asked}
        for revision in self.workload.revisions:
            numbers = (self.specs[revision], *self._count(revision))
            values.update(zip(_names(revision), numbers, strict=True))
        return values

    def _measure(self) -> None:
        self.largest_sum = max(self.largest_sum, sum(self.specs.values()))
        _, _, ready, _ = self._count()
        if self.least_ready is not None:
            self.least_ready = min(self.least_ready, ready)
        elif ready == self.workload.replicas:
            self.least_ready = ready
