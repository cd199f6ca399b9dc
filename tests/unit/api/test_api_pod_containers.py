"""One row for each rule of containers (``validateContainers`` and what is below it)."""

from __future__ import annotations

import pytest

from tests.unit.api.api_cases import DEPLOYMENT, POD, in_container, in_spec, short_paths

CONTAINER = "spec.containers[0]."
LONG = "a" * 64


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("terminationMessagePolicy: Log", ["terminationMessagePolicy"]),
        ("imagePullPolicy: always", ["imagePullPolicy"]),
        # Ports
        ("ports: [{}]", ["ports[0].containerPort"]),
        ("ports: [{containerPort: 65536}]", ["ports[0].containerPort"]),
        ("ports: [{containerPort: -1}]", ["ports[0].containerPort"]),
        ("ports: [{containerPort: 1, hostPort: 65536}]", ["ports[0].hostPort"]),
        ("ports: [{containerPort: 1, protocol: tcp}]", ["ports[0].protocol"]),
        ("ports: [{containerPort: 1, name: a_b}]", ["ports[0].name"]),
        ("ports: [{containerPort: 1, name: sixteen-letters-}]", ["ports[0].name"]),
        ("ports: [{containerPort: 1, name: '80'}]", ["ports[0].name"]),
        ("ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]", ["ports[1].name"]),
        ("ports: [{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5}]", ["ports[1].hostPort"]),
        ("ports: [{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5, protocol: UDP}]", []),
        ("ports: [{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5, hostIP: 10.0.0.1}]", []),
        ("ports: [{containerPort: 1, hostIP: nonsense}]", []),
        # Variables
        ("env: [{value: a}]", ["env[0].name"]),
        ("env: [{name: 'a=b'}]", ["env[0].name"]),
        ("env: [{name: 'a b'}, {name: 1a}, {name: 'a.b-c'}]", []),
        ("env: [{name: A, valueFrom: {}}]", ["env[0].valueFrom"]),
        ("env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]", ["env[0].valueFrom"]),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k}}}]",
            ["env[0].valueFrom"],
        ),
        ("env: [{name: A, valueFrom: {fieldRef: {}}}]", ["env[0].valueFrom.fieldRef.fieldPath"]),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: a, apiVersion: v2}}}]",
            ["env[0].valueFrom.fieldRef.fieldPath"],
        ),
        ("env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]", ["env[0].valueFrom.fieldRef.fieldPath"]),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]",
            ["env[0].valueFrom.fieldRef.fieldPath"],
        ),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a b']\"}}}]",
            ["env[0].valueFrom.fieldRef"],
        ),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"spec.containers['a']\"}}}]",
            ["env[0].valueFrom.fieldRef.fieldPath"],
        ),
        ("env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.annotations['A.b/C']\"}}}]", []),
        ("env: [{name: A, valueFrom: {resourceFieldRef: {}}}]", ["env[0].valueFrom.resourceFieldRef.resource"]),
        (
            "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.disk}}}]",
            ["env[0].valueFrom.resourceFieldRef.resource"],
        ),
        (
            "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 2m}}}]",
            ["env[0].valueFrom.resourceFieldRef.divisor"],
        ),
        (
            "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1m}}}]",
            ["env[0].valueFrom.resourceFieldRef.divisor"],
        ),
        ("env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.hugepages-2Mi, divisor: 1Mi}}}]", []),
        ("env: [{name: A, valueFrom: {configMapKeyRef: {name: a}}}]", ["env[0].valueFrom.configMapKeyRef.key"]),
        ("env: [{name: A, valueFrom: {secretKeyRef: {name: A, key: k}}}]", ["env[0].valueFrom.secretKeyRef.name"]),
        ("env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: k/l}}}]", ["env[0].valueFrom.secretKeyRef.key"]),
        ("env: [{name: A, valueFrom: {secretKeyRef: {key: k}}}]", ["env[0].valueFrom.secretKeyRef.name"]),
        ("envFrom: [{prefix: A}]", ["envFrom"]),
        ("envFrom: [{configMapRef: {name: a}, secretRef: {name: b}}]", ["envFrom"]),
        ("envFrom: [{prefix: 'a=', configMapRef: {name: a}}]", ["envFrom[0].prefix"]),
        ("envFrom: [{configMapRef: {}}]", ["envFrom[0].configMapRef.name"]),
        ("envFrom: [{secretRef: {name: A}}]", ["envFrom[0].secretRef.name"]),
        # Probes and hooks
        ("readinessProbe: {}", ["readinessProbe"]),
        ("readinessProbe: {exec: {}}", ["readinessProbe.exec.command"]),
        ("readinessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}", ["readinessProbe.tcpSocket"]),
        ("readinessProbe: {httpGet: {port: 0}}", ["readinessProbe.httpGet.port"]),
        ("readinessProbe: {httpGet: {port: no_port}}", ["readinessProbe.httpGet.port"]),
        ("readinessProbe: {httpGet: {port: 1, scheme: http}}", ["readinessProbe.httpGet.scheme"]),
        (
            "readinessProbe: {httpGet: {port: 1, httpHeaders: [{name: 'a b', value: c}]}}",
            ["readinessProbe.httpGet.httpHeaders"],
        ),
        ("readinessProbe: {tcpSocket: {port: 65536}}", ["readinessProbe.tcpSocket.port"]),
        ("readinessProbe: {grpc: {port: 0}}", ["readinessProbe.grpc.port"]),
        ("readinessProbe: {grpc: {port: 1}, initialDelaySeconds: -1}", ["readinessProbe.initialDelaySeconds"]),
        ("readinessProbe: {grpc: {port: 1}, timeoutSeconds: -1}", ["readinessProbe.timeoutSeconds"]),
        ("readinessProbe: {grpc: {port: 1}, periodSeconds: -1}", ["readinessProbe.periodSeconds"]),
        ("readinessProbe: {grpc: {port: 1}, failureThreshold: -1}", ["readinessProbe.failureThreshold"]),
        ("readinessProbe: {grpc: {port: 1}, successThreshold: -1}", ["readinessProbe.successThreshold"]),
        ("readinessProbe: {grpc: {port: 1}, successThreshold: 2}", []),
        ("livenessProbe: {grpc: {port: 1}, successThreshold: 2}", ["livenessProbe.successThreshold"]),
        ("startupProbe: {grpc: {port: 1}, successThreshold: 2}", ["startupProbe.successThreshold"]),
        (
            "livenessProbe: {grpc: {port: 1}, terminationGracePeriodSeconds: 0}",
            ["livenessProbe.terminationGracePeriodSeconds"],
        ),
        (
            "readinessProbe: {grpc: {port: 1}, terminationGracePeriodSeconds: 1}",
            ["readinessProbe.terminationGracePeriodSeconds"],
        ),
        ("lifecycle: {}", []),
        ("lifecycle: {preStop: {}}", ["lifecycle.preStop"]),
        ("lifecycle: {postStart: {exec: {}}}", ["lifecycle.postStart.exec.command"]),
        ("lifecycle: {preStop: {sleep: {seconds: 31}}}", ["lifecycle.preStop.sleep"]),
        ("lifecycle: {preStop: {sleep: {seconds: -1}}}", ["lifecycle.preStop.sleep"]),
        ("lifecycle: {preStop: {sleep: {seconds: 0}}}", []),
        # Resources
        ("resources: {requests: {cpu: -1}}", ["resources.requests[cpu]"]),
        ("resources: {requests: {cpu: 2}, limits: {cpu: 1}}", ["resources.requests"]),
        ("resources: {limits: {gpu: 1}}", ["resources.limits[gpu]", "resources.requests[gpu]"]),
        ("resources: {limits: {storage: 1}}", ["resources.limits[storage]", "resources.requests[storage]"]),
        ("resources: {limits: {'a b/c': 1}}", ["resources.limits[a b/c]", "resources.requests[a b/c]"]),
        (
            "resources: {limits: {requests.example.com/gpu: 1}}",
            ["resources.limits[requests.example.com/gpu]", "resources.requests[requests.example.com/gpu]"],
        ),
        (
            "resources: {limits: {example.com/gpu: 500m}}",
            ["resources.limits[example.com/gpu]", "resources.requests[example.com/gpu]"],
        ),
        ("resources: {requests: {example.com/gpu: 1}}", ["resources.limits"]),
        ("resources: {requests: {example.com/gpu: 1}, limits: {example.com/gpu: 2}}", ["resources.requests"]),
        ("resources: {limits: {kubernetes.io/gpu: 1}, requests: {kubernetes.io/gpu: 500m}}", []),
        ("resources: {limits: {hugepages-2Mi: 2Mi}}", ["resources"]),
        (
            "resources: {limits: {hugepages-2Mi: 3Mi, memory: 1Gi}}",
            ["resources.limits[hugepages-2Mi]", "resources.requests[hugepages-2Mi]"],
        ),
        (
            "resources: {limits: {hugepages-2Mi: 4Mi, memory: 1Gi}, requests: {hugepages-2Mi: 2Mi}}",
            ["resources.requests"],
        ),
        ("resources: {claims: [{}]}", ["resources.claims[0]"]),
        ("resources: {claims: [{name: a}]}", ["resources.claims[0]"]),
        # Restarts
        ("restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]", ["restartPolicy"]),
        ("restartPolicy: Sometimes", ["restartPolicy"]),
        (
            "restartPolicy: Never\nrestartPolicyRules: [{action: Stop, exitCodes: {operator: In, values: [1]}}]",
            ["restartPolicyRules[0].action"],
        ),
        ("restartPolicy: Never\nrestartPolicyRules: [{action: Restart}]", ["restartPolicyRules[0].exitCodes"]),
        (
            "restartPolicy: Never\nrestartPolicyRules: [{action: Restart, exitCodes: {operator: Is, values: [1]}}]",
            ["restartPolicyRules[0].exitCodes.operator"],
        ),
        ("resizePolicy: [{resourceName: disk, restartPolicy: NotRequired}]", ["resizePolicy"]),
        ("resizePolicy: [{resourceName: cpu, restartPolicy: Never}]", ["resizePolicy"]),
        ("resizePolicy: [{restartPolicy: NotRequired}]", ["resizePolicy"]),
        ("resizePolicy: [{resourceName: cpu}]", ["resizePolicy"]),
        (
            "resizePolicy:\n- {resourceName: cpu, restartPolicy: NotRequired}\n"
            "- {resourceName: cpu, restartPolicy: NotRequired}",
            ["resizePolicy[1]"],
        ),
    ],
)
def test_fields(extra: str, expected: list[str]) -> None:
    assert short_paths(in_container(extra), CONTAINER) == expected


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ("{image: a}", ["name"]),
        ("{name: a_b, image: a}", ["name"]),
        (f"{{name: {LONG}, image: a}}", ["name"]),
        ("{name: b}", ["image"]),
        ("{name: b, image: ' a'}", ["image"]),
        ("{name: c, image: a}", ["name"]),
    ],
)
def test_name_and_image(container: str, expected: list[str]) -> None:
    assert short_paths(in_spec(f"- {container}"), "spec.containers[1].") == expected


def test_no_containers() -> None:
    extra = "      containers:\n      - name: c\n        image: nginx:1.27\n"
    assert short_paths(POD.replace(extra.replace("\n    ", "\n")[4:], "  containers: []\n"), "") == ["spec.containers"]
    assert short_paths(DEPLOYMENT.replace(extra, "      containers: []\n"), "") == ["spec.template.spec.containers"]


def test_host_ports_of_two_containers() -> None:
    text = in_container("ports: [{containerPort: 1, hostPort: 5}]")
    text = in_spec("- {name: d, image: a, ports: [{containerPort: 1, hostPort: 5}]}", text)
    assert short_paths(text, "") == ["spec.containers[1].ports[0].hostPort"]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("", []),
        ("livenessProbe: {grpc: {port: 1}}", ["livenessProbe"]),
        ("readinessProbe: {grpc: {port: 1}}", ["readinessProbe"]),
        ("startupProbe: {grpc: {port: 1}}", ["startupProbe"]),
        ("lifecycle: {preStop: {sleep: {seconds: 1}}}", ["lifecycle"]),
        ("restartPolicy: Always, livenessProbe: {grpc: {port: 1}}", []),
        ("restartPolicy: Always, livenessProbe: {grpc: {port: 0}}", ["livenessProbe.grpc.port"]),
        ("restartPolicy: Sometimes", ["restartPolicy"]),
        ("restartPolicy: Never", []),
        ("ports: [{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5}]", ["ports[1].hostPort"]),
        ("resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]", ["resizePolicy[0].restartPolicy"]),
        ("restartPolicy: Always, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]", []),
    ],
)
def test_init_containers(extra: str, expected: list[str]) -> None:
    text = in_spec(f"initContainers: [{{name: i, image: a, {extra}}}]")
    assert short_paths(text, "spec.initContainers[0].") == expected


def test_init_containers_share_names_with_containers() -> None:
    assert short_paths(in_spec("initContainers: [{name: c, image: a}]"), "") == ["spec.initContainers[0].name"]


def test_a_new_pod_has_no_ephemeral_containers() -> None:
    text = in_spec("ephemeralContainers: [{name: d, image: a, targetContainerName: e, ports: [{containerPort: 1}]}]")
    assert short_paths(text, "spec.ephemeralContainers") == ["", "[0].ports", "[0].targetContainerName"]


def test_a_live_pod_may_be_debugged() -> None:
    live = POD.replace("name: web\n", "name: web\n  uid: 1b671a64-40d5-491e-99b0-da01ff1f3341\n", 1)
    assert short_paths(in_spec("ephemeralContainers: [{name: d, image: a}]", live), "") == []


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("runAsUser: -1", ["runAsUser"]),
        ("runAsGroup: 2147483648", ["runAsGroup"]),
        ("procMount: Masked", ["procMount"]),
        ("procMount: Unmasked", ["procMount"]),
        ("{allowPrivilegeEscalation: false, privileged: true}", [""]),
        ("{allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}}", [""]),
        ("{allowPrivilegeEscalation: false, capabilities: {add: [SYS_ADMIN]}}", []),
        ("seccompProfile: {}", ["seccompProfile.type"]),
        ("seccompProfile: {type: Default}", ["seccompProfile.type"]),
        ("seccompProfile: {type: Localhost}", ["seccompProfile.localhostProfile"]),
        ("seccompProfile: {type: Localhost, localhostProfile: ../a}", ["seccompProfile.localhostProfile"]),
        ("seccompProfile: {type: Localhost, localhostProfile: /a}", ["seccompProfile.localhostProfile"]),
        ("seccompProfile: {type: Unconfined, localhostProfile: a}", ["seccompProfile.localhostProfile"]),
        ("appArmorProfile: {type: Default}", ["appArmorProfile.type"]),
        ("appArmorProfile: {type: Localhost}", ["appArmorProfile.localhostProfile"]),
        ("appArmorProfile: {type: Localhost, localhostProfile: ' a'}", ["appArmorProfile.localhostProfile"]),
        ("appArmorProfile: {type: RuntimeDefault, localhostProfile: a}", ["appArmorProfile.localhostProfile"]),
        ("windowsOptions: {gmsaCredentialSpecName: A}", ["windowsOptions.gmsaCredentialSpecName"]),
        ("windowsOptions: {gmsaCredentialSpec: ''}", ["windowsOptions.gmsaCredentialSpec"]),
        ("windowsOptions: {runAsUserName: ''}", ["windowsOptions.runAsUserName"]),
        ("windowsOptions: {runAsUserName: 'a\\b\\c'}", ["windowsOptions.runAsUserName"]),
        ("windowsOptions: {runAsUserName: 'a*b'}", ["windowsOptions.runAsUserName"]),
        ("windowsOptions: {runAsUserName: 'DOMAIN\\user'}", []),
    ],
)
def test_security_context(extra: str, expected: list[str]) -> None:
    context = extra if extra.startswith("{") else f"{{{extra}}}"
    found = short_paths(in_container(f"securityContext: {context}"), f"{CONTAINER}securityContext")
    assert [path.removeprefix(".") for path in found] == expected


@pytest.mark.parametrize(
    ("extra", "version", "expected"),
    [
        ("lifecycle: {preStop: {sleep: {seconds: 0}}}", "1.32", ["lifecycle.preStop.sleep"]),
        ("restartPolicy: Never", "1.33", ["restartPolicy"]),
        ("restartPolicy: Never", "1.34", []),
        (
            "restartPolicy: Never\n"
            "restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [1]}}]",
            "1.35",
            ["restartPolicyRules[0].action"],
        ),
    ],
)
def test_versions(extra: str, version: str, expected: list[str]) -> None:
    assert short_paths(in_container(extra), CONTAINER, version) == expected
