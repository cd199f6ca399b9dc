"""Kivi's cases (USENIX ATC 2024) as Kubernetes objects, for any number of nodes. One unit of its CPU and memory is a
core and a gibibyte here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from kverify.checks import Options, Report, run
from kverify.cluster.bundle import Bundle

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


def ask(folder: Path, case: tuple[list[Object], list[Object]], *properties: str) -> Report:
    """The report on ``properties`` (all, if none are named) of a case, written to files and read like any other."""
    paths = []
    for name, objects in zip(("manifests.yaml", "cluster.yaml"), case, strict=True):
        path = folder / name
        path.write_text("".join(_documents(objects)), "utf-8")
        paths.append([str(path)])
    manifests, cluster = paths
    bundle, diagnostics = Bundle.read(manifests, cluster)
    return run(bundle, diagnostics, Options(properties=properties))


def _documents(objects: list[Object]) -> Iterator[str]:
    for item in objects:
        yield f"---\n{yaml.dump(item, default_flow_style=False, Dumper=yaml.CSafeDumper)}"
