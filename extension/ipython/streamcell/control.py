"""What JupyterLab's status bar and editor ask of a notebook: session, jobs, and what is wrong in a cell that is being written."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import re
from typing import TYPE_CHECKING, Any

from .connection import BACKGROUND, Message
from .errors import StreamcellError, utf16_length
from .session import Session

if TYPE_CHECKING:
    from comm.base_comm import BaseComm

    from .notebook import Notebook

CONTROL_TARGET = "streamcell.control"
# Seconds between two looks at the jobs.
INTERVAL = 1.0
# Comms of one notebook that are told; of more the one that was silent for longest is let go.
MOST = 16
HEAD = re.compile(r"\s*%%(?:flinksql|flink_execute_sql)(?![\w.])[^\n]*\n")


class Controls:
    """The front ends' comms of one notebook; one look at the jobs serves them all.

    State: the comms, the one heard from last at the end, and the task that looks while there is any. Works on the background thread, so
    that it goes on while a cell computes; starts no session: it tells of the one that cells have opened.
    """

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._open: dict[Control, None] = {}
        self._looking: asyncio.Task[None] | None = None

    def open(self, comm: BaseComm, _opened: Message) -> None:
        """Answers a front end's comm about the session."""
        control = Control(self._notebook, comm)

        def heard(message: Message) -> None:
            BACKGROUND.loop().call_soon_threadsafe(self._add, control)
            control.hear(message["content"]["data"])

        comm.on_msg(heard)
        comm.on_close(lambda _: BACKGROUND.loop().call_soon_threadsafe(self._drop, control))
        BACKGROUND.loop().call_soon_threadsafe(self._add, control)

    def close(self) -> None:
        """Looks no more."""
        BACKGROUND.loop().call_soon_threadsafe(lambda: [self._drop(control) for control in list(self._open)])

    def _add(self, control: Control) -> None:
        self._open.pop(control, None)
        self._open[control] = None
        # A page that is reloaded leaves its comm behind without a word.
        if len(self._open) > MOST:
            self._drop(next(iter(self._open)))
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look())

    def _drop(self, control: Control) -> None:
        self._open.pop(control, None)
        if not self._open and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _look(self) -> None:
        while True:
            facts = await self._facts()
            for control in list(self._open):
                try:
                    control.tell(facts)
                except Exception:
                    # Its front end is out of reach; the others are not.
                    self._drop(control)
            await asyncio.sleep(INTERVAL)

    async def _facts(self) -> Message | None:
        """What is told of the session; None while no cell has opened one."""
        session = self._notebook.current_session()
        if session is None and not self._notebook.begun:
            return None
        jobs: list[Message] = []
        if session is not None:
            with contextlib.suppress(StreamcellError):
                jobs = await session.connection.request("jobs", session=session.id)
        kept = ("id", "name", "state", "startedAt")
        return {
            "type": "session",
            "cluster": self._notebook.cluster,
            "connected": session is not None,
            "jobs": [{key: job[key] for key in kept} for job in jobs],
        }


class Control:
    """One front end's comm, with what it was told last."""

    def __init__(self, notebook: Notebook, comm: BaseComm) -> None:
        self._notebook = notebook
        self._comm = comm
        # As in Notebook.relay: answers come to this comm's own subshell.
        self._context = contextvars.copy_context()
        self._said: Message | None = None

    def tell(self, facts: Message | None) -> None:
        """Sends the state of the session, if it is another than what was said last."""
        if facts is not None and facts != self._said:
            self._said = facts
            self._send(facts)

    def _send(self, message: Message) -> None:
        self._context.run(self._comm.send, message)

    def hear(self, data: Message) -> None:
        if data.get("type") == "validate":
            BACKGROUND.start(self._validate(data))
        elif data.get("type") == "stopJob":
            BACKGROUND.start(self._stop(str(data.get("job"))))

    async def _stop(self, job: str) -> None:
        session = self._notebook.current_session()
        if session is not None:
            # A job that has ended meanwhile is what was wished for.
            with contextlib.suppress(StreamcellError):
                await session.connection.request("stopJob", session=session.id, job=job)

    async def _validate(self, data: Message) -> None:
        errors: list[Any] = []
        session = self._notebook.current_session()
        with contextlib.suppress(StreamcellError):
            errors = [] if session is None else await errors_of(session, str(data.get("cell")))
        self._send({"type": "diagnostics", "id": data.get("id"), "errors": errors})


async def errors_of(session: Session, cell: str) -> list[Message]:
    """Errors of a cell's SQL with their places in the cell; none for a cell that is not SQL."""
    head = HEAD.match(cell)
    if head is None:
        return []
    before = utf16_length(head.group())
    found = await session.connection.request("validate", session=session.id, text=cell[head.end() :], unbound=True)
    return [StreamcellError.from_data(error).moved(before).to_data() for error in found]
