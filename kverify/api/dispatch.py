"""Rules by kind: which function is for which kind, found and imported when the first such object is met.

Tables name a function as ``module.function`` below a package:
``{("apps/v1", "Deployment"): "workloads.check_deployment"}``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


@cache
def rule(package: str, name: str) -> Callable[..., Any]:
    """The function ``name`` (``module.function``) of ``package``. Raises ``ImportError`` or ``AttributeError``."""
    module, _, function = name.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(f"{package}.{module}"), function)
    return found
