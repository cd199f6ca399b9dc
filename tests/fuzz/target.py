"""What the campaigns throw anything at: from bytes to typed objects, as ``kverify check`` does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks._shapes import as_dump, as_yaml, cluster, repository
from kverify.api import decode_all
from kverify.api.registry import TYPED
from kverify.manifest import Diagnostic, read_text
from kverify.manifest.files import decode
from kverify.testing.smallest import minimal

ROOT = Path(__file__).parents[2]


def look(data: bytes) -> None:
    """Reads and decodes ``data`` under every name that makes a difference; raises for whatever must not happen."""
    text = decode(data)
    for file in ("fuzz.yaml", "fuzz.json"):
        result = read_text(text, file)
        decoded = decode_all(result.documents)
        for diagnostic in (*result.diagnostics, *decoded.diagnostics):
            check(diagnostic)
        assert result.documents or result.diagnostics, "a file without documents is named"
        for document in result.documents:
            assert document.root.value == document.plain, "the nodes say what the plain values say"


def check(diagnostic: Diagnostic) -> None:
    """A problem is one sentence at a place."""
    span = diagnostic.span
    assert diagnostic.message, diagnostic
    assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column), diagnostic


def seeds() -> Iterator[tuple[str, bytes]]:
    """Names and contents to begin with: an object of every kind in YAML and JSON, whole applications as they are
    written and as a cluster has them, our examples, and what is wrong on purpose.
    """
    for (api_version, kind), _ in sorted(TYPED.items()):
        plain = minimal(api_version, kind)
        name = f"{api_version.replace('/', '-')}-{kind}"
        yield f"{name}.yaml", yaml.safe_dump(plain, sort_keys=False).encode()
        yield f"{name}.json", json.dumps(plain, indent=1).encode()
    for number, written in enumerate(repository(10)):
        yield f"written-{number}.yaml", as_yaml([written]).encode()
    for number, running in enumerate(cluster(10)):
        yield f"running-{number}.json", as_dump([running]).encode()
    for folder in ("examples", "tests/cli/input", "tests/fuzz/found"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file():
                yield f"{folder.replace('/', '-')}-{path.name}", path.read_bytes()
