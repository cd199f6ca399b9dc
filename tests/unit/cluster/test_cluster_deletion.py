"""Deleting: the three propagation policies, finalizers, owners that are shared, and a recording of a real cluster."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.registry import AnyObject
from kverify.api.types.apps import Deployment, ReplicaSet
from kverify.api.types.config import ConfigMap
from kverify.api.types.meta import ObjectMeta, OwnerReference
from kverify.api.types.pod import Pod
from kverify.cluster.deletion import FOREGROUND, Deletion, Policy, delete
from kverify.cluster.objects import Key, key_of

RECORDED = Path(__file__).parents[4] / "shared/traces/r_gc.jsonl.gz"
KINDS: dict[str, type[Any]] = {"Deployment": Deployment, "ReplicaSet": ReplicaSet, "Pod": Pod, "ConfigMap": ConfigMap}
VERSIONS = {"Deployment": "apps/v1", "ReplicaSet": "apps/v1", "Pod": "v1", "ConfigMap": "v1"}


def obj(name: str, *owners: str, finalizers: tuple[str, ...] = (), blocks: bool = True) -> AnyObject:
    """``Kind/name`` owned by others of that form; every object has its name as uid."""
    kind, _, short = name.partition("/")
    references = tuple(
        OwnerReference(
            api_version=VERSIONS[owner.partition("/")[0]],
            kind=owner.partition("/")[0],
            name=owner.partition("/")[2],
            uid=owner,
            controller=True,
            block_owner_deletion=blocks,
        )
        for owner in owners
    )
    metadata = ObjectMeta(name=short, namespace="default", uid=name, owner_references=references, finalizers=finalizers)
    made: AnyObject = KINDS[kind](metadata=metadata)
    return made


def key(name: str) -> Key:
    return key_of(obj(name))


def names(objects: tuple[AnyObject, ...]) -> list[str]:
    return [f"{item.kind}/{item.metadata.name}" for item in objects]


TREE = (
    obj("Deployment/web"),
    obj("ReplicaSet/web-1", "Deployment/web"),
    obj("Pod/a", "ReplicaSet/web-1"),
    obj("Pod/b", "ReplicaSet/web-1"),
    obj("Pod/other"),
)


def test_background_goes_from_the_owner_down() -> None:
    done = delete(TREE, key("Deployment/web"))
    assert names(done.gone) == ["Deployment/web", "ReplicaSet/web-1", "Pod/a", "Pod/b"]
    assert names(done.after(TREE)) == ["Pod/other"]


def test_foreground_goes_from_the_leaves_up() -> None:
    done = delete(TREE, key("Deployment/web"), Policy.FOREGROUND)
    assert names(done.gone) == ["Pod/a", "Pod/b", "ReplicaSet/web-1", "Deployment/web"]
    assert done.terminating == done.released == ()


def test_orphans_stay_without_their_owner() -> None:
    done = delete(TREE, key("Deployment/web"), Policy.ORPHAN)
    assert names(done.gone) == ["Deployment/web"]
    (released,) = done.released
    assert released.metadata.owner_references == ()
    assert names(done.after(TREE)) == ["ReplicaSet/web-1", "Pod/a", "Pod/b", "Pod/other"]


def test_a_finalizer_holds_the_object_and_in_the_background_everything_below_it() -> None:
    held = (obj("Deployment/web", finalizers=("x.io/f",)), *TREE[1:])
    done = delete(held, key("Deployment/web"))
    assert (done.gone, names(done.terminating)) == ((), ["Deployment/web"])
    done = delete(held, key("Deployment/web"), Policy.FOREGROUND)
    assert names(done.gone) == ["Pod/a", "Pod/b", "ReplicaSet/web-1"]
    (left,) = done.terminating
    assert left.metadata.finalizers == ("x.io/f",)


def test_a_finalizer_below_holds_the_owner_in_the_foreground() -> None:
    held = (*TREE[:2], obj("Pod/a", "ReplicaSet/web-1", finalizers=("x.io/f",)), *TREE[3:])
    done = delete(held, key("Deployment/web"), Policy.FOREGROUND)
    assert names(done.gone) == ["Pod/b"]
    assert names(done.terminating) == ["Deployment/web", "ReplicaSet/web-1", "Pod/a"]
    assert FOREGROUND in done.terminating[0].metadata.finalizers
    background = delete(held, key("Deployment/web"))
    assert names(background.gone) == ["Deployment/web", "ReplicaSet/web-1", "Pod/b"]


def test_a_dependent_that_does_not_block_is_not_waited_for() -> None:
    held = (obj("Deployment/web"), obj("Pod/a", "Deployment/web", finalizers=("x.io/f",), blocks=False))
    done = delete(held, key("Deployment/web"), Policy.FOREGROUND)
    assert names(done.gone) == ["Deployment/web"]
    assert names(done.terminating) == ["Pod/a"]


@pytest.mark.parametrize("policy", [Policy.BACKGROUND, Policy.FOREGROUND])
def test_a_second_owner_keeps_a_dependent(policy: Policy) -> None:
    shared = (obj("Deployment/a"), obj("Deployment/b"), obj("ConfigMap/c", "Deployment/a", "Deployment/b"))
    done = delete(shared, key("Deployment/a"), policy)
    assert names(done.gone) == ["Deployment/a"]
    assert [owner.name for owner in done.released[0].metadata.owner_references] == ["b"]


def test_an_owner_of_the_same_name_with_another_uid_is_no_owner() -> None:
    (again,) = (attrs.evolve(item, metadata=attrs.evolve(item.metadata, uid="new")) for item in TREE[:1])
    done = delete((again, *TREE[1:]), key("Deployment/web"))
    assert names(done.gone) == ["Deployment/web"]


def test_what_is_not_there_cannot_be_deleted() -> None:
    with pytest.raises(KeyError):
        delete(TREE, key("Pod/nobody"))


@st.composite
def forests(draw: st.DrawFn) -> tuple[AnyObject, ...]:
    count = draw(st.integers(1, 6))
    made: list[AnyObject] = []
    for number in range(count):
        owners = draw(st.lists(st.integers(0, number - 1), max_size=2, unique=True)) if number else []
        finalizers = ("x.io/f",) if draw(st.integers(0, 4)) == 0 else ()
        made.append(obj(f"ConfigMap/{number}", *(f"ConfigMap/{o}" for o in owners), finalizers=finalizers))
    return tuple(made)


@given(forests(), st.sampled_from(Policy))
def test_nothing_is_lost_and_nobody_points_at_what_is_gone(objects: tuple[AnyObject, ...], policy: Policy) -> None:
    """Every object is gone, terminating, or there; one that stays has no reference to a gone owner."""
    done: Deletion = delete(objects, key_of(objects[0]), policy)
    after = done.after(objects)
    gone = {item.metadata.name for item in done.gone}
    assert len(done.gone) + len(after) == len(objects)
    terminating = {item.metadata.name for item in done.terminating}
    for item in after:
        lost = {owner.name for owner in item.metadata.owner_references} & gone
        assert not lost or item.metadata.name in terminating
    assert all(item.metadata.finalizers for item in done.terminating)


@pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")
@pytest.mark.parametrize(
    ("name", "policy"), [("bg", Policy.BACKGROUND), ("fg", Policy.FOREGROUND), ("or", Policy.ORPHAN)]
)
def test_same_order_as_recorded(name: str, policy: Policy) -> None:
    """A Deployment with its ReplicaSet and two pods, as a real cluster (v1.36.2) deleted it."""
    events = [json.loads(line) for line in gzip.decompress(RECORDED.read_bytes()).splitlines()]
    deleted = sorted((int(e["rv"]), e["kind"]) for e in events if e["ev"] == "DELETED" and _of(name, e["name"]))
    kinds = [kind for _, kind in deleted if kind != "Event"]
    added = [e for e in events if e["ev"] == "ADDED" and e["kind"] in KINDS and _of(name, e["name"])]
    objects = tuple(obj(f"{e['kind']}/{e['name']}", *e.get("owner", ())) for e in added)
    done = delete(objects, key(f"Deployment/{name}"), policy)
    assert [item.kind for item in done.gone] == kinds


def _of(name: str, other: str) -> bool:
    return other == name or other.startswith(f"{name}-")
