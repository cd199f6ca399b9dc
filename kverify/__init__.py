"""A formal model checker for Kubernetes manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kverify.checks.api import check

__version__ = "0.1.0"
__all__ = ["__version__", "check"]


def __getattr__(name: str) -> Any:
    """``kverify.check`` is imported when it is first asked for: the command line does not wait for the engines."""
    if name == "check":
        from kverify.checks.api import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
