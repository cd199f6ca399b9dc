"""Image references: ``nginx``, ``ghcr.io/org/app:v2``, ``app@sha256:...``, and what they are short for.

Sources: ``ParseNormalizedNamed`` of github.com/distribution/reference (regexp.go, normalize.go, reference.go), the
digests of github.com/opencontainers/go-digest, ``ParseImageName`` in pkg/util/parsers, and ``SetDefaults_Container`` in
pkg/apis/core/v1/defaults.go. The API server takes any text for an image; a wrong one fails on the node
(``InvalidImageName``).

Every container has an image, so regular expressions do the reading; ``grammar/image.lark``, which accepts the same
texts, explains what is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache

from attrs import frozen

from kverify.api.languages.language import Fault, Language, Mistake, TextError, shown

MAX_LENGTH = 2048
MAX_PATH = 255
DOCKER_HUB = "docker.io"
LATEST = "latest"
ALWAYS, IF_NOT_PRESENT = "Always", "IfNotPresent"

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"""(?:(?P<domain>(?:{_HOST}|\[[0-9a-fA-F:]+\])(?::[0-9]+)?)/)?
        (?P<path>{_COMPONENT}(?:/{_COMPONENT})*)
        (?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?
        (?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{{32,}}))?""",
    re.VERBOSE,
)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""The digest algorithms that are built in, and how many digits each has."""

_VARIABLE = re.compile(r"\$[({]?[A-Za-z_][A-Za-z0-9_]*[)}]?")
_WRITE = "write it as in nginx:1.27 or ghcr.io/org/app:v2"


class ImageError(TextError):
    """The text is not an image reference."""


@frozen
class ImageReference:
    """A reference in full: ``nginx`` is ``library/nginx`` in the domain ``docker.io``.

    ``domain`` is empty for the rare name whose first part looks like a domain and is none (``my_host.com/app``). A
    reference without tag and digest means the tag ``latest``.
    """

    domain: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Domain and path: what a registry is asked for."""
        return f"{self.domain}/{self.path}" if self.domain else self.path

    @property
    def pulled_tag(self) -> str:
        """The tag that is pulled; empty when only a digest is given (``ParseImageName``)."""
        return self.tag or ("" if self.digest else LATEST)

    def __str__(self) -> str:
        """In full."""
        return self._spelled(self.name)

    def familiar(self) -> str:
        """As short as it can be written: without the domain and ``library/`` of Docker Hub."""
        if self.domain != DOCKER_HUB:
            return self._spelled(self.name)
        short = self.path.removeprefix("library/")
        return self._spelled(self.path if "/" in short else short)

    def _spelled(self, name: str) -> str:
        return name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def _variable(fault: Fault) -> bool:
    return _VARIABLE.match(fault.text[fault.start :]) is not None


def _stray_message(fault: Fault) -> str:
    if _variable(fault):
        return "variables are not expanded in an image"
    if fault.text.startswith("{{", fault.start):
        return "the template in the image was not rendered"
    return f"{shown(fault.found)} does not belong into an image"


def _name_message(fault: Fault) -> str:
    if re.search("[A-Z]", fault.found):
        return "the name of an image is in lower case"
    return f"{shown(fault.found)} is not part of a name: letters and digits, joined by -, one . or up to two _"


def _name_mend(fault: Fault) -> str:
    return f"write {fault.found.lower()}" if re.search("[A-Z]", fault.found) else _WRITE


def _domain_message(fault: Fault) -> str:
    if fault.found.startswith(("$", "{{")):
        return _stray_message(fault)
    if fault.found.lower() in ("http:", "https:", "docker:", "oci:"):
        return "an image has no scheme"
    if ":" in fault.found:
        return f"{shown(fault.found)} is not a registry: a number belongs behind its colon"
    return f"{shown(fault.found)} is not a registry: a domain has letters, digits, dots, and hyphens inside"


def _domain_mend(fault: Fault) -> str:
    if fault.found.lower() in ("http:", "https:", "docker:", "oci:"):
        return f"write {fault.after.lstrip('/')}"
    return "the tag comes last, behind the whole name" if ":" in fault.found else _WRITE


def _digest_message(fault: Fault) -> str:
    algorithm, colon, value = fault.found.partition(":")
    if not colon:
        return f"{shown(fault.found)} is not a digest"
    digits = _HEX_DIGITS.get(algorithm)
    if digits and len(value) != digits:
        return f"a {algorithm} digest has {digits} digits, and here are {len(value)}"
    return f"{shown(fault.found)} is not a digest"


def _digest_mend(fault: Fault) -> str:
    if ":" not in fault.found and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fault.found):
        return f"write :{fault.found}, if it is a tag"
    return "write it as in @sha256: and 64 digits"


_NAMES = ("a", "a/b", "x.y/a", "x.y/a/b")
"""Where the parser has read a name, which it does in as many ways."""

_BEHIND_TAG = tuple(f"{name}:1" for name in _NAMES)
_AT_PART = ("", "x.y/", *(f"{name}/" for name in _NAMES))
_AT_TAG = tuple(f"{name}:" for name in _NAMES)
_AT_DIGEST = tuple(f"{name}@" for name in (*_NAMES, *_BEHIND_TAG))


def _with(places: tuple[str, ...], *wrong: str) -> tuple[str, ...]:
    return tuple(place + text for place in places for text in wrong)


_LANGUAGE = Language(
    "image",
    "an image",
    limit=MAX_LENGTH,
    error=ImageError,
    mistakes=(
        Mistake(_stray_message, _WRITE, examples=_with((*_AT_PART, *_NAMES, *_AT_TAG, *_BEHIND_TAG), "#")),
        Mistake("the image is empty", _WRITE, examples=("",)),
        Mistake(
            "a blank stands in the image",
            "remove it",
            examples=_with((*_AT_PART, *_NAMES, *_AT_TAG, *_BEHIND_TAG), " "),
        ),
        Mistake("the name ends with a slash", "remove it, or add the rest of the name", examples=_AT_PART[1:]),
        Mistake("a part of the name is missing", _WRITE, examples=_with(_AT_PART, "/b", ":1", "@x")),
        Mistake("the tag is missing", "remove the colon, or add a tag", examples=_with(_AT_TAG, "", "@x", ":1")),
        Mistake("the digest is missing", "remove the @, or add a digest", examples=_AT_DIGEST),
        Mistake(_name_message, _name_mend, examples=_with(_AT_PART, "_x", "X")),
        Mistake(_domain_message, _domain_mend, examples=("https://a", "x:v1/a")),
        Mistake(
            "a tag has at most 128 letters, digits, '_', '.' and '-', and begins with none of the last two",
            _WRITE,
            examples=_with(_AT_TAG, ".x"),
        ),
        Mistake(
            "an image has one tag, at its end",
            "remove the other one",
            examples=(*_with(_BEHIND_TAG, ":2"), *_with(_BEHIND_TAG[1:], "/b")),
        ),
        Mistake(_digest_message, _digest_mend, examples=_with(_AT_DIGEST, "latest")),
    ),
)


@lru_cache(maxsize=4096)
def parse_image(text: str) -> ImageReference:
    """Read a reference as the nodes do. Raises :class:`ImageError` for what they cannot pull by any means."""
    _LANGUAGE.check_length(text)
    if _IDENTIFIER.fullmatch(text):
        raise _LANGUAGE.error(
            "64 hexadecimal digits are a digest, not a name", f"write NAME@sha256:{text}", 0, len(text)
        )
    match = _match(text)
    if match is None:
        raise _LANGUAGE.explain(text)
    if len(match["path"]) > MAX_PATH:
        message = f"the name of an image has at most {MAX_PATH} characters"
        raise _LANGUAGE.error(message, "write a shorter one", 0, len(text))
    if match["digest"]:
        _check_digest(match["digest"], text)
    return ImageReference(match["domain"] or "", match["path"], match["tag"], match["digest"])


def _match(text: str) -> re.Match[str] | None:
    domain, rest = _split(text)
    return _REFERENCE.fullmatch(f"{domain}/{rest}")


def _split(text: str) -> tuple[str, str]:
    """``splitDockerDomain``: the first part is a domain when it looks like one, else Docker Hub is meant."""
    first, slash, rest = text.partition("/")
    if not slash:
        return DOCKER_HUB, f"library/{text}"
    if first == "index.docker.io":
        domain = DOCKER_HUB
    elif first == "localhost" or "." in first or ":" in first or first != first.lower():
        domain = first
    else:
        domain, rest = DOCKER_HUB, text
    if domain == DOCKER_HUB and "/" not in rest:
        rest = f"library/{rest}"
    return domain, rest


def _check_digest(digest: str, text: str) -> None:
    algorithm, _, value = digest.partition(":")
    start = len(text) - len(digest)
    digits = _HEX_DIGITS.get(algorithm)
    if digits is None:
        message, mend = f"the digest algorithm {shown(algorithm)} is not supported", "use sha256"
        raise _LANGUAGE.error(message, mend, start, start + len(algorithm))
    if len(value) != digits:
        message = f"a {algorithm} digest has {digits} digits, and here are {len(value)}"
        raise _LANGUAGE.error(message, "copy the whole digest", start, len(text))
    if value != value.lower():
        raise _LANGUAGE.error("a digest is in lower case", f"write {algorithm}:{value.lower()}", start, len(text))


def default_pull_policy(image: str) -> str:
    """``imagePullPolicy`` of a container that has none: Always for the tag ``latest``, written or not.

    An image that cannot be read has no tag, and so IfNotPresent.
    """
    try:
        reference = parse_image(image)
    except ImageError:
        return IF_NOT_PRESENT
    return ALWAYS if reference.pulled_tag == LATEST else IF_NOT_PRESENT
