"""What all small languages share: one kind of error, and a Lark grammar that explains what is wrong by examples.

A value of a manifest that has a grammar of its own (a quantity, a schedule, an image, ...) is read by the module of
its language. What is refused raises a :class:`TextError`, which knows the characters at fault, so that a diagnostic
can put its mark under them and not under the whole value.

A :class:`Language` belongs to one file in ``grammar/``. Its mistakes are texts that people write, each with what to say
about it: Lark finds the example that fails in the same state of the parser at the same word
(``UnexpectedInput.match_examples``). The parser and the examples are built when the first wrong text is met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from attrs import field, frozen

from kverify.resources import data_file, grammar

if TYPE_CHECKING:
    from lark import Lark, Token, Tree
    from lark.exceptions import UnexpectedInput

MAX_SHOWN = 40


class TextError(ValueError):
    """A text is not what its field holds.

    ``str(error)`` is one clause without a full stop. ``start`` and ``end`` are offsets in characters into the text that
    was read (the end is exclusive; both are the length of the text when something is missing at its end). ``mend``
    says what to write instead, when that is known.
    """

    def __init__(self, message: str, mend: str = "", start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.mend = mend
        self.start = start
        self.end = end


@frozen
class Fault:
    """Where a text stops being right: the characters from ``start`` to ``end``, none when the text ends too early."""

    text: str
    start: int
    end: int

    @property
    def found(self) -> str:
        return self.text[self.start : self.end]

    @property
    def before(self) -> str:
        return self.text[: self.start]

    @property
    def after(self) -> str:
        return self.text[self.end :]


Wording = str | Callable[[Fault], str]
"""A fixed text or a function of the fault. In a fixed text ``{found}``, ``{before}`` and ``{text}`` are filled in."""


@frozen
class Mistake:
    """What to say about a wrong text that fails like one of ``examples``."""

    message: Wording
    mend: Wording = ""
    examples: tuple[str, ...] = field(default=(), kw_only=True)


@frozen
class _KeepStrays:
    """The terminals of what belongs nowhere: all whose name begins with STRAY (words, blanks, other characters, ...).

    Lark would drop them, because no rule uses them. They are kept and looked for in every state, after all that is
    right there, so that a fault is a whole word, and an example of it matches by its kind.
    """

    always_accept: tuple[str, ...]

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


class Language:
    """One grammar with its mistakes.

    ``name`` names the file in ``grammar/``, ``what`` what its texts are ("a quantity"). Texts of more than ``limit``
    characters are refused without looking at them. Of the mistakes that fail in the same state the first one is said
    when no other has the same word or the same kind of word there, so general ones stand before special ones.
    """

    def __init__(
        self,
        name: str,
        what: str,
        *,
        limit: int,
        mistakes: Sequence[Mistake],
        error: type[TextError] = TextError,
    ) -> None:
        self.name = name
        self.what = what
        self.limit = limit
        self.mistakes = tuple(mistakes)
        self._error = error

    def check_length(self, text: str) -> None:
        """Raise for a text that is longer than the limit."""
        if len(text) > self.limit:
            message = f"{self.what} of {len(text)} characters is too long to be meant"
            raise self._error(message, f"the limit is {self.limit} characters", 0, len(text))

    def parse(self, text: str) -> Tree[Token]:
        """The tree of a right text. Raises the error of the language for a wrong one."""
        from lark.exceptions import UnexpectedInput

        self.check_length(text)
        try:
            return self._parser.parse(text)
        except UnexpectedInput as error:
            raise self._explain(text, error) from None

    def explain(self, text: str) -> TextError:
        """What is wrong with ``text``, which something else has refused already."""
        try:
            self.parse(text)
        except TextError as error:
            return error
        return self._error(f"{shown(text)} is not {self.what}", "", 0, len(text))

    def error(self, message: str, mend: str = "", start: int = 0, end: int = 0) -> TextError:
        """An error of this language about something that the grammar does not say."""
        return self._error(message, mend, start, end)

    @cached_property
    def _parser(self) -> Lark:
        text = data_file("grammar", f"{self.name}.lark").read_text("utf-8")
        strays = _KeepStrays(tuple(re.findall(r"^STRAY\w*", text, re.MULTILINE)))
        return grammar(self.name, postlex=strays, maybe_placeholders=False)

    @cached_property
    def _failures(self) -> dict[str, UnexpectedInput]:
        """How the parser fails on each example. Raises ``ValueError`` for an example that is right."""
        from lark.exceptions import UnexpectedInput

        failures = {}
        for example in (example for mistake in self.mistakes for example in mistake.examples):
            try:
                self._parser.parse(example)
            except UnexpectedInput as error:
                failures[example] = error
            else:
                raise ValueError(f"the example {example!r} is {self.what}")
        return failures

    def _fail_again(self, example: str) -> NoReturn:
        raise self._failures[example].with_traceback(None)

    def _explain(self, text: str, error: UnexpectedInput) -> TextError:
        fault = _fault(text, error)
        examples = [(mistake, mistake.examples) for mistake in self.mistakes]
        mistake = error.match_examples(self._fail_again, examples, token_type_match_fallback=True, use_accepts=False)
        if mistake is None:
            message = f"{shown(fault.found)} does not belong here" if fault.found else f"{self.what} cannot end here"
            return self._error(message, "", fault.start, fault.end)
        return self._error(_word(mistake.message, fault), _word(mistake.mend, fault), fault.start, fault.end)


def _fault(text: str, error: UnexpectedInput) -> Fault:
    """Every character belongs to some terminal, so what is unexpected is always a token, or the end."""
    from lark.exceptions import UnexpectedToken

    assert isinstance(error, UnexpectedToken)
    token = error.token
    if token.type == "$END":
        return Fault(text, len(text), len(text))
    assert token.start_pos is not None
    return Fault(text, token.start_pos, token.start_pos + len(token))


def _word(wording: Wording, fault: Fault) -> str:
    if callable(wording):
        return wording(fault)
    parts = {"found": shown(fault.found), "before": shorten(fault.before), "text": shown(fault.text)}
    return wording.format_map(parts) if "{" in wording else wording


def shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def shown(text: str) -> str:
    """``text`` in quotes, its middle left out when it is long."""
    return repr(shorten(text))
