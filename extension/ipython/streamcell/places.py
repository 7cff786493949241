"""Where values of the notebook stand in a SQL text."""

from __future__ import annotations

import re

# As the session finds them: not in quotes and comments, and `:` not after a word or a quote.
PLACE = re.compile(
    r"""'(?:[^']|'')*'?|`(?:[^`]|``)*`?|"(?:[^"]|"")*"?|--[^\n]*|/\*[\s\S]*?(?:\*/|$)"""
    r"""|(?<![:\w'"`)\]]):(?P<colon>[A-Za-z_]\w*)|\{(?P<brace>[^\W\d]\w*)(?P<raw>!r)?\}"""
)
