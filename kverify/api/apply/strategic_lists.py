"""Lists in strategic merge patches: sorting, finding and ordering their items exactly as Kubernetes does it.

Source: ``k8s.io/apimachinery/pkg/util/strategicpatch/patch.go``. Its sorts compare with "not greater", so items with
equal keys change places, and its deduplication moves the last item forward: both show in the results when a merge key
is not unique, and are kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DIRECTIVE = "$patch"
DELETE = "delete"
REPLACE = "replace"
MERGE = "merge"
RETAIN_KEYS = "$retainKeys"
DELETE_FROM_LIST = "$deleteFromPrimitiveList"
SET_ORDER = "$setElementOrder"


class PatchError(ValueError):
    """The values cannot be merged, or the patch contradicts itself."""


def kind(value: Any) -> str:
    """What Go's decoder makes of a value; an integer and a float are different types."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "map"
    if isinstance(value, list):
        return "list"
    return type(value).__name__


def same_scalar(left: Any, right: Any) -> bool:
    """Equal, and of one type."""
    return type(left) is type(right) and bool(left == right)


def printed(value: Any) -> str:
    """``fmt.Sprintf("%v", value)`` of a scalar."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def item_kind(*lists: list[Any]) -> str:
    """The one kind of all items. Raises :class:`PatchError` when they differ or there are none."""
    kinds = {kind(item) for items in lists for item in items}
    if "list" in kinds:
        raise PatchError("a list of lists cannot be merged")
    if len(kinds) != 1:
        raise PatchError("the items of the list are of different types" if kinds else "there is nothing in the list")
    return kinds.pop()


def key_of(item: Any, merge_key: str) -> Any:
    """The value of the merge key. Raises :class:`PatchError` when the item has none."""
    if not isinstance(item, Mapping):
        raise PatchError(f"an item of a list that is merged by {merge_key} is not a mapping")
    if merge_key not in item:
        raise PatchError(f"an item has no {merge_key}, by which its list is merged")
    return item[merge_key]


def sorted_by(items: list[Any], key: Callable[[Any], str]) -> list[Any]:
    """Ascending; items with equal keys come out in reverse order."""
    backwards = items[::-1]
    return sorted(backwards, key=key)


def sorted_scalars(items: list[Any]) -> list[Any]:
    return sorted_by(items, printed)


def without_duplicates(items: list[Any]) -> list[Any]:
    """Each value once; the last item takes the place of a duplicate."""
    result = list(items)
    last, i = len(result) - 1, 0
    while i < last:
        j = i + 1
        while j <= last:
            if same_scalar(result[i], result[j]):
                result[j] = result[last]
                result.pop()
                last -= 1
            else:
                j += 1
        i += 1
    return result


def index(items: list[Any], wanted: Any, merge_key: str) -> int:
    """Where the item is (by its merge key, if there is one), -1 when it is not there."""

    def value(item: Any) -> Any:
        if not merge_key:
            return item
        return item.get(merge_key) if isinstance(item, Mapping) else None

    target = value(wanted)
    return next((i for i, item in enumerate(items) if same_scalar(value(item), target)), -1)


def in_order(items: list[Any], order: list[Any], merge_key: str, of_maps: bool) -> list[Any]:
    """``items`` in the order of ``order``; directives that delete come last."""
    deleted: list[Any] = []
    if of_maps:
        for item in (*items, *order):
            key_of(item, merge_key)
        deleted = [item for item in items if item.get(DIRECTIVE) == DELETE]
        items = [item for item in items if item.get(DIRECTIVE) != DELETE]
    places = [index(order, item, merge_key if of_maps else "") for item in items]
    if all(place >= 0 for place in places):
        ranked = sorted(range(len(items)), key=places.__getitem__)
        return [items[i] for i in ranked] + deleted
    # Not a total order: what is not in ``order`` is "less" than its neighbour, whatever that is.
    result = list(zip(places, items, strict=True))
    for i in range(1, len(result)):
        j = i
        while j > 0 and not (result[j][0] >= 0 and result[j - 1][0] >= 0 and result[j][0] >= result[j - 1][0]):
            result[j], result[j - 1] = result[j - 1], result[j]
            j -= 1
    return [item for _, item in result] + deleted


def interleaved(
    patch: list[Any], server_only: list[Any], patch_order: list[Any], live: list[Any], merge_key: str, of_maps: bool
) -> list[Any]:
    """The items of the patch in its order, and those the server alone has in theirs, put between them as near to the
    live order as that allows."""
    right = in_order(patch, patch_order, merge_key, of_maps)
    left = in_order(server_only, live, merge_key, of_maps)
    key = merge_key if of_maps else ""
    result: list[Any] = []
    i = j = 0
    while i < len(left) and j < len(right):
        before, after = index(live, left[i], key), index(live, right[j], key)
        if 0 <= before < after:
            result.append(left[i])
            i += 1
        else:
            result.append(right[j])
            j += 1
    return result + left[i:] + right[j:]


def partition(items: list[Any], by: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """Items whose key is in ``by``, and the others."""
    inside: list[Any] = []
    outside: list[Any] = []
    for item in items:
        if merge_key:
            key_of(item, merge_key)
        (inside if index(by, item, merge_key) >= 0 else outside).append(item)
    return inside, outside
