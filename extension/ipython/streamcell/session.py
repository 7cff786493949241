"""A session on a runtime or gateway: executes statements, fetches results, relays live views. Knows nothing of notebooks."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from .connection import BACKGROUND, Connection, Message
from .errors import Span, StreamcellError
from .values import WireValue

# Seconds that a cancelled statement may take to end.
STOPPING = 5.0
# Results of ended statements that can still be shown: more than a runtime keeps.
ENDED_KEPT = 500
ViewListener = Callable[[Message, memoryview | None], None]


@dataclass(frozen=True)
class Column:
    name: str
    type: str


@dataclass
class Statement:
    """A statement that has begun. `done` resolves with its end, or fails with its error."""

    session: Session
    stream: str
    index: int
    kind: str
    span: Span
    text: str
    columns: list[Column]
    bounded: bool
    changelog: str
    job: str | None
    has_view: bool
    notices: list[str]
    done: asyncio.Future[Message] = field(repr=False)

    @property
    def over(self) -> bool:
        return self.done.done()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for the end; false when it is not over by then.

        :raises StreamcellError: the error it ended with
        """

        async def waited() -> bool:
            over, _ = await asyncio.wait([self.done], timeout=timeout)
            return bool(over) and self.done.result() is not None

        return BACKGROUND.run(waited())

    def ended(self) -> Message:
        """Waits for the end, and tells how it was.

        :raises StreamcellError: the error it ended with
        """
        self.wait()
        return self.done.result()

    def when_over(self, then: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs something on the background thread when it is over, however it ends."""
        BACKGROUND.loop().call_soon_threadsafe(lambda: self.done.add_done_callback(lambda _: asyncio.ensure_future(then())))

    def cancel(self) -> None:
        """Stops it; returns when it is over, or after a few seconds in which it is not."""

        async def cancelled() -> None:
            await asyncio.wait([asyncio.ensure_future(self.session.connection.request("cancel", stream=self.stream))], timeout=STOPPING)

        BACKGROUND.run(cancelled())

    def present(self, options: Mapping[str, Any]) -> Message:
        """MIME bundle of the result as it stands."""
        return BACKGROUND.run(self.presented(options))

    async def presented(self, options: Mapping[str, Any]) -> Message:
        return await self.session.connection.request("present", stream=self.stream, options=dict(options))

    def to_arrow(self) -> pa.Table:
        """The whole result as it stands."""
        _, parts = BACKGROUND.run(self.session.connection.request_rows("snapshot", stream=self.stream))
        return pa.concat_tables([pa.ipc.open_stream(part).read_all() for part in parts])


class Execution:
    """One `execute`, paced: each further statement begins when it is asked for."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self.name = name
        self.events: asyncio.Queue[Statement | Message | StreamcellError] = asyncio.Queue()
        self.received = 0
        self.over = False

    def next(self) -> Statement | None:
        """The next statement, begun; None after the last.

        :raises StreamcellError: of a statement that did not begin, or of a lost connection
        """
        return BACKGROUND.run(self._next())

    async def _next(self) -> Statement | None:
        if self.over:
            return None
        if self.received > 0:
            self._notify("next", received=self.received)
        event = await self.events.get()
        if isinstance(event, StreamcellError):
            self.over = True
            raise event
        if isinstance(event, Statement):
            self.received += 1
            return event
        self.over = True
        if "error" in event:
            raise StreamcellError.from_data(event["error"])
        return None

    def interrupt(self) -> None:
        """Cancels what runs of it; begins nothing more."""

        async def interrupted() -> None:
            self._notify("interrupt")

        BACKGROUND.run(interrupted())

    def end(self) -> None:
        """Begins no more of it; what runs goes on. Nothing when it is over."""
        if not self.over:
            self.over = True
            BACKGROUND.loop().call_soon_threadsafe(self._notify, "endExecution")

    def _notify(self, kind: str, **fields: Any) -> None:
        self._session.connection.notify({"type": kind, "session": self._session.id, "execution": self.name, **fields})


class Session:
    """Maintains the invariant that every statement's `done` ends: by the statement's end, or with the connection."""

    def __init__(self, connection: Connection, opened: Message) -> None:
        self.connection = connection
        self.id: str = opened["session"]
        self.cluster: str = opened["cluster"]
        self.streams: dict[str, Statement] = {}
        self.ended: StreamcellError | None = None
        self._executions: dict[str, Execution] = {}
        self._names = itertools.count(1)
        self._views: dict[str, ViewListener] = {}
        self._lock = threading.Lock()
        connection.listen(self._hear)

    @classmethod
    async def opened(cls, connection: Connection, cluster: str | None = None) -> Session:
        fields = {} if cluster is None else {"cluster": cluster}
        return cls(connection, await connection.request("openSession", **fields))

    @property
    def alive(self) -> bool:
        return self.ended is None and self.connection.lost is None

    def execute(self, text: str, options: Mapping[str, Any], parameters: Mapping[str, WireValue]) -> Execution:
        """Begins to run a text; its statements are had from the execution, one by one."""

        async def begin() -> Execution:
            name = f"e{next(self._names)}"
            message = {
                "type": "execute",
                "session": self.id,
                "execution": name,
                "text": text,
                "options": {**options, "parameters": dict(parameters), "paced": True},
            }
            self.connection.check_size(message)
            execution = self._executions[name] = Execution(self, name)
            self.connection.notify(message)
            return execution

        if not self.alive:
            raise self.ended or self.connection.lost or StreamcellError("SESSION_CLOSED", "The session is closed.")
        return BACKGROUND.run(begin())

    def request(self, kind: str, **fields: Any) -> Any:
        return BACKGROUND.run(self.connection.request(kind, session=self.id, **fields))

    def present_error(self, error: StreamcellError, cell: str) -> Message:
        return BACKGROUND.run(self.connection.request("presentError", error=error.to_data(), cell=cell), 10)

    def open_view(self, channel: str, data: Message, listener: ViewListener) -> None:
        """Relays a front end's comm; the listener hears on the background thread."""
        with self._lock:
            self._views[channel] = listener
        self._post({"type": "viewOpen", "session": self.id, "channel": channel, "data": data})

    def view_message(self, channel: str, data: Message) -> None:
        self._post({"type": "viewMessage", "channel": channel, "data": data})

    def close_view(self, channel: str) -> None:
        with self._lock:
            self._views.pop(channel, None)
        self._post({"type": "viewClose", "channel": channel})

    def _post(self, message: Message) -> None:
        # From any thread, in the order of the calls, without waiting.
        BACKGROUND.loop().call_soon_threadsafe(self.connection.notify, message)

    def close(self) -> None:
        """Stops its jobs and forgets it."""
        if self.alive:
            self.request("close")

    def _hear(self, message: Message, body: memoryview | None) -> None:
        kind = message["type"]
        if kind == "view":
            with self._lock:
                gone = message["data"].get("type") == "gone"
                listener = self._views.pop(message["channel"], None) if gone else self._views.get(message["channel"])
            if listener is not None:
                listener(message["data"], body)
        elif kind == "statement" and message["session"] == self.id:
            self._begun(message)
        elif kind == "end":
            self._over(message)
        elif kind == "executionEnd" and message["session"] == self.id:
            execution = self._executions.pop(message["execution"], None)
            if execution is not None:
                execution.events.put_nowait(message)
        elif kind == "sessionEnd" and message["session"] == self.id:
            self._end(StreamcellError("SESSION_CLOSED", f"The session has ended: {message.get('reason')}."))
        elif kind == "error":
            # It belongs to no request: what was sent last was not understood, and nothing will come of it.
            for execution in self._executions.values():
                execution.events.put_nowait(StreamcellError.from_data(message.get("error")))
        elif kind == "lost":
            self._end(self.connection.lost or StreamcellError("GATEWAY_LOST", "The connection is lost."))

    def _begun(self, message: Message) -> None:
        done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        # An error nobody waits for is told by the live output.
        done.add_done_callback(lambda f: f.cancelled() or f.exception())
        statement = self.streams[message["stream"]] = Statement(
            session=self,
            stream=message["stream"],
            index=message["index"],
            kind=message["kind"],
            span=Span(message["span"]["start"], message["span"]["end"]),
            text=message["text"],
            columns=[Column(c["name"], c["type"]) for c in message["columns"]],
            bounded=message["bounded"],
            changelog=message["changelog"],
            job=message.get("jobId"),
            has_view=message["hasView"],
            notices=list(message.get("notices", ())),
            done=done,
        )
        execution = self._executions.get(message["execution"])
        if execution is not None:
            execution.events.put_nowait(statement)

    def _over(self, message: Message) -> None:
        statement = self.streams.get(message["stream"])
        if statement is None or statement.done.done():
            return
        if "error" in message:
            statement.done.set_exception(StreamcellError.from_data(message["error"]))
        else:
            statement.done.set_result(message.get("end") or {})
        self._forget()

    def _forget(self) -> None:
        """Lets the oldest ended statements go, so that a notebook that runs for days does not grow with every cell."""
        ended = [stream for stream, known in self.streams.items() if known.over]
        for stream in ended[: max(0, len(ended) - ENDED_KEPT)]:
            del self.streams[stream]

    def _end(self, error: StreamcellError) -> None:
        if self.ended is not None:
            return
        self.ended = error
        self.connection.unlisten(self._hear)
        for execution in self._executions.values():
            execution.events.put_nowait(error)
        self._executions.clear()
        for statement in self.streams.values():
            if not statement.done.done():
                statement.done.set_exception(error)
        with self._lock:
            views, self._views = self._views, {}
        for listener in views.values():
            listener({"type": "gone", "reason": error.message}, None)
