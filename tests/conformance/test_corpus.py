"""Real manifests are read without a crash, and every complaint is one of the API server's, or a named deprecation.

The files are those of other projects: examples, and test data that is wrong on purpose. What is wrong with them is
not judged by recordings, so the complaints are held by their ids: each is one that the API server makes too.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from kverify.api import Decoded, decode, decode_all, registry
from kverify.api.conversion import successor
from kverify.api.versions import REMOVED
from kverify.manifest import Severity, read_text
from kverify.manifest.nodes import Document

CORPUS = Path(__file__).parents[3] / "shared/corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")

REFUSALS = {
    "KV1003": "strict decoding: a key is set twice",
    "KV1011": "the YAML parser: a merge key merges no mapping",
    "KV1102": "decoding: cannot unmarshal number or bool into string",
    "KV1103": "decoding: cannot unmarshal string into number or bool",
    "KV1104": "decoding: cannot unmarshal one shape into another",
    "KV1108": "no name, kind or apiVersion",
    "KV1109": "strict decoding: unknown field",
    "KV1201": "Required value",
    "KV1202": "Invalid value",
    "KV1203": "Unsupported value",
    "KV1204": "Duplicate value",
    "KV1205": "Forbidden",
    "KV1206": "Not found",
    "KV1207": "Invalid value: out of range",
    "KV1210": "Invalid value: metadata.name",
    "KV1211": "Invalid value: a label or key",
    "KV1212": "Invalid value: a selector",
    "KV1213": "Invalid value: a resource",
    "KV1214": "Invalid value: a strategy",
    "KV1215": "Invalid value: a probe",
    "KV1216": "Invalid value: a toleration",
    "KV1301": "no matches for kind: the API version is gone",
    "KV1303": "strict decoding: unknown field",
}
"""The errors that may be found here, and what the API server says."""

REMOVED_VERSIONS = 47
"""Objects of a removed API version; a 48th stands in a file whose documents run into each other."""


def _files() -> list[Path]:
    return sorted(path for path in CORPUS.rglob("*") if path.suffix in (".yaml", ".yml", ".json"))


def _documents() -> list[Document]:
    found: list[Document] = []
    for path in _files():
        found += read_text(path.read_text("utf-8"), str(path.relative_to(CORPUS))).documents
    return found


def test_every_file_is_read_and_every_complaint_is_one_the_api_server_makes() -> None:
    files = _files()
    assert len(files) == 512
    for path in files:
        read = read_text(path.read_text("utf-8"), str(path))
        decoded = decode_all(read.documents)
        for item in (*read.diagnostics, *decoded.diagnostics):
            assert item.severity is not Severity.ERROR or item.id in REFUSALS, item
            assert item.message.endswith((".", "?", "!")), item


def _old() -> list[tuple[str, str, Decoded]]:
    found = []
    for document in _documents():
        plain = document.plain
        key = (str(plain.get("apiVersion")), str(plain.get("kind"))) if isinstance(plain, dict) else ("", "")
        if key in REMOVED:
            found.append((*key, decode(document)))
    return found


def test_removed_versions_are_named_and_the_objects_go_on() -> None:
    old = _old()
    assert len(old) == REMOVED_VERSIONS
    for api_version, kind, decoded in old:
        (removed,) = [item for item in decoded.diagnostics if item.id == "KV1301"]
        assert REMOVED[api_version, kind].removed_in in removed.message
        others = [item for item in decoded.diagnostics if item.severity is Severity.ERROR and item is not removed]
        target = successor(api_version, kind)
        assert (decoded.object is None) == (target is None or bool(others)), decoded
        if decoded.object is not None:
            assert decoded.object.api_version == target


def test_what_removed_versions_there_are() -> None:
    found = Counter(kind for _, kind, _ in _old())
    assert found["PodSecurityPolicy"] == 2
    assert set(found) - {"PodSecurityPolicy"} <= {kind for _, kind in registry.NAMESPACED}
