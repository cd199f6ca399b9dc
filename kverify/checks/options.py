"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from kverify.cluster.references.existence import OPEN, Boundary


@frozen(kw_only=True)
class Options:
    """How to check: as which Kubernetes, which properties (empty: all), how far, and who hears of the progress.

    ``max_states`` bounds each exhaustive search; a search that needs more answers *unknown*, never *holds*.
    ``boundary`` says what lies outside the input and is there all the same.
    ``progress`` is called with a few words about what is being done now.
    """

    kubernetes_version: str = "1.36"
    properties: tuple[str, ...] = ()
    max_states: int = 300_000
    boundary: Boundary = OPEN
    progress: Callable[[str], None] | None = None


class UnknownProperty(ValueError):
    """A property was asked for that does not exist. The message names the ones that do."""
