"""One `streamcell.v1` connection, served by an event loop in a thread of its own: frames and heartbeats go on while a cell computes.

PROTOCOL.md beside the runtime's messages says what the messages mean.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from .errors import StreamcellError

SUBPROTOCOL = "streamcell.v1"
CONNECT_SECONDS = 20
REFUSED = {
    4401: "the token is wrong or missing",
    4406: "it speaks another version of the protocol",
    4429: "it has too many connections",
}
T = TypeVar("T")
Message = dict[str, Any]


class Background:
    """An event loop in a daemon thread, made on first use and shared by all connections of the process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="streamcell", daemon=True).start()
            return self._loop

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self.loop())

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Waits for some work; a KeyboardInterrupt meanwhile cancels it."""
        future = self.start(work)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise


BACKGROUND = Background()


def decode_binary(data: bytes) -> tuple[Message, memoryview]:
    """Header and body of a binary frame.

    :raises ValueError: when it is none.
    """
    if len(data) < 4:
        raise ValueError("a binary frame has at least 4 bytes")
    length = int.from_bytes(data[:4], "little")
    if 4 + length > len(data):
        raise ValueError("the header is longer than its frame")
    return json.loads(data[4 : 4 + length].decode("utf-8")), memoryview(data)[4 + length :]


class Connection:
    """Requests and their replies; everything else goes to the listeners, on the background thread.

    Maintains the invariant that every pending request ends: by its reply, or by the end of the connection.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self._token = token
        self._socket: ClientConnection | None = None
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._rows: dict[int, list[memoryview]] = {}
        self._listeners: list[Callable[[Message, memoryview | None], None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._heard = 0.0
        self.welcome: Message = {}
        self.lost: StreamcellError | None = None

    @classmethod
    async def open(cls, url: str, token: str | None, client: str) -> Connection:
        """:raises StreamcellError: GATEWAY_UNREACHABLE, GATEWAY_REFUSED"""
        connection = cls(url, token)
        try:
            await asyncio.wait_for(connection._open(client), CONNECT_SECONDS)
        except (TimeoutError, asyncio.TimeoutError):
            raise StreamcellError("GATEWAY_UNREACHABLE", f"{url} did not answer in {CONNECT_SECONDS} s.") from None
        except InvalidURI:
            raise StreamcellError("GATEWAY_UNREACHABLE", f"'{url}' is no address; ws://HOST:PORT is expected.") from None
        except InvalidHandshake as error:
            raise StreamcellError("GATEWAY_REFUSED", f"{url} is no gateway, or refuses: {error}.") from None
        except ConnectionClosed as error:
            raise cls._refused(url, error) from None
        except OSError as error:
            raise StreamcellError("GATEWAY_UNREACHABLE", f"{url} cannot be reached: {error.strerror or error}.") from None
        return connection

    @staticmethod
    def _refused(url: str, error: ConnectionClosed) -> StreamcellError:
        code = error.rcvd.code if error.rcvd else 0
        reason = REFUSED.get(code) or (error.rcvd.reason if error.rcvd else "") or "it closed the connection"
        return StreamcellError("GATEWAY_REFUSED", f"{url} refuses the connection: {reason}.")

    async def _open(self, client: str) -> None:
        socket = await connect(
            self.url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            max_size=None,
            # The protocol has heartbeats of its own, which both sides see.
            ping_interval=None,
            # What runs here is not reached by a proxy.
            proxy=None if "//127.0.0.1:" in self.url or "//localhost:" in self.url else True,
            compression=None,
        )
        self._socket = socket
        hello: Message = {"type": "hello", "versions": [1], "client": client}
        if self._token is not None:
            hello["token"] = self._token
        await socket.send(json.dumps(hello))
        answer = json.loads(await socket.recv())
        if answer.get("type") != "welcome":
            await socket.close()
            error = StreamcellError.from_data(answer.get("error"))
            raise StreamcellError("GATEWAY_REFUSED", f"{self.url} refuses the connection: {error.message}")
        self.welcome = answer
        self._heard = time.monotonic()
        self._tasks.append(asyncio.create_task(self._read(socket)))
        if answer.get("heartbeat"):
            self._tasks.append(asyncio.create_task(self._beat(socket, answer["heartbeat"] / 1000)))

    def listen(self, listener: Callable[[Message, memoryview | None], None]) -> None:
        """Hears every event and every binary frame (with its body); a message of type `lost` is the last one."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[Message, memoryview | None], None]) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    async def _read(self, socket: ClientConnection) -> None:
        why = "the connection was closed"
        try:
            async for data in socket:
                self._heard = time.monotonic()
                if isinstance(data, str):
                    self._text(json.loads(data))
                else:
                    header, body = decode_binary(data)
                    if header["type"] == "rows":
                        self._rows.setdefault(header["id"], []).append(body)
                    else:
                        self._tell(header, body)
        except ConnectionClosed as error:
            why = (error.rcvd.reason if error.rcvd else "") or why
        except (ValueError, KeyError) as error:
            why = f"it sent what is no message of {SUBPROTOCOL} ({error!r})"
            await socket.close()
        self._lose(StreamcellError("GATEWAY_LOST", f"The connection to {self.url} is lost: {why}."))

    def _text(self, message: Message) -> None:
        kind = message.get("type")
        if kind == "ping":
            self.notify({"type": "pong", "at": message.get("at")})
        elif kind == "reply":
            waiting = self._pending.pop(message["id"], None)
            if waiting is None or waiting.done():
                self._rows.pop(message["id"], None)
            elif "error" in message:
                waiting.set_exception(StreamcellError.from_data(message["error"]))
            else:
                waiting.set_result(message.get("value"))
        elif kind != "pong":
            self._tell(message, None)

    def _tell(self, message: Message, body: memoryview | None) -> None:
        for listener in list(self._listeners):
            listener(message, body)

    async def _beat(self, socket: ClientConnection, seconds: float) -> None:
        while self.lost is None:
            await asyncio.sleep(seconds)
            if time.monotonic() - self._heard > 3 * seconds:
                self._lose(StreamcellError("GATEWAY_LOST", f"{self.url} gave no sign of life for {3 * seconds:.0f} s."))
                await socket.close()
                return
            self.notify({"type": "ping", "at": round(time.time() * 1000)})

    def _lose(self, error: StreamcellError) -> None:
        if self.lost is not None:
            return
        self.lost = error
        pending, self._pending = self._pending, {}
        for waiting in pending.values():
            if not waiting.done():
                waiting.set_exception(error)
        self._tell({"type": "lost"}, None)

    def notify(self, message: Message) -> None:
        """Sends a message that has no reply; lost with the connection. On the background thread only."""
        socket = self._socket
        if socket is None or self.lost is not None:
            return

        async def send() -> None:
            with contextlib.suppress(ConnectionClosed):
                await socket.send(json.dumps(message))

        # Sends of one loop go out in the order of their tasks: a send takes the socket before it first waits.
        task = asyncio.ensure_future(send())
        self._tasks = [t for t in self._tasks if not t.done()]
        self._tasks.append(task)

    def check_size(self, message: Message) -> None:
        """A message that is too large would end the connection.

        :raises StreamcellError: GATEWAY_LIMIT
        """
        most = self.welcome.get("maxMessage") or 0
        size = len(json.dumps(message))
        if 0 < most < size:
            raise StreamcellError(
                "GATEWAY_LIMIT",
                f"The message has {size} bytes; the runtime takes {most} at most.",
                hint="Split the text into several, or read the data from a file.",
            )

    async def request(self, kind: str, **fields: Any) -> Any:
        """:raises StreamcellError: the reply's error, or GATEWAY_LOST"""
        return (await self.request_rows(kind, **fields))[0]

    async def request_rows(self, kind: str, **fields: Any) -> tuple[Any, list[memoryview]]:
        """The reply's value, and the Arrow streams that came before it."""
        if self.lost is not None:
            raise self.lost
        number = next(self._ids)
        message = {"type": kind, "id": number, **fields}
        self.check_size(message)
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._pending[number] = waiting
        self.notify(message)
        try:
            value = await waiting
            return value, self._rows.get(number, [])
        finally:
            self._pending.pop(number, None)
            self._rows.pop(number, None)

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        self._lose(StreamcellError("SESSION_CLOSED", "The connection was closed."))
        for task in self._tasks:
            task.cancel()
