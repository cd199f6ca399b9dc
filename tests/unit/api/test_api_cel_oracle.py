"""Agreement with Google's own CEL (the C++ implementation behind ``cel-expr-python``) where Kubernetes adds nothing.

Kubernetes compares only orders across numeric types, wants lists and maps of one type, and checks literals of
conversions when it compiles; the expressions here stay clear of that.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.api.cel import CelError, adapt, base_environment, compile_text, types
from kverify.api.cel.values import Duration, MapValue, Timestamp

cel = pytest.importorskip("cel_expr_python.cel")

DATA: dict[str, Any] = {"i": 3, "j": -4, "d": 1.5, "s": "héllo", "b": True, "li": [1, 2, 3], "m": {"a": 1, "b": 2}}
OURS = base_environment().with_variables(
    {
        "i": types.INT,
        "j": types.INT,
        "d": types.DOUBLE,
        "s": types.STRING,
        "b": types.BOOL,
        "li": types.list_of(types.INT),
        "m": types.map_of(types.STRING, types.INT),
    }
)


@cache
def _theirs() -> Any:
    kinds = cel.Type
    variables = {
        "i": kinds.INT,
        "j": kinds.INT,
        "d": kinds.DOUBLE,
        "s": kinds.STRING,
        "b": kinds.BOOL,
        "li": kinds.List(kinds.INT),
        "m": kinds.Map(kinds.STRING, kinds.INT),
    }
    return cel.NewEnv(variables=variables)


def _plain(value: Any) -> Any:
    if isinstance(value, CelError):
        return "error"
    if isinstance(value, MapValue):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Timestamp):
        return ("time", value.nanos)
    if isinstance(value, Duration):
        return ("duration", value.nanos)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def ours(text: str) -> Any:
    program = compile_text(text, OURS)
    if program.complaints:
        return "refused"
    return _plain(program.evaluate({name: adapt(value) for name, value in DATA.items()}))


def theirs(text: str) -> Any:
    try:
        compiled = _theirs().compile(text)
    except Exception:
        return "refused"
    try:
        found = compiled.eval(data=DATA)
        if found.type() == cel.Type.ERROR:
            return "error"
        value = found.plain_value()
    except Exception:
        return "error"
    if isinstance(value, datetime):
        return ("time", round(value.timestamp() * 1e6) * 1000)
    if isinstance(value, timedelta):
        return ("duration", round(value.total_seconds() * 1e6) * 1000)
    return value


@pytest.mark.parametrize(
    "text",
    [
        "li.map(e, e * 2).filter(e, e > 2)",
        "m.all(k, m[k] > 0) && li.exists_one(e, e == 2)",
        "false && (1 / (i - 3) == 1)",
        "(1 / (i - 3) == 1) || b",
        "s.size() + size(li) + size(m)",
        "s.startsWith('hé') ? s + '!' : s",
        "s.matches('^h.l+o$')",
        "timestamp('2020-02-29T12:30:00.5Z') + duration('1h30m')",
        "timestamp('2020-02-29T12:30:00Z').getDayOfYear()",
        "duration('-90m').getHours()",
        "string(d) + string(i) + string(b)",
        "int(d) + int('-7')",
        "9223372036854775807 + i",
        "j / i + j % i",
        "li[i]",
        "m['c']",
        "'c' in m || 2 in li",
        "has(m.a) && !has(m.z)",
        "{'k': li}['k'][0]",
        "s + i",
        "q",
        "li +",
        "b'abc' == bytes('abc')",
        '"""a"b""" + r\'\\n\'',
        "type(i) == int && type(s) != int",
    ],
)
def test_the_same_answer(text: str) -> None:
    assert ours(text) == theirs(text)


NUMBERS = st.sampled_from(["i", "j", "li[0]", "m.a", "size(s)", "2", "-3", "0", "int(d)"])


def _sums(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
    return pairs | inner.map(lambda text: f"-({text})")


INTEGERS = st.recursive(NUMBERS, _sums, max_leaves=5)
COMPARED = st.tuples(INTEGERS, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), INTEGERS).map(" ".join)
TRUTHS = st.recursive(
    COMPARED | st.sampled_from(["b", "false", "s.contains('l')", "i in li", "'z' in m", "1 / (i - 3) > 0"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | inner.map(lambda text: f"!({text})")
        | st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})")
        | inner.map(lambda text: f"li.exists(e, e > 1 && {text})")
        | inner.map(lambda text: f"m.all(k, m[k] > 1 || {text})")
    ),
    max_leaves=6,
)


@given(INTEGERS | TRUTHS)
@settings(max_examples=300)
def test_the_same_answer_to_anything(text: str) -> None:
    assert ours(text) == theirs(text)
