"""What variants of a run may take over from the run that they are variants of."""

from __future__ import annotations

from kverify.checks import Options
from kverify.checks.given.context import Context
from kverify.engines.schedulability import Room
from tests.unit.cluster.cluster_helpers import bundle

PAIR = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache}
spec:
  replicas: 1
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec: {containers: [{name: main, image: cache, resources: {requests: {cpu: 1}}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      affinity:
        podAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - {labelSelector: {matchLabels: {app: cache}}, topologyKey: kubernetes.io/hostname}
      containers: [{name: main, image: web, resources: {requests: {cpu: 1}}}]
"""
NODE = """
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.io/hostname: n1}}
status: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}
"""


def test_a_workload_alone_has_its_company_at_the_count_that_is_asked_about() -> None:
    ctx = Context(bundle(PAIR, NODE), Options())
    cache, web = ctx.subjects
    assert ctx.rooms.alone(web).room is Room.ALWAYS
    three, _ = ctx.at(cache, 3)
    assert three.rooms.alone(web).room is Room.ALWAYS
    four, scaled = ctx.at(cache, 4)
    # It is the pod of web that finds no room, or one of the four others: not all five fit.
    assert four.rooms.alone(web).room is Room.IMPOSSIBLE
    # Whoever asks for nobody is alone, whatever the others do.
    assert four.rooms.alone(scaled).room is Room.ALWAYS
    other, more = ctx.at(web, 9)
    assert other.rooms.alone(cache) is ctx.rooms.alone(cache)
    assert other.rooms.alone(more).room is Room.IMPOSSIBLE
