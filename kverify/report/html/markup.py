"""HTML elements as trees of the standard library, which escapes texts and attributes when it writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from kverify.report.source import escape

Child: TypeAlias = "Element | str | Iterable[Child] | None"


def el(tag: str, *children: Child, **attributes: str | int | None) -> Element:
    """An element. ``cls`` is its class, ``for_`` what it is for, ``aria_label`` ``aria-label``; an attribute that is
    None is left out."""
    element = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            element.set("class" if name == "cls" else name.rstrip("_").replace("_", "-"), _clean(str(value)))
    _fill(element, children)
    return element


def scrolling(child: Element, label: str, cls: str = "scroll") -> Element:
    """``child`` in a box of its own that scrolls sideways, with keys too, where there is no room for it."""
    return el("div", child, cls=cls, tabindex="0", role="group", aria_label=label)


def raw(tag: str, text: str, **attributes: str) -> Element:
    """A ``script`` or ``style`` with ``text`` as it is. The caller answers for it."""
    element = Element(tag, attributes)
    element.text = text
    return element


def write(root: Element) -> str:
    """The document with ``root`` as its ``html`` element."""
    return f"<!DOCTYPE html>\n{ElementTree.tostring(root, encoding='unicode', method='html')}\n"


def _fill(element: Element, children: Iterable[Child]) -> None:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Element):
            element.append(child)
        elif isinstance(child, str):
            _append_text(element, _clean(child))
        else:
            _fill(element, child)


def _append_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _clean(text: str) -> str:
    """Control characters and marks that turn the writing direction written out, as in text."""
    return "\n".join(map(escape, text.split("\n")))
