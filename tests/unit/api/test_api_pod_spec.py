"""One row for each rule of pod specs beside containers and volumes (``ValidatePodSpec``)."""

from __future__ import annotations

import pytest

from tests.unit.api.api_cases import DEPLOYMENT, POD, accepted, in_container, in_spec, paths, pod, short_paths

LONG = "a" * 64
NODE_RULES = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("restartPolicy: Sometimes", ["restartPolicy"]),
        ("activeDeadlineSeconds: 0", ["activeDeadlineSeconds"]),
        ("activeDeadlineSeconds: 2147483648", ["activeDeadlineSeconds"]),
        ("terminationGracePeriodSeconds: -5", []),
        ("serviceAccountName: A", ["serviceAccountName"]),
        ("nodeName: a_b", ["nodeName"]),
        ("hostname: a.b", ["hostname"]),
        ("subdomain: a.b", ["subdomain"]),
        ("priorityClassName: A", ["priorityClassName"]),
        ("runtimeClassName: A", ["runtimeClassName"]),
        ("runtimeClassName: ''", ["runtimeClassName"]),
        ("preemptionPolicy: Always", ["preemptionPolicy"]),
        ("hostnameOverride: A", ["hostnameOverride"]),
        (f"hostnameOverride: {LONG}a", ["hostnameOverride"]),
        (f"hostnameOverride: {'b' * 32}.{'a' * 32}", ["hostnameOverride"]),
        ("hostnameOverride: a\nhostNetwork: true", ["hostnameOverride"]),
        ("hostnameOverride: a\nsetHostnameAsFQDN: true", ["hostnameOverride"]),
        # DNS
        ("dnsPolicy: First", ["dnsPolicy"]),
        ("dnsPolicy: None", ["dnsConfig"]),
        ("dnsPolicy: None\ndnsConfig: {searches: [a]}", ["dnsConfig.nameservers"]),
        ("dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}", ["dnsConfig.nameservers"]),
        ("dnsConfig: {nameservers: [a]}", ["dnsConfig.nameservers[0]"]),
        ("dnsConfig: {nameservers: [01.1.1.1]}", ["dnsConfig.nameservers[0]"]),
        ("dnsConfig: {searches: [A_b.c, _d]}", ["dnsConfig.searches[0]"]),
        ("dnsConfig: {searches: [.]}", []),
        ("dnsConfig: {searches: [a" + ", a" * 32 + "]}", ["dnsConfig.searches"]),
        ("dnsConfig: {options: [{value: a}]}", ["dnsConfig.options[0]"]),
        # The node's namespaces
        ("shareProcessNamespace: true\nhostPID: true", ["securityContext.shareProcessNamespace"]),
        ("hostUsers: false\nhostNetwork: true", ["hostNetwork"]),
        ("hostUsers: false\nhostPID: true\nhostIPC: true", ["HostIPC", "HostPID"]),
        ("hostAliases: [{hostnames: [a]}]", ["hostAliases[0].ip"]),
        ("hostAliases: [{ip: a}]", ["hostAliases[0].ip"]),
        ("hostAliases: [{ip: 10.0.0.1, hostnames: [a, B_c]}]", ["hostAliases[0].hostnames[1]"]),
        # Gates and claims
        ("readinessGates: [{conditionType: ''}]", ["readinessGates[0].conditionType"]),
        ("schedulingGates: [{name: a b}]", ["schedulingGates[0]"]),
        ("schedulingGates: [{name: a}, {name: a}]", ["schedulingGates[1]"]),
        ("schedulingGates: [{name: a}]\nnodeName: b", ["nodeName"]),
        ("resourceClaims: [{resourceClaimName: a}]", ["resourceClaims[0].name"]),
        ("resourceClaims: [{name: A, resourceClaimName: a}]", ["resourceClaims[0].name"]),
        ("resourceClaims: [{name: a}]", ["resourceClaims[0]"]),
        ("resourceClaims: [{name: a, resourceClaimName: b, resourceClaimTemplateName: c}]", ["resourceClaims[0]"]),
        ("resourceClaims: [{name: a, resourceClaimName: B}]", ["resourceClaims[0].resourceClaimName"]),
        (
            "resourceClaims: [{name: a, resourceClaimName: b}, {name: a, resourceClaimName: b}]",
            ["resourceClaims[1].name"],
        ),
        # Overhead and resources of the pod
        ("runtimeClassName: a\noverhead: {gpu: 1}", ["overhead.limits[gpu]"]),
        ("runtimeClassName: a\noverhead: {cpu: -1}", ["overhead.limits[cpu]"]),
        ("resources: {limits: {ephemeral-storage: 1}}", ["resources.limits[ephemeral-storage]"]),
        ("resources: {requests: {cpu: 2}, limits: {cpu: 1}}", ["resources.requests"]),
        ("resources: {claims: [{name: a}]}", ["resources.claims", "resources.claims[0]"]),
        # Operating systems
        ("os: {}", ["os.name"]),
        ("os: {name: plan9}", ["os"]),
        ("os: {name: linux}\nsecurityContext: {windowsOptions: {}}", ["securityContext.windowsOptions"]),
        ("os: {name: windows}\nsecurityContext: {runAsUser: 1}", ["securityContext.runAsUser"]),
        ("os: {name: windows}\nsecurityContext: {fsGroup: 1, sysctls: []}", ["securityContext.fsGroup"]),
        ("os: {name: windows}\nhostPID: true\nhostIPC: true", ["hostIPC", "hostPID"]),
        ("os: {name: windows}\nshareProcessNamespace: false", ["shareProcessNamespace"]),
        ("os: {name: windows}\nhostUsers: true", ["hostUsers"]),
        ("securityContext: {windowsOptions: {hostProcess: true}}", ["hostNetwork"]),
        ("hostNetwork: true\nsecurityContext: {windowsOptions: {hostProcess: true}}", []),
        # Security
        ("securityContext: {fsGroup: -1}", ["securityContext.fsGroup"]),
        ("securityContext: {runAsUser: -1}", ["securityContext.runAsUser"]),
        ("securityContext: {runAsGroup: -1}", ["securityContext.runAsGroup"]),
        ("securityContext: {supplementalGroups: [1, -1]}", ["securityContext.supplementalGroups[1]"]),
        ("securityContext: {fsGroupChangePolicy: Never}", ["securityContext.fsGroupChangePolicy"]),
        ("securityContext: {supplementalGroupsPolicy: Never}", ["securityContext.supplementalGroupsPolicy"]),
        ("securityContext: {seLinuxChangePolicy: Never}", ["securityContext.seLinuxChangePolicy"]),
        ("securityContext: {seccompProfile: {type: Never}}", ["securityContext.seccompProfile.type"]),
        ("securityContext: {appArmorProfile: {type: Never}}", ["securityContext.appArmorProfile.type"]),
        ("securityContext: {sysctls: [{value: '1'}]}", ["securityContext.sysctls[0].name"]),
        ("securityContext: {sysctls: [{name: A, value: '1'}]}", ["securityContext.sysctls[0].name"]),
        ("securityContext: {sysctls: [{name: a.b}, {name: a.b}]}", ["securityContext.sysctls[1].name"]),
        ("hostNetwork: true\nsecurityContext: {sysctls: [{name: net/core/a}]}", ["securityContext.sysctls[0].name"]),
        ("hostIPC: true\nsecurityContext: {sysctls: [{name: kernel.shmmax}]}", ["securityContext.sysctls[0].name"]),
        # Tolerations
        ("tolerations: [{key: a b}]", ["tolerations[0].key"]),
        ("tolerations: [{effect: NoSchedule}]", ["tolerations[0].operator"]),
        ("tolerations: [{key: a, tolerationSeconds: 3}]", ["tolerations[0].effect"]),
        ("tolerations: [{key: a, operator: Is}]", ["tolerations[0].operator"]),
        ("tolerations: [{key: a, value: b c}]", ["tolerations[0].operator"]),
        ("tolerations: [{key: a, operator: Exists, value: b}]", ["tolerations[0].operator"]),
        ("tolerations: [{key: a, effect: Never}]", ["tolerations[0].effect"]),
        # Node selectors
        ("nodeSelector: {a b: c}", ["nodeSelector"]),
        ("nodeSelector: {a: b c}", ["nodeSelector"]),
        (f"{NODE_RULES}: {{}}", [f"{NODE_RULES}.nodeSelectorTerms"]),
        (f"{NODE_RULES}: {{nodeSelectorTerms: [{{}}]}}", []),
    ],
)
def test_fields(extra: str, expected: list[str]) -> None:
    assert short_paths(in_spec(nested(extra)), "spec.") == expected


def nested(extra: str) -> str:
    """``a.b.c: {}`` as ``a: {b: {c: {}}}``."""
    path, colon, rest = extra.partition(": ")
    if "." not in path or "\n" in path:
        return extra
    *parents, last = path.split(".")
    return "".join(f"{name}: {{" for name in parents) + f"{last}{colon}{rest}" + "}" * len(parents)


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("matchExpressions: [{operator: Exists}]", ["matchExpressions[0].key"]),
        ("matchExpressions: [{key: a, operator: In}]", ["matchExpressions[0].values"]),
        ("matchExpressions: [{key: a, operator: NotIn, values: []}]", ["matchExpressions[0].values"]),
        ("matchExpressions: [{key: a, operator: In, values: [b c]}]", ["matchExpressions[0].values[0]"]),
        ("matchExpressions: [{key: a, operator: DoesNotExist, values: [b]}]", ["matchExpressions[0].values"]),
        ("matchExpressions: [{key: a, operator: Lt, values: ['1', '2']}]", ["matchExpressions[0].values"]),
        ("matchExpressions: [{key: a, operator: Gt, values: [x]}]", []),
        ("matchExpressions: [{key: a, operator: Is, values: [x]}]", ["matchExpressions[0].operator"]),
        ("matchFields: [{key: metadata.name, operator: Exists}]", ["matchFields[0].operator"]),
        ("matchFields: [{key: metadata.name, operator: In, values: [a, b]}]", ["matchFields[0].values"]),
        ("matchFields: [{key: metadata.uid, operator: In, values: [a]}]", ["matchFields[0].key"]),
        ("matchFields: [{key: metadata.name, operator: In, values: [A_b]}]", ["matchFields[0].values[0]"]),
    ],
)
def test_node_terms(requirement: str, expected: list[str]) -> None:
    rules = "requiredDuringSchedulingIgnoredDuringExecution"
    text = in_spec(f"affinity: {{nodeAffinity: {{{rules}: {{nodeSelectorTerms: [{{{requirement}}}]}}}}}}")
    assert short_paths(text, f"spec.{NODE_RULES}.nodeSelectorTerms[0].") == expected


def test_preferred_node_terms() -> None:
    """Values are looked at where they must hold only."""
    rules = "preferredDuringSchedulingIgnoredDuringExecution"
    for weighted, expected in (
        ("{weight: 0, preference: {}}", ["weight"]),
        ("{weight: 101, preference: {}}", ["weight"]),
        ("{weight: 1, preference: {matchExpressions: [{key: a, operator: In, values: [b c]}]}}", []),
        (
            "{weight: 1, preference: {matchExpressions: [{key: a, operator: In}]}}",
            ["preference.matchExpressions[0].values"],
        ),
    ):
        text = in_spec(f"affinity: {{nodeAffinity: {{{rules}: [{weighted}]}}}}")
        assert short_paths(text, f"spec.affinity.nodeAffinity.{rules}[0].") == expected


@pytest.mark.parametrize("kind", ["podAffinity", "podAntiAffinity"])
@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("topologyKey: zone", []),
        ("labelSelector: {}", ["topologyKey"]),
        ("topologyKey: a b", ["topologyKey"]),
        ("topologyKey: z, namespaces: [A]", ["namespace"]),
        ("topologyKey: z, labelSelector: {matchLabels: {a b: c}}", ["labelSelector.matchLabels"]),
        (
            "topologyKey: z, labelSelector: {matchExpressions: [{key: a, operator: Is}]}",
            ["labelSelector.matchExpressions[0].operator"],
        ),
        (
            "topologyKey: z, namespaceSelector: {matchExpressions: [{key: a, operator: In}]}",
            ["namespaceSelector.matchExpressions[0].values"],
        ),
        ("topologyKey: z, matchLabelKeys: [a]", ["matchLabelKeys"]),
        ("topologyKey: z, mismatchLabelKeys: [a]", ["mismatchLabelKeys"]),
        ("topologyKey: z, labelSelector: {}, matchLabelKeys: [a b]", ["matchLabelKeys[0]"]),
        ("topologyKey: z, labelSelector: {}, matchLabelKeys: [a], mismatchLabelKeys: [a]", ["matchLabelKeys[0]"]),
    ],
)
def test_pod_terms(kind: str, term: str, expected: list[str]) -> None:
    required, preferred = (f"{rules}DuringSchedulingIgnoredDuringExecution" for rules in ("required", "preferred"))
    text = in_spec(f"affinity: {{{kind}: {{{required}: [{{{term}}}]}}}}")
    assert short_paths(text, f"spec.affinity.{kind}.{required}[0].") == expected
    text = in_spec(f"affinity: {{{kind}: {{{preferred}: [{{weight: 101, podAffinityTerm: {{{term}}}}}]}}}}")
    prefix = f"spec.affinity.{kind}.{preferred}[0]."
    assert short_paths(text, prefix) == [*(f"podAffinityTerm.{path}" for path in expected), "weight"]


LABELLED = POD.replace("name: web\n", "name: web\n  labels: {app: web}\n", 1)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("{}", []),
        ("{matchLabels: {app: web}}", ["[0]"]),
        ("{matchExpressions: [{key: app, operator: Exists}]}", ["[0]"]),
        ("{matchLabels: {tier: web}}", []),
    ],
)
def test_label_keys_are_not_in_the_selector(selector: str, expected: list[str]) -> None:
    """The API server has merged them by then, and prints the number of the key behind the term."""
    rules = "requiredDuringSchedulingIgnoredDuringExecution"
    term = f"{{topologyKey: z, labelSelector: {selector}, matchLabelKeys: [app]}}"
    text = in_spec(f"affinity: {{podAffinity: {{{rules}: [{term}]}}}}", LABELLED)
    assert short_paths(text, f"spec.affinity.podAffinity.{rules}[0]") == expected
    spread = f"{{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, {term[17:]}"
    text = in_spec(f"topologySpreadConstraints: [{spread}]", LABELLED)
    assert short_paths(text, "spec.topologySpreadConstraints[0]") == expected
    older = [".matchLabelKeys[0]"] if expected else []
    assert short_paths(text, "spec.topologySpreadConstraints[0]", "1.33") == older


def test_a_live_pod_has_its_keys_merged_already() -> None:
    rules = "requiredDuringSchedulingIgnoredDuringExecution"
    selector = "{matchExpressions: [{key: app, operator: In, values: [web]}]}"
    term = f"{{topologyKey: z, labelSelector: {selector}, matchLabelKeys: [app]}}"
    text = in_spec(f"affinity: {{podAffinity: {{{rules}: [{term}]}}}}", LABELLED)
    assert len(paths(text)) == 1
    live = text.replace("  labels:", "  uid: 1b671a64-40d5-491e-99b0-da01ff1f3341\n  labels:", 1)
    found = pod(live).spec.affinity
    assert found is not None
    assert found.pod_affinity is not None
    (kept,) = found.pod_affinity.required_during_scheduling_ignored_during_execution
    assert kept.label_selector is not None
    assert len(kept.label_selector.match_expressions) == 1


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule", ["[0].maxSkew"]),
        ("maxSkew: 1, whenUnsatisfiable: DoNotSchedule", ["[0].topologyKey"]),
        ("maxSkew: 1, topologyKey: a", ["[0].whenUnsatisfiable"]),
        ("maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, minDomains: 0", ["[0].minDomains"]),
        ("maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway, minDomains: 1", ["[0].minDomains"]),
        (
            "maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, nodeAffinityPolicy: Keep",
            ["[0].nodeAffinityPolicy"],
        ),
        (
            "maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: ''",
            ["[0].nodeTaintsPolicy"],
        ),
        (
            "maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, matchLabelKeys: [a]",
            ["[0].matchLabelKeys"],
        ),
        (
            "maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b c}}",
            ["[0].labelSelector.matchLabels"],
        ),
        (
            "maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}, "
            "{maxSkew: 2, topologyKey: a, whenUnsatisfiable: DoNotSchedule",
            ["[0].{topologyKey, whenUnsatisfiable}"],
        ),
    ],
)
def test_spread_constraints(constraint: str, expected: list[str]) -> None:
    text = in_spec(f"topologySpreadConstraints: [{{{constraint}}}]")
    assert short_paths(text, "spec.topologySpreadConstraints") == expected


def test_ports_on_the_network_of_the_node() -> None:
    ports = "ports: [{containerPort: 1, hostPort: 2}, {containerPort: 3}]"
    assert paths(in_spec("hostNetwork: true", in_container(ports))) == ["spec.containers[0].ports[0].hostPort"]
    template = DEPLOYMENT + f"        {ports}\n      hostNetwork: true\n"
    assert paths(template) == ["spec.template.spec.containers[0].ports[0].hostPort"]


def test_devices_and_user_namespaces() -> None:
    container = in_container("volumeDevices: [{name: v, devicePath: /a}]")
    text = in_spec("hostUsers: false\nvolumes: [{name: v, persistentVolumeClaim: {claimName: a}}]", container)
    assert paths(text) == ["spec.containers[0].volumeDevices"]
    assert paths(text, "1.34") == []


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("kubernetes.io/config.mirror: a", ["[kubernetes.io/config.mirror]"]),
        ("controller.kubernetes.io/pod-deletion-cost: '-5'", []),
        ("controller.kubernetes.io/pod-deletion-cost: '+5'", ["[controller.kubernetes.io/pod-deletion-cost]"]),
        ("controller.kubernetes.io/pod-deletion-cost: '05'", ["[controller.kubernetes.io/pod-deletion-cost]"]),
        ("controller.kubernetes.io/pod-deletion-cost: '2147483648'", ["[controller.kubernetes.io/pod-deletion-cost]"]),
        ("scheduler.alpha.kubernetes.io/tolerations: a", [""]),
        ('scheduler.alpha.kubernetes.io/tolerations: \'[{"key": "a"}]\'', []),
        (
            'scheduler.alpha.kubernetes.io/tolerations: \'[{"key": "a", "effect": "b"}]\'',
            [".scheduler.alpha.kubernetes.io/tolerations[0].effect"],
        ),
        ("seccomp.security.alpha.kubernetes.io/pod: runtime/default", []),
        ("seccomp.security.alpha.kubernetes.io/pod: a", [".seccomp.security.alpha.kubernetes.io/pod"]),
        (
            "container.seccomp.security.alpha.kubernetes.io/c: localhost/../a",
            [".container.seccomp.security.alpha.kubernetes.io/c"],
        ),
        ("container.apparmor.security.beta.kubernetes.io/c: localhost/a", []),
        (
            "container.apparmor.security.beta.kubernetes.io/c: a",
            ["[container.apparmor.security.beta.kubernetes.io/c]"],
        ),
        (
            "container.apparmor.security.beta.kubernetes.io/d: unconfined",
            ["[container.apparmor.security.beta.kubernetes.io/d]"],
        ),
    ],
)
def test_annotations(annotation: str, expected: list[str]) -> None:
    text = POD.replace("name: web\n", f"name: web\n  annotations:\n    {annotation}\n", 1)
    assert short_paths(text, "metadata.annotations") == expected
    template = DEPLOYMENT.replace(
        "      labels: {app: web}\n    spec",
        f"      labels: {{app: web}}\n      annotations:\n        {annotation}\n    spec",
    )
    assert short_paths(template, "spec.template.annotations") == expected


@pytest.mark.parametrize(
    ("annotation", "field", "expected"),
    [
        ("container.seccomp.security.alpha.kubernetes.io/c: unconfined", "seccompProfile: {type: Unconfined}", []),
        (
            "container.seccomp.security.alpha.kubernetes.io/c: unconfined",
            "seccompProfile: {type: RuntimeDefault}",
            ["seccompProfile.type"],
        ),
        (
            "container.seccomp.security.alpha.kubernetes.io/c: localhost/a",
            "seccompProfile: {type: Localhost, localhostProfile: b}",
            ["seccompProfile.localhostProfile"],
        ),
        (
            "container.apparmor.security.beta.kubernetes.io/c: localhost/a",
            "appArmorProfile: {type: RuntimeDefault}",
            ["appArmorProfile.type"],
        ),
        (
            "container.apparmor.security.beta.kubernetes.io/c: localhost/a",
            "appArmorProfile: {type: Localhost, localhostProfile: b}",
            ["appArmorProfile.localhostProfile"],
        ),
    ],
)
def test_annotations_and_fields_agree(annotation: str, field: str, expected: list[str]) -> None:
    text = POD.replace("name: web\n", f"name: web\n  annotations:\n    {annotation}\n", 1)
    text = in_container(f"securityContext: {{{field}}}", text)
    assert short_paths(text, "spec.containers[0].securityContext.") == expected


def test_an_apparmor_annotation_becomes_the_field() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/c"
    for text, expected in (
        ("unconfined", "Unconfined"),
        ("runtime/default", "RuntimeDefault"),
        ("localhost/a", "Localhost"),
    ):
        manifest = POD.replace("name: web\n", f"name: web\n  annotations: {{{key}: {text}}}\n", 1)
        context = pod(manifest).spec.containers[0].security_context
        assert context is not None
        assert context.app_armor_profile is not None
        assert context.app_armor_profile.type == expected
    same = in_spec("securityContext: {appArmorProfile: {type: Localhost, localhostProfile: a}}", manifest)
    assert pod(same).spec.containers[0].security_context is None
    windows = in_spec("os: {name: windows}", manifest)
    assert pod(windows).spec.containers[0].security_context is None


def test_templates_are_not_pods() -> None:
    """Blanks around images are there to be filled in; gates are looked at when the pod is made."""
    text = DEPLOYMENT.replace("nginx:1.27", "' '") + "      nodeName: a\n      schedulingGates: [{name: b}]\n"
    assert accepted(text)
    assert paths(POD.replace("nginx:1.27", "' '")) == ["spec.containers[0].image"]
