"""Values of CEL expressions; every expression has a value or an error."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kverify.api.cel import CelError, adapt, base_environment, compile_text, types
from kverify.api.cel.admission import admission_environment
from kverify.api.cel.functions.kubernetes import Decision, Query, authorizer
from kverify.api.cel.printer import show
from kverify.api.cel.values import Duration, MapValue, Optional, Timestamp, TypeValue, UInt, Value
from tests.unit.api.test_api_cel_syntax import EXPRESSIONS

DATA: dict[str, Any] = {
    "i": 3,
    "d": 1.5,
    "s": "héllo",
    "b": True,
    "li": [1, 2, 3],
    "ls": ["a", "b"],
    "m": {"a": 1, "b": 2},
    "x": {"k": [1, "z", None], "n": {"a": {"b": 1}}},
}
TYPES = {
    "i": types.INT,
    "d": types.DOUBLE,
    "s": types.STRING,
    "b": types.BOOL,
    "li": types.list_of(types.INT),
    "ls": types.list_of(types.STRING),
    "m": types.map_of(types.STRING, types.INT),
    "x": types.DYN,
    "u": types.UINT,
}
ENVIRONMENT = base_environment("1.36").with_variables(TYPES)
VARIABLES: dict[str, Value] = {**{name: adapt(value) for name, value in DATA.items()}, "u": UInt(7)}


def value(text: str) -> Value:
    program = compile_text(text, ENVIRONMENT)
    assert not program.complaints, program.complaints
    return program.evaluate(VARIABLES)


def plain(found: Value) -> Any:
    if isinstance(found, MapValue):
        return {plain(key): plain(item) for key, item in found.items()}
    if isinstance(found, Optional):
        return ("optional", plain(found.value)) if found.present else None
    return [plain(item) for item in found] if isinstance(found, tuple) else found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("1.0 / 0.0", math.inf),
        ("u - 1u", 6),
        ("'a' + 'b'", "ab"),
        ("b'a' + b'b'", b"ab"),
        ("[1] + [2]", [1, 2]),
        ("dyn(1) == dyn(1.0)", True),
        ("dyn('a') == dyn(1)", False),
        ("i < 3.5", True),
        ("li.all(e, e > 0)", True),
        ("li.exists(e, e > 2)", True),
        ("li.exists_one(e, e > 1)", False),
        ("li.map(e, e * 2)", [2, 4, 6]),
        ("li.map(e, e > 1, e * 2)", [4, 6]),
        ("li.filter(e, e != 2)", [1, 3]),
        ("m.map(k, k)", ["a", "b"]),
        ("m.transformMap(k, v, v * 10)", {"a": 10, "b": 20}),
        ("li.transformList(i, v, i * v)", [0, 2, 6]),
        ("m.existsOne(k, v, v == 2)", True),
        ("x.n.a.b", 1),
        ("x.k[1]", "z"),
        ("has(x.n.a.b)", True),
        ("has(x.n.c)", False),
        ("x.?n.?c.?d.orValue(5)", 5),
        ("x.?n.a.b", ("optional", 1)),
        ("[?x.?q, dyn(1)]", [1]),
        ("{?'a': x.?q, 'b': dyn(1)}", {"b": 1}),
        ("optional.none().or(optional.of(2)).value()", 2),
        ("m[?'a'].optMap(v, v + 1).value()", 2),
        ("false && (1 / 0 == 1)", False),
        ("(1 / 0 == 1) && false", False),
        ("true || x.q", True),
        ("x.q || true", True),
        ("[0, 1].exists(e, 1 / e == 1)", True),
        ("b ? i : 1 / 0", 3),
        ("size(s)", 5),
        ("s.startsWith('hé') && s.endsWith('lo') && s.contains('ll')", True),
        ("s.matches('^h.*o$')", True),
        ("'ab12'.find('[0-9]+')", "12"),
        ("'a1b22'.findAll('[0-9]+')", ["1", "22"]),
        ("s.upperAscii()", "HéLLO"),
        ("s.indexOf('l')", 2),
        ("s.lastIndexOf('l')", 3),
        ("s.substring(1, 3)", "él"),
        ("s.replace('l', 'L', 1)", "héLlo"),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("ls.join('-')", "a-b"),
        ("' a '.trim()", "a"),
        ("s.charAt(1)", "é"),
        ("'%d'.format([i])", "3"),
        ("'%.2f'.format([d])", "1.50"),
        ("'%x'.format([255])", "ff"),
        ("'%s'.format([ls])", "[a, b]"),
        ("strings.quote('a\"')", '"a\\""'),
        ("type(i)", TypeValue("int")),
        ("type(i) == int && type(li) == list", True),
        ("int('12') + int(1.9) + int(u)", 20),
        ("double('1.5')", 1.5),
        ("string(1.0) + string(true) + string(b'a')", "1truea"),
        ("uint(3)", 3),
        ("bytes('é')", b"\xc3\xa9"),
        ("bool('true')", True),
        ("duration('1h30m')", Duration(5400 * 10**9)),
        ("duration('1h30m').getMinutes()", 90),
        ("timestamp('1970-01-01T00:00:01Z')", Timestamp(10**9)),
        ("timestamp('2020-02-29T12:30:00.5Z').getDayOfYear()", 59),
        ("timestamp('2020-02-29T12:30:00Z').getHours('+02:00')", 14),
        ("timestamp('2020-02-29T00:00:00Z') + duration('24h') == timestamp('2020-03-01T00:00:00Z')", True),
        ("1 in li && !(5 in li) && 'a' in m", True),
        ("li.sum() + li.max() - li.min()", 8),
        ("li.isSorted()", True),
        ("li.indexOf(2) + li.lastIndexOf(2)", 2),
        ("[3, 1, 2].sort()", [1, 2, 3]),
        ("[[1], [2, 3]].flatten()", [1, 2, 3]),
        ("[1, 1, 2].distinct()", [1, 2]),
        ("[1, 2, 3].reverse()", [3, 2, 1]),
        ("[1, 2, 3, 4].slice(1, 3)", [2, 3]),
        ("sets.contains(li, [1, 2]) && sets.intersects(li, [9, 1]) && !sets.equivalent(li, [1])", True),
        ("quantity('1Gi').asInteger()", 2**30),
        ("quantity('500m').add(quantity('1')).compareTo(quantity('1500m'))", 0),
        ("isQuantity('1Gx')", False),
        ("url('https://a.b:80/c?d=e').getHostname()", "a.b"),
        ("url('https://a.b/c?d=e').getQuery()", {"d": ["e"]}),
        ("isURL('../a')", False),
        ("ip('::1').isLoopback() && ip('10.0.0.1').family() == 4", True),
        ("isIP('10.0.0.256')", False),
        ("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", True),
        ("cidr('10.0.0.0/8').prefixLength()", 8),
        ("semver('1.2.3').isLessThan(semver('1.10.0'))", True),
        ("isSemver('v1.2')", False),
        ("format.named('dns1123Label').value().validate('A_b').hasValue()", True),
        ("format.date().validate('2020-02-30').hasValue()", True),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert plain(value(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0",
        "1 % 0",
        "9223372036854775807 + 1",
        "-9223372036854775808 - i",
        "u - 8u",
        "x.q",
        "x.k[9]",
        "li[-1]",
        "m.c",
        "int(s)",
        "int(d * 1e30)",
        "x + 1",
        "x.n < 1",
        "(1 / 0 == 1) && true",
        "[0, 1].all(e, 1 / e == 1)",
        "[].min()",
        "quantity(s)",
        "s.substring(9)",
        "{'a': 1, 'a': 2}",
        "optional.none().value()",
        "timestamp(s)",
    ],
)
def test_errors(text: str) -> None:
    assert isinstance(value(text), CelError)


def test_work_is_bounded() -> None:
    text = "li" + "".join(f".map(e{n}, li" for n in range(14)) + ")" * 14
    assert isinstance(value(text), CelError)


def test_the_authorizer_asks_whoever_decides() -> None:
    asked: list[Query] = []

    def decide(query: Query) -> Decision:
        asked.append(query)
        return Decision(query.verb == "get")

    environment = admission_environment("1.36", params=False, authorizer=True)
    text = "authorizer.group('apps').resource('deployments').namespace('a').check('{}').allowed()"
    programs = [compile_text(text.format(verb), environment) for verb in ("get", "put")]
    assert [program.evaluate({"authorizer": authorizer(decide)}) for program in programs] == [True, False]
    assert [asked[0].group, asked[0].resource, asked[0].namespace, asked[0].verb] == ["apps", "deployments", "a", "get"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
CALLS = st.sampled_from(
    """
    size({0}); string({0}); int({0}); double({0}); uint({0}); bool({0}); bytes({0}); type({0}); !{0}; -{0}
    {0}+{1}; {0}-{1}; {0}*{1}; {0}/{1}; {0}%{1}; {0}<{1}; {0}=={1}; {0}&&{1}; {0}||{1}; {0}?{1}:{0}; {0}[{1}]
    {0} in {1}; {0}.a; {0}.?a; {0}[?{1}]; has({0}.a); {0}.orValue({1}); {0}.getHours({1})
    {0}.all(e,e=={1}); {0}.exists(e,e<{1}); {0}.map(e,e+{1}); {0}.filter(e,e=={1})
    {0}.transformMap(k,v,k); {0}.transformList(k,v,v); {0}.contains({1}); {0}.matches({1}); {0}.split({1}); {0}.join()
    {0}.substring({1}); {0}.format({1}); {0}.replace({1},{1}); {0}.charAt({1}); {0}.indexOf({1}); {0}.reverse()
    {0}.slice({1},{1}); quantity({0}); url({0}); ip({0}); cidr({0}); semver({0}); duration({0}); timestamp({0})
    {0}.sum(); {0}.min(); {0}.sort(); {0}.distinct(); {0}.isSorted(); {0}.flatten(); sets.contains({0},{1})
    """.strip()
    .replace("\n", ";")
    .split(";")
).map(str.strip)
DYNAMIC = base_environment("1.36").with_variables({"a": types.DYN, "b": types.DYN})


@given(CALLS, JSON, JSON)
@settings(max_examples=400)
def test_values_of_any_type_never_break_it(call: str, first: Any, second: Any) -> None:
    """With ``dyn`` the checker lets everything through, so every function meets every value."""
    program = compile_text(call.format("a", "b"), DYNAMIC)
    program.evaluate({"a": adapt(first), "b": adapt(second)})


@given(EXPRESSIONS.map(show), JSON)
@settings(max_examples=200)
def test_evaluation_is_total(text: str, data: Any) -> None:
    program = compile_text(text, DYNAMIC)
    program.evaluate({"a": adapt(data), "b": adapt(data)})
