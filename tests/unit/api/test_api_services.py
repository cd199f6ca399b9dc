"""Services: one row per rule of ValidateService, its update, its defaults and its warnings."""

from __future__ import annotations

import pytest

from kverify.api import validate_update
from kverify.api.defaults.services import prepare_service
from kverify.api.types.service import Service
from kverify.manifest import Severity
from tests.unit.api.api_cases import accepted, decode_text, paths

HEAD = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
PORTS = "ports: [{port: 80}]"


def service(spec: str, version: str = "1.36") -> Service:
    found = accepted(f"{HEAD}spec: {{{spec}}}\n", version)
    assert isinstance(found, Service)
    return found


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", ["spec.ports"]),
        ("clusterIP: None", []),
        ("type: ExternalName, externalName: a.b.", []),
        ("type: ExternalName, externalName: .", ["spec.externalName"]),
        ("type: ExternalName, externalName: a_b", ["spec.externalName"]),
        ("type: ExternalName, externalName: a, clusterIP: 10.0.0.1", ["spec.clusterIPs"]),
        ("type: ExternalName, externalName: a, ipFamilies: [IPv4]", ["spec.ipFamilies"]),
        ("type: ExternalName, externalName: a, ipFamilyPolicy: SingleStack", ["spec.ipFamilyPolicy"]),
        (f"type: NodePort, clusterIP: None, {PORTS}", ["spec.clusterIPs[0]"]),
        (f"type: LoadBalancer, clusterIP: None, {PORTS}", ["spec.clusterIPs[0]"]),
        ("ports: [{port: 80, name: A}]", ["spec.ports[0].name"]),
        ("ports: [{port: 80, protocol: tcp}]", ["spec.ports[0].protocol"]),
        ("ports: [{port: 80, appProtocol: ''}]", ["spec.ports[0].appProtocol"]),
        ("ports: [{port: 65536}]", ["spec.ports[0].port", "spec.ports[0].targetPort"]),
        ("ports: [{port: 80, targetPort: 70000}]", ["spec.ports[0].targetPort"]),
        ("type: NodePort, ports: [{port: 80, nodePort: 80}]", ["spec.ports[0].nodePort"]),
        ("type: NodePort, ports: [{port: 80, nodePort: 30080}]", []),
        (
            "type: NodePort, ports: [{port: 80, name: a, nodePort: 30080}, {port: 81, name: b, nodePort: 30080}]",
            ["spec.ports[1].nodePort"],
        ),
        (
            "type: NodePort, ports: [{port: 80, name: a, nodePort: 30080}, "
            "{port: 80, name: b, nodePort: 30080, protocol: UDP}]",
            [],
        ),
        (
            "type: NodePort, ports: [{port: 80, name: a, nodePort: 30080}, "
            "{port: 81, name: b, nodePort: 30080, protocol: UDP}]",
            ["spec.ports[1].nodePort"],
        ),
        (f"{PORTS}, sessionAffinity: ClientIP", []),
        (
            f"{PORTS}, sessionAffinity: ClientIP, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 86401}}}}",
            ["spec.sessionAffinityConfig.clientIP.timeoutSeconds"],
        ),
        (f"{PORTS}, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.2]", ["spec.clusterIPs"]),
        (f"{PORTS}, clusterIPs: [10.0.0.2]", ["spec.clusterIPs"]),
        (f"{PORTS}, clusterIP: None, clusterIPs: [None, 10.0.0.2]", ["spec.clusterIPs"]),
        (
            f"{PORTS}, ipFamilyPolicy: PreferDualStack, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 10.0.0.2]",
            ["spec.clusterIPs"],
        ),
        (
            f"{PORTS}, ipFamilyPolicy: PreferDualStack, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1']",
            [],
        ),
        (
            f"{PORTS}, ipFamilyPolicy: PreferDualStack, clusterIP: 10.0.0.1, "
            "clusterIPs: [10.0.0.1, 'fd00::1', 'fd00::2']",
            ["spec.clusterIPs"],
        ),
        (f"{PORTS}, clusterIP: 10.0.0.1, ipFamilies: [IPv6]", ["spec.clusterIPs[0]"]),
        (f"{PORTS}, ipFamilies: [IPv5]", ["spec.ipFamilies[0]"]),
        (f"{PORTS}, ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv4]", ["spec.ipFamilies[1]"]),
        (f"{PORTS}, ipFamilies: [IPv4, IPv6]", ["spec.ipFamilyPolicy"]),
        ("clusterIP: None, ipFamilies: [IPv4, IPv6]", []),
        (f"{PORTS}, clusterIP: None, selector: {{a: b}}, ipFamilies: [IPv4, IPv6]", ["spec.ipFamilyPolicy"]),
        (f"{PORTS}, ipFamilyPolicy: Dual", ["spec.ipFamilyPolicy"]),
        (f"{PORTS}, clusterIP: 010.0.0.1", ["spec.clusterIPs[0]"]),
        (f"{PORTS}, externalIPs: [0.0.0.0]", ["spec.externalIPs[0]"]),
        (f"{PORTS}, externalIPs: [169.254.1.1]", ["spec.externalIPs[0]"]),
        (f"{PORTS}, externalIPs: [224.0.0.5]", ["spec.externalIPs[0]"]),
        (f"{PORTS}, externalIPs: ['ff02::1']", ["spec.externalIPs[0]"]),
        (f"{PORTS}, externalIPs: ['::ffff:1.2.3.4']", ["spec.externalIPs[0]"]),
        (f"{PORTS}, allocateLoadBalancerNodePorts: false", ["spec.allocateLoadBalancerNodePorts"]),
        (f"type: LoadBalancer, {PORTS}, loadBalancerClass: a b", ["spec.loadBalancerClass"]),
        (f"{PORTS}, loadBalancerSourceRanges: [10.0.0.0/8]", ["spec.LoadBalancerSourceRanges"]),
        (f"type: LoadBalancer, {PORTS}, loadBalancerSourceRanges: [' 10.0.0.0/8 ']", []),
        (f"type: LoadBalancer, {PORTS}, loadBalancerSourceRanges: [10.0.0.1/8]", ["spec.LoadBalancerSourceRanges[0]"]),
        (f"{PORTS}, externalTrafficPolicy: Local", ["spec.externalTrafficPolicy"]),
        (f"type: NodePort, {PORTS}, externalTrafficPolicy: Far", ["spec.externalTrafficPolicy"]),
        (f"{PORTS}, internalTrafficPolicy: ''", ["spec.internalTrafficPolicy"]),
        (f"type: LoadBalancer, {PORTS}, healthCheckNodePort: 30000", ["spec.healthCheckNodePort"]),
        (
            f"type: LoadBalancer, {PORTS}, externalTrafficPolicy: Local, healthCheckNodePort: 80",
            ["spec.healthCheckNodePort"],
        ),
        (f"{PORTS}, trafficDistribution: ''", ["spec.trafficDistribution"]),
    ],
)
def test_creation(spec: str, expected: list[str]) -> None:
    assert sorted(paths(f"{HEAD}spec: {{{spec}}}\n")) == expected


@pytest.mark.parametrize(
    ("annotations", "kind", "expected"),
    [
        (
            "service.kubernetes.io/topology-mode: a, service.kubernetes.io/topology-aware-hints: b",
            "ClusterIP",
            ["metadata.annotations[service.kubernetes.io/topology-mode]"],
        ),
        (
            "service.beta.kubernetes.io/load-balancer-source-ranges: '10.0.0.0/8, 10.0.0.1/8'",
            "LoadBalancer",
            ["metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]"],
        ),
        (
            "service.beta.kubernetes.io/load-balancer-source-ranges: ''",
            "ClusterIP",
            ["metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]"],
        ),
    ],
)
def test_annotations(annotations: str, kind: str, expected: list[str]) -> None:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: a, annotations: {{{annotations}}}}}\n"
    assert paths(f"{text}spec: {{type: {kind}, {PORTS}}}\n") == expected


@pytest.mark.parametrize(
    ("spec", "version", "expected"),
    [
        (f"{PORTS}, trafficDistribution: PreferSameNode", "1.33", ["spec.trafficDistribution"]),
        (f"{PORTS}, trafficDistribution: PreferSameNode", "1.34", []),
        (f"{PORTS}, clusterIP: 010.0.0.1", "1.35", []),
        (f"{PORTS}, externalIPs: [10.0.0.256]", "1.35", ["spec.externalIPs[0]"]),
    ],
)
def test_versions(spec: str, version: str, expected: list[str]) -> None:
    assert paths(f"{HEAD}spec: {{{spec}}}\n", version) == expected


@pytest.mark.parametrize(
    ("spec", "version", "expected"),
    [
        (f"{PORTS}, externalIPs: [1.2.3.4]", "1.36", ["spec.externalIPs"]),
        (f"{PORTS}, externalIPs: [1.2.3.4]", "1.35", []),
        ("clusterIP: None, externalIPs: [1.2.3.4]", "1.35", ["spec.externalIPs"]),
        ("type: ExternalName, externalName: a, externalIPs: [1.2.3.4]", "1.35", ["spec.externalIPs"]),
        ("clusterIP: None, loadBalancerIP: 1.2.3.4", "1.36", ["spec.loadBalancerIP"]),
        ("clusterIP: None, sessionAffinity: ClientIP", "1.36", ["spec.SessionAffinity"]),
        (f"{PORTS}, externalName: a", "1.36", ["spec.externalName"]),
        (f"{PORTS}, trafficDistribution: PreferClose", "1.36", ["spec.trafficDistribution"]),
        (f"{PORTS}, trafficDistribution: PreferClose", "1.34", []),
        (f"{PORTS}, clusterIP: 'FD00::1'", "1.36", ["spec.clusterIPs[0]"]),
        (f"{PORTS}, clusterIP: 010.0.0.1", "1.35", ["spec.clusterIPs[0]"]),
        (
            f"type: LoadBalancer, {PORTS}, loadBalancerSourceRanges: [10.0.0.1/8]",
            "1.35",
            ["spec.LoadBalancerSourceRanges[0]"],
        ),
        (
            f"type: LoadBalancer, {PORTS}, loadBalancerSourceRanges: ['FD00::/8']",
            "1.36",
            ["spec.LoadBalancerSourceRanges[0]"],
        ),
    ],
)
def test_warnings(spec: str, version: str, expected: list[str]) -> None:
    found = decode_text(f"{HEAD}spec: {{{spec}}}\n", version).diagnostics
    assert [item.path for item in found] == expected
    assert all(item.severity is Severity.WARNING for item in found)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (f"{PORTS}, clusterIP: 10.0.0.1", f"{PORTS}, clusterIP: 10.0.0.2", ["spec.clusterIPs[0]"]),
        (f"{PORTS}, clusterIP: 10.0.0.1", PORTS, []),
        (f"{PORTS}, clusterIP: 10.0.0.1", "clusterIP: None", ["spec.clusterIPs[0]"]),
        (PORTS, "clusterIP: None", ["spec.clusterIPs[0]"]),
        ("clusterIP: None", PORTS, []),
        ("clusterIP: None", f"{PORTS}, clusterIP: 10.0.0.2", ["spec.clusterIPs[0]"]),
        (f"{PORTS}, clusterIP: 10.0.0.1", "type: ExternalName, externalName: a", []),
        ("type: ExternalName, externalName: a", f"{PORTS}, clusterIP: 10.0.0.2", []),
        (
            f"{PORTS}, ipFamilyPolicy: PreferDualStack, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1']",
            f"{PORTS}, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1]",
            ["spec.ipFamilyPolicy"],
        ),
        (
            f"{PORTS}, ipFamilyPolicy: PreferDualStack, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1']",
            f"{PORTS}, ipFamilyPolicy: SingleStack",
            [],
        ),
        (f"{PORTS}, ipFamilies: [IPv4]", f"{PORTS}, ipFamilies: [IPv6]", ["spec.ipFamilies[0]"]),
        (
            f"{PORTS}, ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv6]",
            f"{PORTS}, ipFamilies: [IPv4]",
            ["spec.ipFamilyPolicy"],
        ),
        (
            f"type: LoadBalancer, {PORTS}, loadBalancerClass: a/b",
            f"type: LoadBalancer, {PORTS}",
            ["spec.loadBalancerClass"],
        ),
        (f"type: LoadBalancer, {PORTS}, loadBalancerClass: a/b", f"type: NodePort, {PORTS}", []),
        (
            f"type: LoadBalancer, {PORTS}, externalTrafficPolicy: Local, healthCheckNodePort: 30000",
            f"type: LoadBalancer, {PORTS}, externalTrafficPolicy: Local, healthCheckNodePort: 30001",
            ["spec.healthCheckNodePort"],
        ),
    ],
)
def test_update(old: str, new: str, expected: list[str]) -> None:
    assert [item.path for item in validate_update(service(old), service(new))] == expected


def test_allocated_values_stay_where_an_update_leaves_them_out() -> None:
    old = service("type: NodePort, clusterIP: 10.0.0.1, ports: [{port: 80, name: a, nodePort: 30080}]")
    new = service("type: NodePort, ports: [{port: 8080, name: a}]")
    prepared = prepare_service(new, old).spec
    assert (prepared.cluster_ip, prepared.cluster_ips) == ("10.0.0.1", ("10.0.0.1",))
    assert prepared.ports[0].node_port == 30080


def test_values_that_the_new_type_has_no_use_for_go() -> None:
    old = service(
        "type: LoadBalancer, clusterIP: 10.0.0.1, externalTrafficPolicy: Local, healthCheckNodePort: 30000, "
        "ports: [{port: 80, nodePort: 30080}]"
    )
    prepared = prepare_service(service("clusterIP: 10.0.0.1, ports: [{port: 80}]"), old).spec
    assert prepared.ports[0].node_port is None
    assert prepared.health_check_node_port is None


@pytest.mark.parametrize(
    ("spec", "attribute", "expected"),
    [
        (PORTS, "internal_traffic_policy", "Cluster"),
        ("type: ExternalName, externalName: a, internalTrafficPolicy: Local", "internal_traffic_policy", None),
        (f"{PORTS}, externalIPs: [1.2.3.4]", "external_traffic_policy", "Cluster"),
        (f"{PORTS}, clusterIP: 10.0.0.1", "cluster_ips", ("10.0.0.1",)),
        (f"type: LoadBalancer, {PORTS}", "allocate_load_balancer_node_ports", True),
        (f"{PORTS}, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 3}}}}", "session_affinity_config", None),
    ],
)
def test_defaults(spec: str, attribute: str, expected: object) -> None:
    assert getattr(service(spec).spec, attribute) == expected


def test_a_port_that_cannot_be_read_is_reported_once() -> None:
    assert paths(f"{HEAD}spec: {{ports: [{{port: '${{PORT}}'}}]}}\n") == ["spec.ports[0].port"]
    both = ["spec.ports[0].port", "spec.ports[0].targetPort"]
    assert paths(f"{HEAD}spec: {{ports: [{{port: '${{PORT}}', targetPort: 0}}]}}\n") == both
