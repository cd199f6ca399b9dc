"""Strategic and JSON merge patches: directives, merge keys that are not unique, and what three manifests make."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.apply import json_merge, strategic
from kverify.api.apply.shape import ANY, shape_of_class
from kverify.api.apply.strategic_lists import PatchError, in_order, sorted_by, without_duplicates
from kverify.api.types.apps import Deployment

SHAPE = shape_of_class(Deployment)


def deployment(**spec: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "spec": {"template": {"spec": spec}}}


def pod(obj: dict[str, Any]) -> Any:
    return obj["spec"]["template"]["spec"]


def applied(original: dict[str, Any], modified: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    patch = strategic.three_way_patch(original, modified, current, SHAPE)
    return strategic.apply(current, patch, SHAPE)


def test_items_of_others_stay_and_own_items_go() -> None:
    """``containers`` merge by name; an item that was never applied here is left alone."""
    live = deployment(containers=[{"name": "a", "image": "1"}, {"name": "b"}, {"name": "sidecar"}])
    result = applied(
        deployment(containers=[{"name": "a"}, {"name": "b"}]),
        deployment(containers=[{"name": "a", "image": "2"}]),
        live,
    )
    assert pod(result)["containers"] == [{"name": "a", "image": "2"}, {"name": "sidecar"}]


def test_removing_one_of_two_items_with_one_merge_key_removes_both() -> None:
    """``ports`` merge by containerPort alone: the same number on two protocols is one item to kubectl."""
    ports = [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"}]
    both = deployment(containers=[{"name": "c", "ports": ports}])
    one = deployment(containers=[{"name": "c", "ports": ports[:1]}])
    assert pod(applied(both, one, both))["containers"][0]["ports"] == []


def test_a_field_dropped_from_the_manifest_is_removed_and_one_never_applied_is_kept() -> None:
    live = deployment(hostNetwork=True, nodeName="n")
    assert pod(applied(deployment(hostNetwork=True), deployment(), live)) == {"nodeName": "n"}


def test_lists_without_a_merge_key_are_replaced() -> None:
    live = deployment(tolerations=[{"key": "theirs"}])
    result = applied(deployment(tolerations=[{"key": "a"}]), deployment(tolerations=[{"key": "b"}]), live)
    assert pod(result)["tolerations"] == [{"key": "b"}]


def test_retain_keys_clears_the_other_members_of_a_union() -> None:
    """A new volume source, or another strategy type, takes the place of the old one even if that was a default."""
    live = deployment(volumes=[{"name": "v", "emptyDir": {}}])
    result = applied(deployment(), deployment(volumes=[{"name": "v", "configMap": {"name": "m"}}]), live)
    assert pod(result)["volumes"] == [{"name": "v", "configMap": {"name": "m"}}]


def test_finalizers_merge_as_a_set() -> None:
    def object_with(*names: str) -> dict[str, Any]:
        return {"metadata": {"finalizers": list(names)}}

    result = applied(object_with("mine"), {"metadata": {}}, object_with("mine", "theirs"))
    assert result["metadata"] == {}  # the whole list was dropped from the manifest
    result = applied(object_with("mine", "b"), object_with("b"), object_with("mine", "theirs", "b"))
    assert result["metadata"]["finalizers"] == ["theirs", "b"]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"containers": [{"$patch": "replace"}, {"name": "x"}]}, [{"name": "x"}]),
        ({"containers": [{"$patch": "delete", "name": "a"}]}, [{"name": "b"}]),
        ({"containers": None}, None),
        ({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}, [{"name": "b"}, {"name": "a"}]),
        ({"containers": [{"name": "a", "image": None, "args": ["1"]}]}, [{"name": "a", "args": ["1"]}, {"name": "b"}]),
    ],
)
def test_directives(patch: dict[str, Any], expected: Any) -> None:
    live = deployment(containers=[{"name": "a"}, {"name": "b"}])
    result = strategic.apply(live, deployment(**patch), SHAPE)
    assert pod(result).get("containers") == expected
    assert pod(live)["containers"] == [{"name": "a"}, {"name": "b"}]


@pytest.mark.parametrize(
    "patch",
    [
        {"containers": [{"image": "no name"}]},
        {"containers": ["text"]},
        {"containers": [{"name": "a", "$patch": "merge"}]},
        {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "a"}, {"name": "b"}]},
        {"$setElementOrder/nothing": []},
        {"$retainKeys": ["a"], "containers": []},
        {"$patch": "forget"},
    ],
)
def test_patches_that_contradict_themselves_are_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(PatchError):
        strategic.apply(deployment(containers=[{"name": "a"}]), deployment(**patch), SHAPE)


def test_equal_keys_come_out_in_reverse() -> None:
    """Go's sort with "not greater" swaps equal neighbours."""
    assert sorted_by([("b", 1), ("a", 1), ("b", 2)], lambda item: item[0]) == [("a", 1), ("b", 2), ("b", 1)]


def test_the_last_item_takes_the_place_of_a_duplicate() -> None:
    assert without_duplicates(["a", "b", "a", "c"]) == ["a", "b", "c"]
    assert without_duplicates(["a", "a", "b", "c"]) == ["a", "c", "b"]
    assert without_duplicates([1, True, 1.0]) == [1, True, 1.0]


def test_items_that_the_order_does_not_name_move_forward() -> None:
    """Go compares them as "less" than whatever stands before them, and what follows passes them too."""
    assert in_order(["b", "a"], ["a", "b"], "", False) == ["a", "b"]
    assert in_order(["b", "x", "a"], ["a", "b"], "", False) == ["a", "x", "b"]


names = st.sampled_from(["a", "b", "c", "d"])
containers = st.lists(
    st.fixed_dictionaries({"name": names}, optional={"image": st.sampled_from(["1", "2"]), "args": st.lists(names)}),
    max_size=4,
    unique_by=lambda item: item["name"],
)
specs = st.fixed_dictionaries(
    {},
    optional={
        "containers": containers,
        "nodeSelector": st.dictionaries(names, names, max_size=3),
        "tolerations": st.lists(st.fixed_dictionaries({"key": names}), max_size=2),
        "hostNetwork": st.booleans(),
    },
)


@given(specs, specs)
def test_live_as_it_was_applied_becomes_the_new_manifest(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Three-way merge with live = last applied is a replacement, but for empty lists and maps that are left over."""
    result = applied(deployment(**old), deployment(**new), deployment(**old))
    assert _filled(result) == _filled(deployment(**new))


@given(specs, specs, specs)
def test_applying_twice_changes_nothing_more(old: dict[str, Any], new: dict[str, Any], live: dict[str, Any]) -> None:
    once = applied(deployment(**old), deployment(**new), deployment(**live))
    assert applied(deployment(**new), deployment(**new), once) == once


def _filled(value: Any) -> Any:
    """Without empty lists and maps."""
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items() if item not in ({}, []) and _filled(item) != {}}
    return [_filled(item) for item in value] if isinstance(value, list) else value


json_values = st.recursive(
    st.one_of(st.booleans(), st.integers(0, 3), st.sampled_from(["x", "y"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=10,
)
json_objects = st.dictionaries(names, json_values, max_size=4)


@given(json_objects, json_objects)
def test_a_merge_patch_makes_the_second_of_the_first(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert json_merge.apply(old, json_merge.diff(old, new)) == new


@given(json_objects, json_objects, json_objects)
def test_json_three_way_merge_is_idempotent(old: dict[str, Any], new: dict[str, Any], live: dict[str, Any]) -> None:
    once = json_merge.apply(live, json_merge.three_way_patch(old, new, live))
    assert json_merge.three_way_patch(new, new, once) == {}


@given(json_objects, json_objects)
def test_a_custom_resource_as_it_was_applied_becomes_the_new_manifest(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert json_merge.apply(old, json_merge.three_way_patch(old, new, old)) == new


def test_values_without_a_type_merge_by_key() -> None:
    assert strategic.apply({"a": {"b": 1, "c": [1]}}, {"a": {"c": [2]}}, ANY) == {"a": {"b": 1, "c": [2]}}
