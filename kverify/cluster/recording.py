"""Recordings of a real control plane: watch events, one JSON object a line, and what the driver did in between.

A line is a watch event (``ev`` is INITIAL, ADDED, MODIFIED or DELETED; ``t`` are seconds; ``rv`` is the
resourceVersion) or an ACTION of whoever drove the recording. Watch events come in two forms: with the fields that
matter (``NAME.jsonl``) or with the whole ``object`` (``NAME.full.jsonl``, which leaves the actions to the other file);
both read the same here. Either may be compressed with gzip.

Events of different kinds come from separate watches, so lines are out of order between kinds. Every write to the
cluster has its own resourceVersion and they ascend in the order of the writes (one etcd): sorted by it, the events are
the run itself.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from attrs import evolve, frozen

from kverify.textfile import reason


class RecordingError(Exception):
    """A file that is not a recording; the message names the file and the line."""


@frozen(kw_only=True)
class DeploymentSeen:
    """A Deployment as one event shows it. ``min_ready`` is None where the event does not say."""

    replicas: int
    template: str
    images: tuple[str, ...]
    rolling: bool
    max_surge: int | str
    max_unavailable: int | str
    paused: bool
    min_ready: int | None


@frozen(kw_only=True)
class ReplicaSetSeen:
    """A ReplicaSet as one event shows it. ``created`` is its creation time to the second, empty where not given."""

    replicas: int
    template: str
    images: tuple[str, ...]
    created: str


@frozen(kw_only=True)
class PodSeen:
    """A pod as one event shows it. ``ended``: its phase is Succeeded or Failed."""

    bound: bool
    ready: bool
    terminating: bool
    ended: bool


@frozen(kw_only=True)
class NodeSeen:
    """What schedulers and controllers act upon in a node: its Ready condition, its taints, whether it is cordoned."""

    ready: str
    taints: tuple[str, ...]
    unschedulable: bool


Seen: TypeAlias = "DeploymentSeen | ReplicaSetSeen | PodSeen | NodeSeen"


@frozen(kw_only=True)
class Event:
    """One write to the cluster. ``seen`` is None for kinds that nobody reads here."""

    time: float
    version: int
    verb: str
    kind: str
    name: str
    owners: tuple[str, ...]
    seen: Seen | None

    @property
    def deleted(self) -> bool:
        return self.verb == "DELETED"

    def owner(self, kind: str) -> str | None:
        """The name of the owner of this kind, if there is one."""
        return next((o.removeprefix(f"{kind}/") for o in self.owners if o.startswith(f"{kind}/")), None)

    def __str__(self) -> str:
        return f"{self.time:.3f} s: {self.kind} {self.name} {self.verb} (resourceVersion {self.version})"


@frozen(kw_only=True)
class DriverAction:
    """What the driver did or noted. ``done`` is false where the API server or kubectl refused."""

    time: float
    text: str
    done: bool

    @property
    def removes(self) -> str | None:
        """The pod that was deleted or evicted by this action, if it was one."""
        match = re.fullmatch(r"(?:delete|evict) Pod/(\S+)|kubectl delete pods?[ /](\S+).*", self.text)
        return match[1] or match[2] if match and self.done else None


@frozen
class FirstSeen:
    """A ReplicaSet when it was first seen."""

    name: str
    time: float
    seen: ReplicaSetSeen


@frozen(kw_only=True)
class Recording:
    """A recorded run: watch events in the order of the writes, and the driver's actions in the order of time."""

    name: str
    events: tuple[Event, ...]
    actions: tuple[DriverAction, ...]

    def replica_sets(self, deployment: str) -> tuple[FirstSeen, ...]:
        """The ReplicaSets of ``deployment`` in the order of their creation."""
        found: dict[str, FirstSeen] = {}
        for event in self.events:
            if isinstance(event.seen, ReplicaSetSeen) and event.owner("Deployment") == deployment:
                found.setdefault(event.name, FirstSeen(event.name, event.time, event.seen))
        return tuple(found.values())


def orders(sets: Sequence[FirstSeen]) -> Iterator[tuple[FirstSeen, ...]]:
    """The orders in which the Deployment controller may take ReplicaSets, oldest first, the likely one first.

    It sorts by creation time in whole seconds, then by name (``ReplicaSetsByCreationTimestamp`` in
    pkg/controller/controller_utils.go). A recording without creation times leaves open which second it was.
    """
    if all(s.seen.created for s in sets):
        yield tuple(sorted(sets, key=lambda s: (s.seen.created, s.name)))
        return
    yield tuple(sets)
    for begin in range(len(sets)):
        # ``begin`` is the first of those created in one second; the second may have begun just there.
        second = [s for s in sets[begin:] if s.time - sets[begin].time < _SECOND]
        names = sorted(second, key=lambda s: s.name)
        if names != second:
            yield (*sets[:begin], *names, *sets[begin + len(second) :])


_SECOND = 1.0


def read_recording(path: Path) -> Recording:
    """The recording in ``path``, with the actions of the file beside it if it has none. Raises ``RecordingError``."""
    recording = _read(path)
    for other in (path.with_name(f"{recording.name}{end}") for end in (".jsonl.gz", ".jsonl")):
        if not recording.actions and other != path and other.is_file():
            return evolve(recording, actions=_read(other).actions)
    return recording


def _read(path: Path) -> Recording:
    events: list[Event] = []
    actions: list[DriverAction] = []
    for number, line in _lines(path):
        try:
            data = json.loads(line)
            if data["ev"] == "ACTION":
                actions.append(_action(data))
            else:
                events.append(_event(data))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordingError(f"{path}:{number}: not an event of a recording: {_what(error)}") from error
    if not events:
        raise RecordingError(f"{path}: there are no events")
    events.sort(key=lambda event: event.version)
    actions.sort(key=lambda action: action.time)
    name = re.sub(r"(\.full)?\.jsonl(\.gz)?$", "", path.name)
    return Recording(name=name, events=tuple(events), actions=tuple(actions))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RecordingError(f"{path}: the compressed file is damaged: {error}") from error
    except OSError as error:
        raise RecordingError(f"{path}: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: not text: {error.reason} at byte {error.start}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, line


def _what(error: Exception) -> str:
    return f"no {error.args[0]!r}" if isinstance(error, KeyError) else str(error)


def _action(data: Mapping[str, Any]) -> DriverAction:
    code, returned = data.get("code"), data.get("rc")
    refused = (code is not None and int(code) >= 300) or bool(returned)
    return DriverAction(time=float(data["t"]), text=str(data["action"]), done=not refused)


def _event(data: Mapping[str, Any]) -> Event:
    whole = data.get("object")
    if isinstance(whole, dict):
        data = {**_flattened(whole), "t": data["t"], "ev": data["ev"]}
    kind = str(data["kind"])
    read = _READERS.get(kind)
    return Event(
        time=float(data["t"]),
        version=int(data["rv"]),
        verb=str(data["ev"]),
        kind=kind,
        name=str(data["name"]),
        owners=tuple(data.get("owner") or ()),
        seen=read(data) if read else None,
    )


def _deployment(data: Mapping[str, Any]) -> DeploymentSeen:
    strategy = data.get("strategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    return DeploymentSeen(
        replicas=int(data["replicas"]),
        template=_template(data),
        images=tuple(data["images"]),
        rolling=strategy.get("type", "RollingUpdate") == "RollingUpdate",
        max_surge=rolling.get("maxSurge", "25%"),
        max_unavailable=rolling.get("maxUnavailable", "25%"),
        paused=bool(data.get("paused")),
        min_ready=data.get("minReadySeconds"),
    )


def _replica_set(data: Mapping[str, Any]) -> ReplicaSetSeen:
    return ReplicaSetSeen(
        replicas=int(data["replicas"]),
        template=_template(data),
        images=tuple(data["images"]),
        created=str(data.get("created") or ""),
    )


def _pod(data: Mapping[str, Any]) -> PodSeen:
    ready = str((data.get("conditions") or {}).get("Ready", ""))
    return PodSeen(
        bound=bool(data.get("node")),
        ready=ready.split("/")[0] == "True",
        terminating=bool(data.get("deletionTimestamp")),
        ended=data.get("phase") in ("Succeeded", "Failed"),
    )


def _node(data: Mapping[str, Any]) -> NodeSeen:
    return NodeSeen(
        ready=str((data.get("conditions") or {}).get("Ready", "")).split("/")[0],
        taints=tuple(data.get("taints") or ()),
        unschedulable=bool(data.get("unschedulable")),
    )


_READERS: Mapping[str, Any] = {
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "Pod": _pod,
    "Node": _node,
}


def _template(data: Mapping[str, Any]) -> str:
    """What tells one pod template from another: the whole template, or its images where there is no more."""
    return str(data["template"]) if "template" in data else json.dumps(data["images"])


def _flattened(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that matter of a whole object, in the layout of the short form."""
    meta, spec, status = whole["metadata"], whole.get("spec") or {}, whole.get("status") or {}
    flat: dict[str, Any] = {
        "kind": whole["kind"],
        "name": meta["name"],
        "rv": meta["resourceVersion"],
        "created": meta.get("creationTimestamp"),
        "deletionTimestamp": meta.get("deletionTimestamp"),
        "owner": [f"{o['kind']}/{o['name']}" for o in meta.get("ownerReferences") or ()],
        "phase": status.get("phase"),
        "node": spec.get("nodeName"),
        "unschedulable": spec.get("unschedulable"),
        "taints": [f"{t['key']}={t.get('value', '')}:{t['effect']}" for t in spec.get("taints") or ()],
        "conditions": {c["type"]: c["status"] for c in status.get("conditions") or ()},
    }
    if whole["kind"] in ("Deployment", "ReplicaSet"):
        template = spec["template"]
        labels = dict((template.get("metadata") or {}).get("labels") or {})
        labels.pop("pod-template-hash", None)
        metadata = {**(template.get("metadata") or {}), "labels": labels}
        flat |= {
            "replicas": spec["replicas"],
            "images": [c["image"] for c in template["spec"]["containers"]],
            "template": json.dumps({**template, "metadata": metadata}, sort_keys=True),
            "strategy": spec.get("strategy"),
            "paused": spec.get("paused"),
            "minReadySeconds": spec.get("minReadySeconds", 0),
        }
    return flat
