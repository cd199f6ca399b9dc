"""Lines of source with the responsible fields underlined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

from kverify.report.excerpts import AROUND
from kverify.report.html.markup import Child, el, scrolling

Json: TypeAlias = "Mapping[str, Any]"


def place(span: Json) -> str:
    """``file:line:column``, and the template it was rendered from; the file alone for what is nowhere in it."""
    origin = f" (from {span['origin']})" if span["origin"] else ""
    nowhere = all(span[name] == 1 for name in ("line", "column", "endLine", "endColumn"))
    at = "" if nowhere else f":{span['line']}:{span['column']}"
    return f"{span['file']}{at}{origin}"


class Excerpts:
    """The lines of a document's ``sources``, by file and number."""

    def __init__(self, sources: Sequence[Json]):
        self._lines: dict[str, dict[int, str]] = {}
        for source in sources:
            lines = self._lines.setdefault(source["file"], {})
            lines.update(enumerate(source["texts"], source["line"]))

    def figures(self, marks: Sequence[Json], severity: str) -> Iterator[Element]:
        """One figure for each stretch of lines that has some of ``marks`` ({path, note, span}) in it, in the order in
        which the first mark of each is told."""
        left = list(marks)
        while left:
            file = left[0]["span"]["file"]
            lines = self._lines.get(file, {})
            run = _run(lines, left[0]["span"]["line"], [m["span"]["line"] for m in left if m["span"]["file"] == file])
            here = [m for m in left if m is left[0] or (m["span"]["file"] == file and m["span"]["line"] in run)]
            yield self._figure(lines, run, here, severity)
            left = [mark for mark in left if not any(mark is one for one in here)]

    def _figure(self, lines: Mapping[int, str], run: range, marks: Sequence[Json], severity: str) -> Element:
        caption = el("figcaption", [_caption(mark) for mark in marks])
        if not run:
            return el("figure", caption, cls="source")
        rows: list[Element] = []
        for number in run:
            here = [mark for mark in marks if mark["span"]["line"] == number]
            text = el("code", list(_marked(lines[number], here)))
            rows.append(el("tr", el("td", str(number), cls="number"), el("td", text), cls="hit" if here else None))
            for mark in here:
                if mark["note"]:
                    # The note begins under the mark, as in text.
                    indent = " " * min(mark["span"]["column"] - 1, 40)
                    note = el("td", el("code", indent), el("span", mark["note"], cls="note"))
                    rows.append(el("tr", el("td"), note, cls="annotation"))
        table = el("table", el("tbody", rows), role="presentation")
        label = f"lines {run.start} to {run.stop - 1} of {marks[0]['span']['file']}"
        return el("figure", caption, scrolling(table, label), cls=f"source {severity}")


def _caption(mark: Json) -> Element:
    path = el("code", mark["path"], cls="path") if mark["path"] else None
    return el("span", el("span", place(mark["span"]), cls="place"), " ", path)


def _run(lines: Mapping[int, str], number: int, marked: Sequence[int]) -> range:
    """The numbers around ``number``, and on to other ``marked`` lines whose surroundings meet its own. What else is
    there of the file was pointed at by others."""
    if number not in lines:
        return range(0)
    near = {line + step for line in marked for step in range(-AROUND, AROUND + 1)}
    first, last = number, number
    while first - 1 in lines and first - 1 in near:
        first -= 1
    while last + 1 in lines and last + 1 in near:
        last += 1
    return range(first, last + 1)


def _marked(line: str, marks: Sequence[Json]) -> Iterator[Child]:
    """``line`` with the characters of ``marks`` in ``mark`` elements. What two marks share belongs to the first."""
    end = 0
    for start, stop in sorted(_columns(line, mark["span"]) for mark in marks):
        if start < end:
            continue
        yield line[end:start]
        yield el("mark", line[start:stop])
        end = stop
    yield line[end:]


def _columns(line: str, span: Json) -> tuple[int, int]:
    """From where to where ``span`` goes in its first line; at least one character."""
    start = min(span["column"] - 1, max(0, len(line) - 1))
    stop = span["endColumn"] - 1 if span["endLine"] == span["line"] else len(line)
    return start, max(start + 1, min(stop, len(line)))
