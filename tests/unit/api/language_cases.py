"""What the tests of the small languages share."""

from __future__ import annotations

from collections.abc import Callable

from kverify.api.languages.language import Language, TextError


def accepts(language: Language, text: str) -> bool:
    """Whether the grammar of ``language`` takes ``text``."""
    return refusal(language.parse, text) is None


def refusal(read: Callable[[str], object], text: str) -> TextError | None:
    """The error that ``read`` raises for ``text``, if it does."""
    try:
        read(text)
    except TextError as error:
        return error
    return None
