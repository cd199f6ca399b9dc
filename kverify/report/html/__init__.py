"""A report as one HTML file that needs nothing else: no network, no other file, no build step.

Everything is made from the JSON form (``kverify.report.json``), so a page of a report that was written down is the
same as the page of the run itself. What is to be read is in the HTML; ``page.js`` adds the player of traces, search and
filters. Texts of manifests are data: they reach the page as text nodes or as escaped JSON, never as markup.
"""

from kverify.report.html.page import page

__all__ = ["page"]
