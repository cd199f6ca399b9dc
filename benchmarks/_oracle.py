"""Our answers beside the verdicts of a real kube-scheduler, in the format of ``shared/oracle``.

Everything that is compared is a :class:`Check`: what they say and what we say. :func:`checks` yields those of one case;
who asks counts them (``benchmarks/oracle.py``) or wants none that differ (``tests/conformance/test_oracle.py``).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, frozen

from kverify.api.decode import structure
from kverify.api.defaults import apply_defaults
from kverify.api.defaults.creation import prepare_for_create
from kverify.api.object import KubeObject
from kverify.api.types.claim import PersistentVolumeClaim
from kverify.api.types.meta import LabelSelector, LabelSelectorRequirement
from kverify.api.types.node import Node
from kverify.api.types.persistent_volume import PersistentVolume
from kverify.api.types.pod import Pod
from kverify.api.types.policy import PodDisruptionBudget
from kverify.api.types.storage import CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment
from kverify.api.versions import DEFAULT_VERSION
from kverify.manifest import read_text
from kverify.model.scheduling import NodeInfo, PodGroup, PodInfo, Requirement, Snapshot, compose, reject
from kverify.model.scheduling.preemption import Preemption, Running, Situation, preempt
from kverify.model.scheduling.scheduling_gates import waiting
from kverify.model.scheduling.scoring import Ranking, ScoringError, rank
from kverify.model.scheduling.scoring.pod_topology_spread import default_selector
from kverify.model.scheduling.storage import Storage

NODES = "node verdicts"
PLUGINS = "plugin sets"
FIRST = "first plugin, code, reasons"
MESSAGE = "message"
PREEMPTION = "preemption"
GATED = "scheduling gates"
ATTEMPTS = "scheduling attempts"
SCORES = "scores"
BEST = "best nodes"
SCORE_ERROR = "scoring errors"

STORAGE: dict[str, tuple[str, str, type[KubeObject]]] = {
    "pvcs": ("v1", "PersistentVolumeClaim", PersistentVolumeClaim),
    "pvs": ("v1", "PersistentVolume", PersistentVolume),
    "storageClasses": ("storage.k8s.io/v1", "StorageClass", StorageClass),
    "csiNodes": ("storage.k8s.io/v1", "CSINode", CSINode),
    "csiDrivers": ("storage.k8s.io/v1", "CSIDriver", CSIDriver),
    "csiStorageCapacities": ("storage.k8s.io/v1", "CSIStorageCapacity", CSIStorageCapacity),
    "volumeAttachments": ("storage.k8s.io/v1", "VolumeAttachment", VolumeAttachment),
}
PREEMPTION_TEXT = " no new claims to deallocate, preemption: "
"""What stands between the scheduler's message and what preemption adds to it; the first half is about devices."""


@frozen
class Check:
    """One thing that is compared. ``aspect`` is what kind of thing, ``where`` the case, the pod and the node."""

    aspect: str
    where: str
    theirs: object
    ours: object

    @property
    def agrees(self) -> bool:
        """Both say the same."""
        return self.theirs == self.ours

    def __str__(self) -> str:
        return f"{self.where}, {self.aspect}: the scheduler says {self.theirs!r}, we say {self.ours!r}"


def records(path: Path, step: int = 1) -> Iterator[dict[str, Any]]:
    """Every ``step``-th record of a file, plain or compressed."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % step == 0 and line.strip():
                yield json.loads(line)


def checks(record: dict[str, Any]) -> Iterator[Check]:
    """Everything there is to compare in one record."""
    cluster, verdict = Cluster.of(record["case"], record["verdict"]), record["verdict"]
    for expected in verdict.get("pods", ()):
        yield from _pod_checks(cluster, expected)
    if "schedule" in verdict:
        yield from _replay(cluster, verdict["schedule"]["attempts"])


@frozen(eq=False)
class Cluster:
    """A case as the model sees it."""

    id: str
    nodes: tuple[NodeInfo, ...]
    namespaces: dict[str, dict[str, str]]
    storage: Storage
    budgets: tuple[PodDisruptionBudget, ...]
    pods: dict[str, PodInfo]
    """Those that wait for a node."""
    bound: dict[str, tuple[PodGroup, int]]
    objects: dict[str, Pod]
    nominated: dict[str, str]
    """The node that preemption promised to a waiting pod."""

    @classmethod
    def of(cls, case: dict[str, Any], verdict: dict[str, Any]) -> Cluster:
        refused = verdict.get("invalid", {})
        nodes = tuple(NodeInfo.of(decoded(node, Node)) for node in case["nodes"])
        index = {node.name: n for n, node in enumerate(nodes)}
        classes = {item["metadata"]["name"]: item for item in case.get("priorityClasses", ())}
        pods: dict[str, PodInfo] = {}
        objects: dict[str, Pod] = {}
        bound: dict[str, tuple[PodGroup, int]] = {}
        nominated: dict[str, str] = {}
        for data in case["pods"]:
            pod = decoded(data, Pod)
            if not case.get("raw", False):
                pod = _with_priority(prepare_for_create(pod, DEFAULT_VERSION), classes)
            key = f"{pod.metadata.namespace or 'default'}/{pod.metadata.name}"
            if key in refused or pod.status.phase in ("Succeeded", "Failed"):
                continue
            objects[key] = pod
            info = evolve(PodInfo.of(pod), kin=_kin(pod, case))
            if pod.spec.node_name in index and key not in case.get("pending", ()):
                terminating = pod.metadata.deletion_timestamp is not None
                bound[key] = PodGroup(info, terminating), index[pod.spec.node_name]
                continue
            pods[key] = info
            if pod.status.nominated_node_name:
                nominated[key] = pod.status.nominated_node_name
        return cls(
            id=case["id"],
            nodes=nodes,
            namespaces={n["metadata"]["name"]: n["metadata"].get("labels") or {} for n in case.get("namespaces", ())},
            storage=_storage(case),
            budgets=tuple(
                decoded({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", **data}, PodDisruptionBudget)
                for data in case.get("pdbs", ())
            ),
            pods=pods,
            bound=bound,
            objects=objects,
            nominated=nominated,
        )

    @cached_property
    def snapshot(self) -> Snapshot:
        return Snapshot(
            nodes=self.nodes,
            groups=tuple(group for group, _ in self.bound.values()),
            counts={(group, node): 1 for group, (_, node) in enumerate(self.bound.values())},
            namespaces=self.namespaces,
            storage=self.storage,
        )

    @cached_property
    def index(self) -> Mapping[str, int]:
        """The index of each node."""
        return {node.name: index for index, node in enumerate(self.nodes)}

    def bind(self, key: str, node: str) -> Cluster:
        nominated = {other: where for other, where in self.nominated.items() if other != key}
        place = PodGroup(self.pods[key]), self.index[node]
        return evolve(self, bound={**self.bound, key: place}, nominated=nominated)

    def preempt(self, key: str, node: str, victims: Collection[str]) -> Cluster:
        """The victims gone, and ``node`` promised to the pod; less important pods lose such a promise."""
        bound = {other: place for other, place in self.bound.items() if other not in victims}
        priority = self.pods[key].priority
        nominated = {
            other: where
            for other, where in self.nominated.items()
            if where != node or self.pods[other].priority >= priority
        }
        return evolve(self, bound=bound, nominated={**nominated, key: node})

    def forget(self, key: str) -> Cluster:
        """Nothing is promised to the pod any more."""
        return evolve(self, nominated={other: where for other, where in self.nominated.items() if other != key})

    def situation(self, key: str) -> Situation:
        """What the scheduler sees when it is the turn of the pod: nominated pods of its priority or a higher one hold
        their room (``addGENominatedPods`` in pkg/scheduler/framework/runtime/framework.go)."""
        priority = self.pods[key].priority
        rivals: dict[int, list[PodInfo]] = {}
        for other, node in self.nominated.items():
            if other != key and node in self.index and self.pods[other].priority >= priority:
                rivals.setdefault(self.index[node], []).append(self.pods[other])
        running = [
            Running(index, group.pod, node, _started(self.objects[other]), _by_preemption(self.objects[other]))
            for index, (other, (group, node)) in enumerate(self.bound.items())
        ]
        return Situation(self.snapshot, running, self.budgets, rivals)

    def answers(self, key: str) -> list[tuple[Requirement, ...]]:
        """What the scheduler would report of each node; empty where the pod fits."""
        situation = self.situation(key)
        return [situation.answer(self.pods[key], node) for node in range(len(self.nodes))]

    def ranking(self, key: str, feasible: Sequence[int]) -> Ranking | str:
        """How the scheduler ranks the nodes that ``key`` fits on, or the error with which it gives the pod up."""
        try:
            return rank(self.pods[key], feasible, self.snapshot)
        except ScoringError as error:
            return str(error)

    def preemption(self, key: str) -> Preemption:
        """What preemption would do for a pod that fits nowhere."""
        return preempt(self.pods[key], self.situation(key), nominated_node=self.index.get(self.nominated.get(key, "")))

    def name(self, running: Running) -> str:
        """The key of a bound pod."""
        return list(self.bound)[running.group]


T = TypeVar("T", bound=KubeObject)


def decoded(data: dict[str, Any], kind: type[T]) -> T:
    """A Kubernetes object as the API server stores it. Which objects it refuses, the verdict says."""
    (document,) = read_text(json.dumps(data), "oracle.json").documents
    result = structure(document)
    assert isinstance(result.object, kind), result.diagnostics
    return apply_defaults(result.object)


def _with_priority(pod: Pod, classes: Mapping[str, dict[str, Any]]) -> Pod:
    """What the Priority admission plugin makes of ``pod``."""
    named = classes.get(pod.spec.priority_class_name or "")
    if named is None:
        return pod
    policy = pod.spec.preemption_policy or named.get("preemptionPolicy")
    return evolve(pod, spec=evolve(pod.spec, priority=named["value"], preemption_policy=policy))


def _storage(case: dict[str, Any]) -> Storage:
    objects = [
        decoded({"apiVersion": version, "kind": name, **data}, kind)
        for key, (version, name, kind) in STORAGE.items()
        for data in case.get(key, ())
    ]
    return Storage.of(objects, complete=True)


CONTROLLERS: dict[tuple[str, str], str] = {
    ("v1", "ReplicationController"): "replicationControllers",
    ("apps/v1", "ReplicaSet"): "replicaSets",
    ("apps/v1", "StatefulSet"): "statefulSets",
}
"""Where a case has the controllers that default spread constraints look at, by what owner references call them."""


def _kin(pod: Pod, case: dict[str, Any]) -> LabelSelector | None:
    """What the default spread constraints of ``pod`` count."""
    namespace = pod.metadata.namespace or "default"

    def here(kind: str) -> Iterator[dict[str, Any]]:
        return (item for item in case.get(kind) or () if item["metadata"].get("namespace", "default") == namespace)

    services = [
        service["spec"]["selector"]
        for service in here("services")
        if service["spec"].get("selector") is not None
        and service["spec"]["selector"].items() <= dict(pod.metadata.labels).items()
    ]
    owner = next((reference for reference in pod.metadata.owner_references if reference.controller), None)
    kind = CONTROLLERS.get((owner.api_version, owner.kind)) if owner is not None else None
    selector = None
    if kind is not None and owner is not None:
        named = (item["spec"].get("selector") for item in here(kind) if item["metadata"]["name"] == owner.name)
        selector = next(named, None)
    if selector is None:
        return default_selector(services, None)
    if kind == "replicationControllers":
        return default_selector([*services, selector], None)
    return default_selector(services, _selector(selector))


def _selector(data: dict[str, Any]) -> LabelSelector:
    return LabelSelector(
        match_labels=data.get("matchLabels") or {},
        match_expressions=tuple(
            LabelSelectorRequirement(key=item["key"], operator=item["operator"], values=tuple(item.get("values") or ()))
            for item in data.get("matchExpressions") or ()
        ),
    )


def _started(pod: Pod) -> datetime | None:
    return datetime.fromisoformat(pod.status.start_time) if pod.status.start_time else None


def _by_preemption(pod: Pod) -> bool:
    """``podTerminatingByPreemption``."""
    if pod.metadata.deletion_timestamp is None:
        return False
    condition = next((c for c in pod.status.conditions if c.type == "DisruptionTarget"), None)
    return condition is not None and (condition.status, condition.reason) == ("True", "PreemptionByScheduler")


# -- one pod -------------------------------------------------------------------------------------------------------


def _pod_checks(cluster: Cluster, expected: dict[str, Any]) -> Iterator[Check]:
    key = expected["pod"]
    pod = cluster.pods[key]
    where = f"{cluster.id} {key}"
    answers = cluster.answers(key)
    for index, node in enumerate(cluster.nodes):
        here, theirs, ours = f"{where} on {node.name}", expected["nodes"][node.name], answers[index]
        yield Check(NODES, here, theirs["fit"], not ours)
        first = (theirs.get("plugin"), theirs.get("code"), sorted(theirs.get("reasons", ())))
        yield Check(FIRST, here, first, _first(ours))
        if "preFilter" in expected:
            continue  # no filter is run
        rejecting = {rejection["plugin"] for rejection in theirs.get("all", ())}
        failing = {requirement.plugin for requirement in reject(pod, index, cluster.snapshot)}
        yield Check(PLUGINS, here, sorted(rejecting), sorted(failing))
        for plugin in sorted(rejecting | failing):
            yield Check(plugin, here, plugin in rejecting, plugin in failing)
    feasible = [index for index, answer in enumerate(answers) if not answer]
    yield from _score_checks(cluster, expected, cluster.ranking(key, feasible), where)
    ours_message = compose(answers) if all(answers) else None
    yield Check(MESSAGE, where, expected.get("message"), ours_message)
    theirs_gate = (expected.get("gated") or {}).get("reasons")
    yield Check(GATED, where, theirs_gate, [reason] if (reason := waiting(pod)) else None)
    if "preempt" in expected:
        yield Check(PREEMPTION, where, _their_preemption(expected["preempt"]), _our_preemption(cluster, key))
        yield _choice(cluster, key, expected["preempt"], where)


def _score_checks(cluster: Cluster, expected: dict[str, Any], ranking: Ranking | str, where: str) -> Iterator[Check]:
    """Scores are there when there are several nodes, the best nodes when there is any; neither with an error."""
    ours: dict[str, object] = {}
    if isinstance(ranking, str):
        ours["scoreError"] = ranking
    elif ranking.nodes:
        ours["best"] = sorted(cluster.nodes[node].name for node in ranking.best)
        if len(ranking.nodes) > 1:
            ours["scores"] = {cluster.nodes[node].name: total for node, total in ranking.totals.items()}
    theirs = {**expected, "best": sorted(expected["best"])} if expected.get("best") else expected
    for aspect, key in ((SCORES, "scores"), (BEST, "best"), (SCORE_ERROR, "scoreError")):
        if key in theirs or key in ours:
            yield Check(aspect, where, theirs.get(key), ours.get(key))


def _first(answer: tuple[Requirement, ...]) -> tuple[str | None, str | None, list[str]]:
    if not answer:
        return None, None, []
    resolvable = all(requirement.resolvable for requirement in answer)
    code = "Unschedulable" if resolvable else "UnschedulableAndUnresolvable"
    return answer[0].plugin, code, sorted(requirement.reason for requirement in answer)


def _their_preemption(verdict: dict[str, Any]) -> dict[str, Any]:
    return {
        "eligible": verdict["eligible"],
        "why": verdict.get("why", ""),
        "candidates": {item["node"]: (item["victims"], item["pdbViolations"]) for item in verdict["candidates"] or ()},
        "best": sorted(verdict["best"] or ()),
        "message": f" {verdict.get('message', '')}".removeprefix(PREEMPTION_TEXT).strip(),
    }


def _our_preemption(cluster: Cluster, key: str) -> dict[str, Any]:
    found = cluster.preemption(key)
    return {
        "eligible": found.eligible,
        "why": found.why,
        "candidates": {
            cluster.nodes[item.node].name: ([cluster.name(v) for v in item.victims], item.violations)
            for item in found.candidates
        },
        "best": sorted(cluster.nodes[node].name for node in found.best),
        "message": found.message,
    }


def _choice(cluster: Cluster, key: str, attempt: dict[str, Any], where: str) -> Check:
    """The node nominated is one of our best, and its victims are ours."""
    found = cluster.preemption(key)
    theirs = (attempt.get("nominated") or None, sorted(attempt.get("victims") or ()))
    choices: list[tuple[str | None, list[str]]] = [
        (cluster.nodes[node].name, sorted(cluster.name(victim) for victim in found.victims(node)))
        for node in found.best
    ]
    ours: object = theirs if theirs in (choices or [(None, [])]) else choices
    return Check(PREEMPTION, where, theirs, ours)


# -- scheduling loops ----------------------------------------------------------------------------------------------


def _replay(cluster: Cluster, attempts: Iterable[dict[str, Any]]) -> Iterator[Check]:
    """Every attempt of a scheduling loop: the state is the recorded one, so that one difference is one difference."""
    for number, attempt in enumerate(attempts):
        key, chosen = attempt["pod"], attempt.get("node")
        where = f"{cluster.id} attempt {number} for {key}"
        answers = cluster.answers(key)
        feasible = [index for index, answer in enumerate(answers) if not answer]
        fitting = [cluster.nodes[index].name for index in feasible]
        ranking = cluster.ranking(key, feasible)
        if chosen is not None:
            yield Check(ATTEMPTS, where, chosen, chosen if chosen in fitting else fitting)
            # A node that preemption promised is tried first once the pod's status names it. In these recordings pods
            # are taken again before it does, so the promise does not decide.
            best = [] if isinstance(ranking, str) else [cluster.nodes[node].name for node in ranking.best]
            yield Check(BEST, where, chosen, chosen if chosen in best else best)
            cluster = cluster.bind(key, chosen)
        elif isinstance(ranking, str):
            yield Check(SCORE_ERROR, where, attempt["message"], ranking)
            cluster = cluster.forget(key)
        elif fitting:
            yield Check(ATTEMPTS, where, [], fitting)
        else:
            found = cluster.preemption(key)
            text = compose(answers)
            if found.message:
                text += f"{PREEMPTION_TEXT}{found.message}"
            yield Check(ATTEMPTS, where, attempt["message"].strip(), text)
            yield _choice(cluster, key, attempt, where)
            if attempt.get("nominated"):
                cluster = cluster.preempt(key, attempt["nominated"], attempt.get("victims") or ())
            elif found.eligible:
                cluster = cluster.forget(key)
