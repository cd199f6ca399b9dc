"""What the functions of CEL do, one file per group: each takes values and returns a value or an error."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from kverify.api.cel.values import Value


@cache
def implementations() -> dict[str, Callable[..., Value]]:
    """Every function by its name; functions of a receiver get it as the first argument."""
    from kverify.api.cel.functions import collections, conversions, kubernetes, network, operators, texts, times

    modules = (operators, conversions, texts, times, collections, network, kubernetes)
    return {name: function for module in modules for name, function in module.FUNCTIONS.items()}
