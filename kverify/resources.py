"""Where grammars and specifications live: at the top of a checkout, inside the package in a wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

_PACKAGE = Path(__file__).parent


def data_file(kind: str, name: str) -> Path:
    """The path of ``grammar/NAME`` or ``specs/NAME``. Raises ``FileNotFoundError`` for a name we do not ship."""
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        path = root / kind / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"{kind}/{name} is not part of this installation")


def data_files(kind: str, pattern: str) -> tuple[Path, ...]:
    """The shipped files of ``grammar`` or ``specs`` whose name fits ``pattern``."""
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        if (root / kind).is_dir():
            return tuple(sorted((root / kind).glob(pattern)))
    return ()


@cache
def grammar(name: str, **options: Any) -> Lark:
    """The LALR parser of ``grammar/NAME.lark``, built once per process. Options go to Lark unchanged."""
    from lark import Lark

    return Lark(data_file("grammar", f"{name}.lark").read_text("utf-8"), parser="lalr", **options)
