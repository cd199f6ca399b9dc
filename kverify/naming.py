"""How attributes of typed objects are called: the JSON names of Kubernetes in Python's style. Belongs to no layer."""

from __future__ import annotations

import re
from functools import cache

_KEYWORDS = frozenset({"as", "continue", "except", "for", "from", "if", "in", "is", "not"})


@cache
def camel_case(name: str) -> str:
    """``node_selector`` → ``nodeSelector``."""
    head, *tail = name.rstrip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


@cache
def snake_case(name: str) -> str:
    """``nodeSelector`` → ``node_selector``, ``podCIDRs`` → ``pod_cidrs``, ``$ref`` → ``ref``.

    Where Kubernetes writes an acronym in capitals, ``camel_case`` does not give the name back.
    """
    text = re.sub(r"(?<=[A-Z])(?=V[0-9])", "_", name.lstrip("$").replace("-", "_"))
    text = re.sub(r"([A-Z]{2,})(s?)(?=[A-Z][a-z]|_|$)", lambda match: "_" + match[1].lower() + match[2], text)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    text = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    text = re.sub(r"_+", "_", text).lower().strip("_")
    return f"{text}_" if text in _KEYWORDS else text
