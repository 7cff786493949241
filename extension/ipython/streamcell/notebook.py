"""The sessions of one notebook: its own runtime or a gateway, and the live outputs' comms."""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import os
import sys
import weakref
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import __version__
from .connection import BACKGROUND, Connection, Message
from .errors import StreamcellError
from .runtime import Runtime
from .session import Session, Statement

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

VIEW_TARGET = "streamcell.view"
EMBEDDED = "embedded"
# A session that is replaced keeps its results until the notebook ends: outputs may still look at them.
CLIENT = f"streamcell-python {__version__}"


class Notebook:
    """State: the connection in use, the sessions by address, token and cluster, and every stream that an output may show.

    Maintains the invariant that at most one runtime of its own runs, and none after `close`.
    """

    def __init__(self) -> None:
        self._runtime: Runtime | None = None
        self._own: Connection | None = None
        self._remote: tuple[str, str | None] | None = None
        self._connections: dict[tuple[str, str | None], Connection] = {}
        # A session belongs to the token it was opened with: another token is another user, or a newer one.
        self._sessions: dict[tuple[str, str | None, str | None], Session] = {}
        self._all: list[Session] = []
        self._cluster: str | None = None
        atexit.register(_close_if_alive, weakref.ref(self))

    @property
    def address(self) -> str:
        """`embedded`, or where the current session is."""
        return self._remote[0] if self._remote else EMBEDDED

    @property
    def cluster(self) -> str:
        """Where statements run, by the name that `--cluster` compares and the status bar shows."""
        if self._remote is None:
            return EMBEDDED
        found = self._sessions.get(self._key())
        name = self._cluster if found is None else found.cluster
        # A gateway's own engine is not this notebook's.
        return f"embedded at {urlsplit(self.address).netloc}" if name in (None, EMBEDDED) else str(name)

    def _key(self) -> tuple[str, str | None, str | None]:
        address, token = self._remote or (EMBEDDED, None)
        return address, token, self._cluster

    def session(self) -> Session:
        """The session for the next statement; started, or started again, when there is none.

        :raises StreamcellError: when runtime or gateway do not answer, or refuse
        """
        key = self._key()
        found = self._sessions.get(key)
        if found is not None and found.alive:
            return found
        connection = self._connection()
        session = BACKGROUND.run(Session.opened(connection, self._cluster))
        if found is not None:
            _say("A new session was opened: tables and views have to be created again.")
        self._sessions[key] = session
        # Of an ended session nothing can be shown any more.
        self._all = [*(known for known in self._all if known.alive), session]
        return session

    def current_session(self) -> Session | None:
        """The session that the next statement would have, if there is one already."""
        found = self._sessions.get(self._key())
        return found if found is not None and found.alive else None

    @property
    def begun(self) -> bool:
        """Whether there was ever a session."""
        return bool(self._sessions)

    def living_session(self) -> Session | None:
        """Any session that answers now; nothing is started for it."""
        return next((session for session in self._all if session.alive), None)

    def connect(self, address: str, token: str | None, cluster: str | None) -> Session:
        """Makes a gateway's session the current one. A failing connect leaves everything as it was.

        :raises StreamcellError: GATEWAY_UNREACHABLE, GATEWAY_REFUSED, CLUSTER_NOT_FOUND
        """
        before = self._remote, self._cluster
        self._remote, self._cluster = (address, token), cluster
        try:
            return self.session()
        except BaseException:
            self._remote, self._cluster = before
            raise

    def disconnect(self) -> None:
        """Back to the runtime of its own."""
        self._remote, self._cluster = None, None

    def _connection(self) -> Connection:
        if self._remote is not None:
            address, token = self._remote
            open_one = self._connections.get(self._remote)
            if open_one is None or open_one.lost is not None:
                open_one = BACKGROUND.run(Connection.open(address, token, CLIENT))
                self._connections[self._remote] = open_one
            return open_one
        if self._runtime is not None:
            ended = self._runtime.ended()
            if ended is None and self._own is not None and self._own.lost is None:
                return self._own
            if ended is not None:
                _say(
                    f"The runtime was {ended}; a new one is started."
                    if ended.startswith("killed")
                    else f"The runtime {ended}; a new one is started."
                )
            self._runtime.stop()
        self._runtime = Runtime()
        self._own = BACKGROUND.run(Connection.open(self._runtime.url, self._runtime.token, CLIENT))
        return self._own

    def find(self, stream: str) -> Statement | None:
        for session in self._all:
            if (found := session.streams.get(stream)) is not None:
                return found
        return None

    def relay(self, comm: BaseComm, opened: Message) -> None:
        """Joins a front end's comm to the runtime; neither side knows that there is someone between."""
        data = opened["content"]["data"]
        statement = self.find(str(data.get("stream")))
        if statement is None or not statement.session.alive:
            comm.send({"type": "gone", "reason": "The kernel was restarted, or the runtime has ended."})
            return
        session = statement.session
        channel = comm.comm_id
        # ipykernel sends what the front end answers to the subshell whose request is the parent of what was sent last. With the opening
        # message as parent that is the subshell of this comm, which is free while a cell computes.
        context = contextvars.copy_context()

        def to_front_end(message: Message, body: memoryview | None) -> None:
            try:
                context.run(comm.send, message, buffers=None if body is None else [bytes(body)])
            except Exception as error:
                _say(f"streamcell: a live output could not be sent: {error!r}")

        comm.on_msg(lambda message: session.view_message(channel, message["content"]["data"]))
        comm.on_close(lambda _: session.close_view(channel))
        session.open_view(channel, data, to_front_end)

    def close(self) -> None:
        """Ends the runtime of its own; sessions on gateways end by themselves when nobody resumes them."""
        for connection in self._connections.values():
            _quietly(connection)
        self._connections.clear()
        if self._own is not None:
            _quietly(self._own)
            self._own = None
        if self._runtime is not None:
            self._runtime.stop()
            self._runtime = None


def _quietly(connection: Connection) -> None:
    # The end of the process is no time for errors.
    with contextlib.suppress(Exception):
        BACKGROUND.run(connection.close(), 2)


def _close_if_alive(reference: weakref.ReferenceType[Notebook]) -> None:
    notebook = reference()
    if notebook is not None:
        notebook.close()


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def token_from(variable: str | None, namespace: dict[str, Any]) -> str | None:
    """A token by the name of a notebook's or environment's variable; never from the text of a cell.

    :raises StreamcellError: MAGIC_INVALID when there is no such variable
    """
    if variable is None:
        return os.environ.get("STREAMCELL_TOKEN")
    value = namespace.get(variable, os.environ.get(variable))
    if not isinstance(value, str) or value == "":
        raise StreamcellError("MAGIC_INVALID", f"There is no text in a variable {variable}, of the notebook or the environment.")
    return value
