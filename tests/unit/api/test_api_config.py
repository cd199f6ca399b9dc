"""Config maps, secrets and service accounts: one row per rule."""

from __future__ import annotations

import base64

import pytest

from kverify.api import validate_update
from kverify.api.types.config import ServiceAccount
from tests.unit.api.api_cases import accepted, decode_text, paths

PEM = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n").decode()


def text(kind: str, rest: str, metadata: str = "name: a") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{{metadata}}}\n{rest}\n"


def encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


@pytest.mark.parametrize(
    ("kind", "rest", "expected"),
    [
        ("ConfigMap", "data: {'..a': b}", ["data[..a]"]),
        ("ConfigMap", f"data: {{'{'a' * 254}': b}}", [f"data[{'a' * 254}]"]),
        ("ConfigMap", "binaryData: {'a b': ''}", ["binaryData[a b]"]),
        ("ConfigMap", f"data: {{a: '{'x' * (1024 * 1024 + 1)}'}}", [""]),
        ("Secret", f"stringData: {{a: '{'x' * (1024 * 1024 + 1)}'}}", ["data"]),
        ("Secret", "stringData: {a b: c}", ["data[a b]"]),
        ("Secret", "type: kubernetes.io/dockercfg", ["data[.dockercfg]"]),
        ("Secret", f"type: kubernetes.io/dockercfg\ndata: {{.dockercfg: {encoded('[]')}}}", ["data[.dockercfg]"]),
        ("Secret", f"type: kubernetes.io/dockercfg\ndata: {{.dockercfg: {encoded('null')}}}", []),
        ("Secret", "type: kubernetes.io/basic-auth", ["data[password]", "data[username]"]),
        ("Secret", "type: kubernetes.io/basic-auth\ndata: {username: ''}", []),
        ("Secret", "type: kubernetes.io/ssh-auth\ndata: {ssh-privatekey: ''}", ["data[ssh-privatekey]"]),
        ("Secret", "type: kubernetes.io/tls", ["data[tls.crt]", "data[tls.key]"]),
        ("ServiceAccount", "secrets: [{name: a}, {name: a}]", []),
    ],
)
def test_creation(kind: str, rest: str, expected: list[str]) -> None:
    assert sorted(paths(text(kind, rest))) == expected


@pytest.mark.parametrize(
    ("crt", "key", "expected"),
    [("", "", ["data[tls.crt]"]), (PEM, "", ["data[tls.key]"]), (PEM, PEM, [])],
)
def test_keys_and_certificates_are_pem(crt: str, key: str, expected: list[str]) -> None:
    decoded = decode_text(text("Secret", f"type: kubernetes.io/tls\ndata: {{tls.crt: '{crt}', tls.key: '{key}'}}"))
    assert decoded.object is not None
    assert [item.path for item in decoded.diagnostics] == expected


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("ConfigMap", "data: {a: b}\nimmutable: true", "data: {a: c}\nimmutable: true", ["data"]),
        ("ConfigMap", "immutable: true", "binaryData: {a: ''}\nimmutable: true", ["binaryData"]),
        ("ConfigMap", "immutable: true", "immutable: false", ["immutable"]),
        ("ConfigMap", "data: {a: b}", "data: {a: c}\nimmutable: true", []),
        ("Secret", "stringData: {a: b}\nimmutable: true", "stringData: {a: c}\nimmutable: true", ["data"]),
        ("Secret", "data: {}", "type: a/b", ["type"]),
        ("Secret", "data: {}", "type: Opaque", []),
    ],
)
def test_update(kind: str, old: str, new: str, expected: list[str]) -> None:
    found = validate_update(accepted(text(kind, old)), accepted(text(kind, new)))
    assert [item.path for item in found] == expected


def test_mountable_secrets_are_deprecated() -> None:
    metadata = "name: a, annotations: {kubernetes.io/enforce-mountable-secrets: 'true'}"
    decoded = decode_text(text("ServiceAccount", "secrets: []", metadata), "1.32")
    assert decoded.object is not None
    assert [item.path for item in decoded.diagnostics] == [
        "metadata.annotations[kubernetes.io/enforce-mountable-secrets]"
    ]


def test_of_the_secrets_of_an_account_only_names_are_kept() -> None:
    found = accepted(text("ServiceAccount", "secrets: [{name: a, namespace: b, kind: Secret}]"))
    assert isinstance(found, ServiceAccount)
    assert [(secret.name, secret.namespace, secret.kind) for secret in found.secrets] == [("a", None, None)]
