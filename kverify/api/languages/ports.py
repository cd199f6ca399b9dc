"""Names of ports (IANA service names).

Source: ``IsValidPortName`` in k8s.io/apimachinery/pkg/util/validation.
"""

from __future__ import annotations

import re

from kverify.api.languages.language import Fault, Language, Mistake, TextError

MAX_LENGTH = 15

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_LOOKED_AT = 256


class PortError(TextError):
    """The text is not the name of a port."""


def _lower(fault: Fault) -> str:
    return f"write {fault.text.lower()}" if len(fault.text) <= MAX_LENGTH else ""


def _hyphens(fault: Fault) -> str:
    return f"write {fault.text.replace('_', '-').lower()}" if len(fault.text) <= MAX_LENGTH else ""


_LANGUAGE = Language(
    "port_name",
    "the name of a port",
    limit=_LONGEST_LOOKED_AT,
    error=PortError,
    mistakes=(
        Mistake(
            "{found} does not belong into the name of a port",
            "use lower case letters, digits and '-'",
            examples=("#", "a#", "a-#", "a-b#", "a-b-#"),
        ),
        Mistake("a port needs a name or a number", "write it as in http or 8080", examples=("",)),
        Mistake("it must be in lower case", _lower, examples=("Http", "aB", "a-B", "a-bC", "a-b-C")),
        Mistake(
            "an underscore does not belong into the name of a port",
            _hyphens,
            examples=("_", "a_b", "a-_", "a-b_c", "a-b-_"),
        ),
        Mistake("it must not contain a blank", "remove it", examples=(" a", "a b", "a- b", "a-b ", "a-b- c")),
        Mistake("it must not contain consecutive hyphens", "keep one of them", examples=("a--b", "a-b--c")),
        Mistake("it must not begin or end with a hyphen", "remove it", examples=("-a", "a-", "a-b-")),
    ),
)


def check_port_name(text: str) -> None:
    """Raise :class:`PortError` for a text that is not the name of a port."""
    if not _NAME.fullmatch(text):
        raise _LANGUAGE.explain(text)
    if len(text) > MAX_LENGTH:
        message = f"it is longer than {MAX_LENGTH} characters"
        raise _LANGUAGE.error(message, "write a shorter one", MAX_LENGTH, len(text))
    if text.replace("-", "").isdecimal():
        mend = f"write {text} without quotes, if the number is meant" if text.isdecimal() else "add a letter"
        raise _LANGUAGE.error("it must contain at least one letter", mend, 0, len(text))
