"""The Pod Security Standards: for every control and level a pod that keeps to it and pods that break it.

The table follows https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

from __future__ import annotations

import pytest

from kverify.api.pod_security import Policies, Policy, policies_of
from kverify.cluster.admission.pod_security import BASELINE, RESTRICTED, controls, violations
from tests.unit.admission.admission_helpers import answer, one, pod, refusals

NEWEST = 36
HARDENED = (
    ", securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, "
    "seccompProfile: {type: RuntimeDefault}"
)
"""The beginning of a container that keeps to the restricted level; the security context is still open."""


def broken(
    level: str, *, spec: str = "", container: str = "", meta: str = "", minor: int | None = None
) -> dict[str, str]:
    """The controls that a pod breaks, each with the first field that does."""
    item = pod(spec, container, meta)
    found: dict[str, str] = {}
    for row in violations(Policy(level, minor), item.metadata, item.spec, NEWEST):
        found.setdefault(row.control.id, row.violation.path.text)
    return found


C = "spec.containers[0]"
POD = "spec.securityContext"
CONTEXT = "spec.containers[0].securityContext"

FORBIDDEN = [
    ("privileged", "", ", securityContext: {privileged: true}", "", f"{CONTEXT}.privileged"),
    ("capabilities", "",
     ", securityContext: {capabilities: {add: [KILL, NET_RAW]}}", "", f"{CONTEXT}.capabilities.add[1]"),
    ("hostNamespaces", "  hostNetwork: true", "", "", "spec.hostNetwork"),
    ("hostNamespaces", "  hostPID: true", "", "", "spec.hostPID"),
    ("hostNamespaces", "  hostIPC: true", "", "", "spec.hostIPC"),
    ("hostPorts", "", ", ports: [{containerPort: 80, hostPort: 80}]", "", f"{C}.ports[0].hostPort"),
    ("hostPathVolumes", "  volumes: [{name: v, hostPath: {path: /}}]", "", "", "spec.volumes[0].hostPath"),
    ("seLinuxOptions", "  securityContext: {seLinuxOptions: {type: spc_t}}", "", "", f"{POD}.seLinuxOptions.type"),
    ("seLinuxOptions", "", ", securityContext: {seLinuxOptions: {user: u}}", "", f"{CONTEXT}.seLinuxOptions.user"),
    ("seLinuxOptions", "", ", securityContext: {seLinuxOptions: {role: r}}", "", f"{CONTEXT}.seLinuxOptions.role"),
    ("seccompProfile", "  securityContext: {seccompProfile: {type: Unconfined}}", "", "", f"{POD}.seccompProfile.type"),
    ("seccompProfile", "",
     ", securityContext: {seccompProfile: {type: Unconfined}}", "", f"{CONTEXT}.seccompProfile.type"),
    ("appArmorProfile", "  securityContext: {appArmorProfile: {type: Unconfined}}",
     "", "", f"{POD}.appArmorProfile.type"),
    (
        "appArmorProfile",
        "",
        "",
        ", annotations: {container.apparmor.security.beta.kubernetes.io/c: unconfined}",
        "metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]",
    ),
    ("sysctls", "  securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}", "", "", f"{POD}.sysctls[0].name"),
    (
        "windowsHostProcess",
        "  hostNetwork: true\n  securityContext: {windowsOptions: {hostProcess: true}}",
        "",
        "",
        "spec.securityContext.windowsOptions.hostProcess",
    ),
    (
        "hostProbesAndHostLifecycle",
        "",
        ", livenessProbe: {httpGet: {port: 80, host: example.org}}",
        "",
        f"{C}.livenessProbe.httpGet.host",
    ),
    (
        "hostProbesAndHostLifecycle",
        "",
        ", lifecycle: {preStop: {tcpSocket: {port: 80, host: example.org}}}",
        "",
        f"{C}.lifecycle.preStop.tcpSocket.host",
    ),
]  # fmt: skip
"""Control, pod spec, container, metadata, the field: one row for each restricted field of the baseline level."""


@pytest.mark.parametrize(("control", "spec", "container", "meta", "field"), FORBIDDEN)
def test_the_baseline_forbids(control: str, spec: str, container: str, meta: str, field: str) -> None:
    item = pod(spec, container, meta)
    rows = violations(Policy("baseline"), item.metadata, item.spec, NEWEST)
    assert (control, field) in [(row.control.id, row.violation.path.text) for row in rows]
    assert broken("privileged", spec=spec, container=container, meta=meta) == {}


def test_every_baseline_control_is_in_the_table() -> None:
    """But procMount: since 1.35 only a pod in a user namespace can have it at all, and to those it is allowed."""
    assert {row[0] for row in FORBIDDEN} == {control.id for control in BASELINE} - {"procMount"}


@pytest.mark.parametrize(
    ("spec", "container"),
    [
        ("", ""),
        ("", ", securityContext: {capabilities: {add: [KILL, SETUID]}}"),
        ("  securityContext: {seLinuxOptions: {type: container_engine_t, level: 's0:c1,c2'}}", ""),
        ("  securityContext: {seccompProfile: {type: Localhost, localhostProfile: a}}", ""),
        ("  securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}", ""),
        ("  hostUsers: false", ", securityContext: {procMount: Unmasked}"),
        ("  volumes: [{name: v, nfs: {server: s, path: /p}}]", ""),
        ("  securityContext: {runAsUser: 0}", ", ports: [{containerPort: 80}]"),
    ],
)
def test_the_baseline_allows(spec: str, container: str) -> None:
    assert broken("baseline", spec=spec, container=container) == {}


def test_the_restricted_level_asks_of_a_plain_pod() -> None:
    assert broken("restricted") == {
        "allowPrivilegeEscalation": f"{CONTEXT}.allowPrivilegeEscalation",
        "runAsNonRoot": f"{CONTEXT}.runAsNonRoot",
        "seccompProfile_restricted": f"{CONTEXT}.seccompProfile.type",
        "capabilities_restricted": f"{CONTEXT}.capabilities.drop",
    }


@pytest.mark.parametrize(
    ("control", "spec", "container", "field"),
    [
        ("restrictedVolumes", "  volumes: [{name: v, nfs: {server: s, path: /p}}]", "}", "spec.volumes[0].nfs"),
        ("restrictedVolumes", "  volumes: [{name: v, hostPath: {path: /}}]", "}", "spec.volumes[0].hostPath"),
        ("allowPrivilegeEscalation", "", None, f"{CONTEXT}.allowPrivilegeEscalation"),
        ("runAsNonRoot", "  securityContext: {runAsNonRoot: false}", "}", "spec.securityContext.runAsNonRoot"),
        ("runAsUser", "", ", runAsUser: 0}", f"{CONTEXT}.runAsUser"),
        ("runAsUser", "  securityContext: {runAsUser: 0}", "}", "spec.securityContext.runAsUser"),
        ("seccompProfile_restricted", "  securityContext: {seccompProfile: {type: Unconfined}}", "}",
         "spec.securityContext.seccompProfile.type"),
        ("capabilities_restricted", "", None, f"{CONTEXT}.capabilities.drop"),
        ("procMount_restricted", "  hostUsers: false", ", procMount: Unmasked}", f"{CONTEXT}.procMount"),
    ],
)  # fmt: skip
def test_the_restricted_level_forbids(control: str, spec: str, container: str | None, field: str) -> None:
    text = "" if container is None else HARDENED + container
    found = broken("restricted", spec=spec, container=text)
    assert found[control] == field
    if container is not None:
        assert set(found) == {control}
    assert control not in broken("baseline", spec=spec, container=text)


def test_every_restricted_control_is_tested() -> None:
    assert {control.id for control in RESTRICTED} == {
        *("restrictedVolumes", "allowPrivilegeEscalation", "runAsNonRoot", "runAsUser"),
        *("seccompProfile_restricted", "capabilities_restricted", "procMount_restricted"),
    }


def test_only_one_capability_may_be_added_when_all_are_dropped() -> None:
    container = HARDENED.replace("drop: [ALL]", "drop: [ALL], add: [NET_BIND_SERVICE]") + "}"
    assert broken("restricted", container=container) == {}
    container = HARDENED.replace("drop: [ALL]", "drop: [ALL], add: [KILL]") + "}"
    assert broken("restricted", container=container) == {"capabilities_restricted": f"{CONTEXT}.capabilities.add[0]"}


def test_the_restricted_level_allows() -> None:
    assert broken("restricted", container=HARDENED + "}") == {}
    everywhere = "  securityContext: {runAsNonRoot: true, seccompProfile: {type: Localhost, localhostProfile: a}}"
    container = ", securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}"
    volumes = (
        "\n  volumes: [{name: a, emptyDir: {}}, {name: b, configMap: {name: x}}, {name: d, secret: {secretName: x}},"
        " {name: e, projected: {sources: []}}, {name: f, persistentVolumeClaim: {claimName: x}},"
        " {name: g, csi: {driver: d}}, {name: h, image: {reference: r}}, {name: i, downwardAPI: {}}]"
    )
    assert broken("restricted", spec=everywhere + volumes, container=container) == {}
    inside = "  hostUsers: false"
    container = (
        ", securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, "
        "seccompProfile: {type: RuntimeDefault}, runAsUser: 0}"
    )
    assert broken("restricted", spec=inside, container=container) == {}


def test_windows_pods_are_asked_for_what_windows_has() -> None:
    assert set(broken("restricted", spec="  os: {name: windows}")) == {"runAsNonRoot"}
    old = broken("restricted", spec="  os: {name: windows}", minor=24)
    assert set(old) == {
        *("allowPrivilegeEscalation", "runAsNonRoot", "seccompProfile_restricted", "capabilities_restricted"),
    }


@pytest.mark.parametrize(
    ("minor", "spec", "container", "forbidden"),
    [
        (33, "", ", livenessProbe: {httpGet: {port: 80, host: h}}", False),
        (34, "", ", livenessProbe: {httpGet: {port: 80, host: h}}", True),
        (31, "  securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}", "", True),
        (32, "  securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1'}]}", "", False),
        (26, "  securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports, value: '1'}]}", "", True),
        (28, "  securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_time, value: '1'}]}", "", True),
        (29, "  securityContext: {sysctls: [{name: net.ipv4.tcp_keepalive_time, value: '1'}]}", "", False),
        (None, "  securityContext: {sysctls: [{name: net.ipv4.tcp_notsent_lowat, value: '1'}]}", "", True),
        (30, "  securityContext: {seLinuxOptions: {type: container_engine_t}}", "", True),
        (31, "  securityContext: {seLinuxOptions: {type: container_engine_t}}", "", False),
        (34, "  hostUsers: false", ", securityContext: {procMount: Unmasked}", True),
        (18, "  securityContext: {seccompProfile: {type: Unconfined}}", "", False),
    ],
)
def test_the_standards_have_versions(minor: int | None, spec: str, container: str, forbidden: bool) -> None:
    assert bool(broken("baseline", spec=spec, container=container, minor=minor)) is forbidden


def test_seccomp_annotations_counted_before_1_19() -> None:
    meta = ", annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}"
    assert set(broken("baseline", meta=meta, minor=18)) == {"seccompProfile"}
    assert broken("baseline", meta=meta) == {}


def test_a_server_knows_no_newer_version_than_its_own() -> None:
    assert controls(Policy("restricted", 99), 33) == controls(Policy("restricted"), 33)
    assert "hostProbesAndHostLifecycle" not in {control.id for control in controls(Policy("baseline"), 33)}


NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {%s}}
"""


def labelled(**labels: str) -> str:
    prefix = "pod-security.kubernetes.io/"
    return NAMESPACE % ", ".join(f"{prefix}{key.replace('_', '-')}: {value}" for key, value in labels.items())


def test_enforced_pods_are_refused_at_their_fields() -> None:
    found = answer(pod(container=", securityContext: {privileged: true}"), labelled(enforce="baseline"))
    assert refusals(found) == [("PodSecurity", 403, f"{CONTEXT}.privileged")]
    (problem,) = found.refusals
    assert [(other.object.kind, other.path) for other in problem.because] == [
        ("Namespace", "metadata.labels[pod-security.kubernetes.io/enforce]")
    ]
    pinned = answer(
        pod(container=", livenessProbe: {httpGet: {port: 80, host: h}}"),
        labelled(enforce="baseline", enforce_version="v1.33"),
    )
    assert pinned.refused is None


def test_warnings_name_all_controls_once() -> None:
    found = answer(pod(), labelled(warn="restricted"))
    assert found.refused is None
    (warning,) = found.warnings
    assert warning.message == (
        "The pods break the Pod Security level restricted:latest: "
        "allowPrivilegeEscalation, runAsNonRoot, seccompProfile_restricted, capabilities_restricted."
    )
    assert answer(pod(), labelled(audit="restricted")).problems == ()


DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "i:1", securityContext: {privileged: true}}]}
"""


def test_a_deployment_is_warned_of_the_level_that_is_enforced_on_its_pods() -> None:
    found = answer(one(DEPLOYMENT), labelled(enforce="baseline"))
    assert found.refused is None
    assert [(p.id, p.path.text) for p in found.warnings] == [
        ("KV1319", "spec.template.spec.containers[0].securityContext.privileged")
    ]
    assert answer(one(DEPLOYMENT), labelled(enforce="baseline", warn="privileged")).problems == ()


def test_a_stricter_namespace_is_warned_of_its_pods() -> None:
    plain = one(NAMESPACE % "")
    pods = "apiVersion: v1\nkind: Pod\nmetadata: {name: root}\nspec: {containers: [{name: c, image: 'i:1'}]}\n"
    found = answer(one(labelled(enforce="restricted")), pods, old=plain)
    assert [problem.message.split(" ")[:3] for problem in found.warnings] == [["The", "pod", "root"]]
    assert answer(one(labelled(enforce="baseline")), pods, old=plain).problems == ()
    assert answer(plain, pods, old=one(labelled(enforce="restricted"))).problems == ()


@pytest.mark.parametrize(
    ("labels", "expected", "bad"),
    [
        ({}, Policies(), 0),
        ({"enforce": "baseline"}, Policies(enforce=Policy("baseline"), warn=Policy("baseline")), 0),
        (
            {"enforce": "restricted", "enforce-version": "v1.30"},
            Policies(enforce=Policy("restricted", 30), warn=Policy("restricted", 30)),
            0,
        ),
        (
            {"enforce": "restricted", "warn-version": "v1.31"},
            Policies(enforce=Policy("restricted"), warn=Policy("restricted", 31)),
            0,
        ),
        ({"enforce": "baseline", "warn": "privileged"}, Policies(enforce=Policy("baseline")), 0),
        ({"enforce": "strict"}, Policies(enforce=Policy("restricted")), 1),
        ({"audit": "strict", "warn": "strict"}, Policies(), 2),
        ({"audit": "baseline", "audit-version": "1.30"}, Policies(audit=Policy("baseline")), 1),
        ({"enforce-version": "v1.030"}, Policies(), 1),
        (
            {"enforce": "baseline", "enforce-version": "latest"},
            Policies(enforce=Policy("baseline"), warn=Policy("baseline")),
            0,
        ),
    ],
)
def test_labels_are_read_as_policies(labels: dict[str, str], expected: Policies, bad: int) -> None:
    policies, wrong = policies_of({f"pod-security.kubernetes.io/{key}": value for key, value in labels.items()})
    assert policies == expected
    assert len(wrong) == bad
