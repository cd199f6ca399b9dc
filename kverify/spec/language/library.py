"""Specifications put together: files, what they import, and the declarations of all of them by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from attrs import define, field, frozen

from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.span import Span
from kverify.resources import data_file, data_files
from kverify.spec.language.parser import parse
from kverify.spec.language.problems import DOUBLE, IMPORT, UNREADABLE, meant, problem
from kverify.spec.language.syntax import AnyDeclaration, Declaration, Define, File, Import, Parameter
from kverify.textfile import read_file, reason

EXTENSION = ".kv"
PRELUDE = "scenarios.kv"
"""The file of the standard library that every specification can use without importing it."""


@frozen
class Library:
    """Declarations by name. ``own`` are the files that were asked for, the others were imported."""

    files: tuple[File, ...] = ()
    own: frozenset[str] = frozenset()
    parameters: Mapping[str, Parameter] = field(factory=dict)
    definitions: Mapping[str, Define] = field(factory=dict)
    scenarios: Mapping[str, Declaration] = field(factory=dict)
    checks: Mapping[str, Declaration] = field(factory=dict)
    """Properties, policies and findings."""

    def asked(self) -> tuple[Declaration, ...]:
        """The properties and policies of the files that were asked for, not those of imported ones."""
        return tuple(
            d
            for f in self.files
            if f.name in self.own
            for d in f.declarations
            if isinstance(d, Declaration) and d.kind in ("property", "policy")
        )

    def by_id(self, id: str) -> Declaration | None:
        """The check with a stable id."""
        return next((d for d in self.checks.values() if d.meta("id") == id), None)


_STANDARD = "<kverify>/"
"""Where the files of the standard library are said to be: a directory ``specs`` is often the user's own."""


def is_standard(name: str) -> bool:
    """A file of the standard library: its ids may begin with KV."""
    return name.startswith(_STANDARD) or _shipped(name) is not None


def _shipped(file: str) -> str | None:
    """The name in the standard library of a file that was asked for by its path; None for any other."""
    path = Path(file)
    if path.suffix != EXTENSION or path.stem not in standard_names() or not path.is_file():
        return None
    return f"{_STANDARD}{path.name}" if path.samefile(data_file("specs", path.name)) else None


@define
class _Loader:
    """``called`` has files of the standard library that were asked for by their path: what they are called then."""

    called: Mapping[str, str] = field(factory=dict)
    problems: list[Diagnostic] = field(factory=list)
    files: dict[str, File] = field(factory=dict)

    def load(self, name: str, text: str, by: tuple[str, ...] = ()) -> None:
        found, problems = parse(name, text)
        self.problems += problems
        # What is imported stands before what imports it.
        for declaration in found.declarations:
            if isinstance(declaration, Import):
                self.follow(name, declaration, (*by, name))
        self.files[name] = found

    def follow(self, importer: str, declaration: Import, by: tuple[str, ...]) -> None:
        try:
            found, text = _find(importer, declaration.path)
        except (OSError, UnicodeDecodeError) as error:
            mend = meant(declaration.path, standard_names(), f"the standard library has {', '.join(standard_names())}")
            message = f"{declaration.path} cannot be imported: {reason(error)}"
            self.problems.append(problem(IMPORT, message, declaration.span, mend))
            return
        name = self.called.get(found, found)
        if name in by:
            message = f"{declaration.path} imports itself: {' imports '.join((*by[by.index(name) :], name))}"
            self.problems.append(problem(IMPORT, message, declaration.span, "remove one of the imports"))
        elif name not in self.files:
            self.load(name, text, by)


def _find(importer: str, path: str) -> tuple[str, str]:
    """A file beside the one that imports it, or a name of the standard library. Raises ``OSError``."""
    if path in standard_names():
        return f"{_STANDARD}{path}{EXTENSION}", data_file("specs", f"{path}{EXTENSION}").read_text("utf-8")
    if is_standard(importer):
        name = path.removesuffix(EXTENSION)
        raise FileNotFoundError(2, "no such file in the standard library", name)
    file = Path(importer).parent / path
    return str(file), read_file(file)


@cache
def standard_names() -> tuple[str, ...]:
    """The names of the files of the standard library, without their extension."""
    return tuple(sorted(path.stem for path in data_files("specs", f"*{EXTENSION}")))


def assemble(texts: Iterable[tuple[str, str]]) -> tuple[Library, tuple[Diagnostic, ...]]:
    """The library of some texts (name, text) with what they import, and the problems of reading them."""
    given = list(texts)
    loader = _Loader({shipped: name for name, _ in given if (shipped := _shipped(name)) is not None})
    prelude = f"{_STANDARD}{PRELUDE}"
    loader.load(loader.called.get(prelude, prelude), data_file("specs", PRELUDE).read_text("utf-8"))
    own = []
    for name, text in given:
        own.append(name)
        if name not in loader.files:
            loader.load(name, text)
    library = _library(tuple(loader.files.values()), frozenset(own), loader.problems)
    return library, tuple(sorted(loader.problems, key=lambda p: p.span))


def read_files(paths: Sequence[str], stdin: str | None = None) -> tuple[Library, tuple[Diagnostic, ...]]:
    """The library of some files; ``-`` is ``stdin``. A directory stands for the files below it."""
    texts: list[tuple[str, str]] = []
    problems: list[Diagnostic] = []
    for path in paths:
        if path == "-" and stdin is not None:
            texts.append(("-", stdin))
            continue
        for file in files_of(path):
            try:
                texts.append((str(file), read_file(file)))
            except (OSError, UnicodeDecodeError) as error:
                problems.append(
                    problem(UNREADABLE, f"the file cannot be read: {reason(error)}", Span(str(file), 1, 1, 1, 1))
                )
        if Path(path).is_dir() and not any(files_of(path)):
            message = f"the directory holds no {EXTENSION} file"
            problems.append(problem(UNREADABLE, message, Span(path, 1, 1, 1, 1)))
    library, more = assemble(texts)
    return library, (*problems, *more)


def files_of(path: str) -> Iterator[Path]:
    """The files that ``path`` stands for: itself, or what lies below it with the extension of specifications."""
    given = Path(path)
    if given.is_dir():
        yield from sorted(p for p in given.rglob(f"*{EXTENSION}") if p.is_file())
    else:
        yield given


def _library(files: tuple[File, ...], own: frozenset[str], problems: list[Diagnostic]) -> Library:
    tables: dict[str, dict[str, AnyDeclaration]] = {"parameter": {}, "define": {}, "scenario": {}, "check": {}}
    ids: dict[str, Span] = {}
    for file in files:
        for declaration in file.declarations:
            if isinstance(declaration, Import):
                continue
            table = tables[_table(declaration)]
            first = table.get(declaration.name)
            if first is not None:
                message = f"{declaration.name} is declared twice, the first time at {first.span}"
                problems.append(problem(DOUBLE, message, declaration.span, "give one of them another name"))
                continue
            table[declaration.name] = declaration
            if isinstance(declaration, Declaration):
                _note_id(declaration, ids, problems)
    return Library(files, own, tables["parameter"], tables["define"], tables["scenario"], tables["check"])  # type: ignore[arg-type]


def _table(declaration: AnyDeclaration) -> str:
    if isinstance(declaration, Parameter):
        return "parameter"
    if isinstance(declaration, Define):
        return "define"
    assert isinstance(declaration, Declaration)
    return "scenario" if declaration.kind == "scenario" else "check"


def _note_id(declaration: Declaration, ids: dict[str, Span], problems: list[Diagnostic]) -> None:
    id = declaration.meta("id")
    if not id:
        return
    if id in ids:
        message = f"the id {id} is used twice, the first time at {ids[id]}"
        problems.append(problem(DOUBLE, message, declaration.span, "ids are for ever: take another one"))
    ids.setdefault(id, declaration.span)


@cache
def standard(names: tuple[str, ...] = ()) -> Library:
    """The standard library, or some files of it with what they import. Raises ``ValueError`` if it has mistakes."""
    chosen = names or standard_names()
    texts = [(f"{_STANDARD}{n}{EXTENSION}", data_file("specs", f"{n}{EXTENSION}").read_text("utf-8")) for n in chosen]
    library, problems = assemble(texts)
    if problems:
        raise ValueError("; ".join(f"{p.span}: {p.message}" for p in problems))
    return library
