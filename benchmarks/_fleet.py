"""One cluster and any number of Deployments of the shapes that real repositories have, for ``benchmarks.check``.

Nothing is random: the same count gives the same objects. Of every twelve Deployments two are the work of somebody who
made a mistake (a budget that lets nothing go, a pool that is not there). On request some more are broken, each in one
of nine ways.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
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


def workloads(deployments: int, broken: int = 0) -> Iterator[Object]:
    """``deployments`` Deployments with what comes with each: Services, budgets, autoscalers, ConfigMaps. ``broken`` of
    them, evenly distributed, are of the shapes of ``MISTAKES`` instead."""
    every = deployments // broken if broken else 0
    for number in range(deployments):
        shape = SHAPES[number % len(SHAPES)]
        if every and number % every == 0 and number < every * broken:
            shape = MISTAKES[number // every % len(MISTAKES)]
        # Teams change with every round of shapes, so that each team has all of them.
        yield from shape(number, TEAMS[number // len(SHAPES) % len(TEAMS)], f"{shape.__name__[1:]}-{number}")


def changed(objects: Iterable[Object]) -> Iterator[Object]:
    """The same objects after somebody has changed one of them: the Deployment in the middle has a new image, and one
    replica more."""
    items = list(objects)
    deployments = [n for n, item in enumerate(items) if item["kind"] == "Deployment"]
    chosen = deployments[len(deployments) // 2]
    item: Object = json.loads(json.dumps(items[chosen]))
    item["spec"]["replicas"] = item["spec"].get("replicas", 1) + 1
    item["spec"]["template"]["spec"]["containers"][0]["image"] += "-next"
    yield from (*items[:chosen], item, *items[chosen + 1 :])


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


def _unconfigured(number: int, team: str, name: str) -> Iterator[Object]:
    """Its ConfigMap was forgotten."""
    yield _deployment(number, team, name, 2)


def _huge(number: int, team: str, name: str) -> Iterator[Object]:
    """More CPU than any node has."""
    yield _deployment(number, team, name, 2, cpu="64")
    yield _config(team, name)


def _stiff(number: int, team: str, name: str) -> Iterator[Object]:
    """A rollout that may neither add a pod nor let one go."""
    strategy = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}
    yield _deployment(number, team, name, 3, strategy=strategy)
    yield from (_config(team, name), _service(team, name))


def _crowded(number: int, team: str, name: str) -> Iterator[Object]:
    """More pods than zones, each in a zone of its own."""
    term = {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": "topology.kubernetes.io/zone"}
    pod = {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}
    yield _deployment(number, team, name, 5, pod=pod)
    yield _config(team, name)


def _misspelt(number: int, team: str, name: str) -> Iterator[Object]:
    """A selector that its own template does not match."""
    yield _deployment(number, team, name, 2, selector={"matchLabels": {"app": f"{name}-x"}})
    yield _config(team, name)


def _unheard(number: int, team: str, name: str) -> Iterator[Object]:
    """A Service that selects nothing, for a port that is not there."""
    yield _deployment(number, team, name, 2)
    ports = [{"name": "http", "port": 80, "targetPort": "web"}]
    yield _config(team, name)
    yield _beside("v1", "Service", team, name, spec={"selector": {"app": f"{name}-x"}, "ports": ports})


def _twice(number: int, team: str, name: str) -> Iterator[Object]:
    """Two budgets for the same pods."""
    yield _deployment(number, team, name, 3)
    yield from (_config(team, name), _budget(team, name, maxUnavailable=1), _budget(team, f"{name}-2", minAvailable=1))
    yield _service(team, name)


def _floored(number: int, team: str, name: str) -> Iterator[Object]:
    """An autoscaler that goes lower than the budget allows."""
    yield _deployment(number, team, name, None)
    target = {"type": "Utilization", "averageUtilization": 70}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    yield _beside("autoscaling/v2", "HorizontalPodAutoscaler", team, name, spec=spec)
    yield from (_config(team, name), _service(team, name), _budget(team, name, minAvailable=2))


def _taken(number: int, team: str, name: str) -> Iterator[Object]:
    """Tolerates the nodes for batch work and asks for the zone as if it were a pool."""
    toleration = {"key": "dedicated", "operator": "Equal", "value": "batch", "effect": "NoSchedule"}
    pod = {"nodeSelector": {"pool": "eu-1a"}, "tolerations": [toleration]}
    yield _deployment(number, team, name, 2, pod=pod)
    yield from (_config(team, name), _service(team, name))


MISTAKES: tuple[Shape, ...] = (
    _unconfigured,
    _huge,
    _stiff,
    _crowded,
    _misspelt,
    _unheard,
    _twice,
    _floored,
    _taken,
)
