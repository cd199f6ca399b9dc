"""References to other objects (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen


@frozen(kw_only=True)
class LocalObjectReference:
    ATOMIC: ClassVar[bool] = True
    name: str = ""


@frozen(kw_only=True)
class SecretReference:
    ATOMIC: ClassVar[bool] = True
    name: str | None = None
    namespace: str | None = None


@frozen(kw_only=True)
class TypedLocalObjectReference:
    ATOMIC: ClassVar[bool] = True
    kind: str = ""
    api_group: str | None = None
    name: str = ""


@frozen(kw_only=True)
class TypedObjectReference:
    kind: str = ""
    api_group: str | None = None
    name: str = ""
    namespace: str | None = None


@frozen(kw_only=True)
class ObjectReference:
    ATOMIC: ClassVar[bool] = True
    api_version: str | None = None
    kind: str | None = None
    field_path: str | None = None
    name: str | None = None
    namespace: str | None = None
    resource_version: str | None = None
    uid: str | None = None
