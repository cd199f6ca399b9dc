"""ConfigMaps and Secrets (``core/v1``)."""

# ruff: noqa: RUF009 (a default object is frozen, so all instances may share it)

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from kverify.api.base import mapping
from kverify.api.meta import ObjectMeta
from kverify.api.source import NOWHERE, Source


@frozen(kw_only=True)
class ConfigMap:
    """``binary_data`` stays base64 text."""

    api_version: str = "v1"
    kind: str = "ConfigMap"
    metadata: ObjectMeta = ObjectMeta()
    immutable: bool | None = None
    data: Mapping[str, str] = mapping()
    binary_data: Mapping[str, str] = mapping()
    source: Source = field(default=NOWHERE, eq=False, repr=False)


@frozen(kw_only=True)
class Secret:
    """``data`` stays base64 text; defaulting moves ``string_data`` into it, as the API server does."""

    api_version: str = "v1"
    kind: str = "Secret"
    metadata: ObjectMeta = ObjectMeta()
    immutable: bool | None = None
    data: Mapping[str, str] = mapping()
    string_data: Mapping[str, str] = mapping()
    type: str | None = None
    source: Source = field(default=NOWHERE, eq=False, repr=False)
