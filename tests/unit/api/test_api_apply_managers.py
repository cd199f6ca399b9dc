"""Field managers: who owns what, conflicts, and what goes when nobody applies it any more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.apply import fields, managers, structured
from kverify.api.apply.custom import CustomKind
from kverify.api.apply.managers import Applied, Manager, Managers, apply, read_managers, update, write_managers
from kverify.api.apply.server import Server
from kverify.api.apply.shape import ANY, shape_of_class
from kverify.api.apply.structured import compare, field_set, merge, validate
from kverify.api.types.apps import Deployment
from kverify.api.types.service import Service
from kverify.manifest import Document, read_text

DEPLOYMENT = shape_of_class(Deployment)
SERVICE = shape_of_class(Service)


def texts(found: fields.FieldSet) -> set[str]:
    return {fields.text(path) for path in found}


def deployment(containers: list[Any] | None = None, **spec: Any) -> dict[str, Any]:
    if containers is not None:
        spec["template"] = {"spec": {"containers": containers}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def over(result: Applied | None, config: dict[str, Any], name: str, force: bool = False) -> Applied:
    live = result.object if result is not None else None
    known = result.managers if result is not None else {}
    return apply(live, config, DEPLOYMENT, known, name, "apps/v1", force=force, empty=deployment())


def test_an_apply_owns_its_leaves_items_and_nothing_of_the_name() -> None:
    config = deployment([{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}], replicas=1)
    owned = over(None, config, "m").managers[Manager("m", "Apply")]
    here = '.spec.template.spec.containers[name="c"]'
    assert texts(owned.fields) == {
        ".spec.replicas",
        here,
        f"{here}.name",
        f"{here}.image",
        f'{here}.ports[containerPort=80,protocol="TCP"]',
        f'{here}.ports[containerPort=80,protocol="TCP"].containerPort',
    }


def test_a_field_that_is_no_longer_applied_is_removed() -> None:
    first = over(None, deployment(replicas=3, paused=True), "m")
    second = over(first, deployment(replicas=3), "m")
    assert second.object == deployment(replicas=3)


def test_a_field_that_somebody_else_applies_too_stays() -> None:
    first = over(over(None, deployment(replicas=3), "a"), deployment(replicas=3, paused=True), "b")
    second = over(first, deployment(paused=True), "b")
    assert second.object == deployment(replicas=3, paused=True)
    assert set(second.managers) == {Manager("a", "Apply"), Manager("b", "Apply")}


def test_another_value_conflicts_until_it_is_forced() -> None:
    first = over(None, deployment(replicas=3), "a")
    refused = over(first, deployment(replicas=4), "b")
    assert refused.object is None
    (conflict,) = refused.conflicts
    assert (conflict.manager.name, conflict.paths) == ("a", (".spec.replicas",))
    forced = over(first, deployment(replicas=4), "b", force=True)
    assert forced.object["spec"]["replicas"] == 4
    assert Manager("a", "Apply") not in forced.managers


def test_conflicts_name_updaters_with_version_and_subresource() -> None:
    assert str(Manager("m", "Apply")) == '"m"'
    assert str(Manager("hpa", "Update", "apps/v1", "scale")) == '"hpa" with subresource "scale" using apps/v1'


def test_an_updater_owns_what_it_changed_and_others_lose_it() -> None:
    applied = over(None, deployment(replicas=3, paused=True), "a")
    edit = Manager("edit", "Update", "apps/v1")
    known = update(applied.object, deployment(replicas=5), DEPLOYMENT, applied.managers, edit)
    assert texts(known[edit].fields) == {".spec.replicas"}
    assert Manager("a", "Apply") not in known


def test_an_object_without_managers_gets_none_by_an_update_and_one_by_an_apply() -> None:
    live = deployment(replicas=1)
    edit = Manager("edit", "Update", "apps/v1")
    assert update(live, deployment(replicas=2), DEPLOYMENT, {}, edit) == {}
    result = apply(live, deployment(paused=True), DEPLOYMENT, {}, "m", "apps/v1", empty=deployment())
    assert Manager(managers.BEFORE_FIRST_APPLY, "Update", "apps/v1") in result.managers
    refused = apply(live, deployment(replicas=2), DEPLOYMENT, {}, "m", "apps/v1", empty=deployment())
    assert [item.manager.name for item in refused.conflicts] == [managers.BEFORE_FIRST_APPLY]


def test_kubectl_takes_over_what_its_client_side_apply_set() -> None:
    """The conflicts with what the annotation says and the object still has are none; others remain."""
    annotation = '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":3}}'
    live = deployment(replicas=3, paused=True)
    live["metadata"]["annotations"] = {managers.LAST_APPLIED: annotation}
    csa = Manager(managers.CLIENT_SIDE_APPLY, "Update", "apps/v1")
    known = update(deployment(), live, DEPLOYMENT, {}, csa, created=True)
    assert not apply(live, deployment(replicas=4), DEPLOYMENT, known, "kubectl", "apps/v1").refused
    assert apply(live, deployment(replicas=4), DEPLOYMENT, known, "other", "apps/v1").refused
    assert apply(live, deployment(paused=False), DEPLOYMENT, known, "kubectl", "apps/v1").refused


def test_at_most_ten_updaters_are_kept() -> None:
    known: Managers = {}
    live = deployment()
    for number in range(14):
        after = deployment(**live["spec"])
        after["metadata"] = {"name": "web", "labels": {**live["metadata"].get("labels", {}), str(number): "x"}}
        known = update(live, after, DEPLOYMENT, known, Manager(f"m{number}", "Update", "apps/v1"), created=number == 0)
        live = after
    assert len(known) == managers.MAX_UPDATE_MANAGERS
    ancient = known[Manager(managers.ANCIENT_CHANGES, "Update", "apps/v1")]
    assert {f".metadata.labels.{number}" for number in range(5)} <= texts(ancient.fields)


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (deployment(replica=3), ".spec.replica"),
        (deployment([{"name": "c", "env": [{"name": "A"}, {"name": "A"}]}]), None),
        (deployment(replicas="3"), ".spec.replicas"),
        (deployment(paused="true"), ".spec.paused"),
        ({**deployment(), "spec": []}, ".spec"),
    ],
)
def test_what_does_not_fit_the_type_is_refused(config: dict[str, Any], path: str | None) -> None:
    problems = over(None, config, "m").problems
    assert problems
    assert path is None or [fields.text(problem.path) for problem in problems] == [path]


def test_a_list_takes_the_order_of_the_manifest_and_keeps_others_between() -> None:
    live = {"ports": [{"port": 1}, {"port": 9}, {"port": 2}]}
    config = {"ports": [{"port": 2}, {"port": 1}]}
    merged = merge({"spec": live}, {"spec": config}, SERVICE)
    assert [port["port"] for port in merged["spec"]["ports"]] == [9, 2, 1]


def test_sets_of_scalars() -> None:
    live = {"metadata": {"finalizers": ["a", "b"]}}
    config = {"metadata": {"finalizers": ["b", "c"]}}
    assert merge(live, config, SERVICE) == {"metadata": {"finalizers": ["a", "b", "c"]}}
    assert texts(field_set(config, SERVICE)) == {'.metadata.finalizers[="b"]', '.metadata.finalizers[="c"]'}


def test_atomic_values_are_one_field() -> None:
    changed = compare(
        {"spec": {"selector": {"a": "1"}, "type": "ClusterIP"}},
        {"spec": {"selector": {"a": "1", "b": "2"}}},
        SERVICE,
    )
    assert (texts(changed.modified), texts(changed.removed)) == ({".spec.selector"}, {".spec.type"})


def test_managed_fields_are_read_and_written() -> None:
    entry = {
        "manager": "m",
        "operation": "Apply",
        "apiVersion": "apps/v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:containers": {'k:{"name":"c"}': {".": {}, "f:image": {}}}, "f:x": {'v:"a"': {}}}},
    }
    known = read_managers({"metadata": {"managedFields": [entry]}})
    assert texts(known[Manager("m", "Apply")].fields) == {
        '.spec.containers[name="c"]',
        '.spec.containers[name="c"].image',
        '.spec.x[="a"]',
    }
    assert write_managers(known) == [entry]


def test_custom_kinds_merge_as_their_schema_says() -> None:
    items = {"type": "object", "properties": {"name": {"type": "string", "default": "x"}, "v": {"type": "integer"}}}
    keyed = {"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    schema = {"type": "object", "properties": {"keyed": keyed, "plain": {"type": "array", "items": items}}}
    kind = CustomKind({"type": "object", "properties": {"spec": schema}})
    live = {"spec": {"keyed": [{"name": "a", "v": 1}], "plain": [{"v": 1}]}}
    config = {"spec": {"keyed": [{"v": 2}], "plain": [{"v": 2}]}}
    merged = {"spec": {"keyed": [{"name": "a", "v": 1}, {"v": 2}], "plain": [{"v": 2}]}}
    assert merge(live, config, kind.shape) == merged
    assert kind.default(config)["spec"]["keyed"] == [{"name": "x", "v": 2}]
    assert [fields.text(p.path) for p in validate({"spec": {"other": 1}}, kind.shape)] == [".spec.other"]


keys = st.sampled_from(["a", "b", "c"])
values = st.sampled_from(["1", "2"])
objects = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(keys, values, max_size=3),
        "finalizers": st.lists(keys, max_size=3, unique=True),
        "annotations": st.dictionaries(keys, values, max_size=3),
    },
)


def _named(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Lists of items with different names."""
    required: dict[str, st.SearchStrategy[Any]] = {"name": keys}
    items: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(required, optional=optional)
    return st.lists(items, max_size=3, unique_by=lambda item: item["name"])


containers = _named(image=values, args=st.lists(values, max_size=2), env=_named(value=values))
specs: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={"replicas": st.integers(0, 2), "paused": st.booleans(), "containers": containers}
)


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    spec = dict(draw(specs))
    config = deployment(spec.pop("containers", None), **spec)
    config["metadata"].update(draw(objects))
    return config


@given(configs(), configs())
def test_applying_again_what_is_owned_changes_nothing(one: dict[str, Any], other: dict[str, Any]) -> None:
    first = over(over(None, other, "b"), one, "a", force=True)
    again = over(first, one, "a")
    assert not again.refused
    assert again.object == first.object
    assert again.managers == first.managers


@given(configs(), configs())
def test_the_only_manager_gets_exactly_what_it_applies(one: dict[str, Any], two: dict[str, Any]) -> None:
    """Everything it no longer applies is gone, but for lists and maps that are empty."""
    result = over(over(None, one, "a"), two, "a")
    assert _filled(result.object) == _filled(two)


@given(configs(), st.data())
def test_managers_of_different_fields_commute(config: dict[str, Any], data: st.DataObject) -> None:
    """Two managers that share no field may apply in any order; lists are compared as sets of items."""
    mine, theirs = _split(config, data)
    one = over(over(None, mine, "a"), theirs, "b")
    two = over(over(None, theirs, "b"), mine, "a")
    assert not one.refused
    assert not two.refused
    assert _sorted(one.object) == _sorted(two.object)
    for name in ("a", "b"):
        manager = Manager(name, "Apply")
        assert one.managers.get(manager) == two.managers.get(manager)


@given(configs(), configs())
def test_a_merge_has_every_field_of_the_manifest(live: dict[str, Any], config: dict[str, Any]) -> None:
    merged = merge(live, config, DEPLOYMENT)
    changed = structured.compare(config, merged, DEPLOYMENT)
    assert not changed.modified
    assert not {path for path in changed.removed if path in field_set(_filled(config), DEPLOYMENT)}


@given(configs())
def test_fields_survive_their_serial_form(config: dict[str, Any]) -> None:
    found = field_set(config, DEPLOYMENT)
    assert fields.parse(fields.serialize(found)) == found


@given(st.recursive(st.none() | st.integers(0, 2), lambda inner: st.dictionaries(keys, inner, max_size=3)))
def test_untyped_values_merge_and_compare(value: Any) -> None:
    changed = compare({"x": value}, {"x": value}, ANY)
    assert not changed.removed | changed.modified | changed.added


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        filled = {key: _filled(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item not in (None, {}, [])}
    return [_filled(item) for item in value] if isinstance(value, list) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    return sorted(map(_sorted, value), key=repr) if isinstance(value, list) else value


def _split(config: dict[str, Any], data: st.DataObject) -> tuple[dict[str, Any], dict[str, Any]]:
    """A manifest in two that have no field in common."""
    mine, theirs = deployment(), deployment()
    for part in ("metadata", "spec"):
        for key, value in config[part].items():
            if key == "name":
                continue
            target = mine if data.draw(st.booleans()) else theirs
            target[part][key] = value
    return mine, theirs


def test_server_side_apply_after_client_side_apply_takes_its_fields_over() -> None:
    """What the manifest had and no longer has goes, although another manager set it by an update."""
    server = Server()
    first = server.apply_client_side(None, _document(paused="true", replicas="3"))
    assert first.stored is not None
    second = server.apply_server_side(first.stored, _document(replicas="3"))
    assert second.stored is not None
    plain = second.stored.plain
    assert "paused" not in plain["spec"]
    assert plain["spec"]["replicas"] == 3
    assert '"paused"' not in plain["metadata"]["annotations"][managers.LAST_APPLIED]
    assert {manager.name for manager in second.stored.managers} == {"kubectl", "kubectl-last-applied"}


def test_another_manager_drops_the_annotation_with_the_migration() -> None:
    server = Server()
    first = server.apply_client_side(None, _document(replicas="3"))
    assert first.stored is not None
    second = server.apply_server_side(first.stored, _document(replicas="3"), "ci")
    assert second.stored is not None
    assert "annotations" not in second.stored.plain["metadata"]
    assert {manager.name for manager in second.stored.managers} == {"ci"}


def _document(**spec: str) -> Document:
    fields = "".join(f"  {name}: {value}\n" for name, value in spec.items())
    text = (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n{fields}"
        "  selector: {matchLabels: {a: b}}\n"
        "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}\n"
    )
    return read_text(text, "web.yaml").documents[0]
