"""What a cell says is understood as the other kernels understand it: both are tested by the same lines and texts."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT
from streamcell.errors import StreamcellError, utf16_length
from streamcell.options import parse
from streamcell.places import PLACE

LINES = json.loads((ROOT / "kernel/sql/cell-options.vectors.json").read_text(encoding="utf-8"))
TEXTS = json.loads((ROOT / "runtime/session/parameter-places.vectors.json").read_text(encoding="utf-8"))


def _said(line):
    options = parse(line)
    said = {name: getattr(options, name) for name in ("output", "cluster", "mode", "chart", "limit", "refresh", "parallelism", "name")}
    said["wait"] = "end" if options.wait == float("inf") else options.wait if options.wait is None else round(options.wait * 1000)
    said["parameters"] = options.parameters or None
    said["help"] = options.help or None
    return {name: value for name, value in said.items() if value is not None}


@pytest.mark.parametrize("vector", LINES, ids=lambda vector: vector["line"])
def test_options_of_a_cell(vector):
    line = vector["line"]
    if "options" in vector:
        assert _said(line) == vector["options"]
        return
    with pytest.raises(StreamcellError) as raised:
        parse(line)
    error = raised.value
    assert error.code == "MAGIC_INVALID"
    units = line.encode("utf-16-le")
    assert units[2 * error.span.start : 2 * error.span.end].decode("utf-16-le") == vector["wrong"]
    if "hint" in vector:
        assert error.hint == vector["hint"]


@pytest.mark.parametrize("vector", TEXTS, ids=lambda vector: vector["text"])
def test_places_of_values(vector):
    text = vector["text"]
    found = [
        [match["colon"] or match["brace"], match["raw"] is not None, utf16_length(text[: match.start()]), utf16_length(text[: match.end()])]
        for match in PLACE.finditer(text)
        if match["colon"] or match["brace"]
    ]
    assert found == vector["places"]
