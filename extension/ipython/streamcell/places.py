"""Where values of the notebook stand in a SQL text."""

from __future__ import annotations

import re

# As the session finds them (runtime/session/parameters.ts; both are tested by parameter-places.vectors.json beside it): not in quotes
# and comments, and `:` not after a word or a quote.
PLACE = re.compile(
    r"""'(?:[^']|'')*'?|`(?:[^`]|``)*`?|"(?:[^"]|"")*"?|--[^\n]*|/\*[\s\S]*?(?:\*/|\Z)"""
    r"""|(?<![:\w'"`)\]]):(?P<colon>[^\W\d]\w*)|\{(?P<brace>[^\W\d]\w*)(?P<raw>!r)?\}"""
)
