"""Rows of recordings, and what a comparison says about one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from attrs import field, frozen

TRACES = Path(__file__).parents[3] / "shared" / "traces"
"""Where the recordings are, beside the checkout."""

Row: TypeAlias = Mapping[str, Any]


@frozen
class Disagreement:
    """Where kverify and the server differ: a path or a word for what differs, and both sides."""

    what: str
    server: object
    ours: object

    def __str__(self) -> str:
        return f"{self.what}: the server has {_short(self.server)}, kverify {_short(self.ours)}"


@frozen
class Comparison:
    """One row compared. It agrees when nothing differs."""

    id: str
    kind: str
    differences: tuple[Disagreement, ...] = ()
    said: str = ""
    """What the server said, in its words."""
    answer: tuple[str, ...] = field(default=())
    """What kverify says."""

    @property
    def agrees(self) -> bool:
        return not self.differences


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a recording; none when the file is not there."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def differences(server: Any, ours: Any, path: str = "") -> Iterator[Disagreement]:
    """Every leaf at which two plain values differ."""
    if isinstance(server, dict) and isinstance(ours, dict):
        for key in sorted({*server, *ours}):
            here = f"{path}.{key}" if path else key
            if key not in ours or key not in server:
                yield Disagreement(here, server.get(key, "nothing"), ours.get(key, "nothing"))
            else:
                yield from differences(server[key], ours[key], here)
    elif isinstance(server, list) and isinstance(ours, list) and len(server) == len(ours):
        for index, (left, right) in enumerate(zip(server, ours, strict=True)):
            yield from differences(left, right, f"{path}[{index}]")
    elif type(server) is not type(ours) or server != ours:
        yield Disagreement(path, server, ours)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 300 else f"{text[:297]}..."
