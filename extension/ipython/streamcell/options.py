"""The options of `%%flinksql`, and the words of the line magics. Errors name the word at fault and its place in the line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from .errors import Span, StreamcellError, utf16_length
from .values import WireScalar, whole_number

HELP = """\
%%flinksql [options]
SQL statements, separated by ';'

  -o, --output VAR      keep the last query's result in a variable
  --as KIND             what the variable holds: pandas (default), arrow or polars
  --cluster NAME        the cluster that the cell is meant for; %connect changes it
  --mode MODE           table (default), changelog, append (only inserted rows), single (one row, large)
  --chart SPEC          show a chart, e.g. --chart "line x=window_start y=bids color=channel"
  --wait [TIME]         wait for an unbounded query: to its end, or for a time such as 5s
  --limit N             stop a query when its result has N rows
  --refresh MS          milliseconds between updates of the live output, at least 50
  --parallelism N       worker threads of each job
  --name JOB            name of the job
  --param NAME=VALUE    value of a parameter; others are taken from the notebook's variables
  -h, --help            show this text

{name} and :name stand for values of the notebook, bound as literals; {name!r} pastes a value's text as it is.
A bounded query is waited for; an unbounded one returns when its output is live, and runs on until it is stopped."""

MODES = ("table", "changelog", "append", "single")
KINDS = ("pandas", "arrow", "polars")
# Zeppelin's names of the same.
ZEPPELIN = {"update": "table", "append": "append", "single": "single"}
VALUED = (
    "--output",
    "--as",
    "--cluster",
    "--mode",
    "--chart",
    "--limit",
    "--refresh",
    "--parallelism",
    "--name",
    "--param",
)
OPTIONS = (*VALUED, "--wait", "--help")
WORD = re.compile(r"""(?:[^\s"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+|["']""")
QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""")
TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|min|h)?\Z")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Word:
    text: str
    span: Span


@dataclass
class CellOptions:
    output: str | None = None
    kind: str = "pandas"
    cluster: str | None = None
    cluster_span: Span | None = None
    mode: str = "table"
    chart: str | None = None
    chart_span: Span | None = None
    """Seconds; None waits for bounded queries only, infinity to the end."""
    wait: float | None = None
    limit: int | None = None
    refresh: int | None = None
    parallelism: int | None = None
    name: str | None = None
    parameters: dict[str, WireScalar] = field(default_factory=dict)
    help: bool = False

    def execution(self) -> dict[str, object]:
        """Options of `execute`."""
        wanted = {
            "mode": "changelog" if self.mode in ("changelog", "append") else None,
            "limit": self.limit,
            "parallelism": self.parallelism,
            "name": self.name,
        }
        return {key: value for key, value in wanted.items() if value is not None}

    def presentation(self) -> dict[str, object]:
        """Options of `present`."""
        mode = "chart" if self.chart is not None else "changelog" if self.mode == "append" else self.mode
        wanted = {"mode": mode, "chart": self.chart, "refresh": self.refresh}
        return {key: value for key, value in wanted.items() if value is not None}


def words_of(line: str) -> list[Word]:
    """Words of a magic's line, quotes taken off. :raises StreamcellError: for a quote that is not closed"""
    words = []
    for match in WORD.finditer(line):
        start = utf16_length(line[: match.start()])
        span = Span(start, start + utf16_length(match.group()))
        if match.group() in ("'", '"'):
            raise StreamcellError("MAGIC_INVALID", "A quote is not closed.", span=span)
        text = QUOTED.sub(lambda m: re.sub(r"\\([\\\"'])", r"\1", m[1] if m[1] is not None else m[2]), match.group())
        words.append(Word(text, span))
    return words


def parse(line: str) -> CellOptions:
    """:raises StreamcellError: MAGIC_INVALID, with a span into the line"""
    options = CellOptions()
    words = words_of(line)
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        zeppelin = re.fullmatch(r"type=(\w+)", word.text)
        if zeppelin:
            options.mode = _choice("type", zeppelin[1], tuple(ZEPPELIN), word.span, ZEPPELIN)
            continue
        name, equals, value = word.text.partition("=") if word.text.startswith("--") else (word.text, "", "")
        name = {"-o": "--output", "-h": "--help"}.get(name, name)
        if name not in OPTIONS:
            raise _unknown(word)
        if name == "--help":
            options.help = True
            continue
        span = word.span
        if not equals:
            following = words[at] if at < len(words) else None
            if name == "--wait":
                if following is not None and TIME.match(following.text):
                    value, span, at = following.text, following.span, at + 1
            elif following is None or (following.text.startswith("-") and following.text in (*OPTIONS, "-o")):
                raise StreamcellError("MAGIC_INVALID", f"{word.text} needs a value.", span=word.span)
            else:
                value, span, at = following.text, following.span, at + 1
        if name == "--chart":
            # Unquoted, its channels follow as words of their own.
            while at < len(words) and re.match(r"(x|y|color)=", words[at].text, re.IGNORECASE):
                value, span, at = f"{value} {words[at].text}", Span(span.start, words[at].span.end), at + 1
        _set(options, name, value, span)
    return options


def _set(options: CellOptions, name: str, value: str, span: Span) -> None:
    if name == "--output":
        if not value.isidentifier():
            raise StreamcellError("MAGIC_INVALID", f"'{value}' cannot name a variable.", span=span)
        options.output = value
    elif name == "--as":
        options.kind = _choice(name, value, KINDS, span)
    elif name == "--mode":
        options.mode = _choice(name, value, MODES, span)
    elif name == "--chart":
        options.chart, options.chart_span = value, span
    elif name == "--wait":
        options.wait = float("inf") if value == "" else _seconds(value, span)
    elif name == "--limit":
        options.limit = _whole(name, value, 1, span)
    elif name == "--refresh":
        options.refresh = _whole(name, value, 50, span)
    elif name == "--parallelism":
        options.parallelism = _whole(name, value, 1, span)
    elif name == "--param":
        key, equals, text = value.partition("=")
        if not equals or not key.isidentifier():
            raise StreamcellError("MAGIC_INVALID", f"--param {value}: NAME=VALUE is expected.", span=span)
        options.parameters[key] = _literal(text)
    elif name == "--cluster":
        options.cluster, options.cluster_span = value, span
    else:
        options.name = value


def _literal(text: str) -> WireScalar:
    """Numbers, true, false and null are such; anything else is a text, quoted or not."""
    quoted = re.fullmatch(r"([\"'])(.*)\1", text, re.DOTALL)
    if quoted:
        return quoted[2]
    if text in ("true", "false"):
        return text == "true"
    if text == "null":
        return None
    if re.fullmatch(r"-?\d+", text, re.ASCII):
        return whole_number(int(text))
    return float(text) if re.fullmatch(r"-?\d*\.?\d+(e[+-]?\d+)?", text, re.ASCII | re.IGNORECASE) else text


def _choice(name: str, value: str, choices: tuple[str, ...], span: Span, meaning: dict[str, str] | None = None) -> str:
    if value not in choices:
        raise StreamcellError(
            "MAGIC_INVALID",
            f"{name} {value}: one of {', '.join(choices)} is expected.",
            span=span,
            hint=_near(value, choices),
        )
    return meaning[value] if meaning else value


def _whole(name: str, value: str, least: int, span: Span) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise StreamcellError("MAGIC_INVALID", f"{name} {value}: a whole number from {least} is expected.", span=span)
    return int(value)


def _seconds(value: str, span: Span) -> float:
    match = TIME.match(value)
    if match is None:
        raise StreamcellError("MAGIC_INVALID", f"--wait {value}: a time such as 500ms, 5s or 2m is expected.", span=span)
    return float(match[1]) * SECONDS[match[2] or "s"]


def _unknown(word: Word) -> StreamcellError:
    name = word.text.partition("=")[0]
    if not word.text.startswith("-"):
        return StreamcellError(
            "MAGIC_INVALID",
            f"'{word.text}' is no option.",
            span=word.span,
            hint="SQL begins on the line after %%flinksql.",
        )
    return StreamcellError("MAGIC_INVALID", f"There is no option {name}.", span=word.span, hint=_near(name, OPTIONS))


def _near(value: str, choices: tuple[str, ...]) -> str | None:
    near = get_close_matches(value, choices, 1)
    return f"Did you mean '{near[0]}'?" if near else None
