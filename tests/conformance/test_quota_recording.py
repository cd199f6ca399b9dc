"""Admission replays a recording of a real API server (1.36.2): a quota, a LimitRange, and a Deployment beyond both.

The recording has the answers to everything that was created, the objects that were stored, and what the quota
controller counted. What was sent and refused is not in it; the answers say which request, limit and name it had.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from kverify.api.decode import decode, decode_all
from kverify.api.defaults import apply_defaults
from kverify.api.object import KubeObject
from kverify.api.quantity import parse_quantity
from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment, ReplicaSet
from kverify.api.types.container import Container, ResourceRequirements
from kverify.api.types.meta import ObjectMeta
from kverify.api.types.pod import Pod, PodSpec
from kverify.api.types.quota import LimitRange, ResourceQuota
from kverify.api.types.service import Service, ServicePort, ServiceSpec
from kverify.cluster import Bundle, key_of
from kverify.cluster.admission import Admission, Admitted, BundleView, admit
from kverify.cluster.admission.created import pod_of
from kverify.cluster.admission.service_account import TOKEN_VOLUME
from kverify.cluster.admission.usage import used_by
from kverify.cluster.references.existence import Boundary, External
from kverify.manifest import read_text

TRACES = Path(__file__).parents[3] / "shared/traces"
pytestmark = pytest.mark.skipif(not (TRACES / "o_quota.jsonl.gz").is_file(), reason="the recordings are not here")

NAMESPACE = "s-o-quota"
BOUNDARY = Boundary(externals=(External(kind="Namespace", reason="made for the recording"),), closed=True)


def lines(name: str) -> list[dict[str, Any]]:
    with gzip.open(TRACES / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def objects_at(time: float) -> tuple[AnyObject, ...]:
    """What there was at a moment of the recording; the LimitRange is not among what was watched."""
    there: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines("o_quota.full.jsonl.gz"):
        item = line["object"]
        key = item["kind"], item["metadata"]["name"]
        if line["t"] > time or item["kind"] == "Event":
            continue
        newest = int(there[key]["metadata"]["resourceVersion"]) if key in there else 0
        if line["ev"] == "DELETED":
            there.pop(key, None)
        elif int(item["metadata"]["resourceVersion"]) >= newest:
            there[key] = item
    return tuple(read(item) for item in there.values())


def read(item: dict[str, Any]) -> AnyObject:
    decoded = decode(read_text(json.dumps(item), "recorded.json").documents[0])
    assert decoded.object is not None, decoded.diagnostics
    return decoded.object


def amounts(**texts: str) -> Mapping[str, Any]:
    return {name: parse_quantity(text) for name, text in texts.items()}


def limits_of_recording() -> tuple[AnyObject, ...]:
    """The LimitRange as it is stored: a default limit is the default request too."""
    documents = read_text((TRACES / "o_quota.yaml").read_text("utf-8"), "o_quota.yaml").documents
    found = [item for item in decode_all(documents).objects if isinstance(item, LimitRange)]
    return tuple(attrs.evolve(i, metadata=attrs.evolve(i.metadata, namespace=NAMESPACE)) for i in found)


def pod(name: str, *, requests: Mapping[str, Any] | None = None, limits: Mapping[str, Any] | None = None) -> Pod:
    container = Container(
        name="c", image="app:v1", resources=ResourceRequirements(requests=requests or {}, limits=limits or {})
    )
    metadata = ObjectMeta(name=name, namespace=NAMESPACE)
    return apply_defaults(Pod(metadata=metadata, spec=PodSpec(containers=(container,))))


def deployment(name: str) -> Deployment:
    given = next(item for item in objects_at(4.0) if isinstance(item, Deployment))
    return attrs.evolve(given, metadata=ObjectMeta(name=name, namespace=NAMESPACE))


def service(name: str) -> Service:
    spec = ServiceSpec(type="NodePort", ports=(ServicePort(port=80),))
    return apply_defaults(Service(metadata=ObjectMeta(name=name, namespace=NAMESPACE), spec=spec))


SENT: dict[str, KubeObject] = {
    "Pod/noreq": pod("noreq"),
    "Pod/reqonly": pod("reqonly", requests=amounts(cpu="100m")),
    "Pod/p1": pod("p1"),
    "Pod/big": pod("big", requests=amounts(cpu="600m"), limits=amounts(cpu="600m")),
    "Pod/mem": pod("mem", limits=amounts(memory="600Mi")),
    "Pod/tiny": pod("tiny", requests=amounts(cpu="10m")),
    "Pod/ratio": pod("ratio", requests=amounts(cpu="40m")),
    "Pod/limlow": pod("limlow", requests=amounts(cpu="300m")),
    "Service/np": service("np"),
}
RESOURCES = ("requests.cpu", "limits.memory", "pods", "count/deployments.apps", "services.nodeports", "memory", "cpu")
"""Every resource that an answer of the recording names; the longer names come first."""


def answer_to(action: dict[str, Any]) -> Admitted:
    before = objects_at(action["t"] - 0.005)
    limits = limits_of_recording() if action["t"] > 2.5 else ()
    view = BundleView(Bundle(existing=(*before, *limits)), BOUNDARY)
    name = action["action"].removeprefix("create ")
    sent = SENT[name] if name in SENT else deployment(name.partition("/")[2])
    return admit(sent, view)


def created(recorded: bool) -> list[dict[str, Any]]:
    if not recorded:
        return []
    actions = [line for line in lines("o_quota.jsonl.gz") if line["ev"] == "ACTION"]
    creates = [line for line in actions if line["action"].startswith("create ")]
    return [line for line in creates if "ResourceQuota" not in line["action"] and "LimitRange" not in line["action"]]


CREATED = created((TRACES / "o_quota.jsonl.gz").is_file())


@pytest.mark.parametrize("action", CREATED, ids=[action["action"].split(" ")[1] for action in CREATED])
def test_the_same_answer(action: dict[str, Any]) -> None:
    """The same status code, by the same plugin, for the same resources."""
    answer = answer_to(action)
    if action["code"] == 201:
        assert answer.refused is None, answer.refused
        return
    assert answer.refused is not None
    assert answer.refused.code == action["code"]
    message, first = action["message"].partition(": ")[2], answer.refused.plugin
    plugin = "ResourceQuota" if "quota: q" in message else "validation" if action["code"] == 422 else "LimitRanger"
    assert first == plugin
    ours = " ".join(p.message + p.path.text for p in answer.refusals if p.plugin == first)
    for name in RESOURCES:
        if name in message:
            assert name in ours
            message = message.replace(name, "")


def test_the_pod_that_is_stored() -> None:
    """p1 had no resources; what is stored is what admission makes of it, annotation and token included."""
    stored = next(item for item in objects_at(3.26) if item.metadata.name == "p1")
    answer = admit(SENT["Pod/p1"], BundleView(Bundle(existing=(*objects_at(2.5), *limits_of_recording())), BOUNDARY))
    assert isinstance(stored, Pod)
    assert isinstance(answer.object, Pod)
    assert answer.object.metadata.annotations == stored.metadata.annotations
    assert _comparable(answer.object) == _comparable(stored)


def test_the_pods_that_a_controller_made() -> None:
    """A pod of the Deployment's template, admitted, has the spec that the recorded pods were created with."""
    owner = next(item for item in objects_at(4.0) if isinstance(item, ReplicaSet))
    made = pod_of(owner)
    assert made is not None
    answer = admit(made, BundleView(Bundle(existing=(*objects_at(3.0), *limits_of_recording())), BOUNDARY))
    pods = [item for item in objects_at(9.0) if isinstance(item, Pod) and item.metadata.owner_references]
    assert len(pods) == 2
    for one in pods:
        assert isinstance(answer.object, Pod)
        assert _comparable(answer.object) == _comparable(one)


def _comparable(item: Pod) -> PodSpec:
    """Without the node that the scheduler chose, the end of the token volume's name, and what a distribution adds."""
    spec = item.spec
    token = next(volume for volume in spec.volumes if volume.name.startswith(TOKEN_VOLUME))
    assert token.projected is not None
    sources = tuple(
        s for s in token.projected.sources if s.config_map is None or s.config_map.name != "openshift-service-ca.crt"
    )
    named = attrs.evolve(token, name=TOKEN_VOLUME, projected=attrs.evolve(token.projected, sources=sources))
    containers = tuple(
        attrs.evolve(
            c,
            volume_mounts=tuple(
                attrs.evolve(m, name=TOKEN_VOLUME if m.name == token.name else m.name) for m in c.volume_mounts
            ),
        )
        for c in spec.containers
    )
    volumes = tuple(named if volume is token else volume for volume in spec.volumes)
    return attrs.evolve(spec, node_name=None, volumes=volumes, containers=containers)


@pytest.mark.parametrize("time", [3.7, 9.7, 20.6, 44.0])
def test_the_quota_controller_counts_the_same(time: float) -> None:
    """At moments of rest."""
    there = objects_at(time)
    quota = next(item for item in there if isinstance(item, ResourceQuota))
    used = used_by(there, [quota])[key_of(quota)]
    assert used == {name: quantity.nano for name, quantity in quota.status.used.items()}


def test_two_of_five_pods_are_admitted() -> None:
    """One pod was there; the quota of three leaves room for two of the Deployment's five."""
    before = tuple(item for item in objects_at(3.765))
    wanted = deployment("web")
    admission = Admission(Bundle(wanted=(wanted,), existing=(*before, *limits_of_recording())), boundary=BOUNDARY)
    assert admission.diagnostics() == ()
    short = admission.shortage(wanted)
    assert short is not None
    assert (short.admitted, short.wanted, short.limit.resource) == (2, 5, "pods")
    live = [item for item in objects_at(9.0) if isinstance(item, Pod) and item.metadata.owner_references]
    assert len(live) == short.admitted


def test_the_surge_of_a_rollout_is_refused() -> None:
    """With the quota lowered to 6 there are p1 and five pods: not one of the two of the surge is admitted at first."""
    before = objects_at(22.6)
    owner = next(item for item in before if isinstance(item, Deployment))
    admission = Admission(Bundle(wanted=(owner,), existing=(*before, *limits_of_recording())), boundary=BOUNDARY)
    assert admission.shortage(owner) is None
    limit = next(limit for limit in admission.limits(NAMESPACE) if limit.resource == "pods")
    assert limit.more(key_of(owner), {key_of(owner): 5}) == 0
    refused = [line for line in lines("o_quota.jsonl.gz") if line.get("reason") == "FailedCreate" and line["t"] > 22]
    assert refused
    assert all("pods=1, used: pods=6, limited: pods=6" in line["message"] for line in refused)
    says = limit.says(key_of(owner), limit.taken({key_of(owner): 5}))
    assert says == "ResourceQuota s-o-quota/q allows 6 pods; 6 are used, and one more pod needs 1"
