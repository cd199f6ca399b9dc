"""One cluster and any number of Deployments of the shapes that real repositories have, for ``benchmarks.check``.

Nothing is random: the same count gives the same objects. Of every twelve Deployments two are the work of somebody who
made a mistake (a budget that lets nothing go, a pool that is not there).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks._shapes import Object

TEAMS = ("shop", "billing", "search", "media", "ops")
ZONES = ("a", "b", "c")
POOLS = ("general", "memory", "batch", "general", "general", "general")
"""The pools of the nodes, three nodes (one for each zone) at a time."""
NODES = {1: 6, 10: 12, 100: 60, 1_000: 300}
"""Nodes by number of Deployments: more pods, more nodes, never fewer than two for each zone."""

Shape = Callable[[int, str, str], Iterator[Object]]


def nodes(count: int) -> Iterator[Object]:
    """``count`` nodes in three zones: three control planes, a sixth of the rest for batch work, a sixth with much
    memory. The pools are their labels; batch nodes have a taint."""
    for number in range(count):
        control = number < 3
        pool = "control" if control else POOLS[(number // 3 - 1) % len(POOLS)]
        labels = {
            "kubernetes.io/hostname": f"node-{number}",
            "kubernetes.io/os": "linux",
            "topology.kubernetes.io/zone": f"eu-1{ZONES[number % 3]}",
            "pool": pool,
        }
        taints = []
        if control:
            taints = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
        elif pool == "batch":
            taints = [{"key": "dedicated", "value": "batch", "effect": "NoSchedule"}]
        size = {"cpu": "4", "memory": "16Gi"} if control else {"cpu": "16", "memory": "64Gi"}
        if pool == "memory":
            size["memory"] = "256Gi"
        yield {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"node-{number}", "labels": labels},
            **({"spec": {"taints": taints}} if taints else {}),
            "status": {"allocatable": {**size, "pods": "110"}},
        }


def namespaces(deployments: int) -> Iterator[Object]:
    """The teams' namespaces, each with a quota that has room for what its Deployments want."""
    for team in TEAMS:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team}}
        hard = {"pods": str(20 + 6 * deployments), "requests.cpu": str(20 + 4 * deployments)}
        yield {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "team", "namespace": team},
            "spec": {"hard": hard},
        }


def workloads(deployments: int) -> Iterator[Object]:
    """``deployments`` Deployments with what comes with each: Services, budgets, autoscalers, ConfigMaps."""
    for number in range(deployments):
        shape = SHAPES[number % len(SHAPES)]
        # Teams change with every round of shapes, so that each team has all of them.
        yield from shape(number, TEAMS[number // len(SHAPES) % len(TEAMS)], f"{shape.__name__[1:]}-{number}")


def _deployment(number: int, team: str, name: str, replicas: int | None, **spec: Any) -> Object:
    pod: dict[str, Any] = spec.pop("pod", {})
    cpu = spec.pop("cpu", ("100m", "250m", "500m")[number % 3])
    container = {
        "name": "main",
        "image": f"registry.example.com/{team}/{name}:1.{number % 30}.0",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "LOG_LEVEL", "valueFrom": {"configMapKeyRef": {"name": name, "key": "log"}}}],
        "resources": {"requests": {"cpu": cpu, "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
    }
    labels = {"app": name, "team": team}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": team, "labels": labels},
        "spec": {
            **({} if replicas is None else {"replicas": replicas}),
            "selector": {"matchLabels": {"app": name}},
            **spec,
            "template": {"metadata": {"labels": dict(labels)}, "spec": {**pod, "containers": [container]}},
        },
    }


def _beside(api: str, kind: str, team: str, name: str, **rest: Any) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": team}, **rest}


def _config(team: str, name: str) -> Object:
    return _beside("v1", "ConfigMap", team, name, data={"log": "info"})


def _service(team: str, name: str) -> Object:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return _beside("v1", "Service", team, name, spec={"selector": {"app": name}, "ports": ports})


def _budget(team: str, name: str, **spec: Any) -> Object:
    selector = {"matchLabels": {"app": name}}
    return _beside("policy/v1", "PodDisruptionBudget", team, name, spec={**spec, "selector": selector})


def _spread(name: str, key: str, when: str = "DoNotSchedule") -> Object:
    selector = {"matchLabels": {"app": name}}
    return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": selector}


def _web(number: int, team: str, name: str) -> Iterator[Object]:
    """Behind a Service, autoscaled, zones preferred."""
    pod = {"topologySpreadConstraints": [_spread(name, "topology.kubernetes.io/zone", "ScheduleAnyway")]}
    yield _deployment(number, team, name, None, pod=pod)
    yield from (_config(team, name), _service(team, name), _budget(team, name, maxUnavailable=1))
    target = {"type": "Utilization", "averageUtilization": 70}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": 2,
        "maxReplicas": 6 + number % 5,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    yield _beside("autoscaling/v2", "HorizontalPodAutoscaler", team, name, spec=spec)


def _api(number: int, team: str, name: str) -> Iterator[Object]:
    """Behind a Service, a fixed number of replicas, no budget."""
    yield _deployment(number, team, name, 2 + number % 3)
    yield from (_config(team, name), _service(team, name))


def _worker(number: int, team: str, name: str) -> Iterator[Object]:
    """Takes work from a queue; nothing calls it."""
    yield _deployment(number, team, name, 3 + number % 4)
    yield _config(team, name)


def _singleton(number: int, team: str, name: str) -> Iterator[Object]:
    """One pod at a time."""
    yield _deployment(number, team, name, 1, strategy={"type": "Recreate"})
    yield from (_config(team, name), _service(team, name))


def _zones(number: int, team: str, name: str) -> Iterator[Object]:
    """A pod in every zone."""
    pod = {"topologySpreadConstraints": [_spread(name, "topology.kubernetes.io/zone")]}
    yield _deployment(number, team, name, (3, 6)[number % 2], pod=pod)
    yield from (_config(team, name), _service(team, name), _budget(team, name, minAvailable=2))


def _apart(number: int, team: str, name: str) -> Iterator[Object]:
    """No two pods on a node."""
    term = {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": "kubernetes.io/hostname"}
    pod = {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}
    strategy = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    yield _deployment(number, team, name, 2, pod=pod, strategy=strategy)
    yield from (_config(team, name), _service(team, name), _budget(team, name, minAvailable="50%"))


def _batch(number: int, team: str, name: str) -> Iterator[Object]:
    """On nodes of its own."""
    toleration = {"key": "dedicated", "operator": "Equal", "value": "batch", "effect": "NoSchedule"}
    pod = {"nodeSelector": {"pool": "batch"}, "tolerations": [toleration]}
    yield _deployment(number, team, name, 2, pod=pod)
    yield _config(team, name)


def _cache(number: int, team: str, name: str) -> Iterator[Object]:
    """On nodes with much memory."""
    yield _deployment(number, team, name, 2, pod={"nodeSelector": {"pool": "memory"}})
    yield from (_config(team, name), _service(team, name), _budget(team, name, maxUnavailable="50%"))


def _guarded(number: int, team: str, name: str) -> Iterator[Object]:
    """A budget that lets nothing go."""
    yield _deployment(number, team, name, 2)
    yield from (_config(team, name), _service(team, name), _budget(team, name, minAvailable=2))


def _lost(number: int, team: str, name: str) -> Iterator[Object]:
    """For a pool that is not there."""
    yield _deployment(number, team, name, 2, pod={"nodeSelector": {"pool": "gpu"}})
    yield _config(team, name)


SHAPES: tuple[Shape, ...] = (
    _web,
    _api,
    _zones,
    _worker,
    _apart,
    _singleton,
    _web,
    _batch,
    _guarded,
    _cache,
    _api,
    _lost,
)
