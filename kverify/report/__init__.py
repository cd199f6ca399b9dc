"""Reports for people (``text``) and for tools (``json``)."""
