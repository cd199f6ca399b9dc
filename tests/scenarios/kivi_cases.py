"""Kivi's cases (USENIX ATC 2024) as Kubernetes objects, for any number of nodes. One unit of its CPU and memory is a
core and a gibibyte here."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from kverify.checks import Options, Report, run
from kverify.checks.declared.specs import Specs
from kverify.cluster.bundle import Bundle
from kverify.spec.language.checker import check
from kverify.spec.language.library import assemble

Object: TypeAlias = "dict[str, Any]"
SIZES = (3, 20, 100, 1_000)

TAINT = {"key": "maintenance", "value": "yes", "effect": "NoExecute"}
ROOM = {"cpu": "64", "memory": "64Gi", "pods": "10000"}


def node(number: int, *, zone: str = "", taints: tuple[Object, ...] = ()) -> Object:
    name = f"n{number}"
    labels = {"kubernetes.io/hostname": name} | ({"topology.kubernetes.io/zone": zone} if zone else {})
    item: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
    item["spec"] = {"taints": list(taints)}
    item["status"] = {"allocatable": ROOM}
    return item


def deployment(name: str, replicas: int | None, pod: Mapping[str, Any] | None = None, cpu: int = 0) -> Object:
    labels = {"app": name}
    container: Object = {"name": name, "image": f"example/{name}:1"}
    if cpu:
        container["resources"] = {"requests": {"cpu": str(cpu), "memory": f"{cpu}Gi"}}
    spec: Object = {"selector": {"matchLabels": labels}}
    if replicas is not None:
        spec["replicas"] = replicas
    spec["template"] = {"metadata": {"labels": labels}, "spec": {**(pod or {}), "containers": [container]}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def c7(n: int, *, tolerates: bool = False, tainted: bool = True) -> tuple[list[Object], list[Object]]:
    """5n pods name node n1, which has a NoExecute taint: the manifests and the cluster."""
    nodes = [node(i, taints=(TAINT,) if tainted and i == 1 else ()) for i in range(1, n + 1)]
    pod: Object = {"nodeName": "n1"}
    if tolerates:
        pod["tolerations"] = [{**TAINT, "operator": "Equal"}]
    return [deployment("agent", 5 * n, pod)], nodes


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def autoscaler(name: str, target: int, low: int, high: int, *, tolerance: str | None = None) -> Object:
    spec: Object = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": low,
        "maxReplicas": high,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}},
            }
        ],
    }
    if tolerance is not None:
        spec["behavior"] = {"scaleUp": {"tolerance": tolerance}}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec}


def running(name: str, replicas: int, last_applied: Object, template: Object) -> list[Object]:
    """A live Deployment, with what was applied last, and its ReplicaSet."""
    live = copy.deepcopy(template)
    live["spec"]["replicas"] = replicas
    live["metadata"] |= {"uid": f"{name}-uid", "resourceVersion": "1"}
    live["metadata"]["annotations"] = {LAST_APPLIED: json.dumps(last_applied)}
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": f"{name}-uid", "controller": True}
    made = copy.deepcopy(template)
    made["kind"] = "ReplicaSet"
    made["metadata"] = {"name": f"{name}-1", "uid": f"{name}-1-uid", "ownerReferences": [owner]}
    made["spec"]["replicas"] = replicas
    return [live, made]


def pods(name: str, template: Object, on: Iterable[int]) -> Iterator[Object]:
    """Running pods of ``name`` on the nodes with these numbers."""
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": f"{name}-1",
        "uid": f"{name}-1-uid",
        "controller": True,
    }
    for i, number in enumerate(on):
        pod = copy.deepcopy(template["spec"]["template"])
        pod["spec"]["nodeName"] = f"n{number}"
        metadata = {"name": f"{name}-1-{i}", "labels": {"app": name}, "ownerReferences": [owner]}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, **pod, "status": {"phase": "Running"}} | {
            "metadata": metadata
        }


def c2(n: int, *, remembered: bool = True) -> tuple[list[Object], list[Object]]:
    """The manifest has no ``replicas`` any more; what was applied last had (``remembered``). The autoscaler has come to
    n + 2."""
    web = deployment("web", None, cpu=8)
    before = deployment("web", n if remembered else None, cpu=8)
    hpa = autoscaler("web", 50, n, n + 2)
    return [web, hpa], [*(node(i) for i in range(1, n + 1)), *running("web", n + 2, before, web), hpa]


def c3(
    n: int, *, host: str = "DoNotSchedule", high: int | None = None, tolerance: str | None = "0"
) -> tuple[list[Object], list[Object]]:
    """Zones of (n + 1) / 2 and (n - 1) / 2 nodes, 2n - 1 pods spread by both: two on each node but the middle one.
    Each uses 91 % of the 8 cores that it requests, and may use up to 6 more. Kivi knows no tolerance."""
    nodes = [node(i, zone="a" if i <= (n + 1) // 2 else "b") for i in range(1, n + 1)]
    spread = [
        {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": {"matchLabels": {"app": "web"}}}
        for key, when in ((HOSTNAME, host), (ZONE, "DoNotSchedule"))
    ]
    web = deployment("web", None, {"topologySpreadConstraints": spread}, 8)
    web["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] = {"cpu": "13280m"}
    middle = (n + 1) // 2
    live = pods("web", web, (i for i in range(1, n + 1) for _ in range(1 if i == middle else 2)))
    hpa = autoscaler("web", 91, 2 * n - 1, high or 2 * n, tolerance=tolerance)
    current = {"averageUtilization": 91, "averageValue": "7280m"}
    seen = copy.deepcopy(hpa)
    seen["status"] = {
        "currentReplicas": 2 * n - 1,
        "desiredReplicas": 2 * n - 1,
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": current}}],
    }
    return [web, hpa], [*nodes, *running("web", 2 * n - 1, web, web), *live, seen]


def c6(n: int, *, budget: bool = False) -> tuple[list[Object], list[Object]]:
    """One pod on each of n nodes, spread over them as far as that goes; ``budget`` allows one pod less."""
    spread = {
        "maxSkew": 1,
        "topologyKey": HOSTNAME,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    web = deployment("web", n, {"topologySpreadConstraints": [spread]}, 8)
    wanted = [web]
    if budget:
        selector = {"matchLabels": {"app": "web"}}
        pdb = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}}
        wanted.append({**pdb, "spec": {"maxUnavailable": 1, "selector": selector}})
    nodes = [node(i) for i in range(1, n + 1)]
    return wanted, [*nodes, *running("web", n, web, web), *pods("web", web, range(1, n + 1))]


KEPT = """property one-less-at-most
  "Never more than one replica is missing."
  under maintenance
  for d in Deployment
  always available(d) >= d.spec.replicas - 1
"""


def ask(folder: Path, case: tuple[list[Object], list[Object]], *properties: str, spec: str = "") -> Report:
    """The report on ``properties`` (all, if none are named) of a case, written to files and read like any other."""
    paths = []
    for name, objects in zip(("manifests.yaml", "cluster.yaml"), case, strict=True):
        path = folder / name
        path.write_text("".join(_documents(objects)), "utf-8")
        paths.append([str(path)])
    manifests, cluster = paths
    bundle, diagnostics = Bundle.read(manifests, cluster)
    if not spec:
        return run(bundle, diagnostics, Options(properties=properties))
    library, problems = assemble([("kivi.kv", spec)])
    checked, more = check(library)
    assert (problems, more) == ((), ())
    names = tuple(declaration.name for declaration in library.asked())
    return run(bundle, diagnostics, Options(properties=names, specs=Specs(checked=checked)))


def _documents(objects: list[Object]) -> Iterator[str]:
    for item in objects:
        yield f"---\n{yaml.dump(item, default_flow_style=False, Dumper=yaml.CSafeDumper)}"
