"""The reading problems: KV1001 to KV1099 are this layer's, the later KV1xxx the validation's."""

from __future__ import annotations

from attrs import frozen

from kverify.manifest.diagnostics import Severity


@frozen
class Code:
    """A kind of problem: its stable id, how bad it is, and what it means in general (for ``kverify explain``)."""

    id: str
    severity: Severity
    title: str


UNREADABLE = Code("KV1001", Severity.ERROR, "A file or directory is missing or cannot be read.")
NO_MANIFESTS = Code("KV1002", Severity.ERROR, "A directory holds no .yaml, .yml or .json file.")
DUPLICATE_KEY = Code("KV1003", Severity.ERROR, "A mapping has the same key twice; the first value would be lost.")
SYNTAX = Code("KV1004", Severity.ERROR, "The text is not YAML.")
TAB = Code("KV1005", Severity.ERROR, "A line is indented with a tab; YAML allows only spaces.")
UNCLOSED = Code("KV1006", Severity.ERROR, "A quote or bracket is opened and never closed.")
TEMPLATE = Code("KV1007", Severity.ERROR, "The file is a Helm or Jinja template, not a manifest.")
BAD_CHARACTER = Code("KV1008", Severity.ERROR, "The file has control characters, which YAML does not allow.")
TOO_DEEP = Code("KV1009", Severity.ERROR, "The nesting is deeper than 200 levels.")
BAD_ALIAS = Code("KV1010", Severity.ERROR, "An alias is unknown, contains itself, or expands without measure.")
BAD_MERGE = Code("KV1011", Severity.ERROR, "The merge key << needs a mapping or a list of mappings.")
BAD_KEY = Code("KV1012", Severity.ERROR, "A key is a mapping, a list, null, or a number beyond 64 bits.")
RETYPED_KEY = Code("KV1013", Severity.WARNING, "An unquoted key is read as another text than the one written.")
BAD_SCALAR = Code("KV1014", Severity.ERROR, "A value does not fit its tag, or JSON cannot hold it.")
SEPARATOR = Code("KV1015", Severity.ERROR, "A document separator has something else on its line; kubectl refuses it.")
DIRECTIVE = Code("KV1016", Severity.ERROR, "A YAML directive (%YAML, %TAG) is not understood by kubectl.")
JSON_SYNTAX = Code("KV1017", Severity.ERROR, "The text is not JSON.")
HIDDEN_DOCUMENT = Code("KV1018", Severity.ERROR, "A document follows where kubectl stops reading.")
ALMOST_JSON = Code("KV1019", Severity.WARNING, "The text begins like JSON but is only YAML.")
EMPTY = Code("KV1020", Severity.WARNING, "A file holds no document.")
TEMPLATE_TEXT = Code("KV1021", Severity.WARNING, "A value contains a Helm expression that nobody rendered.")
MERGE_OVERRIDES = Code("KV1022", Severity.WARNING, "A merge key after a key of the same mapping replaces its value.")
ENCODING = Code("KV1023", Severity.WARNING, "The file is not UTF-8, or not wholly.")
TOO_MANY = Code("KV1024", Severity.ERROR, "A file has more problems than are listed; the rest of it is not read.")
MERGE_OVERRIDDEN = Code("KV1025", Severity.INFO, "A key replaces a merged one, which strict decoding of YAML refuses.")
COMMENT_TEXT = Code("KV1026", Severity.WARNING, "An unquoted value ends in what looks like a // comment.")
NO_INPUT = Code("KV1027", Severity.ERROR, "Standard input holds no document.")

ALL = tuple(value for value in tuple(globals().values()) if isinstance(value, Code))
