"""The built-in checks: one file each. A check chooses the question, the smallest scene that decides it, and the
words."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kverify.checks.finding import Finding, Proof, Report
    from kverify.checks.options import Options
    from kverify.checks.runs.registry import CHECKS
    from kverify.checks.runs.run import run

__all__ = ["CHECKS", "Finding", "Options", "Proof", "Report", "run"]

_MODULES = {
    "CHECKS": "runs.registry",
    "Finding": "finding",
    "Options": "options",
    "Proof": "finding",
    "Report": "finding",
    "run": "runs.run",
}


def __getattr__(name: str) -> Any:
    """Each is imported when it is first asked for: a page that shows findings does not wait for the engines."""
    if name in _MODULES:
        return getattr(import_module(f"kverify.checks.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
