"""Texts that are nearly YAML or JSON."""

from __future__ import annotations

from hypothesis import strategies as st

pieces = st.sampled_from(
    [
        *(
            "a",
            "b: ",
            "- ",
            "  ",
            "\n",
            "\n",
            "\t",
            "{",
            "}",
            "[",
            "]",
            ",",
            ": ",
            "'",
            '"',
            "&a ",
            "*a",
            "<<: ",
            "|",
            "> ",
        ),
        *(
            "\n|",
            "---",
            "\n---\n",
            "...",
            "\n...\n",
            "# c",
            "%YAML 1.2\n",
            "\r\n",
            "\r",
            "\x85",
            "\u2028",
            "\u2000",
            "\ufeff",
            "\\",
        ),
        *("{{ .Values.x }}", "{% if %}", "!!int ", "!x ", "!!binary ", "1", "\x00", "\udcff", "é", "😀", "? ", "null"),
        *("y: ", "~", "0x1", "1e9", ".nan", '"a": 1', "true", "# Source: x/y.yaml\n", "-1e999"),
    ]
)
texts = st.lists(pieces, max_size=40).map("".join) | st.text()
