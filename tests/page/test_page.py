"""The page as text: well formed, complete, the same from a run and from its JSON form, and closed to what is in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.cli.main import main
from kverify.report.html import page
from kverify.report.html.markup import el, write
from kverify.report.source import escape
from tests.page import documents

VOID = {"meta", "input", "wbr", "br", "link", "img"}
REPORTS = documents.names()
HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "]]>&lt;&#60;",
    "\"' onload='x",
    "\u2028\u2029\x00\x1b[31m\u202e",
    "javascript:alert(1)",
)


class Tree(HTMLParser):
    """Fails where an element is not closed, or closed twice; collects texts, attributes and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.scripts if self.open[-1:] in (["script"], ["style"]) else self.texts).append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


@pytest.mark.parametrize("name", REPORTS)
def test_every_page_is_well_formed(name: str) -> None:
    assert page(documents.golden(name)).startswith("<!DOCTYPE html>\n<html")
    Tree(page(documents.golden(name)))


@pytest.mark.parametrize("name", REPORTS)
def test_everything_of_a_report_is_on_its_page(name: str) -> None:
    document = documents.golden(name)
    text = Tree(page(document)).text
    for row in (*document["findings"], *document["diagnostics"], *document["proofs"]):
        assert row["id"] in text
        assert row["message"][1:] in text
    for finding in document["findings"]:
        for part in (*finding["steps"], *finding["sizes"], *(repair["text"] for repair in finding["repairs"])):
            assert part in text
        assert not finding["outcome"] or finding["outcome"] in text
        assert not finding["why"] or finding["why"] in text
    for row in (*document["assumptions"], *document["notModelled"]):
        assert row in text
    for proof in document["proofs"]:
        assert proof["verdict"]["method"] in text
        assert (proof["verdict"]["scope"] or "") in text
        assert proof["verdict"]["outcome"] in text


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"errors": 1, "unknown": 1}, "This can go wrong"),
        ({"errors": 0}, "No errors, but warnings"),
        ({"errors": 0, "unknown": 1}, "No errors, but warnings, and not everything could be decided"),
        ({"errors": 0, "warnings": 0, "unknown": 1, "vacuous": 3}, "Not everything could be decided"),
        ({"errors": 0, "warnings": 0, "infos": 1}, "Nothing was found but notes"),
        ({"errors": 0, "warnings": 0, "vacuous": 1}, "Nothing was found, but some questions say nothing here"),
        ({"errors": 0, "warnings": 0}, "Nothing was found: what was asked is proved"),
        ({"errors": 0, "warnings": 0, "holds": 0}, "Nothing was found, and nothing is proved"),
    ],
)
def test_the_headline_claims_no_more_than_was_decided(counts: dict[str, int], says: str) -> None:
    document = documents.golden("shop")
    found = re.search("<h1>(.*?)</h1>", page({**document, "summary": {**document["summary"], **counts}}))
    assert found is not None
    assert found[1] == says


def test_what_is_suppressed_is_said_with_its_reason() -> None:
    document = documents.golden("shop")
    hidden = document["findings"].pop(0)
    span = {**hidden["causes"][0]["span"], "file": "kverify.toml"}
    row = {"by": "configuration", "reason": "until May", "span": span, "diagnostic": None, "finding": hidden}
    text = Tree(page({**document, "suppressed": [row], "summary": {**document["summary"], "suppressed": 1}})).text
    assert "1 suppressed" in text
    assert hidden["message"][1:] in text
    assert f"configuration: until May (kverify.toml:{span['line']}:{span['column']})" in text


def test_the_responsible_characters_are_marked() -> None:
    marked = re.findall(r"<mark>(.*?)</mark>", page(documents.golden("shop")))
    assert {"3", "labelSelector:"} <= set(marked)


def test_a_finding_shows_the_lines_around_its_own_marks_only() -> None:
    document = documents.golden("shop")
    cause = document["findings"][0]["causes"][0]
    source = next(source for source in document["sources"] if source["file"] == cause["span"]["file"])
    whole = [*source["texts"], *(f"line-{number}: of others" for number in range(500))]
    document["sources"] = [{**source, "texts": whole}]
    marks = sum(len(finding["causes"]) for finding in document["findings"])
    assert page(document).count("of others") <= 5 * marks < 100


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_manifests_are_no_markup(text: str) -> None:
    """Wherever the text stands, the page has the elements and attributes that it has without it."""
    plain = documents.golden("shop")
    tree = Tree(page(documents.replaced(plain, "frontend", f"front{text}end")))
    kinds = [(tag, name) for tag, name, _ in Tree(page(plain)).attributes]
    assert [(tag, name) for tag, name, _ in tree.attributes] == kinds
    assert all(value.startswith(("#", "https://")) for _, name, value in tree.attributes if name == "href")
    assert not [
        character for character in page(documents.replaced(plain, "frontend", text)) if character in "\x00\x1b\u202e"
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_and_attribute_comes_back_as_it_was_or_written_out(text: str, value: str) -> None:
    tree = Tree(write(el("html", el("p", text, title=value))))
    lines = [escape(line) for line in text.split("\n")]
    assert tree.text.split("\n")[1:-1] == lines
    assert tree.attributes == [("p", "title", "\n".join(map(escape, value.split("\n"))))]


def test_models_are_json_that_no_parser_takes_for_markup() -> None:
    document = documents.replaced(documents.golden("shop"), "frontend", "</script>&<!--\u2028")
    models = Tree(page(document)).scripts[-2]
    assert not set("<>&\u2028") & set(models)
    assert "</script>&<!--" in json.dumps(json.loads(models))


@pytest.mark.parametrize("name", REPORTS)
def test_only_the_scripts_and_styles_of_the_page_may_run(name: str) -> None:
    tree = Tree(page(documents.golden(name)))
    (policy,) = (
        value for tag, name, value in tree.attributes if tag == "meta" and name == "content" and "src" in value
    )
    style, _, script = tree.scripts
    for kind, text in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    names = {name for _, name, _ in tree.attributes}
    assert not {name for name in names if name.startswith("on")} | ({"style", "src"} & names)


def test_scripts_never_parse_texts() -> None:
    script = Tree(page(documents.golden("shop"))).scripts[-1]
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "XMLHttp",
    ):
        assert word not in script


def test_a_page_of_a_file_is_the_page_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(documents.TESTS.parent)
    direct, document, later = (tmp_path / name for name in ("direct.html", "report.json", "later.html"))
    folder = "tests/scenarios/c01_pdb_equals_replicas"
    arguments = [f"{folder}/fails_min_available.yaml", "--cluster", f"{folder}/cluster_3.yaml"]
    assert main(["check", *arguments, "-o", f"html={direct}", "-o", f"json={document}"]) == 1
    assert main(["report", str(document), "--html", str(later)]) == 0
    assert direct.read_text("utf-8") == later.read_text("utf-8")


def many(document: Any, number: int) -> Any:
    """A report with ``number`` times the objects."""
    copies = [documents.replaced(document, "shop/", f"shop-{i}/") for i in range(number)]
    return {**document, **{part: [row for copy in copies for row in copy[part]] for part in ("findings", "proofs")}}


def test_verdicts_that_are_alike_are_said_once() -> None:
    few, lots = documents.golden("shop"), many(documents.golden("shop"), 30)
    assert len(lots["proofs"]) == 30 * len(few["proofs"])
    groups = [len(re.findall(r'id="verdict-\d+"', page(document))) for document in (few, lots)]
    assert groups[1] == groups[0]


def test_of_many_findings_only_the_headings_are_open() -> None:
    opened = re.compile(r'<details id="finding-\d+" class="[^"]*" open=""')
    assert len(opened.findall(page(documents.golden("shop")))) == 3
    assert not opened.findall(page(many(documents.golden("shop"), 10)))


def test_every_link_within_the_page_leads_somewhere() -> None:
    tree = Tree(page(many(documents.golden("shop"), 3)))
    targets = {value for _, name, value in tree.attributes if name == "id"}
    links = {value[1:] for _, name, value in tree.attributes if name == "href" and value.startswith("#")}
    assert links <= targets
    assert any(link.startswith("finding-") for link in links)
