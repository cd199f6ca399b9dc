"""The input of a run in memory, and the same input with some objects written differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from attrs import evolve, field, frozen

from kverify.api.custom.kinds import NO_DEFINITIONS, Definitions
from kverify.api.decode import expand, object_name
from kverify.checks.finding import FileChange
from kverify.checks.fixes.candidate import Change
from kverify.cluster.apply import Live
from kverify.cluster.bundle import Bundle, decode_over, describe
from kverify.manifest.diagnostics import Diagnostic
from kverify.manifest.edit import CannotEdit, Place, document_at, edited, place_of
from kverify.manifest.files import shown_text
from kverify.manifest.nodes import Document
from kverify.manifest.reader import read_text


@frozen(eq=False, slots=False)
class Workspace:
    """Objects and what reading said of them; of files that were changed the ``texts`` now and the ``originals``, and
    where the objects that were changed are (``places``)."""

    bundle: Bundle
    diagnostics: tuple[Diagnostic, ...]
    version: str
    texts: Mapping[str, str] = field(factory=dict)
    originals: Mapping[str, str] = field(factory=dict)
    places: tuple[tuple[Document, Place], ...] = ()

    @cached_property
    def live(self) -> Live:
        """What the manifests are applied over."""
        return Live.of(self.bundle.existing, self.bundle.previous, self.version)

    @cached_property
    def definitions(self) -> Definitions:
        """The custom kinds of the whole input."""
        everything = (self.bundle.existing, self.bundle.previous, self.bundle.wanted)
        known = NO_DEFINITIONS
        for objects in everything:
            known = known.extended(objects)
        return known

    def revised(self, changes: Iterable[Change]) -> Workspace:
        """The same input with some objects changed; only these are read again. One that could not be used may still
        not be usable then: there is less to say against it.

        Raises ``CannotEdit`` with the reason where one cannot be changed, or cannot be read any more.
        """
        work = self
        for one in changes:
            work = work._with(one)
        return work

    def _with(self, one: Change) -> Workspace:
        source = one.document.extract.source
        number = self._number(one.document)
        others = (*self.bundle.existing, *self.bundle.previous)
        if number is None and any(item.source.document is one.document for item in others):
            raise CannotEdit("the object is not among the manifests")
        place = self._place(one.document)
        before = self.texts.get(place.file, source.text)
        after = edited(before, place, one.edits)
        decoded = decode_over([document_at(after, place)], self.live, self.version, self.definitions)
        if not decoded.objects and number is not None:
            raise CannotEdit("the API server would refuse the object then")
        wanted, places = list(self.bundle.wanted), self.places
        names = {object_name(one.document.plain)}  # Of an unknown kind it is another one afterwards.
        for item in decoded.objects:
            names.add(describe(item))
            wanted = [*wanted[:number], item, *wanted[number + 1 :]] if number is not None else [*wanted, item]
            if item.source.document is not None:
                places = (*places, (item.source.document, place))
        kept = tuple(d for d in self.diagnostics if not (d.object in names and d.span.file == place.file))
        work = evolve(
            self,
            bundle=evolve(self.bundle, wanted=tuple(wanted)),
            diagnostics=(*kept, *decoded.diagnostics),
            texts={**self.texts, place.file: after},
            originals={place.file: source.text, **self.originals},
            places=places,
        )
        # What the manifests are applied over has not changed.
        work.__dict__["live"] = self.live
        return work

    def _place(self, document: Document) -> Place:
        """Where an object is; of one that was changed, its document is only a part of its file."""
        return next((place for one, place in self.places if one is document), None) or place_of(document)

    def _number(self, document: Document) -> int | None:
        """Which of the wanted objects is written there; None for one that could not be used."""
        return next((n for n, item in enumerate(self.bundle.wanted) if item.source.document is document), None)

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """The files that are not as they were read."""
        return self.since(None)

    def document_of(self, diagnostic: Diagnostic) -> Document | None:
        """The object that a problem of the input is about, also if it could not be used."""
        file, name = diagnostic.span.file, diagnostic.object
        owned = [w for w in self.bundle.wanted if w.source.file == file]
        for item in owned:
            if describe(item) == name and item.source.document is not None:
                return item.source.document
        if not name or any(w.source.file == file for w in (*self.bundle.existing, *self.bundle.previous)):
            return None
        source = next((w.source.document.extract.source for w in owned if w.source.document is not None), None)
        text = self.texts.get(file) if source is None or file in self.texts else source.text
        found = _read(file) if text is None else read_text(text, file).documents
        named = [item for document in found for item in expand(document)[0] if object_name(item.plain) == name]
        return named[0] if len(named) == 1 else None

    def as_written(self, document: Document) -> Document:
        """An object as its file has it now, not as what came after its API version. Raises ``CannotEdit``."""
        place = self._place(document)
        return document_at(self.texts.get(place.file, document.extract.source.text), place)

    def since(self, before: Workspace | None) -> tuple[FileChange, ...]:
        """The files that are not as they are in ``before``; as they were read, if there is none."""
        old = self.originals if before is None else {**self.originals, **before.texts}
        return tuple(
            FileChange.of(file, old[file], text) for file, text in sorted(self.texts.items()) if text != old[file]
        )


def _read(file: str) -> tuple[Document, ...]:
    """A file of which no object could be used."""
    try:
        return read_text(shown_text(Path(file).read_bytes()), file).documents
    except (OSError, ValueError):
        # Standard input, or a file that has vanished: there is nothing to write to.
        return ()
