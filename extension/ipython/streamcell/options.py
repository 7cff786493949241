"""The options of `%%flinksql`, and the words of the line magics. Errors name the word at fault and its place in the line.

The kernels read the same lines (kernel/sql/cell-options.ts); cell-options.vectors.json beside it ties both.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from .errors import Span, StreamcellError, index_of, utf16_length
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
# Zeppelin's types, and the SQL client's result modes.
MODE_ALIASES = {"update": "table", "tableau": "table"}
KINDS = ("pandas", "arrow", "polars")
OPTIONS = (
    "--output",
    "--as",
    "--cluster",
    "--mode",
    "--chart",
    "--wait",
    "--limit",
    "--refresh",
    "--parallelism",
    "--name",
    "--param",
    "--help",
)
SHORT = {"-o": "--output", "-h": "--help"}
# Zeppelin's local properties.
PROPERTIES = {"type": "--mode", "parallelism": "--parallelism", "refreshInterval": "--refresh", "jobName": "--name"}
WORD = re.compile(r"""(?:"([^"]*)"|'([^']*)'|[^\s"']+(?:"[^"]*"|'[^']*'|[^\s"'])*)""")
NAMED = re.compile(r"--?[A-Za-z][^=]*=")
CHANNEL = re.compile(r"(?:x|y|color)=", re.IGNORECASE)
TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?)?\Z", re.IGNORECASE | re.ASCII)
PARAMETER = re.compile(r"([^\W\d]\w*)=(.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class Word:
    text: str
    """Without its quotes."""
    span: Span
    """With them."""
    quoted: bool = False
    attached: bool = False
    """It is the value of the option before it, after `=`."""


@dataclass
class CellOptions:
    output: str | None = None
    kind: str = "pandas"
    cluster: str | None = None
    cluster_span: Span | None = None
    mode: str | None = None
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
        looked = self.mode is not None or self.chart is not None
        wanted = {
            "mode": "changelog" if self.mode == "changelog" else "table" if looked else None,
            "limit": self.limit,
            "parallelism": self.parallelism,
            "name": self.name,
        }
        return {key: value for key, value in wanted.items() if value is not None}

    def presentation(self) -> dict[str, object]:
        """Options of `present`."""
        mode = "table" if self.mode == "append" else self.mode
        wanted = {"title": self.name, "mode": mode, "chart": self.chart, "refresh": self.refresh}
        return {key: value for key, value in wanted.items() if value is not None}


def words_of(line: str) -> list[Word]:
    """Words of a magic's line, quotes taken off. :raises StreamcellError: for a quote that is not closed"""
    words: list[Word] = []
    covered = 0
    for match in WORD.finditer(line):
        _check_gap(line, covered, match.start())
        covered = match.end()
        said = match.group()
        inner = match[1] if match[1] is not None else match[2]
        named = NAMED.match(said)
        if inner is not None:
            words.append(Word(inner, _span(line, match.start(), match.end()), quoted=True))
        elif named:
            cut = match.start() + named.end()
            value = line[cut : match.end()]
            quoted = re.fullmatch(r"([\"'])(.*)\1", value, re.DOTALL)
            words.append(Word(line[match.start() : cut - 1], _span(line, match.start(), cut - 1)))
            words.append(Word(quoted[2] if quoted else value, _span(line, cut, match.end()), quoted is not None, attached=True))
        else:
            words.append(Word(said, _span(line, match.start(), match.end())))
    _check_gap(line, covered, len(line))
    return words


def _span(line: str, start: int, end: int) -> Span:
    before = utf16_length(line[:start])
    return Span(before, before + utf16_length(line[start:end]))


def _check_gap(line: str, start: int, end: int) -> None:
    quote = re.search("[\"']", line[start:end])
    if quote:
        raise _wrong(f"The quote {quote.group()} is not closed.", _span(line, start + quote.start(), len(line)))


def parse(line: str) -> CellOptions:
    """:raises StreamcellError: MAGIC_INVALID, with a span into the line"""
    given, rest = _given(words_of(line))
    chart = given.get("--chart")
    for word in rest:
        if chart is not None and word.span.start > chart.span.start and CHANNEL.match(word.text):
            continue
        name, value = _property(line, word)
        if name in given:
            raise _wrong(f"Option {name} is given twice.", word.span)
        given[name] = value
    options = CellOptions()
    for name, value in given.items():
        _set(options, name, value)
    for word in _parameters(words_of(line)):
        _parameter(options, word)
    if chart is not None and not chart.quoted:
        # Its channels follow as words of their own.
        channels = [word.span.end for word in rest if word.span.start > chart.span.start and CHANNEL.match(word.text)]
        span = Span(chart.span.start, max([chart.span.end, *channels]))
        options.chart, options.chart_span = line[index_of(line, span.start) : index_of(line, span.end)], span
    return options


def _given(words: list[Word]) -> tuple[dict[str, Word], list[Word]]:
    """Values by option, `--param` apart, and the words that are neither."""
    given: dict[str, Word] = {}
    rest: list[Word] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word.quoted or not word.text.startswith("-") or re.match(r"-\d", word.text):
            rest.append(word)
            continue
        name = SHORT.get(word.text, word.text)
        if name not in OPTIONS:
            raise _wrong(f"There is no option {word.text}.", word.span, _near(word.text, OPTIONS))
        if name in given:
            raise _wrong(f"Option {name} is given twice.", word.span)
        following = words[at] if at < len(words) else None
        attached = following is not None and following.attached
        value = Word("", word.span)
        if name == "--help":
            if following is not None and attached:
                raise _wrong("Option --help takes no value.", following.span)
        elif following is not None and (attached or _takes(name, following)):
            value, at = following, at + 1
        elif name != "--wait":
            raise _wrong(f"Option {name} needs a value.", word.span)
        if name != "--param":
            given[name] = value
    return given, rest


def _parameters(words: list[Word]) -> list[Word]:
    return [value for word, value in itertools.pairwise(words) if word.text == "--param" and not word.quoted]


def _takes(name: str, following: Word) -> bool:
    if name == "--wait":
        return TIME.match(following.text) is not None
    return following.quoted or re.match(r"--?[A-Za-z]", following.text) is None


def _property(line: str, word: Word) -> tuple[str, Word]:
    """A bare word as Zeppelin writes options: `type=update`."""
    match = re.fullmatch(r"(\w+)=(.*?),?", word.text)
    if match is None or match[1] not in PROPERTIES:
        hint = "SQL begins on the next line. %%flinksql --help shows the options."
        raise _wrong(f"'{word.text}' is no option of %%flinksql.", word.span, hint)
    start = index_of(line, word.span.start) + match.start(2)
    (value,) = words_of(match[2]) or [Word("", Span(0, 0))]
    return PROPERTIES[match[1]], Word(value.text, value.span.shifted(utf16_length(line[:start])), value.quoted)


def _set(options: CellOptions, name: str, value: Word) -> None:
    text = value.text
    if name == "--output":
        if not text.isidentifier():
            raise _wrong(f"'{text}' is no name of a variable.", value.span)
        options.output = text
    elif name == "--as":
        if text not in KINDS:
            raise _wrong(f"--as {text}: one of {', '.join(KINDS)} is expected.", value.span, _near(text, KINDS))
        options.kind = text
    elif name == "--mode":
        options.mode = _mode(value)
    elif name == "--chart":
        options.chart, options.chart_span = text, value.span
    elif name == "--wait":
        options.wait = float("inf") if text == "" else _seconds(value)
    elif name == "--limit":
        options.limit = _whole(name, value, 1, 10_000_000)
    elif name == "--refresh":
        options.refresh = _whole(name, value, 50, 3_600_000)
    elif name == "--parallelism":
        options.parallelism = _whole(name, value, 1, 1024)
    elif name == "--cluster":
        options.cluster, options.cluster_span = text, value.span
    elif name == "--name":
        options.name = text
    else:
        options.help = True


def _mode(value: Word) -> str:
    wanted = value.text.lower()
    if wanted in MODES:
        return wanted
    if wanted in MODE_ALIASES:
        return MODE_ALIASES[wanted]
    raise _wrong(f"There is no mode '{value.text}'.", value.span, _near(wanted, MODES) or f"Modes: {', '.join(MODES)}.")


def _parameter(options: CellOptions, value: Word) -> None:
    match = PARAMETER.match(value.text)
    if match is None:
        raise _wrong(f"--param takes name=value, not '{value.text}'.", value.span)
    options.parameters[match[1]] = _literal(match[2])


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


def _whole(name: str, value: Word, least: int, most: int) -> int:
    if re.fullmatch(r"\d+", value.text, re.ASCII) and least <= int(value.text) <= most:
        return int(value.text)
    raise _wrong(f"{name} takes a whole number from {least} to {most}, not '{value.text}'.", value.span)


def _seconds(value: Word) -> float:
    match = TIME.match(value.text)
    if match is None:
        raise _wrong(f"'{value.text}' is no time.", value.span, "As in: 500 ms, 10 s, 2 min, 1 h.")
    unit = (match[2] or "s").lower()
    return float(match[1]) * (0.001 if unit == "ms" else {"s": 1.0, "m": 60.0, "h": 3600.0}[unit[0]])


def _wrong(message: str, span: Span, hint: str | None = None) -> StreamcellError:
    return StreamcellError("MAGIC_INVALID", message, span=span, hint=hint)


def _near(value: str, choices: tuple[str, ...]) -> str | None:
    near = get_close_matches(value, choices, 1)
    return f"Did you mean {near[0]}?" if near else None
