"""Deleting an object: what becomes of it, of what it owns, and in which order, under the three propagation policies.

Sources: ``pkg/controller/garbagecollector`` (``attemptToDeleteItem``, ``processDeletingDependentsItem``,
``orphanDependents``) and ``k8s.io/apiserver/pkg/registry/generic/registry/store.go`` (``deletionFinalizersForGarbage
Collection``).

* **background**: the object goes at once, then the garbage collector deletes what has no other owner, level by level.
* **foreground**: the object waits (``foregroundDeletion``) until every dependent that blocks it
  (``blockOwnerDeletion``) is gone; they go in the same way.
* **orphan**: the references to the object are removed, then it goes.

Finalizers of others hold an object: it is *terminating* until somebody removes them, whatever the policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

import attrs
from attrs import define, field, frozen

from kverify.api.registry import AnyObject
from kverify.api.types.meta import OwnerReference
from kverify.cluster.objects import Key, key_of, owner_key

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class Policy(Enum):
    """``propagationPolicy`` of a DELETE; ``kubectl delete --cascade`` names them."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


@frozen(eq=False)
class Deletion:
    """What a DELETE leads to once the garbage collector has nothing more to do.

    ``gone`` are in the order in which they disappear. ``terminating`` wait for the finalizers they still have, or for
    such an object. ``released`` stay, without references to what is gone.
    """

    gone: tuple[AnyObject, ...] = ()
    terminating: tuple[AnyObject, ...] = ()
    released: tuple[AnyObject, ...] = ()

    def after(self, objects: Iterable[AnyObject]) -> tuple[AnyObject, ...]:
        """``objects`` as they are then, in their order."""
        gone = {key_of(item) for item in self.gone}
        changed = {key_of(item): item for item in (*self.terminating, *self.released)}
        return tuple(changed.get(key_of(item), item) for item in objects if key_of(item) not in gone)


def delete(objects: Sequence[AnyObject], target: Key, policy: Policy = Policy.BACKGROUND) -> Deletion:
    """Delete ``target``, one of ``objects``. Raises ``KeyError`` when it is not there.

    Owners are found by uid where both sides have one, else by kind and name.
    """
    run = _Deletion({key_of(item): item for item in objects})
    item = run.objects[target]
    if policy is Policy.ORPHAN:
        run.release(target)
    elif policy is Policy.FOREGROUND:
        item = _with_finalizer(item)
    run.mark(item)
    run.settle()
    return run.result()


@define
class _Deletion:
    """The objects while the garbage collector works on them."""

    objects: dict[Key, AnyObject]
    gone: list[AnyObject] = field(factory=list)
    marked: dict[Key, None] = field(factory=dict)
    released: dict[Key, None] = field(factory=dict)

    def mark(self, item: AnyObject) -> None:
        """Somebody has asked for the object to go."""
        key = key_of(item)
        self.objects[key] = item
        self.marked.setdefault(key)
        self.released.pop(key, None)

    def release(self, owner: Key) -> None:
        """Dependents lose their reference to ``owner``."""
        for dependent in self.dependents(owner):
            key = key_of(dependent)
            kept = tuple(o for o in dependent.metadata.owner_references if not self.is_owner(o, dependent, owner))
            metadata = attrs.evolve(dependent.metadata, owner_references=kept)
            self.objects[key] = attrs.evolve(dependent, metadata=metadata)
            if key not in self.marked:
                self.released.setdefault(key)

    def settle(self) -> None:
        """Until nothing changes: what may go goes, and what lost its last owner, or whose owner waits, is marked."""
        changed = True
        while changed:
            # A sum, because every one of them has its turn.
            changed = sum(self.step(key) for key in list(self.marked) if key in self.objects) > 0

    def step(self, key: Key) -> bool:
        item = self.objects[key]
        waits = FOREGROUND in item.metadata.finalizers
        if waits:
            fresh = [d for d in self.dependents(key) if key_of(d) not in self.marked]
            for dependent in fresh:
                if self.other_owners(dependent):
                    self.let_go(dependent, key)
                else:
                    # Whatever owns something itself is deleted in the foreground too.
                    owns = any(True for _ in self.dependents(key_of(dependent)))
                    self.mark(_with_finalizer(dependent) if owns else dependent)
            if fresh:
                return True
            if any(self.blocks(dependent, key) for dependent in self.dependents(key)):
                return False
            left = tuple(name for name in item.metadata.finalizers if name != FOREGROUND)
            self.objects[key] = attrs.evolve(item, metadata=attrs.evolve(item.metadata, finalizers=left))
            return True
        if item.metadata.finalizers:
            return False
        dependents = list(self.dependents(key))
        self.gone.append(self.objects.pop(key))
        for dependent in dependents:
            if key_of(dependent) in self.marked:
                continue
            if self.other_owners(dependent):
                self.let_go(dependent, key)
            else:
                self.mark(dependent)
        return True

    def let_go(self, dependent: AnyObject, owner: Key) -> None:
        """A dependent with another living owner stays, without its reference to ``owner``."""
        kept = tuple(o for o in dependent.metadata.owner_references if not self.is_owner(o, dependent, owner))
        metadata = attrs.evolve(dependent.metadata, owner_references=kept)
        self.objects[key_of(dependent)] = attrs.evolve(dependent, metadata=metadata)
        self.released.setdefault(key_of(dependent))

    def dependents(self, owner: Key) -> Iterable[AnyObject]:
        for item in list(self.objects.values()):
            if any(self.is_owner(reference, item, owner) for reference in item.metadata.owner_references):
                yield item

    def is_owner(self, reference: OwnerReference, item: AnyObject, owner: Key) -> bool:
        if owner_key(reference, item) != owner:
            return False
        known = self.objects.get(owner)
        uid = known.metadata.uid if known is not None else None
        return not uid or not reference.uid or uid == reference.uid

    def other_owners(self, item: AnyObject) -> bool:
        """Whether an owner of the item is there and is not about to go."""
        return any(
            (key := owner_key(reference, item)) in self.objects
            and key not in self.marked
            and self.is_owner(reference, item, key)
            for reference in item.metadata.owner_references
        )

    def blocks(self, dependent: AnyObject, owner: Key) -> bool:
        return any(
            reference.block_owner_deletion and self.is_owner(reference, dependent, owner)
            for reference in dependent.metadata.owner_references
        )

    def result(self) -> Deletion:
        return Deletion(
            tuple(self.gone),
            tuple(self.objects[key] for key in self.marked if key in self.objects),
            tuple(self.objects[key] for key in self.released if key in self.objects),
        )


def _with_finalizer(item: AnyObject) -> AnyObject:
    finalizers = item.metadata.finalizers
    if FOREGROUND in finalizers:
        return item
    return attrs.evolve(item, metadata=attrs.evolve(item.metadata, finalizers=(*finalizers, FOREGROUND)))
