"""Problems of texts with a grammar of their own: under the exact characters, by the rules of the version."""

from __future__ import annotations

import pytest

from kverify.api.decode import decode
from kverify.manifest import Diagnostic, read_text

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  dnsConfig:
    nameservers: [DNS]
  hostAliases:
  - ip: ALIAS
  containers:
  - name: c
    image: IMAGE
    ports:
    - {name: PORT, containerPort: 80, hostPort: 80, hostIP: HOSTIP}
    resources: {limits: {memory: MEMORY}}
"""
FINE = {"DNS": "10.0.0.1", "ALIAS": "10.0.0.2", "IMAGE": "nginx", "PORT": "web", "HOSTIP": "0.0.0.0", "MEMORY": "1Gi"}


def problems(version: str = "1.36", **values: str) -> list[tuple[str, str, str, str]]:
    """Id, path, the characters under the mark, and the mend of every diagnostic of a pod with these texts."""
    text = POD
    for name, value in (FINE | values).items():
        text = text.replace(name, value)
    found = decode(read_text(text, "pod.yaml").documents[0], version).diagnostics
    return [(each.id, each.path, _marked(text, each), each.mend) for each in found]


def _marked(text: str, diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    return text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]


def test_a_pod_with_nothing_wrong() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("MEMORY", "64MB", ("KV1107", "spec.containers[0].resources.limits.memory", "MB", "write 64 with M or Mi")),
        ("MEMORY", '"64MB"', ("KV1107", "spec.containers[0].resources.limits.memory", "MB", "write 64 with M or Mi")),
        ("PORT", "web_port", ("KV1202", "spec.containers[0].ports[0].name", "_", "write web-port")),
        (
            "DNS",
            "10.0.0.300",
            ("KV1202", "spec.dnsConfig.nameservers[0]", "300", "the numbers of an IPv4 address go from 0 to 255"),
        ),
        ("ALIAS", "010.0.0.1", ("KV1202", "spec.hostAliases[0].ip", "010", "write 10.0.0.1")),
        ("IMAGE", "ghcr.io/Org/app", ("KV1250", "spec.containers[0].image", "Org", "write org")),
        (
            "HOSTIP",
            "localhost",
            ("KV1250", "spec.containers[0].ports[0].hostIP", "localhost", "write it as in 10.9.8.7 or 2001:db8::ffff"),
        ),
    ],
)
def test_the_mark_is_under_the_fault(field: str, value: str, expected: tuple[str, str, str, str]) -> None:
    assert problems(**{field: value}) == [expected]


@pytest.mark.parametrize(("version", "id"), [("1.35", "KV1250"), ("1.36", "KV1202"), ("1.37", "KV1202")])
def test_zeros_in_front_of_addresses_are_refused_from_1_36_on(version: str, id: str) -> None:
    assert [found[0] for found in problems(version, ALIAS="010.0.0.1")] == [id]


def test_another_spelling_of_ipv6_is_only_remarked() -> None:
    assert problems(ALIAS='"FE80:0::1"') == [("KV1250", "spec.hostAliases[0].ip", '"FE80:0::1"', "write fe80::1")]


SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80}]
  loadBalancerSourceRanges: [" 10.0.0.5/8 "]
"""


def test_blanks_around_a_source_range_are_taken_and_bits_behind_its_length_are_not() -> None:
    document = read_text(SERVICE, "s.yaml").documents[0]
    (found,) = decode(document).diagnostics
    assert (found.path, _marked(SERVICE, found)) == ("spec.LoadBalancerSourceRanges[0]", "10.0.0.5")
    (found,) = decode(document, "1.35").diagnostics
    assert found.id == "KV1250"


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 12.5%, maxUnavailable: "1"}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
"""


def test_percentages() -> None:
    found = decode(read_text(DEPLOYMENT, "d.yaml").documents[0]).diagnostics
    assert [(each.id, each.path, _marked(DEPLOYMENT, each), each.mend) for each in found] == [
        ("KV1214", "spec.strategy.rollingUpdate.maxSurge", ".", "round it"),
        ("KV1214", "spec.strategy.rollingUpdate.maxUnavailable", "1", "write 1 without quotes, or 1%"),
    ]
