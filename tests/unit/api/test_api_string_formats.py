"""The formats of texts that schemas name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.languages.string_formats import FORMATS
from kverify.api.versions import VERSIONS, crd_formats


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("bsonobjectid", ["507f1f77bcf86cd799439011"], ["507f1f77bcf86cd79943901", "x" * 24]),
        ("byte", ["aGk=", "aGVsbG8h"], ["", "aGk", "a-_="]),
        ("cidr", ["10.0.0.0/8", "fd00::/8", "10.1.2.3/8"], ["10.0.0.0", "10.0.0.0/33", "10.0.0/8"]),
        ("creditcard", ["4111 1111 1111 1111"], ["4111 1111 1111 1112", "1"]),
        ("date", ["2020-02-29"], ["2021-02-29", "2020-2-9", "20200229"]),
        ("datetime", ["2014-12-15T19:30:20.000Z", "2014-12-15t19:30:20+01:00"], ["2014-12-15", "2014-12-15T24:30:20Z"]),
        ("duration", ["1h30m", "22 ns", "3 days"], ["soon", "1x"]),
        ("email", ["a@b.c", "A B <a@b.c>", '"a b"@c.d'], ["a", "a@", "a@b@c"]),
        ("hexcolor", ["#fff", "FFFFFF"], ["#ffff", "red"]),
        ("hostname", ["a.example.com", "localhost", "é.example"], ["-a", "a..b", "a_b", "x" * 64]),
        ("ipv4", ["10.0.0.1"], ["10.0.0.256", "::1", "010.0.0.1"]),
        ("ipv6", ["::1", "fd00::1"], ["10.0.0.1", "fe80::1%eth0"]),
        ("isbn10", ["0321751043", "0-321-75104-3"], ["0321751044"]),
        ("isbn13", ["978-0321751041"], ["978-0321751042"]),
        ("isbn", ["0321751043", "978-0321751041"], ["1"]),
        ("k8slongname", ["a.b-c", "a" * 253], ["A", "-a", "a" * 254]),
        ("k8sshortname", ["a-b", "a" * 63], ["a.b", "a" * 64]),
        ("mac", ["00:11:22:33:44:55", "00-11-22-33-44-55", "0011.2233.4455"], ["00:11:22:33:44", "00:11-22:33:44:55"]),
        ("password", ["", "anything"], []),
        ("quantity", ["1Gi", "500m"], ["1Gx", ""]),
        ("rgbcolor", ["rgb(1, 2,255)"], ["rgb(1,2)", "rgb(1,2,256)"]),
        ("ssn", ["111-22-3333"], ["111223333", "111-22-33333"]),
        ("uri", ["https://a/b", "/a"], ["a", "", "https://a b"]),
        ("uuid", ["123e4567-e89b-12d3-a456-426614174000", "123E4567E89B12D3A456426614174000"], ["123"]),
        ("uuid3", ["123e4567-e89b-32d3-a456-426614174000"], ["123e4567-e89b-42d3-a456-426614174000"]),
        ("uuid4", ["123e4567-e89b-42d3-a456-426614174000"], ["123e4567-e89b-42d3-1456-426614174000"]),
        ("uuid5", ["123e4567-e89b-52d3-a456-426614174000"], ["123e4567-e89b-42d3-a456-426614174000"]),
    ],
)
def test_formats(name: str, right: list[str], wrong: list[str]) -> None:
    assert [text for text in right if not FORMATS[name](text)] == []
    assert [text for text in wrong if FORMATS[name](text)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_format_that_a_version_checks_is_known(version: str) -> None:
    assert crd_formats(version)["string"] <= FORMATS.keys()


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=40) | st.text(st.sampled_from('a0.-:@/ <>"T'), max_size=60))
def test_any_text_fits_or_does_not(name: str, text: str) -> None:
    assert FORMATS[name](text) in (True, False)
