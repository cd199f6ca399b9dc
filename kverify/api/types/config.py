"""ConfigMaps, Secrets and service accounts (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from kverify.api.base import EMPTY, api_field
from kverify.api.object import KubeObject
from kverify.api.types.references import LocalObjectReference, ObjectReference


@frozen(kw_only=True, eq=False, repr=False)
class ConfigMap(KubeObject):
    api_version: str = "v1"
    kind: str = "ConfigMap"
    binary_data: Mapping[str, str] = api_field(EMPTY)
    data: Mapping[str, str] = api_field(EMPTY)
    immutable: bool | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Secret(KubeObject):
    api_version: str = "v1"
    kind: str = "Secret"
    data: Mapping[str, str] = api_field(EMPTY)
    immutable: bool | None = None
    string_data: Mapping[str, str] = api_field(EMPTY)
    type: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class ServiceAccount(KubeObject):
    api_version: str = "v1"
    kind: str = "ServiceAccount"
    automount_service_account_token: bool | None = None
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    secrets: tuple[ObjectReference, ...] = api_field(
        (), list_type="map", list_keys=("name",), patch="merge", merge_key="name"
    )
