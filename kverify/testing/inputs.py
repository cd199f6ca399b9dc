"""Hypothesis strategies for whole inputs: clusters, applications on them, and rollouts that have just begun.

Everything that is drawn is accepted by the API server, and shrinks to little: few nodes, objects, replicas and fields,
all of them the most ordinary.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import yaml
from attrs import evolve, frozen
from hypothesis import strategies as st

from kverify.api.decode import decode_all
from kverify.api.labels import HOSTNAME, ZONE
from kverify.cluster.bundle import Bundle
from kverify.manifest.reader import read_text
from kverify.testing.from_manifests import rollout_of
from kverify.testing.violation import Situation

Object: TypeAlias = "dict[str, Any]"

POOL = "pool"
_CORES = (4, 2, 1, 8)
_STRATEGIES: tuple[Object | None, ...] = (
    None,
    {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
    {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
    {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}},
    {"rollingUpdate": {"maxSurge": "50%", "maxUnavailable": "50%"}},
    {"type": "Recreate"},
)


@frozen(eq=False, repr=False)
class Manifests:
    """Objects as in files: those to be applied, and those that exist. Shown as YAML."""

    wanted: tuple[Object, ...]
    existing: tuple[Object, ...] = ()

    def bundle(self) -> Bundle:
        """The same, read."""
        return Bundle(_read(self.wanted, "wanted.yaml"), _read(self.existing, "cluster.yaml"))

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write ``wanted.yaml`` and ``cluster.yaml`` into ``folder``; their paths."""
        paths = folder / "wanted.yaml", folder / "cluster.yaml"
        for path, objects in zip(paths, (self.wanted, self.existing), strict=True):
            path.write_text(_text(objects), "utf-8")
        return paths

    def __repr__(self) -> str:
        return f"# wanted\n{_text(self.wanted)}# existing\n{_text(self.existing)}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How Hypothesis shows it; of attrs classes it would show the fields."""
        printer.text("..." if cycle else repr(self))


class _Plain(yaml.SafeDumper):
    """What is the same twice is written twice, as people do."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _text(objects: tuple[Object, ...]) -> str:
    return yaml.dump_all(objects, Dumper=_Plain, explicit_start=True, sort_keys=False, default_flow_style=None)


def _read(objects: tuple[Object, ...], name: str) -> tuple[Any, ...]:
    decoded = decode_all(read_text(_text(objects), name).documents)
    assert not decoded.diagnostics, decoded.diagnostics
    return tuple(decoded.objects)


# -- nodes -----------------------------------------------------------------------------------------------------------


@st.composite
def clusters(
    draw: st.DrawFn,
    *,
    min_nodes: int = 1,
    max_nodes: int = 4,
    zones: int = 2,
    pools: tuple[str, ...] = ("general", "batch"),
    tainted: bool = True,
) -> tuple[Object, ...]:
    """The nodes of a cluster, as manifests.

    Each has a size, one of so many ``zones``, and one of the ``pools`` as a label; with ``tainted`` the nodes of a pool
    other than the first may keep out what does not tolerate it (``pool=NAME:NoSchedule``). Shrinks to one node of the
    first zone and pool, with 4 cores and no taint::

        @given(clusters(max_nodes=3))
        def test_it_fits(nodes): ...
    """
    number = draw(st.integers(min_nodes, max_nodes))
    closed = {pool: tainted and draw(st.booleans()) for pool in pools[1:]}
    nodes = []
    for index in range(1, number + 1):
        pool = draw(st.sampled_from(pools)) if pools else ""
        labels = {POOL: pool} if pool else {}
        if zones:
            labels[ZONE] = f"zone-{draw(st.integers(1, zones))}"
        taints = [{"key": POOL, "value": pool, "effect": "NoSchedule"}] if closed.get(pool) else []
        nodes.append(_node(f"node-{index}", draw(st.sampled_from(_CORES)), labels, taints))
    return tuple(nodes)


def _node(name: str, cores: int, labels: Object, taints: list[Object]) -> Object:
    node: Object = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {HOSTNAME: name, **labels}},
    }
    if taints:
        node["spec"] = {"taints": taints}
    node["status"] = {"allocatable": {"cpu": str(cores), "memory": f"{4 * cores}Gi", "pods": "110"}}
    return node


# -- applications ----------------------------------------------------------------------------------------------------


@st.composite
def deployments(
    draw: st.DrawFn,
    *,
    name: str = "web",
    max_replicas: int = 4,
    pools: tuple[str, ...] = ("general", "batch"),
) -> Object:
    """A Deployment, as a manifest: replicas, strategy, requests, and where its pods may and may not be.

    Shrinks to one replica without any of these. Not every one finds room on every cluster.
    """
    manifest = _deployment(name, draw(st.integers(1, max_replicas)), draw(st.sampled_from(_STRATEGIES)))
    cores = draw(st.sampled_from([0, 1, 2]))
    pod = manifest["spec"]["template"]["spec"]
    _asking(manifest, cores)
    key = draw(st.sampled_from([HOSTNAME, ZONE]))
    for rule in sorted(
        draw(st.sets(st.sampled_from(["apart", "only in the pool", "spread", "tolerating"]), max_size=2))
    ):
        pool = draw(st.sampled_from(pools)) if pools else ""
        match rule:
            case "apart":
                pod["affinity"] = _apart(name, key)
            case "spread":
                pod["topologySpreadConstraints"] = [_spread(name, key)]
            case "only in the pool" if pool:
                pod["nodeSelector"] = {POOL: pool}
            case "tolerating" if pool:
                pod["tolerations"] = [{"key": POOL, "operator": "Equal", "value": pool, "effect": "NoSchedule"}]
    if draw(st.integers(0, 4)) == 4:
        manifest["spec"]["minReadySeconds"] = 10
    return manifest


def _deployment(name: str, replicas: int, strategy: Object | None) -> Object:
    labels = {"app": name}
    spec: Object = {"replicas": replicas, "selector": {"matchLabels": labels}}
    if strategy is not None:
        spec["strategy"] = strategy
    container = {"name": name, "image": f"example.org/{name}:1"}
    spec["template"] = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    }


def _asking(deployment: Object, cores: int) -> None:
    if cores:
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        container["resources"] = {"requests": {"cpu": str(cores)}}


def _apart(name: str, key: str) -> Object:
    term = {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": key}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def _spread(name: str, key: str) -> Object:
    selector = {"matchLabels": {"app": name}}
    return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}


def _budget(name: str, spec: Object) -> Object:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {**spec, "selector": {"matchLabels": {"app": name}}},
    }


def _service(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    }


@st.composite
def bundles(
    draw: st.DrawFn, *, max_workloads: int = 2, max_replicas: int = 3, max_nodes: int = 4, nodes: bool = True
) -> Manifests:
    """An application and, with ``nodes``, the cluster it is for: Deployments, some with a PodDisruptionBudget or a
    Service. Whether it works there is up to you to find out::

        @given(bundles())
        def test_every_finding_has_a_cause(manifests):
            for finding in kverify.check(manifests.bundle()).findings:
                assert finding.causes
    """
    wanted: list[Object] = []
    for name in ("web", "api", "cache", "jobs", "mail", "search")[: draw(st.integers(1, max_workloads))]:
        wanted.append(draw(deployments(name=name, max_replicas=max_replicas)))
        budget = draw(st.sampled_from([None, {"maxUnavailable": 1}, {"minAvailable": 1}, {"minAvailable": "100%"}]))
        if budget is not None:
            wanted.append(_budget(name, budget))
        if draw(st.booleans()):
            wanted.append(_service(name))
    return Manifests(tuple(wanted), draw(clusters(max_nodes=max_nodes)) if nodes else ())


# -- rollouts --------------------------------------------------------------------------------------------------------


@st.composite
def rollout_manifests(draw: st.DrawFn, *, max_replicas: int = 4, max_spare: int = 2) -> Manifests:
    """One Deployment and a cluster on which its pods are known to fit, one or more to a node, in every order.

    ``max_spare`` is how many nodes there may be that the steady state does not need. Shrinks to one replica on one node
    that has room for more.
    """
    replicas = draw(st.integers(1, max_replicas))
    deployment = _deployment("web", replicas, draw(st.sampled_from(_STRATEGIES)))
    # Where there is room for everything nothing gets stuck: most are tight.
    rule = draw(st.sampled_from(["", "full", "apart", "spread", "full", "apart"]))
    if draw(st.integers(0, 4)) == 4:
        deployment["spec"]["minReadySeconds"] = 10
    # Pods that keep apart need a node each; of the others every node holds its share, and no more where it is full.
    own = replicas if rule == "apart" else draw(st.integers(1, min(3, replicas)))
    share = -(-replicas // own)
    spare = draw(st.sampled_from([0, *range(max_spare + 1)]))
    pod = deployment["spec"]["template"]["spec"]
    if rule == "apart":
        pod["affinity"] = _apart("web", HOSTNAME)
    if rule == "spread":
        pod["topologySpreadConstraints"] = [_spread("web", HOSTNAME)]
    if rule == "full":
        _asking(deployment, 1)
    cores = share if rule == "full" else max(4, 2 * share)
    nodes = tuple(_node(f"node-{i}", cores, {}, []) for i in range(1, own + spare + 1))
    return Manifests((deployment,), nodes)


def rollouts(*, max_replicas: int = 4, max_spare: int = 2, placed: bool = False) -> st.SearchStrategy[Situation]:
    """What happens after the template of a Deployment has been changed: a system with the property that the rollout
    completes, from every settled placement. About one in six gets stuck.

    ``placed`` tells all nodes apart. Parameters as for ``rollout_manifests``, which has the manifests. A state machine
    takes the strategy as it is, and then shrinks manifests and runs together::

        TestRollouts = state_machine(rollouts(max_replicas=2)).TestCase
    """

    def situation(manifests: Manifests) -> Situation:
        (found,) = rollout_of(manifests.bundle(), "shop/web", placed=placed)
        return evolve(found, origin=manifests)

    return rollout_manifests(max_replicas=max_replicas, max_spare=max_spare).map(situation)
