"""Which of several classes marked as the default counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from kverify.api.object import KubeObject

K = TypeVar("K", bound=KubeObject)


def newest(classes: Iterable[K], marks: tuple[str, ...]) -> K | None:
    """The class with one of the annotations ``marks`` set to "true": the one made last, then the first by name.

    A class without a creation time is about to be made, so it is the newest.
    """
    marked = [item for item in classes if any(item.metadata.annotations.get(mark) == "true" for mark in marks)]
    by_name = sorted(marked, key=lambda item: item.metadata.name)
    return max(by_name, key=lambda item: item.metadata.creation_timestamp or "9999", default=None)
