"""Objects of every kind go through admission, whatever they hold; what is stored goes through it unchanged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kverify.api.registry import AnyObject
from kverify.api.types.pod import Pod
from kverify.cluster import Bundle
from kverify.cluster.admission import Admission, Operation, admit
from kverify.cluster.admission.usage import charge
from kverify.testing.strategies import valid_objects
from tests.unit.admission.admission_helpers import objects, view

CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: l}
spec:
  limits:
    - {type: Container, default: {cpu: 500m, memory: 1Gi}, max: {cpu: 2, memory: 2Gi}, maxLimitRequestRatio: {cpu: 4}}
    - {type: Pod, max: {cpu: 4}}
    - {type: PersistentVolumeClaim, max: {storage: 10Gi}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {pods: 3, limits.cpu: 4, requests.memory: 4Gi, services.nodeports: 1, requests.storage: 5Gi, secrets: 1}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: s}
spec: {hard: {pods: 1}, scopes: [BestEffort]}
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: usual}
value: 7
globalDefault: true
"""


KINDS = (
    *("Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController"),
    *("Service", "PersistentVolumeClaim", "Secret", "Namespace", "Ingress", "Node", "PriorityClass", "ResourceQuota"),
)


@given(st.sampled_from(KINDS).flatmap(valid_objects))
def test_every_object_gets_an_answer(item: AnyObject) -> None:
    """The problems lie at fields; what controllers make of the object gets an answer, too."""
    found = admit(item, view(CLUSTER))
    assert all(problem.message and problem.plugin for problem in found.problems)
    assert all(amount >= 0 for amount in charge(found.object).values())
    run = Admission(Bundle(wanted=(item,), existing=objects(CLUSTER)))
    run.diagnostics()
    for refused in run.refused:
        assert refused.problems
    short = run.shortage(item)
    assert short is None or short.admitted < short.wanted
    admit(item, view(CLUSTER), Operation.UPDATE, old=item)


@given(valid_objects("Pod"))
def test_a_stored_pod_is_left_as_it_is(item: AnyObject) -> None:
    """Everything is filled in once (the API server asks plugins again after webhooks have changed something)."""
    assert isinstance(item, Pod)
    stored = admit(item, view(CLUSTER)).object
    assert admit(stored, view(CLUSTER)).object == stored
