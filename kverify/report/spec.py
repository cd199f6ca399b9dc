"""Specifications for people: what a file declares, and what a declaration says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kverify.report.style import Style
from kverify.spec.language.checker import Checked
from kverify.spec.language.events import EVENTS
from kverify.spec.language.formatter import format_file
from kverify.spec.language.functions import Stage, functions
from kverify.spec.language.library import Library
from kverify.spec.language.syntax import AnyDeclaration, Declaration, Define, File, Import, Parameter

_ASKS = {
    Stage.CONSTANT: "nothing but constants",
    Stage.MANIFEST: "manifests",
    Stage.BINDING: "manifests, and the nodes a pod may be bound to",
    Stage.STATE: "every state of the cluster",
    Stage.PLACED: "every state of the cluster, node by node",
}


def listing(library: Library, style: Style) -> Iterator[str]:
    """One line for every declaration of the files that were asked for."""
    rows: list[tuple[str, str, str, str]] = []
    for declaration in _own(library):
        match declaration:
            case Declaration():
                rows.append((declaration.kind, declaration.meta("id"), declaration.name, declaration.title))
            case Parameter() | Define():
                kind = type(declaration).__name__.lower()
                title = next((getattr(c, "text", "") for c in declaration.clauses), "")
                rows.append((kind, "", declaration.name, title))
    yield from _table(rows, style)


def function_listing(style: Style) -> Iterator[str]:
    """Every function of the language."""
    for s in sorted(functions().values(), key=lambda s: (s.stage, s.name)):
        more = ", ..." if s.rest else ""
        yield style.bold(f"{s.name}({', '.join(map(str, s.parameters))}{more}) is {s.result}")
        yield from style.wrap(s.unmodelled or s.doc, indent=4)


def event_listing(style: Style) -> Iterator[str]:
    """Everything that may happen in a scenario."""
    rows = [(e.name, "people" if e.by_people else "cluster", e.unmodelled or e.doc) for e in EVENTS.values()]
    yield from _table(rows, style)


def _table(rows: Sequence[tuple[str, ...]], style: Style) -> Iterator[str]:
    """Columns as wide as they have to be; the last one is wrapped."""
    if not rows:
        return
    number = len(rows[0])
    widths = [max(len(row[i]) for row in rows) for i in range(number - 1)]
    kept = [i for i in range(number - 1) if widths[i]]
    for row in rows:
        head = "  ".join(row[i].ljust(widths[i]) for i in kept) + "  "
        if len(head) > style.width // 2:
            yield head.rstrip()
            yield from style.wrap(row[-1], indent=4)
        else:
            yield from style.wrap(row[-1], head, hang=len(head)) if row[-1] else [head.rstrip()]


def declarations(checked: Checked, style: Style) -> Iterator[str]:
    """Every declaration in full, with what it asks."""
    first = True
    for declaration in _own(checked.library):
        if isinstance(declaration, Import):
            continue
        if not first:
            yield ""
        first = False
        yield from format_file(File("", (declaration,))).rstrip("\n").split("\n")
        if isinstance(declaration, Declaration) and declaration.name in checked.stages:
            yield style.dim(f"  # asks {_ASKS[checked.stages[declaration.name]]}, of {_of(declaration)}")


def _of(declaration: Declaration) -> str:
    return ", ".join(f"every {q.kind}" + (" chosen by where" if q.where else "") for q in declaration.quantifiers) or (
        "everything at once"
    )


def _own(library: Library) -> Iterable[AnyDeclaration]:
    return (d for f in library.files if f.name in library.own for d in f.declarations)


def summary(library: Library, problems: int) -> str:
    """``1 file: 2 properties, 1 policy; no problems``."""
    numbers: dict[str, int] = {}
    for declaration in _own(library):
        kind = declaration.kind if isinstance(declaration, Declaration) else type(declaration).__name__.lower()
        numbers[kind] = numbers.get(kind, 0) + 1
    plural = {"property": "properties", "policy": "policies"}
    parts = [f"{n} {kind if n == 1 else plural.get(kind, kind + 's')}" for kind, n in numbers.items()]
    files = len(library.own)
    found = f"{problems} problem{'s' * (problems != 1)}" if problems else "no problems"
    return f"{files} file{'s' * (files != 1)}: {', '.join(parts) or 'nothing declared'}; {found}"
