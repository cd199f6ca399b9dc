"""YAML and JSON text as documents whose every node knows its place."""

from kverify.manifest.diagnostics import Diagnostic, Related, Severity
from kverify.manifest.nodes import (
    Document,
    Entry,
    FieldPath,
    Mapping,
    Node,
    Scalar,
    Sequence,
    format_path,
    parse_path,
    to_plain,
)
from kverify.manifest.reader import ReadResult, read_paths, read_text
from kverify.manifest.span import Span

__all__ = [
    "Diagnostic",
    "Document",
    "Entry",
    "FieldPath",
    "Mapping",
    "Node",
    "ReadResult",
    "Related",
    "Scalar",
    "Sequence",
    "Severity",
    "Span",
    "format_path",
    "parse_path",
    "read_paths",
    "read_text",
    "to_plain",
]
