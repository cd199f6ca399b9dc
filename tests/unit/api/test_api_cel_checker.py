"""Types of CEL expressions, and what kube-apiserver has against them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from kverify.api.cel import base_environment, compile_text, types
from kverify.api.cel.admission import admission_environment
from kverify.api.cel.printer import show
from tests.unit.api.test_api_cel_syntax import EXPRESSIONS

PERSON = types.object_named("person")
ENVIRONMENT = (
    base_environment("1.36")
    .with_objects({"person": {"name": types.STRING, "age": types.INT, "friends": types.list_of(PERSON)}})
    .with_variables(
        {
            "i": types.INT,
            "u": types.UINT,
            "d": types.DOUBLE,
            "s": types.STRING,
            "b": types.BOOL,
            "x": types.DYN,
            "li": types.list_of(types.INT),
            "m": types.map_of(types.STRING, types.INT),
            "p": PERSON,
            "t": types.TIMESTAMP,
        }
    )
)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("i + 1", "int"),
        ("i < 2.5", "bool"),
        ("u < i", "bool"),
        ("s + 'a'", "string"),
        ("[1, 2]", "list(int)"),
        ("{'a': [1]}", "map(string, list(int))"),
        ("[]", "list(dyn)"),
        ("b ? 1 : i", "int"),
        ("p.friends[0].name", "string"),
        ("has(p.name)", "bool"),
        ("m.a", "int"),
        ("m['a']", "int"),
        ("x.y.z[1]", "dyn"),
        ("x + 1", "int"),
        ("li.map(e, string(e))", "list(string)"),
        ("li.map(e, e > 1, e * 2)", "list(int)"),
        ("li.filter(e, e > 1)", "list(int)"),
        ("m.all(k, k != '')", "bool"),
        ("li.exists_one(e, e == 1)", "bool"),
        ("li.all(i, v, v > i)", "bool"),
        ("m.transformMap(k, v, v + 1)", "map(string, int)"),
        ("m.transformList(k, v, k)", "list(string)"),
        ("m.?a", "optional_type(int)"),
        ("m.?a.orValue(3)", "int"),
        ("optional.of(1).hasValue()", "bool"),
        ("type(i)", "type(int)"),
        ("type(i) == int", "bool"),
        ("t.getFullYear()", "int"),
        ("t - duration('1h') < t", "bool"),
        ("t - t", "google.protobuf.Duration"),
        ("s.split(',')", "list(string)"),
        ("'%d'.format([i])", "string"),
        ("s.matches('^a+$')", "bool"),
        ("s.find('[0-9]+')", "string"),
        ("url(s).getHost()", "string"),
        ("isURL(s)", "bool"),
        ("quantity('1Gi').isGreaterThan(quantity('1Mi'))", "bool"),
        ("ip('10.0.0.1').family()", "int"),
        ("cidr('10.0.0.0/8').containsIP('10.0.0.1')", "bool"),
        ("semver('1.2.3').major()", "int"),
        ("li.isSorted() && li.sum() > 3 && li.min() < li.max()", "bool"),
        ("li.indexOf(3)", "int"),
        ("sets.contains(li, [1])", "bool"),
        ("format.dns1123Label().validate(s).hasValue()", "bool"),
        ("li.sort()", "list(int)"),
        ("s.charAt(0) + s.substring(1) + s.lowerAscii() + s.trim()", "string"),
        ("size(s) + size(li) + size(m) + s.size()", "int"),
        ("1 in li && 'a' in m", "bool"),
        ("google.protobuf.Timestamp == type(t)", "bool"),
    ],
)
def test_types(text: str, result: str) -> None:
    program = compile_text(text, ENVIRONMENT)
    assert not program.complaints, program.complaints
    assert str(program.result) == result


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("y", "y"),
        ("i + 'a'", "+"),
        ("i + 1.0", "+"),
        ("i && b", "b"),
        ("b ? 1 : 'a'", "b"),
        ("p.nmae", "nmae"),
        ("p.friends.name", "name"),
        ("s.foo()", "foo"),
        ("foo(s)", "foo"),
        ("size(i)", "size"),
        ("[1, 'a']", "'a'"),
        ("{1: 1, 'a': 2}", "'a'"),
        ("has(s)", "s"),
        ("li.all(1, true)", "1"),
        ("li.all(e, e + 1)", "all"),
        ("i.all(e, true)", "i"),
        ("s == i", "=="),
        ("1 == 1.0", "=="),
        ("[x, 1]", "1"),
        ("int('a')", "'a'"),
        ("s in i", "in"),
        ("duration('one hour') == duration('1h')", "'one hour'"),
        ("timestamp('yesterday') < t", "'yesterday'"),
        ("s.matches('a(')", "'a('"),
        ("m.?a + 1", "+"),
        ("int == 1", "=="),
    ],
)
def test_complaints_stand_at_what_is_wrong(text: str, part: str) -> None:
    (complaint,) = compile_text(text, ENVIRONMENT).complaints
    found = text[complaint.start : complaint.end]
    assert found == part or part in found, (complaint, found)


@pytest.mark.parametrize(
    ("text", "mend"), [("p.nmae", "did you mean name?"), ("s.startWith('a')", "did you mean startsWith?")]
)
def test_spelling_is_mended(text: str, mend: str) -> None:
    (complaint,) = compile_text(text, ENVIRONMENT).complaints
    assert complaint.mend == mend


@pytest.mark.parametrize(
    ("text", "since"),
    [("li.all(i, v, v > i)", "1.33"), ("semver('1.0.0').major() == 1", "1.34"), ("quantity('1').isInteger()", "1.32")],
)
def test_libraries_come_with_versions(text: str, since: str) -> None:
    for version in ("1.32", "1.33", "1.34", "1.35", "1.36", "1.37"):
        environment = base_environment(version).with_variables({"li": types.list_of(types.INT)})
        assert bool(compile_text(text, environment).complaints) == (version < since), version


@pytest.mark.parametrize(
    ("text", "params", "accepted"),
    [
        ("object.spec.replicas > 1", False, True),
        ("oldObject == null || object == oldObject", False, True),
        ("request.userInfo.username.startsWith('system:')", False, True),
        ("request.userInfo.groups.exists(g, g == 'a')", False, True),
        ("request.user", False, False),
        ("namespaceObject.metadata.labels['a'] == 'b'", False, True),
        ("params.data.a == 'b'", True, True),
        ("params.data.a == 'b'", False, False),
        ("authorizer.group('apps').resource('deployments').check('get').allowed()", False, True),
        ("authorizer.requestResource.check('get').allowed()", False, True),
        ("self.a", False, False),
    ],
)
def test_admission(text: str, params: bool, accepted: bool) -> None:
    environment = admission_environment("1.36", params=params, authorizer=True)
    assert bool(compile_text(text, environment).complaints) is not accepted


@given(EXPRESSIONS.map(show))
@settings(max_examples=200)
def test_every_expression_has_a_type_or_a_complaint(text: str) -> None:
    program = compile_text(text, ENVIRONMENT)
    assert bool(program.complaints) is (program.result is None)
    for complaint in program.complaints:
        assert 0 <= complaint.start <= complaint.end <= len(text)
        assert complaint.message
