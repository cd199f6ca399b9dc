"""The files of real repositories: every one is read, as other readers read it, and what is refused is refused rightly.

That ``sigs.k8s.io/yaml`` makes the same JSON of these files as PyYAML, and refuses in strict decoding the seven named
here and no other, was measured with that library itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kverify.api import decode_all
from kverify.manifest import read_paths, read_text
from kverify.manifest.nodes import Scalar, walk

CORPUS = Path(__file__).parents[2] / "../shared/corpus"
FILES = sorted(path for path in CORPUS.rglob("*") if path.suffix in (".yaml", ".yml", ".json"))

REFUSED = {
    "examples/_archived/openshift-origin/etcd-controller.yaml": {"spec.selector"},
    "examples/_archived/openshift-origin/etcd-discovery-controller.yaml": {"spec.selector"},
    "examples/_archived/openshift-origin/openshift-controller.yaml": {"spec.selector"},
    "examples/_archived/persistent-volume-provisioning/quobyte/quobyte-admin-secret.yaml": {"type"},
    "examples/_archived/volumes/scaleio/sc-pvc.yaml": {"spec.storageClassName"},
    # Two objects without --- between them.
    "kube-linter/tests/checks/cel.yml": {"apiVersion", "kind", "metadata"},
    # An alias to a list under <<, which goyaml does not follow.
    "kube-linter/pkg/templates/sortedkeys/testdata/container-with-merge.yaml": {""},
}

pytestmark = pytest.mark.skipif(
    not FILES, reason="real manifests of others are kept beside the project, not in it (shared/corpus)"
)


def test_every_file_is_read() -> None:
    assert len(FILES) == 512
    result = read_paths([str(CORPUS)])
    assert len(result.documents) == 860


def test_only_what_kubectl_or_strict_decoding_refuses_is_refused() -> None:
    refused: dict[str, set[str]] = {}
    for path in FILES:
        for diagnostic in read_text(path.read_text("utf-8"), str(path)).diagnostics:
            if diagnostic.refuses:
                refused.setdefault(path.relative_to(CORPUS).as_posix(), set()).add(diagnostic.path)
    assert refused == REFUSED


def test_nothing_else_is_warned_of() -> None:
    """No file here is a template, is not UTF-8, or has a key that YAML 1.1 takes for a boolean."""
    others = {
        (path.name, diagnostic.id)
        for path in FILES
        for diagnostic in read_text(path.read_text("utf-8"), str(path)).diagnostics
        if not diagnostic.refuses
    }
    # The file that is refused for its merge overrides merged keys too.
    assert others == {("container-with-merge.yaml", "KV1025")}


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name != "container-with-merge.yaml"],
    ids=lambda path: path.relative_to(CORPUS).as_posix(),
)
def test_values_are_those_of_other_readers(path: Path) -> None:
    text = path.read_text("utf-8")
    result = read_text(text, str(path))
    # kubectl ends the last line where the file does not.
    text += "" if text.endswith("\n") else "\n"
    expected = [stringed(value) for value in yaml.load_all(text, Loader=yaml.CSafeLoader) if value is not None]
    assert [document.plain for document in result.documents] == expected


def test_places_lead_to_the_text() -> None:
    """The text at a scalar's place is what the scalar is written with."""
    for path in FILES:
        source = path.read_text("utf-8").removeprefix("\ufeff")
        lines = source.splitlines(keepends=True)
        for document in read_text(source, str(path)).documents:
            for _, node in walk(document.root):
                span = node.span
                if isinstance(node, Scalar) and node.style == "plain" and span.line == span.end_line:
                    written = lines[span.line - 1][span.column - 1 : span.end_column - 1]
                    assert written == node.raw, span


def test_every_object_is_decoded_or_refused_with_a_reason() -> None:
    for path in FILES:
        read = read_text(path.read_text("utf-8"), str(path))
        for document in read.documents:
            decoded = decode_all([document])
            assert decoded.objects or decoded.diagnostics or document.plain == {"kind": "List", "items": []}


def stringed(value: Any) -> Any:
    """With keys as JSON has them."""
    if isinstance(value, dict):
        return {str(key).lower() if isinstance(key, bool) else str(key): stringed(part) for key, part in value.items()}
    return [stringed(part) for part in value] if isinstance(value, list) else value
