"""Manifests like those of real repositories, and dumps like those of ``kubectl get -A -o json``, in any number.

Nothing is random: the same count gives the same text, and object ``n`` is the same whatever the count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count as numbers
from itertools import islice
from typing import Any, TypeAlias

import yaml

Object: TypeAlias = dict[str, Any]

_TEAMS = ("shop", "billing", "search", "media", "ops")
_ROLES = ("web", "api", "worker", "cache", "proxy", "auth", "mail", "feed")


def repository(count: int) -> list[Object]:
    """``count`` objects as people write them: ten for each application."""
    return list(islice((item for number in numbers() for item in _application(number)), count))


def cluster(count: int) -> list[Object]:
    """``count`` objects as the API server returns them, defaulted and with their status: ten for each application."""
    return list(islice((item for number in numbers() for item in _running(number)), count))


def as_yaml(objects: list[Object]) -> str:
    """A stream of documents, in the order and style in which people write."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    texts = (yaml.dump(item, Dumper=dumper, sort_keys=False, width=1000) for item in objects)
    return "".join(
        f"---\n# {item['kind']} of {item['metadata']['name']}\n{text}"
        for item, text in zip(objects, texts, strict=True)
    )


def as_dump(objects: list[Object]) -> str:
    """The ``List`` that kubectl prints."""
    whole = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}}
    return json.dumps(whole, indent=4, sort_keys=True) + "\n"


def as_lines(objects: list[Object]) -> str:
    """One object per line."""
    return "".join(json.dumps(item, separators=(",", ":")) + "\n" for item in objects)


def _names(number: int) -> tuple[str, str, dict[str, str]]:
    namespace, name = _TEAMS[number % len(_TEAMS)], f"{_ROLES[number % len(_ROLES)]}-{number}"
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": namespace,
        "app.kubernetes.io/managed-by": "Helm",
    }
    return namespace, name, labels


def _object(api_version: str, kind: str, number: int, **rest: Any) -> Object:
    namespace, name, labels = _names(number)
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def _application(number: int) -> Iterator[Object]:
    namespace, name, labels = _names(number)
    selector = {"app.kubernetes.io/name": name}
    template = {"metadata": {"labels": labels}, "spec": _pod_spec(number)}
    yield _object(
        "apps/v1",
        "Deployment",
        number,
        spec={
            "replicas": 2 + number % 4,
            "selector": {"matchLabels": selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "template": template,
        },
    )
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    yield _object("v1", "Service", number, spec={"type": "ClusterIP", "selector": selector, "ports": ports})
    settings = f"server:\n  port: 8080\n  threads: {number % 16 + 1}\nlog:\n  level: info\n"
    yield _object("v1", "ConfigMap", number, data={"config.yaml": settings, "REGION": "eu-1", "DEBUG": "false"})
    yield _object("v1", "Secret", number, type="Opaque", stringData={"PASSWORD": f"secret-{number}", "USER": name})
    yield _object("v1", "ServiceAccount", number, automountServiceAccountToken=False)
    utilization = {"type": "Utilization", "averageUtilization": 70}
    yield _object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        number,
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 2,
            "maxReplicas": 10,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}],
        },
    )
    yield _object(
        "policy/v1", "PodDisruptionBudget", number, spec={"minAvailable": 1, "selector": {"matchLabels": selector}}
    )
    backend = {"service": {"name": name, "port": {"name": "http"}}}
    yield _object(
        "networking.k8s.io/v1",
        "Ingress",
        number,
        spec={
            "ingressClassName": "nginx",
            "tls": [{"hosts": [f"{name}.example.com"], "secretName": f"{name}-tls"}],
            "rules": [
                {
                    "host": f"{name}.example.com",
                    "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
                }
            ],
        },
    )
    yield _object(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        number,
        spec={
            "podSelector": {"matchLabels": selector},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}],
                    "ports": [{"protocol": "TCP", "port": 8080}],
                }
            ],
        },
    )
    job = {"template": {"spec": {**_pod_spec(number), "restartPolicy": "OnFailure"}}, "backoffLimit": 3}
    yield _object(
        "batch/v1", "CronJob", number, spec={"schedule": f"{number % 60} 3 * * *", "jobTemplate": {"spec": job}}
    )


def _pod_spec(number: int) -> Object:
    _, name, labels = _names(number)
    probe = {"httpGet": {"path": "/healthz", "port": "http"}, "initialDelaySeconds": 5, "periodSeconds": 10}
    container = {
        "name": "main",
        "image": f"registry.example.com/team/{name}:1.{number % 30}.0",
        "args": ["--config", "/etc/app/config.yaml", f"--workers={number % 8 + 1}"],
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": "PASSWORD"}}},
            {"name": "LOG_LEVEL", "value": "info"},
        ],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": probe,
        "livenessProbe": probe,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/app", "readOnly": True}],
    }
    # Copies, because a dumper writes what is shared as an alias.
    shared: Object = json.loads(json.dumps(container))
    return {
        "serviceAccountName": name,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000 + number % 100},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app.kubernetes.io/name": labels["app.kubernetes.io/name"]}},
            }
        ],
        "containers": [shared],
        "volumes": [{"name": "config", "configMap": {"name": name}}],
    }


def _running(number: int) -> Iterator[Object]:
    deployment, service, config, _, account, scaler, budget, *_ = map(_live, _application(number), numbers(number * 10))
    replicas = deployment["spec"]["replicas"]
    counts = {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas, "observedGeneration": 1}
    deployment["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "1"}
    deployment["status"] = {**counts, "updatedReplicas": replicas, "conditions": [_condition("Available")]}
    yield deployment
    replica_set = _live(_object("apps/v1", "ReplicaSet", number), number * 10 + 7)
    fingerprint = f"{number:08x}"
    replica_set["metadata"]["name"] += f"-{fingerprint}"
    replica_set["metadata"]["ownerReferences"] = [_owner(deployment)]
    template = deployment["spec"]["template"]
    labels = {**template["metadata"]["labels"], "pod-template-hash": fingerprint}
    replica_set["metadata"]["labels"] = labels
    replica_set["spec"] = {
        "replicas": replicas,
        "selector": {
            "matchLabels": {**deployment["spec"]["selector"]["matchLabels"], "pod-template-hash": fingerprint}
        },
        "template": {"metadata": {"labels": labels}, "spec": template["spec"]},
    }
    replica_set["status"] = counts
    yield replica_set
    for index in range(3):
        pod = _live(_object("v1", "Pod", number), number * 10 + 8 + index)
        pod["metadata"]["name"] += f"-{fingerprint}-{index:05d}"
        pod["metadata"].update(labels=labels, ownerReferences=[_owner(replica_set)])
        pod["spec"] = {**template["spec"], "nodeName": f"node-{(number + index) % 50}"}
        pod["status"] = _pod_status(template["spec"]["containers"][0], number + index)
        yield pod
    service["spec"].update(clusterIP=f"10.96.{number // 250 % 250}.{number % 250}", sessionAffinity="None")
    yield from (service, config, account, scaler, budget)


def _live(item: Object, number: int) -> Object:
    """The object with what the API server adds to every one of them."""
    item["metadata"].update(
        creationTimestamp="2026-03-01T10:00:00Z",
        resourceVersion=str(100_000 + number),
        uid=f"{number:08x}-0000-4000-8000-000000000000",
    )
    if "template" in item.get("spec", {}):
        spec = item["spec"]["template"]["spec"]
        spec.update(
            dnsPolicy="ClusterFirst",
            restartPolicy="Always",
            schedulerName="default-scheduler",
            serviceAccount=spec["serviceAccountName"],
            terminationGracePeriodSeconds=30,
        )
        for container in spec["containers"]:
            container.update(
                imagePullPolicy="IfNotPresent",
                terminationMessagePath="/dev/termination-log",
                terminationMessagePolicy="File",
            )
    return item


def _owner(item: Object) -> Object:
    metadata = item["metadata"]
    return {
        "apiVersion": item["apiVersion"],
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": item["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def _pod_status(container: Object, number: int) -> Object:
    address = f"10.{number // 62500 % 250}.{number // 250 % 250}.{number % 250}"
    return {
        "conditions": [_condition(kind) for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")],
        "containerStatuses": [
            {
                "containerID": f"containerd://{number:064x}",
                "image": container["image"],
                "imageID": f"registry.example.com/team/app@sha256:{number:064x}",
                "lastState": {},
                "name": container["name"],
                "ready": True,
                "restartCount": 0,
                "started": True,
                "state": {"running": {"startedAt": "2026-03-01T10:00:05Z"}},
            }
        ],
        "hostIP": f"192.168.0.{number % 50}",
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "qosClass": "Burstable",
        "startTime": "2026-03-01T10:00:00Z",
    }


def _condition(kind: str) -> Object:
    return {"lastTransitionTime": "2026-03-01T10:00:06Z", "status": "True", "type": kind}
