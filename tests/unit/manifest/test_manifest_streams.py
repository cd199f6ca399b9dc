"""Files of several documents, cut where kubectl cuts them; templates; Helm's source comments."""

from __future__ import annotations

import pytest

from kverify.manifest import read_text, to_plain
from tests.unit.manifest.manifest_helpers import box, ids, only, plain


def all_plain(text: str, file: str = "m.yaml") -> list[object]:
    return [to_plain(document.root) for document in read_text(text, file).documents]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n---\nb: 2\n",
        "---\na: 1\n---   \nb: 2\n---\n",
        "a: 1\n--- # comment\nb: 2\n",
        "a: 1\r\n---\r\nb: 2\r\n",
        "\ufeffa: 1\n---\n\ufeffb: 2\n",
        "\ufeff---\na: 1\n---\nb: 2\n",
        "a: 1\n...\n---\nb: 2\n...\n",
        "a: 1\n---\nnull\n---\n# nothing\n---\n\n---\nb: 2\n",
    ],
)
def test_documents_are_separated(text: str) -> None:
    assert (all_plain(text), ids(text)) == ([{"a": 1}, {"b": 2}], [])


def test_positions_are_those_of_the_whole_file() -> None:
    documents = read_text("# c\n---\na: 1\n---\n\nb:\n  - x\n", "m.yaml").documents
    assert [box(document.root.span) for document in documents] == [(3, 1, 3, 5), (6, 1, 7, 6)]
    assert str(documents[1].locate(("b", 0))) == "m.yaml:7:5"


def test_a_broken_document_does_not_lose_the_others() -> None:
    text = "a: 1\n---\nb: [\n---\nc: \x01\n---\n\td: 1\n---\ne: 2\n"
    assert all_plain(text) == [{"a": 1}, {"e": 2}]
    assert [(d.id, d.span.line) for d in read_text(text, "m.yaml").diagnostics] == [
        ("KV1006", 3),
        ("KV1008", 5),
        ("KV1005", 7),
    ]


def test_data_behind_a_separator_is_refused_by_kubectl_but_read() -> None:
    text = "a: 1\n--- {b: 2}\n---\nc: 3\n"
    assert all_plain(text) == [{"a": 1}, {"b": 2}, {"c": 3}]
    diagnostic = only(text)
    assert (diagnostic.id, diagnostic.refuses, box(diagnostic.span)) == ("KV1015", True, (2, 1, 2, 11))
    assert str(read_text(text, "m.yaml").documents[1].locate(("b",))) == "m.yaml:2:9"


def test_dashes_with_text_are_a_separator_to_kubectl() -> None:
    assert (all_plain("a: 1\n---x\nb: 2\n"), ids("a: 1\n---x\nb: 2\n")) == ([{"a": 1}, {"b": 2}], ["KV1015"])


@pytest.mark.parametrize("gap", ["", " ", "\t"])
def test_a_key_that_a_template_glued_to_the_dashes_is_read(gap: str) -> None:
    text = f"a: 1\n---{gap}b.c-d: 2\ne:\n  f: 3\n"
    assert (all_plain(text), ids(text)) == ([{"a": 1}, {"b.c-d": 2, "e": {"f": 3}}], ["KV1015"])
    document = read_text(text, "m.yaml").documents[1]
    assert str(document.locate(("b.c-d",))) == f"m.yaml:2:{4 + len(gap) + len('b.c-d: ')}"
    assert str(document.locate(("e", "f"))) == "m.yaml:4:6"


def test_text_after_the_end_marker_is_dropped_by_kubectl() -> None:
    text = "a: 1\n...\nb: 2\n"
    diagnostic = only(text)
    assert (diagnostic.id, box(diagnostic.span)) == ("KV1018", (2, 1, 2, 4))


def test_a_separator_only_yaml_sees_hides_a_document() -> None:
    assert ids("a: 1\r---\rb: 2\r") == ["KV1018"]


@pytest.mark.parametrize("directive", ["%YAML 1.2", "%YAML 1.1", "%TAG ! x"])
def test_directives_are_refused_by_kubectl(directive: str) -> None:
    text = f"# c\n{directive}\n---\na: 1\n"
    assert all_plain(text) == [{"a": 1}]
    diagnostic = only(text)
    assert (diagnostic.id, box(diagnostic.span)) == ("KV1016", (2, 1, 2, 1 + len(directive)))


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n---\n", "\ufeff", "null\n", "~"])
def test_a_file_without_documents_is_named(text: str) -> None:
    result = read_text(text, "m.yaml")
    (diagnostic,) = result.diagnostics
    assert result.documents == ()
    assert (diagnostic.id, str(diagnostic.span), diagnostic.refuses) == ("KV1020", "m.yaml:1:1", False)


def test_helm_source_comments_become_the_origin() -> None:
    text = (
        "---\n# Source: web/templates/a.yaml\na: 1\n---\n# Source: web/templates/b.yaml\nb: {c: 1, c: 2}\n---\nc: 1\n"
    )
    result = read_text(text, "-")
    assert [document.origin for document in result.documents] == [
        "web/templates/a.yaml",
        "web/templates/b.yaml",
        None,
    ]
    assert result.documents[0].locate(("a",)).origin == "web/templates/a.yaml"
    assert [diagnostic.span.origin for diagnostic in result.diagnostics] == ["web/templates/b.yaml"]


BUILT = """\
kind: Service
metadata:
  annotations:
    config.kubernetes.io/origin: |
{origin}  name: web
"""


@pytest.mark.parametrize(
    ("origin", "folder", "expected"),
    [
        ("      path: ../../base/web.yaml\n", "", "../../base/web.yaml"),
        ("      path: ../../base/web.yaml\n", "overlays/production", "base/web.yaml"),
        ("      path: pdb.yaml\n", "overlays/production/", "overlays/production/pdb.yaml"),
        (
            "      configuredIn: ../base/kustomization.yaml\n      configuredBy:\n        kind: ConfigMapGenerator\n",
            "",
            "../base/kustomization.yaml",
        ),
        (
            "      path: web.yaml\n      repo: https://git.example/shop\n      ref: v2\n",
            "overlays",
            "https://git.example/shop/web.yaml@v2",
        ),
        ("      somethingElse: x\n", "", None),
    ],
)
def test_origin_annotations_of_kustomize_become_the_origin(origin: str, folder: str, expected: str | None) -> None:
    (document,) = read_text(BUILT.format(origin=origin), "-", folder).documents
    assert document.origin == expected


def test_an_annotation_in_the_text_of_a_config_map_is_not_the_origin() -> None:
    inner = "".join(f"    {line}\n" for line in BUILT.format(origin="      path: a.yaml\n").splitlines())
    (document,) = read_text(f"kind: ConfigMap\ndata:\n  web.yaml: |\n{inner}", "-").documents
    assert document.origin is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: 1\nimage: {{ .Values.image }}\n", (2, 8, 2, 10)),
        ("{{- if .Values.on }}\na: 1\n{{- end }}\n", (1, 1, 1, 3)),
        ("a:\n  {{- toYaml .x | nindent 2 }}\n", (2, 3, 2, 5)),
        ("a: 1\n{% if x %}\nb: 2\n{% endif %}\n", (2, 1, 2, 3)),
        ("- {{ x }}-a\n", (1, 3, 1, 5)),
        ("{{ x }}: 1\n", (1, 1, 1, 3)),
        ("d: |\n  {{ rightly here }}\ne: {{ x }}\n", (3, 4, 3, 6)),
    ],
)
def test_templates_are_recognised(text: str, where: tuple[int, int, int, int]) -> None:
    result = read_text(text, "m.yaml")
    (diagnostic,) = result.diagnostics
    assert (diagnostic.id, box(diagnostic.span), result.documents) == ("KV1007", where, ())
    assert "render it first" in diagnostic.mend


def test_helm_templates_name_the_command() -> None:
    assert only("a: {{ .Values.x }}\n").mend == "render it first: helm template … | kverify check -"


def test_braces_in_text_are_no_template() -> None:
    text = 'a: "{{ $labels.x }}"\nb: |\n  {{ $labels.y }}\nc: host {{ x }} down\n'
    assert plain(text) == {"a": "{{ $labels.x }}", "b": "{{ $labels.y }}\n", "c": "host {{ x }} down"}
    assert ids(text) == []
    assert ids(text + "d: [\n") == ["KV1006"]


def test_helm_expressions_left_in_values_are_warned_of() -> None:
    diagnostic = only('spec:\n  image: "nginx:{{ .Values.tag }}"\n')
    assert (diagnostic.id, diagnostic.refuses, diagnostic.path) == ("KV1021", False, "spec.image")
