"""Bundles from YAML text."""

from __future__ import annotations

from kverify.api.decode import decode_all
from kverify.api.registry import AnyObject
from kverify.cluster import Bundle
from kverify.manifest import read_text


def objects(text: str, file: str = "test.yaml") -> tuple[AnyObject, ...]:
    """The objects of a text that has no problem."""
    read = read_text(text, file)
    decoded = decode_all(read.documents)
    assert [d.message for d in (*read.diagnostics, *decoded.diagnostics)] == []
    return decoded.objects


def bundle(wanted: str = "", existing: str = "", previous: str = "") -> Bundle:
    """A bundle of three texts; an empty text is no file."""
    texts = ((wanted, "wanted.yaml"), (existing, "existing.yaml"), (previous, "previous.yaml"))
    return Bundle(*(objects(text, file) if text else () for text, file in texts))


def deployment(name: str = "web", labels: str = "{app: web}", extra: str = "", spec: str = "", meta: str = "") -> str:
    """A Deployment in namespace ``shop``; ``extra`` goes into the pod spec, ``spec`` into the Deployment's."""
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop{meta}}}
spec:
  selector: {{matchLabels: {labels}}}
  {spec}
  template:
    metadata: {{labels: {labels}}}
    spec:
      containers: [{{name: main, image: example.org/{name}:1}}]
      {extra}
"""


def stateful_set(name: str = "db", labels: str = "{app: db}") -> str:
    return f"""
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {labels}}}
  template:
    metadata: {{labels: {labels}}}
    spec: {{containers: [{{name: main, image: example.org/{name}:1}}]}}
"""


def cron_job(name: str = "backup", labels: str = "{app: backup}") -> str:
    return f"""
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: {name}, namespace: shop}}
spec:
  schedule: "@daily"
  jobTemplate:
    spec:
      template:
        metadata: {{labels: {labels}}}
        spec: {{restartPolicy: Never, containers: [{{name: main, image: example.org/{name}:1}}]}}
"""


def service(name: str = "web", selector: str = "{app: web}") -> str:
    return f"""
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{selector: {selector}, ports: [{{port: 80}}]}}
"""


def budget(name: str = "web", selector: str = "selector: {matchLabels: {app: web}}, ") -> str:
    return f"""
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: {name}, namespace: shop}}
spec: {{{selector}minAvailable: 1}}
"""


def replica_set(name: str, owner: str = "", uid: str = "rs-1") -> str:
    """An existing ReplicaSet, owned by the Deployment ``owner`` ("name/uid") if one is named."""
    return f"""
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {{name: {name}, namespace: shop, uid: {uid}{_owners("apps/v1", "Deployment", owner)}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: main, image: example.org/web:1}}]}}
"""


def pod(name: str, owner: str = "", kind: str = "ReplicaSet", phase: str = "Running") -> str:
    """A pod, owned by ``owner`` ("name/uid") if one is named."""
    group = "v1" if kind == "ReplicationController" else "apps/v1"
    return f"""
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: web}}{_owners(group, kind, owner)}}}
spec: {{nodeName: n1, containers: [{{name: main, image: example.org/web:1}}]}}
status: {{phase: {phase}}}
"""


def _owners(api_version: str, kind: str, owner: str) -> str:
    if not owner:
        return ""
    name, _, uid = owner.partition("/")
    reference = f"{{apiVersion: {api_version}, kind: {kind}, name: {name}, uid: {uid}, controller: true}}"
    return f", ownerReferences: [{reference}]"
