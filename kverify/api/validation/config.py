"""Config maps, secrets and service accounts (``pkg/apis/core/validation/validation.go``).

Warnings: ``pkg/registry/core/{secret,serviceaccount}/strategy.go``.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from kverify.api.types.config import ConfigMap, Secret, ServiceAccount
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata
from kverify.api.validation.report import IMMUTABLE, INVALID, OUT_OF_RANGE, SUSPICIOUS, Path, Report
from kverify.api.versions import deprecated

MAX_CONFIG_BYTES = 1024 * 1024
ENFORCE_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"

_METADATA = Path().child("metadata")
_DATA = Path().child("data")


def check_config_map(config: ConfigMap, report: Report) -> None:
    check_metadata(config.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    binary = Path().child("binaryData")
    size = 0
    for key, value in config.data.items():
        check_format(key, _DATA.key(key), report, formats.config_key, at_key=True)
        if key in config.binary_data:
            report.invalid(_DATA.key(key), f"{key!r} is in data and in binaryData.", "keep one of them")
        size += len(value.encode())
    for key, value in config.binary_data.items():
        check_format(key, binary.key(key), report, formats.config_key, at_key=True)
        size += len(_decode(value, binary.key(key), report))
    # The API server means the whole object by a path without a name, and prints it like this.
    _check_size(size, "ConfigMap", _DATA.printed(""), report)


def check_secret(secret: Secret, report: Report) -> None:
    """Runs after defaulting, so ``stringData`` is already part of ``data``."""
    check_metadata(secret.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    decoded: dict[str, bytes] = {}
    for key, value in secret.data.items():
        check_format(key, _DATA.key(key), report, formats.config_key, at_key=True)
        decoded[key] = _decode(value, _DATA.key(key), report)
    _check_size(sum(map(len, decoded.values())), "Secret", _DATA, report)
    match secret.type:
        case "kubernetes.io/service-account-token":
            key = "kubernetes.io/service-account.name"
            if not secret.metadata.annotations.get(key):
                here = _METADATA.child("annotations").key(key)
                report.required(here, f"A service account token names its account in the annotation {key}.")
        case "kubernetes.io/dockerconfigjson":
            _check_json(".dockerconfigjson", decoded, report)
        case "kubernetes.io/dockercfg":
            _check_json(".dockercfg", decoded, report)
        case "kubernetes.io/basic-auth":
            if "username" not in decoded and "password" not in decoded:
                for key in ("username", "password"):
                    report.required(_DATA.key(key))
        case "kubernetes.io/ssh-auth":
            if not decoded.get("ssh-privatekey"):
                report.required(_DATA.key("ssh-privatekey"))
        case "kubernetes.io/tls":
            for key in ("tls.crt", "tls.key"):
                if key not in decoded:
                    report.required(_DATA.key(key))
            _warn_key_pair(decoded, report)


def _warn_key_pair(decoded: Mapping[str, bytes], report: Report) -> None:
    """What ``tls.X509KeyPair`` sees first: neither part is text between PEM markers. Keys are not compared here."""
    for key, what in (("tls.crt", "certificate"), ("tls.key", "key")):
        if b"-----BEGIN " not in decoded.get(key, b""):
            report.warn(SUSPICIOUS, _DATA.key(key), f"The {what} holds no PEM data.")
            return


def _check_json(key: str, decoded: Mapping[str, bytes], report: Report) -> None:
    if key not in decoded:
        report.required(_DATA.key(key))
        return
    try:
        read = json.loads(decoded[key])
    except (ValueError, RecursionError):
        report.invalid(_DATA.key(key), f"{key} is not JSON.")
        return
    if read is not None and not isinstance(read, dict):
        report.invalid(_DATA.key(key), f"{key} is no JSON object.")


def _decode(text: str, path: Path, report: Report) -> bytes:
    """Standard base64 with padding; line breaks are skipped, as in Go."""
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        mend = "encode it, or move it to stringData" if path.parts[0] == "data" else "encode it"
        report.error(INVALID, path, "The value is not base64.", mend)
        return b""


def _check_size(size: int, kind: str, path: Path, report: Report) -> None:
    if size > MAX_CONFIG_BYTES:
        message = f"The {kind} holds {size} bytes; the limit is {MAX_CONFIG_BYTES}."
        report.error(OUT_OF_RANGE, path, message)


def update_config_map(new: ConfigMap, old: ConfigMap, report: Report) -> None:
    _keep_immutable(old.immutable, new.immutable, report)
    if old.immutable:
        _keep(old.data, new.data, _DATA, report)
        _keep(old.binary_data, new.binary_data, Path().child("binaryData"), report)


def update_secret(new: Secret, old: Secret, report: Report) -> None:
    if new.type != old.type:
        message = f"The type of a secret cannot be changed; this one is {old.type}."
        report.error(IMMUTABLE, Path().child("type"), message, "give the new secret a new name")
    _keep_immutable(old.immutable, new.immutable, report)
    if old.immutable:
        _keep(old.data, new.data, _DATA, report)


def _keep_immutable(old: bool | None, new: bool | None, report: Report) -> None:
    if old and not new:
        message = "An immutable object stays immutable."
        report.error(IMMUTABLE, Path().child("immutable"), message, "delete it and create it again")


def _keep(old: Mapping[str, str], new: Mapping[str, str], path: Path, report: Report) -> None:
    if old != new:
        message = f"{path} of an immutable object cannot be changed."
        report.error(IMMUTABLE, path, message, "give the new content a new name")


def check_service_account(account: ServiceAccount, report: Report) -> None:
    check_metadata(account.metadata, _METADATA, report, formats.dns_subdomain, namespaced=True)
    if ENFORCE_MOUNTABLE in account.metadata.annotations and deprecated(ENFORCE_MOUNTABLE, report.version):
        here = _METADATA.child("annotations").key(ENFORCE_MOUNTABLE)
        message = f"The annotation {ENFORCE_MOUNTABLE} is deprecated since Kubernetes 1.32."
        report.warn(SUSPICIOUS, here, message, "keep secrets apart by namespaces")
