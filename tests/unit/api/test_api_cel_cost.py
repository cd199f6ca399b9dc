"""Estimated costs of rules: the numbers are those that ``TestCelEstimatedCostStability`` of Kubernetes pins."""

from __future__ import annotations

from typing import Any

import pytest

from kverify.api.cel import base_environment, compile_text
from kverify.api.cel.cost import max_cost
from kverify.api.custom.declarations import declare
from kverify.api.custom.schema import read_schema

INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
STRING = {"type": "string"}
BYTES = {"type": "string", "format": "byte"}
BOOLEAN = {"type": "boolean"}
DURATION = {"type": "string", "format": "duration"}
DATE_TIME = {"type": "string", "format": "date-time"}
INT_OR_STRING = {"x-kubernetes-int-or-string": True}


def list_of(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def map_of(values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values, **more}


def object_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def values(*schemas: dict[str, Any]) -> dict[str, Any]:
    return object_of(**{f"val{number}": schema for number, schema in enumerate(schemas, 1)})


LIST_MAP = object_of(listMap=list_of(object_of(k=STRING, v=STRING, v2=STRING)))
COMPOSED = object_of(
    mapOfMap=map_of(map_of(STRING, maxProperties=10), maxProperties=10),
    mapOfList=map_of(list_of(STRING, maxItems=10), maxProperties=10),
    listMapOfObj=list_of(object_of(k2=STRING, v2=STRING), maxItems=10),
    listOfMap=list_of(map_of(STRING, maxProperties=10), maxItems=10),
    listOfObj=list_of(object_of(field3=STRING)),
)

COSTS: list[tuple[str, dict[str, Any], dict[str, int]]] = [
    (
        "integers",
        values(INTEGER, INTEGER, INTEGER),
        {
            "self.val1 == self.val2": 4,
            "type(self.val1) == int": 4,
            "self.val3 + 1 == 2147483647 + 1": 5,
        },
    ),
    (
        "numbers",
        values(INTEGER, NUMBER),
        {"double(self.val1) < self.val2": 6, "double(5) < 10.0": 2, "double(self.val1) < 10.0": 4},
    ),
    (
        "texts",
        values(STRING, STRING),
        {
            "self.val1.startsWith('Rook')": 3,
            "!self.val1.startsWith('knight')": 4,
            "self.val1.matches('^[^0-9]*$')": 943721,
            "!self.val1.matches('^[0-9]*$')": 629149,
            "type(self.val1) == string": 4,
            "size(self.val1) == 12": 4,
            "self.val1.charAt(3) == 'k'": 4,
            "self.val1.indexOf('o') == 1": 314576,
            "self.val1.replace(' ', 'x') == 'Rookxtakesx👑'": 629150,
            "self.val1.split(' ') == ['Rook', 'takes', '👑']": 629159,
            "self.val1.split(' ', 2) == ['Rook', 'takes 👑']": 629159,
            "self.val1.substring(5) == 'takes 👑'": 314576,
            "self.val1.substring(4, 10).trim() == 'takes'": 629149,
            "self.val1.upperAscii() == 'ROOK TAKES 👑'": 314577,
            "self.val1.lowerAscii() == self.val1.lowerAscii()": 943723,
            "isQuantity(self.val1)": 314575,
            "quantity(self.val1).isLessThan(quantity(self.val2))": 629151,
            'quantity("50M").isLessThan(quantity("100M"))': 3,
        },
    ),
    ("bytes", values(BYTES, BYTES), {"self.val1 == self.val2": 314577, "self.val1 == b'AB'": 3}),
    (
        "times",
        values(DURATION, DATE_TIME),
        {
            "self.val1 == duration('1h2m') + duration('3s4ms')": 6,
            "self.val1.getHours() == 1": 4,
            "type(self.val2) == google.protobuf.Timestamp": 4,
            "self.val2.getDate('01:00') == 18": 4,
        },
    ),
    (
        "an enumeration",
        object_of(enumStr={"type": "string", "enum": ["Pending", "Available", "Bound", "Released", "Failed"]}),
        {"self.enumStr == 'Pending'": 3, "self.enumStr in ['Pending', 'Available']": 14},
    ),
    (
        "lists",
        values(list_of(INTEGER), list_of(INTEGER)),
        {
            "1 in self.val1": 1572865,
            "self.val2[0] in self.val1": 1572868,
            "self.val1 + self.val2 == [1, 2, 3, 1, 2, 3]": 16,
            "self.val1 + [4, 5] == [1, 2, 3, 4, 5]": 24,
            "has(self.val1)": 1,
            "has(self.val1) && has(self.val2)": 2,
            "self.val1.all(k, size(self.val1) > 0)": 11010044,
            "self.val1.exists_one(k, self.val1 == [2])": 23592949,
            "!self.val1.exists_one(k, size(self.val1) > 0)": 9437183,
            "size(self.val1.filter(k, size(self.val1) > 1)) == 1": 26738686,
        },
    ),
    (
        "a list",
        object_of(array=list_of(INTEGER)),
        {
            "self.array.all(e, e > 0)": 7864318,
            "self.array.exists(e, e > 2)": 9437181,
            "self.array.exists_one(e, e > 4)": 6291456,
            "!self.array.exists_one(e, e == 2)": 4718594,
            "size(self.array.filter(e, e%2 == 0)) == 3": 25165823,
            "self.array.map(e, e * 20).filter(e, e > 50).exists(e, e == 60)": 53477367,
        },
    ),
    (
        "a list of objects",
        LIST_MAP,
        {
            "has(self.listMap[0].v)": 3,
            "self.listMap.all(m, m.k.startsWith('a'))": 6291453,
            "self.listMap.all(m, !has(m.v2) || m.v2 == 'z')": 8388603,
            "self.listMap.exists_one(m, m.k == 'a3')": 5242879,
            "size(self.listMap.filter(m, m.k == 'a1')) == 1": 16777215,
            "self.listMap.exists(m, m.k == 'a1' && m.v == 'b1')": 10485753,
            "self.listMap.map(m, m.v).exists(v, v == 'b1')": 19922939,
            "self.listMap.map(m, has(m.v2) && m.v2 == 'z', m.v2).size() == 1": 18874365,
        },
    ),
    (
        "maps",
        values(map_of(STRING), map_of(STRING)),
        {
            "self.val1 == self.val2": 39326,
            "'k1' in self.val1": 3,
            "self.val1 == {'k1': 'a', 'k2': 'b'}": 33,
            "self.val1.all(k, size(self.val1) > 0)": 2752508,
            "size(self.val1.filter(k, size(self.val1) > 1)) == 1": 6684670,
        },
    ),
    (
        "a map of numbers",
        object_of(val=map_of(INTEGER)),
        {
            "!has(self.val.a)": 3,
            "self.val.all(k, self.val[k] > 0)": 3595115,
            "self.val.exists_one(k, self.val[k] == 2)": 2696338,
            "size(self.val.filter(k, self.val[k] > 1)) == 1": 8089017,
        },
    ),
    (
        "an embedded resource",
        object_of(embedded={"type": "object", "x-kubernetes-embedded-resource": True}),
        {"self.embedded.kind == 'Pod'": 4, "self.embedded.metadata.generateName == 'pickItForMe'": 6},
    ),
    (
        "a number or text",
        object_of(something=INT_OR_STRING, current=INTEGER, available=INTEGER),
        {
            "type(self.something) == int ? self.something == 1 : self.something == '25%'": 7,
            "self.something != ['anything']": 13,
            r"type(self.something) == string && self.something.matches(r'(\d+(\.\d+)?%)')": 1258298,
        },
    ),
    (
        "lists and maps in each other",
        COMPOSED,
        {
            "self.mapOfMap['x']['y'] == 'b'": 5,
            "self.listMapOfObj.exists(e, e.k2 == '2' && e.v2 == 'f')": 103,
            "self.listOfObj[0].field3 == 'h'": 5,
            "self.mapOfMap.map(k, k).map(k, k).size() == 1": 286,
            "self.mapOfMap.map(k, self.mapOfMap[k].map(m, m)).size() == 1": 1585,
            "self.listOfMap.map(e, e.map(m, m)).size() == 1": 1555,
        },
    ),
    (
        "optional values",
        object_of(obj=object_of(field=STRING), m=map_of(STRING), l=list_of(STRING)),
        {
            "optional.of('a') != optional.of('b')": 1844674407370955266,
            "optional.of('a').or(optional.of('a')).hasValue()": 4,
            "self.obj.?field == optional.of('a')": 1844674407370955268,
            "self.obj.?field.orValue('v') == 'a'": 5,
            "self.m[?'k'] == optional.of('v')": 1844674407370955268,
        },
    ),
]


@pytest.mark.parametrize(
    ("schema", "rule", "expected"),
    [
        pytest.param(schema, rule, expected, id=f"{name}: {rule}")
        for name, schema, rules in COSTS
        for rule, expected in rules.items()
    ],
)
def test_the_estimate_is_that_of_the_api_server(schema: dict[str, Any], rule: str, expected: int) -> None:
    declared = declare(read_schema(schema))
    assert declared is not None
    root = declared.named("@self")
    environment = base_environment().with_variables({"self": root.type}).with_objects(root.objects())
    program = compile_text(rule, environment)
    assert program.checked is not None
    assert not program.complaints
    assert max_cost(program.checked, root) == expected
