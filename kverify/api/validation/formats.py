"""The shapes of names and values (``k8s.io/apimachinery/pkg/util/validation``).

Each function returns why a text is refused, or ``""`` when it is fine. Messages complete the sentence
"X is not valid: ...".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kverify.api.languages.addresses import parse_ip

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SUBDOMAIN_UNDERSCORE = re.compile(r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_HTTP_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_HEADER = re.compile(r"[-A-Za-z0-9]+")


def dns_label(text: str) -> str:
    """RFC 1123 label: names of containers, volumes, namespaces."""
    if len(text) > 63:
        return "it is longer than 63 characters"
    if not _LABEL.fullmatch(text):
        return "it must consist of lower case letters, digits and '-', and begin and end with a letter or digit"
    return ""


def dns_label_1035(text: str) -> str:
    """RFC 1035 label: like :func:`dns_label`, and the first character is a letter."""
    if len(text) > 63:
        return "it is longer than 63 characters"
    if not _LABEL_1035.fullmatch(text):
        return "it must consist of lower case letters, digits and '-', and begin with a letter"
    return ""


def dns_subdomain(text: str) -> str:
    """RFC 1123 subdomain: names of most objects."""
    if len(text) > 253:
        return "it is longer than 253 characters"
    if not _SUBDOMAIN.fullmatch(text):
        return "it must consist of lower case letters, digits, '-' and '.', and begin and end with a letter or digit"
    return ""


def dns_search(text: str) -> str:
    """A DNS search domain: underscores are fine, and one dot may end it or be all of it."""
    trimmed = text.removesuffix(".")
    if text != "." and (len(trimmed) > 253 or not _SUBDOMAIN_UNDERSCORE.fullmatch(trimmed)):
        return "it must consist of lower case letters, digits, '-' and '.', and '_' anywhere but at the end of a part"
    return ""


def strict_dns_search(text: str) -> str:
    """A DNS search domain before underscores were allowed (``RelaxedDNSSearchValidation``)."""
    return dns_subdomain(text.removesuffix("."))


def generated(rule: Callable[[str], str]) -> Callable[[str], str]:
    """The rule of ``generateName`` for a kind whose names follow ``rule``: random characters will follow, so a hyphen
    may end it (``maskTrailingDash``: it goes together with the character before it)."""

    def prefix(text: str) -> str:
        return rule(text[:-2] + "a" if len(text) > 1 and text.endswith("-") else text)

    return prefix


def qualified_name(text: str) -> str:
    """``name`` or ``prefix/name``: keys of labels and annotations, taints, finalizers, resources."""
    prefix, slash, name = text.rpartition("/")
    if slash and not prefix:
        return "the part before '/' is empty"
    if "/" in prefix:
        return "it has more than one '/'"
    if prefix and dns_subdomain(prefix):
        return f"the part before '/' is not a DNS name: {dns_subdomain(prefix)}"
    if not name:
        return "the name part is empty"
    if len(name) > 63:
        return "the name part is longer than 63 characters"
    if not _QUALIFIED.fullmatch(name):
        return "it must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or digit"
    return ""


def label_value(text: str) -> str:
    if len(text.encode()) > 63:
        return "it is longer than 63 bytes"
    if text and not _QUALIFIED.fullmatch(text):
        return "it must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or digit"
    return ""


def config_key(text: str) -> str:
    """A key of a ConfigMap or Secret, which becomes a file name."""
    if len(text) > 253:
        return "it is longer than 253 characters"
    if not _CONFIG_KEY.fullmatch(text):
        return "it must consist of letters, digits, '-', '_' and '.'"
    if text in (".", "..") or text.startswith(".."):
        return "it must not be '.' or begin with '..'"
    return ""


def env_name(text: str) -> str:
    """Since 1.32 every printable ASCII character but ``=``."""
    if not text or any(not " " <= character <= "~" or character == "=" for character in text):
        return "it must consist of printable ASCII characters other than '='"
    return ""


def http_header(text: str) -> str:
    return "" if _HEADER.fullmatch(text) else "it must consist of letters, digits and '-'"


def non_special_ip(text: str) -> str:
    """An address that traffic can be sent to from outside the node (``ValidateNonSpecialIP``)."""
    special = parse_ip(text).special
    return f"it must not be {special}" if special else ""


def path_inside(text: str) -> str:
    """A path that never goes up (``validatePathNoBacksteps``)."""
    return "it must not contain '..'" if ".." in text.split("/") else ""


def domain_path(text: str) -> str:
    """A domain and a path below it, such as ``example.com/controller`` (``IsDomainPrefixedPath``)."""
    domain, _, path = text.partition("/")
    if not domain or not path:
        return "it must be of the form domain/path"
    if dns_subdomain(domain):
        return f"its domain is not a DNS name: {dns_subdomain(domain)}"
    if not _HTTP_PATH.fullmatch(path):
        return "its path has characters that a URL cannot hold"
    return ""


def relative_path(text: str) -> str:
    """A path below a volume's root (``validateLocalDescendingPath``)."""
    return "it must be a relative path" if text.startswith("/") else path_inside(text)


def file_path(text: str) -> str:
    """The path of a file that the kubelet writes (``ValidateLocalNonReservedPath``): names that begin with '..' are its
    own."""
    return relative_path(text) or ("it must not begin with '..'" if text.startswith("..") else "")


def csi_driver(text: str) -> str:
    """The name of a CSI driver (``ValidateCSIDriverName``); an empty one is missing, not malformed."""
    if len(text) > 63:
        return "it is longer than 63 characters"
    return dns_subdomain(text.lower())


def signer(text: str) -> str:
    """The name of a certificate signer (``ValidateSignerName``): ``domain/path``."""
    segments = text.split("/")
    if len(segments) != 2:
        return "it must be of the form domain/name"
    host, name = segments
    if not host or len(host.split(".")) < 2:
        return "its domain must have at least two segments"
    if len(host) > 253:
        return "its domain is longer than 253 characters"
    for segment in host.split("."):
        if dns_label(segment):
            return f"its domain is not a DNS name: {dns_label(segment)}"
    for segment in name.split("."):
        if dns_label(segment):
            return f"its name is not a DNS name: {dns_label(segment)}"
    return "" if len(text) <= 571 else "it is longer than 571 characters"


def subscripted(text: str) -> tuple[str, str | None]:
    """``metadata.labels['app']`` as path and key; the key is None for a plain path (``SplitMaybeSubscriptedPath``)."""
    if not text.endswith("']"):
        return text, None
    path, bracket, key = text.removesuffix("']").partition("['")
    return (path, key) if bracket and path else (text, None)


def path_segment(text: str) -> str:
    """A name that is one segment of a URL path (``IsValidPathSegmentName``): names of roles, kinds in references."""
    if text in (".", ".."):
        return f"it must not be {text!r}"
    if any(character in text for character in "/%"):
        return "it must not contain '/' or '%'"
    return ""


def wildcard_subdomain(text: str) -> str:
    """A DNS name whose first label is ``*`` (``IsWildcardDNS1123Subdomain``)."""
    if len(text) > 253:
        return "it is longer than 253 characters"
    if not text.startswith("*.") or dns_subdomain(text.removeprefix("*.")):
        return "a wildcard stands for the whole first label only, as in *.example.com"
    return ""


def fully_qualified(text: str) -> str:
    """A DNS name of two labels at least; one dot may end it (``IsFullyQualifiedDomainName``)."""
    name = text.removesuffix(".")
    if dns_subdomain(name):
        return dns_subdomain(name)
    labels = name.split(".")
    if len(labels) < 2:
        return "it must have at least two labels, separated by a dot"
    return next((why for label in labels if (why := dns_label(label))), "")


def domain_prefixed_path(text: str) -> str:
    """``example.com/path`` (``IsDomainPrefixedPath``)."""
    host, _, path = text.partition("/")
    if not host or not path:
        return "it must be a domain and a path, as in example.com/ingress"
    if dns_subdomain(host):
        return f"the part before '/' is not a DNS name: {dns_subdomain(host)}"
    return "" if _HTTP_PATH.fullmatch(path) else "the part behind '/' is not a URL path"
