"""References to other objects (``core/v1``).

Written by ``tools/generate_types.py``; do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from kverify.api.base import Typed, api_field


@frozen(kw_only=True, eq=False, repr=False)
class LocalObjectReference(Typed):
    ATOMIC: ClassVar[bool] = True
    name: str = api_field("", omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class SecretReference(Typed):
    ATOMIC: ClassVar[bool] = True
    name: str | None = api_field(None, omit_zero=True)
    namespace: str | None = api_field(None, omit_zero=True)


@frozen(kw_only=True, eq=False, repr=False)
class TypedLocalObjectReference(Typed):
    ATOMIC: ClassVar[bool] = True
    kind: str = ""
    api_group: str | None = api_field(None, null=True)
    name: str = ""


@frozen(kw_only=True, eq=False, repr=False)
class TypedObjectReference(Typed):
    kind: str = ""
    api_group: str | None = api_field(None, null=True)
    name: str = ""
    namespace: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class ObjectReference(Typed):
    ATOMIC: ClassVar[bool] = True
    api_version: str | None = api_field(None, omit_zero=True)
    kind: str | None = api_field(None, omit_zero=True)
    field_path: str | None = api_field(None, omit_zero=True)
    name: str | None = api_field(None, omit_zero=True)
    namespace: str | None = api_field(None, omit_zero=True)
    resource_version: str | None = api_field(None, omit_zero=True)
    uid: str | None = api_field(None, omit_zero=True)
