"""Image references: what they are short for, when they are pulled, and what a user reads about a wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.languages.images import _LANGUAGE, _match, default_pull_policy, parse_image
from tests.unit.api.language_cases import accepts, refusal

SHA256 = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "full", "familiar"),
    [
        ("nginx", "docker.io/library/nginx", "nginx"),
        ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
        ("library/nginx", "docker.io/library/nginx", "nginx"),
        ("docker.io/nginx", "docker.io/library/nginx", "nginx"),
        ("index.docker.io/nginx", "docker.io/library/nginx", "nginx"),
        ("bitnami/redis", "docker.io/bitnami/redis", "bitnami/redis"),
        ("library/a/b", "docker.io/library/a/b", "library/a/b"),
        ("test:5000/repo", "test:5000/repo", "test:5000/repo"),
        ("test.com:5000", "docker.io/library/test.com:5000", "test.com:5000"),  # a tag: there is no slash
        ("localhost/app:v1", "localhost/app:v1", "localhost/app:v1"),
        ("Uppercase/app", "Uppercase/app", "Uppercase/app"),
        ("[fd00:1:2::3]:5000/repo", "[fd00:1:2::3]:5000/repo", "[fd00:1:2::3]:5000/repo"),
        ("a-b__c.d/e---f", "a-b__c.d/e---f", "a-b__c.d/e---f"),
        (f"nginx@{SHA256}", f"docker.io/library/nginx@{SHA256}", f"nginx@{SHA256}"),
        (f"ghcr.io/o/a:v2@{SHA256}", f"ghcr.io/o/a:v2@{SHA256}", f"ghcr.io/o/a:v2@{SHA256}"),
        ("a:" + "t" * 128, "docker.io/library/a:" + "t" * 128, "a:" + "t" * 128),
    ],
)
def test_in_full_and_as_short_as_can_be(text: str, full: str, familiar: str) -> None:
    image = parse_image(text)
    assert (str(image), image.familiar()) == (full, familiar)
    assert parse_image(full) == parse_image(familiar) == image


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1", "IfNotPresent"),
        (f"nginx@{SHA256}", "IfNotPresent"),
        (f"nginx:latest@{SHA256}", "Always"),
        ("localhost:5000/nginx", "Always"),
        ("Nginx", "IfNotPresent"),  # what cannot be read has no tag
        ("", "IfNotPresent"),
    ],
)
def test_default_pull_policy(text: str, policy: str) -> None:
    assert default_pull_policy(text) == policy


PIECES = st.sampled_from(
    [
        "a",
        "b1",
        "A",
        "/",
        ":",
        "@",
        ".",
        "_",
        "__",
        "-",
        "5",
        "localhost",
        "docker.io",
        "[::1]",
        SHA256,
        "sha256:ab",
        " ",
        "$",
        "é",
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=12))
def test_the_grammar_and_the_regular_expressions_agree(text: str) -> None:
    assert (_match(text) is not None) == accepts(_LANGUAGE, text)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=300))
def test_any_text_is_read_or_explained(text: str) -> None:
    error = refusal(parse_image, text)
    if error is None:
        assert parse_image(str(parse_image(text))) == parse_image(text) or not parse_image(text).domain
    else:
        assert str(error)
        assert 0 <= error.start <= error.end <= len(text)


WRITE = "write it as in nginx:1.27 or ghcr.io/org/app:v2"


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("", "", "the image is empty", WRITE),
        ("Nginx:1", "Nginx", "the name of an image is in lower case", "write nginx"),
        ("ghcr.io/Org/app", "Org", "the name of an image is in lower case", "write org"),
        ("nginx:", "", "the tag is missing", "remove the colon, or add a tag"),
        ("nginx: 1.27", " ", "a blank stands in the image", "remove it"),
        ("https://ghcr.io/org/app", "https:", "an image has no scheme", "write ghcr.io/org/app"),
        ("nginx@latest", "latest", "'latest' is not a digest", "write :latest, if it is a tag"),
        (
            "nginx@sha256:abc",
            "sha256:abc",
            "a sha256 digest has 64 digits, and here are 3",
            "write it as in @sha256: and 64 digits",
        ),
        (f"nginx@{SHA256}0", f"{SHA256}0", "a sha256 digest has 64 digits, and here are 65", "copy the whole digest"),
        ("nginx@md5:" + "0" * 32, "md5", "the digest algorithm 'md5' is not supported", "use sha256"),
        ("a/nginx:v1/b", "/", "an image has one tag, at its end", "remove the other one"),
        (
            "nginx:v1/b",
            "nginx:v1",
            "'nginx:v1' is not a registry: a number belongs behind its colon",
            "the tag comes last, behind the whole name",
        ),
        ("org//app", "/", "a part of the name is missing", WRITE),
        ("org/app/", "", "the name ends with a slash", "remove it, or add the rest of the name"),
        (
            "org/my..app",
            "my..app",
            "'my..app' is not part of a name: letters and digits, joined by -, one . or up to two _",
            WRITE,
        ),
        ("${REGISTRY}/app", "${REGISTRY}", "variables are not expanded in an image", WRITE),
        ("app:$(TAG)", "$", "variables are not expanded in an image", WRITE),
        ("app:{{ .Values.tag }}", "{", "the template in the image was not rendered", WRITE),
        (
            "app:-x",
            "-x",
            "a tag has at most 128 letters, digits, '_', '.' and '-', and begins with none of the last two",
            WRITE,
        ),
        ("0" * 64, "0" * 64, "64 hexadecimal digits are a digest, not a name", "write NAME@sha256:" + "0" * 64),
        ("a/" * 150 + "a", "a/" * 150 + "a", "the name of an image has at most 255 characters", "write a shorter one"),
        ("a" * 3000, "a" * 3000, "an image of 3000 characters is too long to be meant", "the limit is 2048 characters"),
    ],
)
def test_refusals_point_at_the_fault_and_say_what_was_meant(text: str, fault: str, message: str, mend: str) -> None:
    error = refusal(parse_image, text)
    assert error is not None
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)
