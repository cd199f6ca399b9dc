"""What controllers make of an object is admitted, too: pods of every kind of template, claims, ReplicaSets, Jobs."""

from __future__ import annotations

import pytest

from kverify.checks import Options, run
from kverify.checks.given.context import Context
from kverify.cluster.admission import Admission
from kverify.cluster.admission.created import pods_wanted
from kverify.cluster.references.existence import Boundary, External
from kverify.manifest.diagnostics import Severity
from tests.unit.admission.admission_helpers import admission

TEMPLATE = "metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: 'i:1'}]%s}"
OWNERS = {
    "Deployment": ("apps/v1", "replicas: 2, selector: {matchLabels: {app: web}}, template: {%s}", "spec.template"),
    "ReplicaSet": ("apps/v1", "replicas: 2, selector: {matchLabels: {app: web}}, template: {%s}", "spec.template"),
    "StatefulSet": (
        "apps/v1",
        "replicas: 2, serviceName: web, selector: {matchLabels: {app: web}}, template: {%s}",
        "spec.template",
    ),
    "DaemonSet": ("apps/v1", "selector: {matchLabels: {app: web}}, template: {%s}", "spec.template"),
    "ReplicationController": ("v1", "replicas: 2, selector: {app: web}, template: {%s}", "spec.template"),
    "Job": ("batch/v1", "parallelism: 2, completions: 2, template: {%s}", "spec.template"),
    "CronJob": (
        "batch/v1",
        "schedule: '* * * * *', jobTemplate: {spec: {parallelism: 2, completions: 2, template: {%s}}}",
        "spec.jobTemplate.spec.template",
    ),
}


def owner(kind: str, pod_spec: str = "", name: str = "web") -> str:
    api_version, spec, _ = OWNERS[kind]
    never = ", restartPolicy: Never" if kind in ("Job", "CronJob") else ""
    template = TEMPLATE % (never + pod_spec)
    return f"---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec % template}}}\n"


NAMESPACE = """
---
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {pod-security.kubernetes.io/enforce: baseline}}
"""


@pytest.mark.parametrize("kind", OWNERS)
def test_pods_of_every_template_are_admitted(kind: str) -> None:
    found = admission(NAMESPACE + owner(kind, ", hostNetwork: true"))
    assert [d for d in found.diagnostics() if d.severity is Severity.ERROR] == []
    (refused,) = found.refused
    assert (refused.owner.kind, refused.what) == (kind, "pod")
    assert [(p.plugin, p.path.text) for p in refused.problems] == [
        ("PodSecurity", f"{OWNERS[kind][2]}.spec.hostNetwork")
    ]
    assert admission(NAMESPACE + owner(kind)).refused == ()


def test_a_refused_pod_is_not_warned_of_as_well() -> None:
    """The API server sends the warning with the Deployment; the refusal of its pods says all of it."""
    assert admission(NAMESPACE + owner("Deployment", ", hostNetwork: true")).diagnostics() == ()
    warned = NAMESPACE.replace("enforce", "warn")
    found = admission(warned + owner("Deployment", ", hostNetwork: true"))
    assert [d.id for d in found.diagnostics()] == ["KV1319"]
    assert found.refused == ()


def test_what_is_refused_itself_makes_no_pods() -> None:
    going = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default}\nstatus: {phase: Terminating}\n"
    found = admission(owner("Deployment"), going)
    assert [d.id for d in found.diagnostics()] == ["KV1311"]
    assert found.refused == ()


@pytest.mark.parametrize(
    ("kind", "pods"), [*((kind, 2) for kind in OWNERS if kind != "DaemonSet"), ("DaemonSet", None)]
)
def test_how_many_pods_a_controller_wants(kind: str, pods: int | None) -> None:
    (item,) = admission(owner(kind)).bundle.wanted
    assert pods_wanted(item) == pods


def test_a_suspended_job_wants_no_pods() -> None:
    (item,) = admission(owner("Job").replace("parallelism: 2", "suspend: true, parallelism: 2")).bundle.wanted
    assert pods_wanted(item) == 0


STATEFUL = owner("StatefulSet", ", volumes: []").replace(
    "serviceName: web",
    "serviceName: web, volumeClaimTemplates: [{metadata: {name: data}, "
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}}]",
)
CLAIM = """
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data-web-0}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}
"""
QUOTA = "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {%s}}\n"


def test_claims_of_a_stateful_set_are_admitted() -> None:
    found = admission(QUOTA % "requests.storage: 8Gi" + STATEFUL)
    (refused,) = found.refused
    assert refused.what == "PersistentVolumeClaim"
    assert [(p.plugin, p.path.text) for p in refused.problems] == [("ResourceQuota", "spec.volumeClaimTemplates[0]")]
    assert admission(QUOTA % "requests.storage: 10Gi" + STATEFUL).refused == ()
    assert admission(QUOTA % "requests.storage: 10Gi" + STATEFUL, CLAIM).refused == ()


def test_claims_of_ephemeral_volumes_are_admitted() -> None:
    spec = (
        ", volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], "
        "resources: {requests: {storage: 5Gi}}}}}}]"
    )
    limits = (
        "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\n"
        "spec: {limits: [{type: PersistentVolumeClaim, max: {storage: 1Gi}}]}\n"
    )
    (refused,) = admission(limits + owner("Deployment", spec)).refused
    place = "spec.template.spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]"
    assert [p.path.text for p in refused.problems] == [place]


@pytest.mark.parametrize(
    ("kind", "resource", "what", "path"),
    [
        ("Deployment", "count/replicasets.apps", "ReplicaSet", "spec.template"),
        ("CronJob", "count/jobs.batch", "Job", "spec.jobTemplate"),
    ],
)
def test_objects_between_a_workload_and_its_pods_are_admitted(kind: str, resource: str, what: str, path: str) -> None:
    (refused,) = admission(QUOTA % f'{resource}: "0"' + owner(kind)).refused
    assert (refused.what, [p.path.text for p in refused.problems]) == (what, [path])
    assert admission(QUOTA % f'{resource}: "1"' + owner(kind)).refused == ()


# -- what is assumed -------------------------------------------------------------------------------------------------


def test_a_namespace_is_assumed_once_for_all_that_live_in_it() -> None:
    there = owner("Deployment").replace("{name: web}", "{name: web, namespace: shop}")
    found = admission(there + there.replace("name: web,", "name: api,"))
    assert found.assumed() == (
        "assumed to exist: Namespace shop, of Deployment shop/web and 1 more; it may have limits, quotas or a Pod "
        "Security level",
    )
    assert admission(owner("Deployment")).assumed() == ()


def test_declared_objects_are_there() -> None:
    item = owner("Deployment", ", runtimeClassName: box")
    closed = Boundary(closed=True)
    (refused,) = admission(item, boundary=closed).refused
    assert refused.problems[0].path.text == "spec.template.spec.runtimeClassName"
    declared = Boundary(closed=True, externals=(External(kind="RuntimeClass", reason="made by the platform"),))
    assert admission(item, boundary=declared).refused == ()


# -- what the checks see ---------------------------------------------------------------------------------------------


def context(found: Admission) -> Context:
    return Context(found.bundle, Options())


def test_the_scheduler_sees_the_admitted_pod() -> None:
    limits = (
        "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\n"
        "spec: {limits: [{type: Container, default: {cpu: 2}, defaultRequest: {cpu: 1}}]}\n"
    )
    runtime = (
        "---\napiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: box}\nhandler: box\n"
        "overhead: {podFixed: {cpu: 250m}}\nscheduling: {nodeSelector: {box: 'yes'}}\n"
    )
    priority = (
        "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 7\n"
        "globalDefault: true\n"
    )
    found = admission(limits + runtime + priority + owner("Deployment", ", runtimeClassName: box"))
    (subject,) = context(found).checked
    for info in (subject.old, subject.new):
        assert info.requests == {"cpu": 1250}
        assert info.priority == 7
        assert info.spec.node_selector == {"box": "yes"}
        assert [t.key for t in info.spec.tolerations] == [
            *("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
        ]


def test_nothing_is_proved_of_pods_that_are_not_admitted() -> None:
    found = admission(NAMESPACE + owner("Deployment", ", hostNetwork: true"))
    report = run(found.bundle, (), Options())
    assert [finding.id for finding in report.findings] == ["KV3003"]
    held = {proof.id for proof in report.proofs if proof.verdict.reason == ""}
    assert held == {"KV4002"}, "the promises of the strategy are proved without pods"


def test_a_missing_name_is_told_once() -> None:
    cluster = (
        "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\n"
        "metadata: {name: system-node-critical}\nvalue: 2000001000\n"
        "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\n"
        "status: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}\n"
    )
    found = admission(owner("Deployment", ", priorityClassName: nope"), cluster)
    report = run(found.bundle, (), Options())
    assert [finding.id for finding in report.findings] == ["KV3003"]
    assert report.diagnostics == ()
