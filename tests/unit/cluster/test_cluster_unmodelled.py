"""Nothing is ignored in silence: every field of every modelled kind is in a table, and what is set is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import attrs

from kverify.api.base import json_name, model_fields
from kverify.api.registry import TYPED, class_of
from kverify.cluster.fields import DESCRIPTIVE, MODELLED, NOT_MODELLED, READ, class_name
from kverify.cluster.unmodelled import not_modelled, short_path
from tests.unit.cluster.cluster_helpers import bundle, deployment, pod, stateful_set


def classes_in(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and attrs.has(hint):
        yield hint
    for argument in get_args(hint):
        yield from classes_in(argument)


def reachable() -> dict[tuple[str, str], bool]:
    """Every field that a manifest of a modelled kind can set, and whether it is an object with fields of its own."""
    fields: dict[tuple[str, str], bool] = {}
    seen: set[type] = set()
    queue: list[type] = [cls for key in TYPED if key[1] in MODELLED and (cls := class_of(*key)) is not None]
    while queue:
        cls = queue.pop()
        if cls in seen:
            continue
        seen.add(cls)
        hints = get_type_hints(cls)
        for attribute in model_fields(cls):
            key = class_name(cls), json_name(attribute)
            inner = list(classes_in(hints[attribute.name]))
            fields[key] = bool(inner)
            if key not in READ and key not in DESCRIPTIVE and key not in NOT_MODELLED:
                queue.extend(inner)
    return fields


def test_every_field_is_read_or_descriptive_or_named_as_not_modelled() -> None:
    tables = (READ, DESCRIPTIVE, NOT_MODELLED)
    for key, has_fields in reachable().items():
        found = sum(key in table for table in tables)
        assert found <= 1, f"{key} is in {found} tables"
        assert found or has_fields, f"{key} is in no table of kverify/cluster/fields.py"


def test_the_tables_hold_no_field_that_does_not_exist() -> None:
    assert (READ | DESCRIPTIVE | NOT_MODELLED.keys()) - reachable().keys() == set()


def test_what_is_set_is_told_once_for_each_field() -> None:
    probe = "livenessProbe: {tcpSocket: {port: 80}}"
    two = [
        deployment(name, f"{{app: {name}}}", spec="paused: true").replace(f"/{name}:1", f"/{name}:1, {probe}")
        for name in "ab"
    ]
    assert not_modelled(bundle("".join(two))) == (
        "spec.paused (Deployment shop/a and Deployment shop/b): a paused Deployment does not roll out",
        "containers[*].livenessProbe (Deployment shop/a and Deployment shop/b): containers are not restarted",
    )


def test_a_field_set_several_times_in_one_object_is_counted() -> None:
    extra = "volumes: [{name: a, csi: {driver: x}}, {name: b, csi: {driver: x}}]"
    (line,) = not_modelled(bundle(deployment(extra=extra)))
    assert line.startswith("volumes[*].csi (2 times, Deployment shop/web): ")


def test_defaults_usual_values_and_descriptions_are_not_worth_a_word() -> None:
    usual = "schedulerName: default-scheduler\n      restartPolicy: Always\n      securityContext: {}"
    meta = ", annotations: {a: b}"
    assert not_modelled(bundle(deployment(extra=usual, spec="progressDeadlineSeconds: 600", meta=meta))) == ()


def test_pods_of_a_controller_are_told_by_its_template() -> None:
    owned = pod("a", "web-1/rs-1").replace("nodeName: n1", "nodeName: n1, schedulerName: other")
    bare = pod("b").replace("nodeName: n1", "nodeName: n1, schedulerName: other")
    (line,) = not_modelled(bundle("", owned + bare))
    assert line.startswith("spec.schedulerName (Pod shop/b): ")


def test_other_kinds_take_one_line_each() -> None:
    text = "".join(
        f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i{n}, namespace: shop}}\n"
        "spec: {rules: [{host: a.example}]}\n"
        for n in range(4)
    )
    text += stateful_set()
    text += "---\napiVersion: example.org/v1\nkind: Gadget\nmetadata: {name: g}\n"
    assert not_modelled(bundle(text)) == (
        "Ingress shop/i0, shop/i1 and 2 more are not modelled",
        "StatefulSet shop/db is not modelled: its pods take no room",
        "Gadget g is not modelled",
    )


def test_short_path() -> None:
    assert short_path(("spec", "template", "spec", "containers", 1, "livenessProbe")) == "containers[*].livenessProbe"
    assert short_path(("spec", "paused")) == "spec.paused"
