"""What expressions are worth, and where a value comes from.

A number or condition is a plain one, or an ``Expr`` of the model where it asks the state. What is read from an object
is an ``Item``: the value with the object and the path of the field, so that whoever reports can point at it. An absent
field is ``None``: it equals nothing, has no order, and is false as a condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from attrs import frozen

from kverify.api.quantity import NANO
from kverify.api.quantity import Quantity as QuantityValue
from kverify.api.registry import AnyObject
from kverify.manifest.nodes import FieldPath
from kverify.manifest.span import Span


@frozen(eq=False)
class Item:
    """A value of a manifest. ``root`` is the object that was written, ``path`` the field in it."""

    value: Any
    root: AnyObject
    path: FieldPath = ()


class NotModelled(Exception):
    """An expression asks what the model does not know; the message says what. Its question stays undecided."""

    def __init__(self, reason: str, span: Span | None = None) -> None:
        super().__init__(reason)
        self.span = span


class Facts(Protocol):
    """The objects that there are."""

    def objects(self, kind: str) -> tuple[Item, ...]:
        """All objects of a kind or group."""
        ...


class StateFunctions(Protocol):
    """What the state of the model answers: numbers and conditions over its variables."""

    def call(self, function: str, arguments: tuple[Any, ...], span: Span) -> Any:
        """The value of a function of the state. Raises ``NotModelled``."""
        ...

    def fencepost(self, function: str, workload: Item) -> Any:
        """``max_surge`` or ``max_unavailable`` of a workload that rolls out in the model, otherwise None."""
        ...


def plain(value: Any) -> Any:
    """The value itself, without where it comes from."""
    return value.value if isinstance(value, Item) else value


def quantity(value: Any) -> QuantityValue | None:
    """A quantity or plain number as a quantity."""
    if isinstance(value, QuantityValue) or value is None:
        return value
    return QuantityValue(value * NANO, str(value))


def is_there(value: Any) -> bool:
    """What ``has`` asks: absent fields and empty lists, maps and texts are not there."""
    if value is None:
        return False
    if isinstance(value, str | tuple | list | Mapping):
        return len(value) > 0
    return True
