"""Errors as `streamcell.v1` carries them, and places in a text, which count UTF-16 code units there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ERROR_MIME = "application/vnd.streamcell.error+json"


def utf16_length(text: str) -> int:
    """Code units of a text, as spans count them."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def index_of(text: str, units: int) -> int:
    """Where in a Python text so many code units end; a place outside is drawn to the end."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * max(0, units)].decode("utf-16-le", "replace"))


@dataclass(frozen=True)
class Span:
    """[start, end) in UTF-16 code units."""

    start: int
    end: int

    def shifted(self, by: int) -> Span:
        return Span(self.start + by, self.end + by)


class StreamcellError(Exception):
    """Everything a user can do wrong or meet: one code of the table of errors, a message, maybe a place and a hint."""

    def __init__(self, code: str, message: str, *, span: Span | None = None, hint: str | None = None, operator: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.hint = hint
        self.operator = operator

    @classmethod
    def from_data(cls, data: Any) -> StreamcellError:
        if not isinstance(data, dict):
            return cls("INTERNAL", f"The runtime reported no error but {data!r}.")
        span = data.get("span")
        return cls(
            str(data.get("code", "INTERNAL")),
            str(data.get("message", "unknown error")),
            span=Span(int(span["start"]), int(span["end"])) if isinstance(span, dict) else None,
            hint=data.get("hint"),
            operator=data.get("operator"),
        )

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.span is not None:
            data["span"] = {"start": self.span.start, "end": self.span.end}
        for name in ("hint", "operator"):
            if getattr(self, name) is not None:
                data[name] = getattr(self, name)
        return data

    def moved(self, by: int) -> StreamcellError:
        """The same error in a text that has so many code units before this one's."""
        return self if self.span is None else self.at(self.span.shifted(by))

    def at(self, span: Span) -> StreamcellError:
        """The same error at a place."""
        return StreamcellError(self.code, self.message, span=span, hint=self.hint, operator=self.operator)

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


@dataclass(frozen=True)
class Place:
    """A place in a text for people: lines and columns from 1."""

    line: int
    column: int
    source: str
    marks: str


def place_of(text: str, span: Span) -> Place:
    start = index_of(text, span.start)
    end = max(start + 1, index_of(text, span.end))
    line_start = text.rfind("\n", 0, start) + 1
    newline = text.find("\n", start)
    source = text[line_start : len(text) if newline < 0 else newline]
    width = max(1, min(end, line_start + len(source)) - start)
    indent = "".join("\t" if c == "\t" else " " for c in text[line_start:start])
    return Place(text.count("\n", 0, start) + 1, start - line_start + 1, source, indent + "^" * width)


def describe(error: StreamcellError, cell: str | None = None) -> str:
    """An error as a console shows it: place, code, message, the line with marks under the place, and the hint."""
    operator = f" (in {error.operator})" if error.operator else ""
    head = f"{error.code} {error.message}{operator}"
    lines = [head]
    if error.span is not None and cell:
        place = place_of(cell, error.span)
        lines = [f"{place.line}:{place.column} {head}", f"  {place.source}", f"  {place.marks}"]
    if error.hint:
        lines.append(f"Hint: {error.hint}")
    return "\n".join(lines)


def error_bundle(error: StreamcellError, cell: str) -> dict[str, Any]:
    """What a cell shows of an error when there is no runtime to present it: the extension's form, and text."""
    data = error.to_data()
    bundle = {"version": 1, "error": data, "cell": cell, "span": data.get("span")}
    return {ERROR_MIME: bundle, "text/plain": describe(error, cell)}
