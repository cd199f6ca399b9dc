"""Ingresses, ingress classes, network policies, endpoints and slices: one row per rule, default and warning."""

from __future__ import annotations

import pytest

from kverify.api import KubeObject, validate_update
from kverify.api.defaults.networking import repack
from kverify.api.encode import to_plain
from kverify.api.types.endpoints import EndpointAddress, EndpointPort, EndpointSubset
from tests.unit.api.api_cases import accepted, decode_text, paths

KINDS = {
    "Ingress": "networking.k8s.io/v1",
    "IngressClass": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Endpoints": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
}
BACKEND = "backend: {service: {name: s, port: {number: 80}}}"


def text(kind: str, rest: str, metadata: str = "name: a") -> str:
    return f"apiVersion: {KINDS[kind]}\nkind: {kind}\nmetadata: {{{metadata}}}\n{rest}\n"


def rule(path: str) -> str:
    return f"spec: {{rules: [{{http: {{paths: [{{{path}}}]}}}}]}}"


def backend(value: str) -> str:
    return f"spec: {{defaultBackend: {value}}}"


def peer(value: str) -> str:
    return f"spec: {{ingress: [{{from: [{value}]}}]}}"


def port(value: str) -> str:
    return f"spec: {{egress: [{{ports: [{value}]}}]}}"


PATH, BACK = "spec.rules[0].http.paths[0]", "spec.defaultBackend"
PEER, PORT = "spec.ingress[0].from[0]", "spec.egress[0].ports[0]"

RULES = [
    ("Ingress", "spec: {}", ["spec"]),
    ("Ingress", "spec: {rules: [{host: a.b}]}", []),
    ("Ingress", "spec: {rules: [{http: {}}]}", ["spec.rules[0].http.paths"]),
    ("Ingress", "spec: {rules: [{host: '*.a.b'}]}", []),
    ("Ingress", "spec: {rules: [{host: 'a.*.b'}]}", ["spec.rules[0].host"]),
    ("Ingress", "spec: {rules: [{host: A.b}]}", ["spec.rules[0].host"]),
    ("Ingress", "spec: {rules: [{host: 'fd00::1'}]}", ["spec.rules[0].host", "spec.rules[0].host"]),
    ("Ingress", rule(f"pathType: prefix, path: /, {BACKEND}"), [f"{PATH}.pathType"]),
    ("Ingress", rule(f"path: /, {BACKEND}"), [f"{PATH}.pathType"]),
    ("Ingress", rule(f"pathType: ImplementationSpecific, {BACKEND}"), []),
    ("Ingress", rule(f"pathType: ImplementationSpecific, path: a, {BACKEND}"), [f"{PATH}.path"]),
    ("Ingress", rule(f"pathType: Prefix, path: /a/./b, {BACKEND}"), [f"{PATH}.path"]),
    ("Ingress", rule(f"pathType: Prefix, path: /a%2Fb, {BACKEND}"), [f"{PATH}.path"]),
    ("Ingress", rule(f"pathType: Exact, path: /a/.., {BACKEND}"), [f"{PATH}.path"]),
    ("Ingress", rule(f"pathType: Exact, path: /a.., {BACKEND}"), []),
    ("Ingress", rule("pathType: Exact, path: /a"), [f"{PATH}.backend"]),
    ("Ingress", backend("{}"), [BACK]),
    ("Ingress", backend("{service: {name: s, port: {number: 80}}, resource: {kind: a, name: b}}"), [BACK]),
    ("Ingress", backend("{service: {port: {number: 80}}}"), [f"{BACK}.service.name"]),
    ("Ingress", backend("{service: {name: A, port: {number: 80}}}"), [f"{BACK}.service.name"]),
    ("Ingress", backend("{service: {name: 1a, port: {number: 80}}}"), []),
    ("Ingress", backend("{service: {name: s, port: {number: 65536}}}"), [f"{BACK}.service.port.number"]),
    ("Ingress", backend("{service: {name: s, port: {name: A}}}"), [f"{BACK}.service.port.name"]),
    ("Ingress", backend("{resource: {kind: a/b, name: ..}}"), [f"{BACK}.resource.kind", f"{BACK}.resource.name"]),
    ("Ingress", backend("{resource: {}}"), [f"{BACK}.resource.kind", f"{BACK}.resource.name"]),
    ("Ingress", backend("{resource: {apiGroup: A, kind: a, name: b}}"), [f"{BACK}.resource.apiGroup"]),
    ("Ingress", "spec: {rules: [{}], tls: [{hosts: [a_b, '*.a']}]}", ["spec.tls[0].hosts[0]"]),
    ("Ingress", "spec: {rules: [{}], tls: [{secretName: a_b}]}", ["spec.tls[0].secretName"]),
    ("Ingress", "spec: {rules: [{}], ingressClassName: ''}", ["spec.ingressClassName"]),
    ("IngressClass", "spec: {}", ["spec.controller"]),
    ("IngressClass", "spec: {controller: a.b}", ["spec.controller"]),
    ("IngressClass", "spec: {controller: a.b/c d}", ["spec.controller"]),
    ("IngressClass", "spec: {controller: A/b}", ["spec.controller"]),
    ("IngressClass", f"spec: {{controller: a.b/{'c' * 250}}}", ["spec.controller"]),
    ("IngressClass", "spec: {controller: a.b/c/d}", []),
    ("IngressClass", "spec: {controller: a/b, parameters: {kind: k, name: p}}", []),
    (
        "IngressClass",
        "spec: {controller: a/b, parameters: {kind: k, name: p, scope: Namespace}}",
        ["spec.parameters.namespace"],
    ),
    (
        "IngressClass",
        "spec: {controller: a/b, parameters: {kind: k, name: p, namespace: x}}",
        ["spec.parameters.namespace"],
    ),
    (
        "IngressClass",
        "spec: {controller: a/b, parameters: {kind: k, name: p, scope: All}}",
        ["spec.parameters.scope"],
    ),
    (
        "IngressClass",
        "spec: {controller: a/b, parameters: {}}",
        ["spec.parameters.kind", "spec.parameters.name"],
    ),
    ("NetworkPolicy", "spec: {podSelector: {matchLabels: {a: b c}}}", ["spec.podSelector.matchLabels"]),
    ("NetworkPolicy", "spec: {policyTypes: [Ingress, Egress, Ingress]}", ["spec.policyTypes"]),
    ("NetworkPolicy", peer("{}"), [PEER]),
    ("NetworkPolicy", peer("{podSelector: {}}"), []),
    ("NetworkPolicy", peer("{ipBlock: {}}"), [f"{PEER}.ipBlock.cidr"]),
    ("NetworkPolicy", peer("{ipBlock: {cidr: 10.0.0.1/8}}"), [f"{PEER}.ipBlock.cidr"]),
    ("NetworkPolicy", peer("{ipBlock: {cidr: 10.0.0.0/33}}"), [f"{PEER}.ipBlock.cidr"]),
    ("NetworkPolicy", peer("{ipBlock: {cidr: 10.0.0.0/08}}"), [f"{PEER}.ipBlock.cidr"]),
    ("NetworkPolicy", peer("{ipBlock: {cidr: 'fd00::/8', except: ['fd01::/16']}}"), []),
    (
        "NetworkPolicy",
        peer("{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16, x, 10.1.0.0/16]}}"),
        [f"{PEER}.ipBlock.except[0]", f"{PEER}.ipBlock.except[1]"],
    ),
    (
        "NetworkPolicy",
        peer("{podSelector: {matchExpressions: [{key: a, operator: In}]}}"),
        [f"{PEER}.podSelector.matchExpressions[0].values"],
    ),
    ("NetworkPolicy", port("{port: 0}"), [f"{PORT}.port"]),
    ("NetworkPolicy", port("{port: A}"), [f"{PORT}.port"]),
    ("NetworkPolicy", port("{protocol: ICMP}"), [f"{PORT}.protocol"]),
    ("NetworkPolicy", port("{port: 80, endPort: 65536}"), [f"{PORT}.endPort"]),
    ("Endpoints", "subsets: [{}]", ["subsets[0]"]),
    ("Endpoints", "subsets: [{addresses: [{ip: 10.0.0.1}]}]", []),
    ("Endpoints", "subsets: [{addresses: [{}]}]", ["subsets[0].addresses[0].ip"]),
    ("Endpoints", "subsets: [{notReadyAddresses: [{ip: 127.0.0.1}]}]", ["subsets[0].notReadyAddresses[0].ip"]),
    (
        "Endpoints",
        "subsets: [{addresses: [{ip: 10.0.0.1, hostname: A, nodeName: B}]}]",
        ["subsets[0].addresses[0].hostname", "subsets[0].addresses[0].nodeName"],
    ),
    (
        "Endpoints",
        "subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{port: 1}, {port: 2, name: A}]}]",
        ["subsets[0].ports[0].name", "subsets[0].ports[1].name"],
    ),
    (
        "Endpoints",
        "subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{port: 0, protocol: X, appProtocol: a b}]}]",
        ["subsets[0].ports[0].appProtocol", "subsets[0].ports[0].port", "subsets[0].ports[0].protocol"],
    ),
    ("EndpointSlice", "endpoints: []", ["addressType"]),
    ("EndpointSlice", "addressType: IP", ["addressType"]),
    ("EndpointSlice", "addressType: IPv4\nendpoints: [{}]", ["endpoints[0].addresses"]),
    ("EndpointSlice", "addressType: IPv4\nendpoints: [{addresses: ['fd00::1']}]", ["endpoints[0].addresses[0]"]),
    ("EndpointSlice", "addressType: IPv6\nendpoints: [{addresses: [10.0.0.1]}]", ["endpoints[0].addresses[0]"]),
    ("EndpointSlice", "addressType: FQDN\nendpoints: [{addresses: [a]}]", ["endpoints[0].addresses[0]"]),
    (
        "EndpointSlice",
        f"addressType: IPv4\nendpoints: [{{addresses: [{', '.join(f'10.0.0.{n}' for n in range(1, 102))}]}}]",
        ["endpoints[0].addresses"],
    ),
    (
        "EndpointSlice",
        f"addressType: IPv4\nendpoints: [{', '.join(['{addresses: [10.0.0.1]}'] * 1001)}]",
        ["endpoints"],
    ),
    (
        "EndpointSlice",
        "addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], nodeName: A}]",
        ["endpoints[0].nodeName"],
    ),
    (
        "EndpointSlice",
        "addressType: IPv4\n"
        "endpoints: [{addresses: [10.0.0.1], hints: {forZones: [{name: a}, {name: a}, {name: b c}]}}]",
        ["endpoints[0].hints.forZones[1].name", "endpoints[0].hints.forZones[2].name"],
    ),
    (
        "EndpointSlice",
        "addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], hints: {forZones: ["
        + ", ".join(f"{{name: z{n}}}" for n in range(9))
        + "]}}]",
        ["endpoints[0].hints.forZones"],
    ),
    ("EndpointSlice", "addressType: IPv4\nports: [{name: A}]", ["ports[0].name"]),
    ("EndpointSlice", "addressType: IPv4\nports: [{protocol: X}]", ["ports[0].protocol"]),
    ("EndpointSlice", "addressType: IPv4\nports: [{appProtocol: a b}]", ["ports[0].appProtocol"]),
    ("EndpointSlice", "addressType: IPv4\nports: [{port: 70000}]", []),
]


@pytest.mark.parametrize(("kind", "rest", "expected"), RULES)
def test_creation(kind: str, rest: str, expected: list[str]) -> None:
    assert sorted(paths(text(kind, rest))) == expected


def test_the_class_of_an_ingress_is_named_once() -> None:
    both = "name: a, annotations: {kubernetes.io/ingress.class: x}"
    assert paths(text("Ingress", "spec: {rules: [{}], ingressClassName: x}", both)) == []
    found = paths(text("Ingress", "spec: {rules: [{}], ingressClassName: w}", both))
    assert found == ["annotations.kubernetes.io/ingress.class"]


def test_before_1_36_services_of_a_backend_begin_with_a_letter() -> None:
    found = paths(text("Ingress", backend("{service: {name: 1a, port: {number: 80}}}")), "1.35")
    assert found == ["spec.defaultBackend.service.name"]


@pytest.mark.parametrize(
    ("kind", "rest", "metadata", "version", "expected"),
    [
        (
            "Ingress",
            "spec: {rules: [{}]}",
            "name: a, annotations: {kubernetes.io/ingress.class: x}",
            "1.36",
            ["metadata.annotations[kubernetes.io/ingress.class]"],
        ),
        ("Endpoints", "subsets: []", "name: a", "1.33", ["apiVersion"]),
        ("Endpoints", "subsets: []", "name: a", "1.32", []),
        ("EndpointSlice", "addressType: FQDN", "name: a", "1.36", ["spec.addressType"]),
        (
            "EndpointSlice",
            "addressType: IPv6\nendpoints: [{addresses: ['FD00::1']}]",
            "name: a",
            "1.36",
            ["endpoints[0].addresses[0]"],
        ),
        ("NetworkPolicy", peer("{ipBlock: {cidr: 10.0.0.1/8}}"), "name: a", "1.35", [f"{PEER}.ipBlock.cidr"]),
    ],
)
def test_warnings(kind: str, rest: str, metadata: str, version: str, expected: list[str]) -> None:
    decoded = decode_text(text(kind, rest, metadata), version)
    assert decoded.object is not None
    assert [item.path for item in decoded.diagnostics] == expected


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("IngressClass", "spec: {controller: a/b}", "spec: {controller: a/c}", ["spec.controller"]),
        ("EndpointSlice", "addressType: IPv4", "addressType: IPv6", ["addressType"]),
        ("EndpointSlice", "addressType: IPv4", "addressType: IPv4\nports: [{port: 1}]", []),
    ],
)
def test_update(kind: str, old: str, new: str, expected: list[str]) -> None:
    found = validate_update(accepted(text(kind, old)), accepted(text(kind, new)))
    assert [item.path for item in found] == expected


@pytest.mark.parametrize(
    ("kind", "rest", "stored"),
    [
        ("NetworkPolicy", "spec: {egress: []}", {"podSelector": {}, "policyTypes": ["Ingress"]}),
        (
            "NetworkPolicy",
            "spec: {egress: [{ports: [{port: 53}]}]}",
            {
                "podSelector": {},
                "policyTypes": ["Ingress", "Egress"],
                "egress": [{"ports": [{"port": 53, "protocol": "TCP"}]}],
            },
        ),
        (
            "IngressClass",
            "spec: {controller: a/b, parameters: {kind: k, name: p}}",
            {"controller": "a/b", "parameters": {"kind": "k", "name": "p", "scope": "Cluster"}},
        ),
    ],
)
def test_defaults(kind: str, rest: str, stored: dict[str, object]) -> None:
    found = accepted(text(kind, rest))
    assert isinstance(found, KubeObject)
    assert to_plain(found)["spec"] == stored


def test_endpoints_are_packed_again() -> None:
    """The example of RepackSubsets: ports that share their addresses share a subset, and ready beats not ready."""
    one, two = EndpointAddress(ip="10.0.0.1"), EndpointAddress(ip="10.0.0.2")
    http, admin = EndpointPort(name="http", port=80), EndpointPort(name="admin", port=81)
    packed = repack(
        (
            EndpointSubset(addresses=(two, one), ports=(http,)),
            EndpointSubset(addresses=(one,), ports=(admin,)),
            EndpointSubset(addresses=(two,), not_ready_addresses=(one,), ports=(admin,)),
        )
    )
    assert packed == (EndpointSubset(addresses=(one, two), ports=(http, admin)),)
