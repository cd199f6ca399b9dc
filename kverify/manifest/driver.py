"""The loop over Lark's parse table, for a lexer that makes millions of tokens.

Lark computes the LALR(1) table of a grammar; its own loop then looks rules up by value at each step, which for YAML
events costs more than all the rest of reading. This one prepares the table once, and its tokens are pairs of a
terminal's name and any value. It accepts the same inputs and calls the same actions in the same order
(``tests/unit/manifest/test_manifest_driver.py`` compares them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, TypeAlias

from lark.exceptions import UnexpectedToken
from lark.lexer import LexerThread, Token
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser import LALR_Parser

# To shift is the next state; to reduce is the number of children, the rule's action, and the next state by the state
# that is uncovered.
_Reduce: TypeAlias = tuple[int, Callable[[list[Any]], Any], dict[int, int]]
_Actions: TypeAlias = dict[str, int | _Reduce]


class TableParser(LALR_Parser):
    """Given to Lark as ``_plugins={"LALR_Parser": TableParser}``. It neither mends errors nor is interactive."""

    def __init__(self, parser_conf: Any, debug: bool = False, strict: bool = False) -> None:
        super().__init__(parser_conf, debug, strict)
        # Lark's types speak of the table before its states are numbered.
        parse_table: Any = self._parse_table
        states: dict[int, dict[str, tuple[Any, Any]]] = parse_table.states
        follow: dict[str, dict[int, int]] = {}
        for state, actions in states.items():
            for name, (action, argument) in actions.items():
                if action is Shift:
                    follow.setdefault(str(name), {})[state] = argument
        self._actions: dict[int, _Actions] = {
            state: {
                str(name): argument
                if action is Shift
                else (len(argument.expansion), parser_conf.callbacks[argument], follow[str(argument.origin.name)])
                for name, (action, argument) in actions.items()
            }
            for state, actions in states.items()
        }

    def parse(self, lexer: LexerThread, start: str, on_error: None = None) -> Any:
        """What the action of ``start`` returns. Raises ``UnexpectedToken`` for tokens that the grammar does not allow,
        and whatever the lexer raises.
        """
        del on_error
        table = self._actions
        parse_table: Any = self._parse_table
        state: int = parse_table.start_states[start]
        end: int = parse_table.end_states[start]
        states: list[int] = [state]
        values: list[Any] = []
        tokens: Iterator[tuple[str, Any]] = lexer.lex(None)  # type: ignore[no-untyped-call]
        for kind, value in chain(tokens, (("$END", None),)):
            action = table[state].get(kind)
            while isinstance(action, tuple):
                size, act, follow = action
                first = len(values) - size
                children = values[first:]
                del values[first:], states[first + 1 :]
                values.append(act(children))
                state = follow[states[-1]]
                states.append(state)
                if state == end:
                    return values[-1]
                action = table[state].get(kind)
            if action is None:
                expected = {name for name in table[state] if name.isupper()}
                raise UnexpectedToken(Token(kind, str(value)), expected)  # type: ignore[no-untyped-call]
            state = action
            states.append(state)
            values.append(value)
        raise AssertionError("the end is never shifted")
