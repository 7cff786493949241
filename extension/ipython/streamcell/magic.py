"""`%%flinksql` and its line magics for IPython."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import publish_display_data

from .connection import Message
from .control import CONTROL_TARGET, Controls
from .errors import Span, StreamcellError, describe, error_bundle, place_of, utf16_length
from .notebook import EMBEDDED, VIEW_TARGET, Notebook, token_from
from .options import HELP, CellOptions, Word, parse, words_of
from .places import PLACE
from .session import Execution, Statement
from .values import WireValue, literal, sql_text, to_pandas, to_text, to_wire

# A result that is complete sooner is shown once, complete.
PATIENCE = 0.2
# Seconds that a query without end gets in a notebook run that says nothing else.
HEADLESS_WAIT = 10.0
STAGES = ("ast", "logical", "optimized", "physical", "changelog")
LINE_HELP = {
    "connect": "%connect [ws://HOST:PORT[?cluster=NAME] [--token VARIABLE]]   use a gateway; %connect embedded: back to the runtime here",
    "jobs": "%jobs [stop ID|all]   jobs of the session; ID may be the beginning of an id",
    "explain": "%explain [--stage ast|logical|optimized|physical|changelog] SQL   how a query would run (also %%explain)",
    "streamcell": "%streamcell   this text",
}


class CellError(Exception):
    """An error as IPython shows it: in its own words, without a Python traceback. Front ends show its class's name, which is the code."""

    def __init__(self, error: StreamcellError, cell: str) -> None:
        place = place_of(cell, error.span) if error.span is not None else None
        super().__init__(f"{place.line}:{place.column} {error.message}" if place else error.message)
        self.error = error
        self._text = describe(error, cell)

    @staticmethod
    def of(error: StreamcellError, cell: str) -> CellError:
        return type(error.code, (CellError,), {})(error, cell)

    def _render_traceback_(self) -> list[str]:
        return self._text.split("\n")


class ErrorInCell(StreamcellError):
    """An error whose place is one of the whole cell already, not of its SQL."""


class Output:
    """A cell's output of one result: shown once, then brought up to date in place."""

    def __init__(self, statement: Statement, presentation: dict[str, object], chart: Span | None = None) -> None:
        """:param chart: where the chart stands in the cell"""
        self._statement = statement
        self._presentation = presentation
        self._chart = chart
        self._transient = {"display_id": str(uuid.uuid4())}
        self._shown = False

    def show(self, statement_failed: bool = False) -> None:
        """Shows the result as it stands.

        :raises ErrorInCell: for a chart that does not fit
        """
        if statement_failed and not self._shown:
            return
        try:
            bundle = self._statement.present(self._presentation)
        except StreamcellError as error:
            if statement_failed:
                return
            if self._chart is None or error.span is None:
                raise
            raise ErrorInCell(error.code, error.message, span=self._chart, hint=error.hint) from None
        publish_display_data(bundle, transient=self._transient, update=self._shown)
        self._shown = True

    def update_at_end(self) -> None:
        """The saved notebook gets the last state when the query ends, whatever cell runs then."""
        publisher = InteractiveShell.instance().display_pub

        async def update() -> None:
            with contextlib.suppress(StreamcellError):
                bundle = await self._statement.presented(self._presentation)
                publisher.publish(data=bundle, transient=self._transient, update=True)

        self._statement.when_over(update)


@magics_class
class StreamcellMagics(Magics):
    """State: the notebook's sessions, and the cell that runs now (for the places of its errors)."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.notebook = Notebook()
        self.controls = Controls(self.notebook)

    @no_var_expand
    @cell_magic
    def flinksql(self, line: str, cell: str = "") -> None:
        """Run SQL; `%%flinksql --help` shows the options."""
        self._guarded("%%flinksql", line, cell, lambda: self._run(line, cell))

    @no_var_expand
    @cell_magic
    def flink_execute_sql(self, line: str, cell: str = "") -> None:
        """The same as %%flinksql."""
        self._guarded("%%flink_execute_sql", line, cell, lambda: self._run(line, cell))

    @no_var_expand
    @line_magic
    def connect(self, line: str) -> None:
        """Use a gateway's session: %connect ws://HOST:PORT[?cluster=NAME] [--token VARIABLE]; %connect embedded."""
        self._guarded("%connect", line, None, lambda: self._connect(line))

    @no_var_expand
    @line_magic
    def flink_connect(self, line: str) -> None:
        """The same as %connect."""
        self._guarded("%flink_connect", line, None, lambda: self._connect(line))

    @no_var_expand
    @line_magic
    def jobs(self, line: str) -> None:
        """Jobs of the session: %jobs, %jobs stop ID, %jobs stop all."""
        self._guarded("%jobs", line, None, lambda: self._jobs(line))

    @no_var_expand
    @line_cell_magic
    def explain(self, line: str, cell: str | None = None) -> None:
        """How a query would run: %explain [--stage STAGE] SQL; in %%explain the SQL may begin on the next line."""
        self._guarded("%explain" if cell is None else "%%explain", line, cell, lambda: self._explain(line, cell))

    @no_var_expand
    @line_magic
    def streamcell(self, line: str) -> None:
        """Help on all magics of streamcell."""
        print("\n".join([*LINE_HELP.values(), "", HELP]))

    # ---- one magic, with its errors ---------------------------------------------------------------------------------------------

    def _guarded(self, magic: str, line: str, body: str | None, work: Callable[[], None]) -> None:
        try:
            work()
        except StreamcellError as error:
            cell, _ = self._cell_text(magic, line, body)
            if error.code != "INTERRUPTED":
                self._show_error(error, cell)
            raise CellError.of(error, cell) from None

    def _cell_text(self, magic: str, line: str, body: str | None) -> tuple[str, int]:
        """Text of the cell as typed, and the code units of it that come before the SQL."""
        head = f"{magic} {line}" if line else magic
        if body is None:
            return head, 0
        raw = str(self.shell.history_manager.input_hist_raw[-1]) if self.shell.history_manager else ""
        if raw.endswith(body) or raw.endswith(body.rstrip("\n")):
            at = raw.rfind(body.rstrip("\n"))
            return raw, utf16_length(raw[:at])
        return f"{head}\n{body}", utf16_length(head) + 1

    def _show_error(self, error: StreamcellError, cell: str) -> None:
        if getattr(self.shell, "kernel", None) is None:
            return
        session = self.notebook.living_session()
        try:
            bundle = error_bundle(error, cell) if session is None else session.present_error(error, cell)
        except Exception:
            bundle = error_bundle(error, cell)
        publish_display_data(bundle)

    # ---- %%flinksql -------------------------------------------------------------------------------------------------------------

    def _run(self, line: str, body: str) -> None:
        cell, before = self._cell_text("%%flinksql", line, body)
        line_before = utf16_length(cell[: max(0, cell.find(line))])
        try:
            options = parse(line)
        except StreamcellError as error:
            raise error.moved(line_before) from None
        if options.chart_span is not None:
            options.chart_span = options.chart_span.shifted(line_before)
        if options.help:
            print(HELP)
            return
        if options.cluster is not None and options.cluster != self.notebook.cluster:
            raise StreamcellError(
                "MAGIC_INVALID",
                f"Cells run on '{self.notebook.cluster}', not on '{options.cluster}'.",
                span=options.cluster_span.shifted(line_before) if options.cluster_span is not None else None,
                hint="%connect embedded" if options.cluster == EMBEDDED else f"%connect ADDRESS?cluster={options.cluster}",
            )
        session = self.notebook.session()
        original: Callable[[int], int] = int
        try:
            text, values, original = self._prepared(body, options)
            self._statements(session.execute(text, options.execution(), values), options)
        except StreamcellError as error:
            if error.span is None or isinstance(error, ErrorInCell):
                raise
            raise error.at(Span(before + original(error.span.start), before + original(error.span.end))) from None

    def _statements(self, execution: Execution, options: CellOptions) -> None:
        last: Statement | None = None
        try:
            while (statement := execution.next()) is not None:
                for notice in statement.notices:
                    print(notice)
                if statement.kind == "query":
                    last = statement
                    self._query(statement, options)
                else:
                    self._answer(statement)
        except KeyboardInterrupt:
            execution.interrupt()
            raise StreamcellError("INTERRUPTED", "Interrupted; what the cell ran was cancelled.") from None
        finally:
            execution.end()
        if options.output is not None:
            if last is None:
                raise StreamcellError("MAGIC_INVALID", f"-o {options.output}: there is no query in this cell.")
            self.shell.user_ns[options.output] = _result(last, options.kind)

    def _answer(self, statement: Statement) -> None:
        """Shows what a statement says that is no query; an INSERT that takes a while as it stands, until it has ended."""
        shown = Output(statement, {})
        if statement.kind == "insert" and not statement.bounded:
            shown.show()
            shown.update_at_end()
            return
        try:
            if not statement.wait(PATIENCE):
                shown.show()
                statement.wait()
        except StreamcellError:
            shown.show(statement_failed=True)
            raise
        except KeyboardInterrupt:
            statement.cancel()
            shown.show()
            raise
        shown.show()

    def _query(self, statement: Statement, options: CellOptions) -> None:
        """Shows a result, live at first if it takes a while, and waits as long as the options and its kind say."""
        if options.mode == "append" and statement.changelog != "append":
            statement.cancel()
            raise StreamcellError(
                "CHANGELOG_MODE",
                "Mode append shows inserted rows, and this query also updates rows.",
                hint="Use --mode table or --mode changelog.",
            )
        endless = not statement.bounded and options.limit is None
        headless = os.environ.get("STREAMCELL_HEADLESS") == "1"
        patience = options.wait if endless else None
        if endless and patience is None and headless:
            patience = HEADLESS_WAIT
        if options.output is not None and endless and patience is None:
            statement.cancel()
            raise StreamcellError(
                "MAGIC_INVALID",
                f"-o {options.output}: this query never ends, so there is no moment to take its result.",
                hint="Say how long to wait (--wait 5s), or how many rows to wait for (--limit 100).",
            )
        begun = time.monotonic()
        shown = Output(statement, options.presentation(), options.chart_span)
        try:
            over = statement.wait(PATIENCE if patience is None else min(PATIENCE, patience))
            shown.show()
            if over:
                return
            if endless and patience is None:
                shown.update_at_end()
                return
            endlessly = patience is None or patience == float("inf")
            statement.wait(None if endlessly else max(0.0, patience - (time.monotonic() - begun)))
        except StreamcellError as error:
            shown.show(statement_failed=True)
            # A chart that does not fit: nothing is left running behind an error.
            if not statement.over:
                statement.cancel()
            raise error from None
        except KeyboardInterrupt:
            statement.cancel()
            shown.show()
            raise
        if headless and not statement.over:
            statement.cancel()
        shown.show()
        if not statement.over:
            shown.update_at_end()

    # ---- values of the notebook ---------------------------------------------------------------------------------------------------

    def _prepared(self, body: str, options: CellOptions, bind: bool = True) -> tuple[str, dict[str, WireValue], Callable[[int], int]]:
        """The text to run, the values that go with it, and the way from places in that text back to those in the body.

        `{name!r}` is replaced here, and so are values that the protocol has no form for; all others are bound by the session, or
        without `bind` replaced as well, for a request that takes no values.
        """
        pieces: list[tuple[int, int, int]] = []  # end in the new text, end in the body, width in the new text
        values: dict[str, WireValue] = dict(options.parameters)
        text = ""
        at = 0
        for match in PLACE.finditer(body):
            name = match["colon"] or match["brace"]
            # What has no value is left to the session, which knows its place in the text.
            if name is None or name in options.parameters or (bind and name not in self.shell.user_ns and not match["raw"]):
                continue
            span = Span(utf16_length(body[: match.start()]), utf16_length(body[: match.end()]))
            if name not in self.shell.user_ns:
                raise StreamcellError("PARAMETER_INVALID", f"There is no variable '{name}'.", span=span)
            value = self.shell.user_ns[name]
            replacement = to_text(value) if match["raw"] else literal(value)
            if replacement is None:
                try:
                    values[name] = wire = to_wire(name, value)
                except StreamcellError as error:
                    raise error.at(span) from None
                if bind:
                    continue
                replacement = sql_text(wire)
            if not match["raw"]:
                # It must not grow together with what stands right beside it.
                replacement = f" {replacement} "
            text += body[at : match.start()] + replacement
            at = match.end()
            pieces.append((utf16_length(text), utf16_length(body[:at]), utf16_length(replacement)))
        text += body[at:]

        def original(offset: int) -> int:
            shift = 0
            for end, body_end, width in pieces:
                if offset < end - width:
                    break
                if offset < end:
                    return body_end
                shift = body_end - end
            return offset + shift

        return text, values, original

    # ---- line magics --------------------------------------------------------------------------------------------------------------

    def _connect(self, line: str) -> None:
        words = [word.text for word in words_of(line)]
        if not words:
            print(f"{self.notebook.address}\n{LINE_HELP['connect']}")
            return
        address, rest = words[0], words[1:]
        if address == EMBEDDED:
            self.notebook.disconnect()
            print("Statements run here again.")
            return
        try:
            parts = urlsplit(address)
            secret = parts.username is not None or parts.password is not None or "token" in parse_qs(parts.query, keep_blank_values=True)
        except ValueError:
            parts, secret = urlsplit(""), "@" in address
        if secret:
            # What stands in a cell is saved with the notebook, and so is what it prints.
            raise StreamcellError("MAGIC_INVALID", "A token does not belong into a cell.", hint="Its variable does: --token VAR.")
        if parts.scheme not in ("ws", "wss") or not parts.netloc:
            raise StreamcellError("MAGIC_INVALID", f"'{address}' is no address.", hint=LINE_HELP["connect"])
        variable = None
        if rest[:1] == ["--token"] and len(rest) == 2:
            variable = rest[1]
        elif rest:
            raise StreamcellError("MAGIC_INVALID", f"'{' '.join(rest)}' is not understood.", hint=LINE_HELP["connect"])
        cluster = parse_qs(parts.query).get("cluster", [None])[0]
        path = parts.path if parts.path not in ("", "/") else "/v1"
        url = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        session = self.notebook.connect(url, token_from(variable, self.shell.user_ns), cluster)
        print(f"Statements run on {session.cluster} at {parts.scheme}://{parts.netloc}.")

    def _jobs(self, line: str) -> None:
        words = words_of(line)
        session = self.notebook.session()
        jobs = session.request("jobs")
        if [word.text for word in words[:1]] == ["stop"] and len(words) == 2:
            # Errors are placed in the cell, in which the line comes after the magic's name.
            chosen = _chosen(words[1], jobs, utf16_length("%jobs "))
            for job in chosen:
                session.request("stopJob", job=job["id"])
                print(f"Job {job['id']} is stopped.")
            if not chosen:
                print("No job is running.")
            return
        if words:
            raise StreamcellError("MAGIC_INVALID", f"'{line}' is not understood.", hint=LINE_HELP["jobs"])
        if not jobs:
            print("No jobs.")
            return
        rows = [("id", "name", "state", "started")]
        for job in jobs:
            started = dt.datetime.fromtimestamp(job["startedAt"] / 1000).strftime("%H:%M:%S")
            rows.append((job["id"], job["name"], job["state"], started))
        widths = [max(len(row[c]) for row in rows) for c in range(4)]
        for row in rows:
            print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())

    def _explain(self, line: str, body: str | None) -> None:
        whole = line if body is None else f"{line}\n{body}"
        magic = "%explain" if body is None else "%%explain"
        start = utf16_length(f"{magic} " if line else magic)
        head, stage = "", None
        if match := re.match(r"\s*--stage(?:=|[ \t]+)(\S*)", whole):
            head, stage = match.group(), match[1].lower()
        elif match := re.match(r"\s*(--[A-Za-z]\S*)", whole):
            span = Span(utf16_length(whole[: match.start(1)]), utf16_length(match.group())).shifted(start)
            raise StreamcellError("MAGIC_INVALID", f"There is no option {match[1]}.", span=span, hint="Did you mean --stage?")
        if stage is not None and stage not in STAGES:
            span = Span(utf16_length(head) - utf16_length(stage), utf16_length(head)).shifted(start)
            raise StreamcellError("MAGIC_INVALID", f"There is no stage '{stage}'.", span=span, hint=f"Stages: {', '.join(STAGES)}.")
        text = whole[len(head) :]
        if not text.strip():
            print(LINE_HELP["explain"])
            return
        fields = {} if stage is None else {"stage": stage}
        before = start + utf16_length(head)
        original: Callable[[int], int] = int
        try:
            sql, _, original = self._prepared(text, CellOptions(), bind=False)
            print(self.notebook.session().request("explain", text=sql, **fields))
        except StreamcellError as error:
            if error.span is None:
                raise
            raise error.at(Span(before + original(error.span.start), before + original(error.span.end))) from None


def _chosen(word: Word, jobs: list[Message], before: int) -> list[Message]:
    """The jobs that `%jobs stop` means: all that run, or the one whose id is so or begins so.

    :raises StreamcellError: MAGIC_INVALID when several begin so, JOB_NOT_FOUND
    """
    running = [job for job in jobs if job.get("endedAt") is None]
    if word.text == "all":
        return running
    found = [job for job in jobs if job["id"] == word.text] or [job for job in jobs if job["id"].startswith(word.text.lower())]
    if len(found) == 1:
        return found
    span = word.span.shifted(before)
    if found:
        raise StreamcellError("MAGIC_INVALID", f"{len(found)} jobs begin with '{word.text}'.", span=span)
    hint = f"Running: {', '.join(job['id'][:8] for job in running)}." if running else "No job is running."
    raise StreamcellError("JOB_NOT_FOUND", f"There is no job '{word.text}'.", span=span, hint=hint)


def _result(statement: Statement, kind: str) -> Any:
    table = statement.to_arrow()
    if kind == "pandas":
        return to_pandas(table)
    if kind == "polars":
        try:
            import polars
        except ImportError:
            raise StreamcellError("MAGIC_INVALID", "--as polars: polars is not installed.", hint="pip install polars") from None
        return polars.from_arrow(table)
    return table


def load(shell: InteractiveShell) -> None:
    """Registers the magics and, in a notebook, the live outputs' comm target."""
    if getattr(shell, "_streamcell", None) is not None:
        return
    magics = StreamcellMagics(shell)
    shell.register_magics(magics)
    shell._streamcell = magics  # type: ignore[attr-defined]
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        kernel.comm_manager.register_target(VIEW_TARGET, magics.notebook.relay)
        kernel.comm_manager.register_target(CONTROL_TARGET, magics.controls.open)


def unload(shell: InteractiveShell) -> None:
    magics = getattr(shell, "_streamcell", None)
    if magics is None:
        return
    shell._streamcell = None  # type: ignore[attr-defined]
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        kernel.comm_manager.unregister_target(VIEW_TARGET, magics.notebook.relay)
        kernel.comm_manager.unregister_target(CONTROL_TARGET, magics.controls.open)
    magics.controls.close()
    magics.notebook.close()
