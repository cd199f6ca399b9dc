"""Every typed kind has a class, and every rule a table names exists."""

from __future__ import annotations

from typing import get_args, get_type_hints

import attrs
import pytest

from kverify.api.base import json_name, model_fields
from kverify.api.defaults import DEFAULTS
from kverify.api.dispatch import rule
from kverify.api.object import KubeObject
from kverify.api.reader import shape_of
from kverify.api.registry import NAMESPACED, TYPED, class_of
from kverify.api.types import history
from kverify.api.validation import CHECKS, UPDATES
from kverify.api.versions import GATES, REMOVED
from kverify.naming import camel_case, snake_case


@pytest.mark.parametrize("kind", TYPED, ids="/".join)
def test_a_typed_kind_can_be_built_and_read(kind: tuple[str, str]) -> None:
    cls = class_of(*kind)
    assert cls is not None
    assert issubclass(cls, KubeObject)
    made = cls()
    assert (made.api_version, made.kind) == kind
    assert kind in NAMESPACED
    reader: type = cls
    assert {"apiVersion", "kind", "metadata"} <= shape_of(reader).fields.keys()


@pytest.mark.parametrize("package", ["defaults", "validation", "update"])
def test_rules_that_tables_name_exist(package: str) -> None:
    tables = {"defaults": DEFAULTS, "validation": CHECKS, "update": UPDATES}
    place = "kverify.api.defaults" if package == "defaults" else "kverify.api.validation"
    for kind, name in tables[package].items():
        assert kind in TYPED
        assert callable(rule(place, name))


def test_version_tables_name_fields_that_exist() -> None:
    fields = {
        (owner.__name__, json_name(attribute))
        for kind in TYPED
        for owner in _classes(class_of(*kind))
        for attribute in model_fields(owner)
    }
    named = history.FIELDS.keys() | GATES.keys()
    assert {key for key in named if key not in fields and key[0] != "ListMeta"} == set()
    assert REMOVED.keys() & TYPED.keys() == set()


def _classes(cls: type | None) -> set[type]:
    """The class and every class of the API below it."""
    seen: set[type] = set()
    queue = [cls] if cls is not None else []
    while queue:
        current = queue.pop()
        if current in seen:
            continue
        seen.add(current)
        for hint in get_type_hints(current).values():
            queue += [inner for inner in _inner(hint) if attrs.has(inner) and inner.__module__.startswith(_TYPES)]
    return seen


_TYPES = "kverify.api.types."


def _inner(hint: object) -> list[type]:
    found = [hint] if isinstance(hint, type) else []
    for argument in get_args(hint):
        found += _inner(argument)
    return found


@pytest.mark.parametrize(
    ("json", "attribute"),
    [
        ("nodeSelector", "node_selector"),
        ("podCIDRs", "pod_cidrs"),
        ("setHostnameAsFQDN", "set_hostname_as_fqdn"),
        ("fieldsV1", "fields_v1"),
        ("openAPIV3Schema", "open_api_v3_schema"),
        ("x-kubernetes-list-type", "x_kubernetes_list_type"),
        ("$ref", "ref"),
        ("continue", "continue_"),
    ],
)
def test_attribute_names(json: str, attribute: str) -> None:
    assert snake_case(json) == attribute


def test_a_plain_name_goes_both_ways() -> None:
    assert camel_case(snake_case("topologySpreadConstraints")) == "topologySpreadConstraints"
