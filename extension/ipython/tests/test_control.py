"""What the status bar is told, without a kernel: a notebook and comms that only remember."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest
from conftest import eventually
from streamcell import control
from streamcell.connection import BACKGROUND
from streamcell.session import ENDED_KEPT, Session


class Notebook:
    """A notebook whose session counts how often it is asked for its jobs."""

    def __init__(self):
        self.asked = 0
        self.cluster = "embedded"
        self.session = None

    def open(self):
        self.session = SimpleNamespace(id="s", connection=SimpleNamespace(request=self.jobs))

    async def jobs(self, _kind, **_fields):
        self.asked += 1
        return []

    def current_session(self):
        return self.session

    @property
    def begun(self):
        return self.session is not None


class Comm:
    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)

    def on_msg(self, heard):
        self.hear = heard

    def on_close(self, closed):
        self.close = lambda: closed({})


@pytest.fixture
def looks(monkeypatch):
    """Lets the looks happen one by one, when the test says so."""
    begun = threading.Event()
    gate = asyncio.run_coroutine_threadsafe(_semaphore(), BACKGROUND.loop()).result(10)

    async def sleep(_seconds):
        begun.set()
        await gate.acquire()

    monkeypatch.setattr(control, "asyncio", SimpleNamespace(ensure_future=asyncio.ensure_future, sleep=sleep))

    def look():
        assert begun.wait(10)
        begun.clear()
        BACKGROUND.loop().call_soon_threadsafe(gate.release)
        assert begun.wait(10)

    return look


async def _semaphore():
    return asyncio.Semaphore(0)


def test_one_look_serves_all_comms_and_the_last_one_ends_it(looks):
    notebook = Notebook()
    notebook.open()
    controls = control.Controls(notebook)
    comms = [Comm() for _ in range(5)]
    for comm in comms:
        controls.open(comm, {})
    looks()
    before = notebook.asked
    looks()
    looks()
    assert notebook.asked == before + 2
    assert [[message["type"] for message in comm.sent] for comm in comms] == [["session"]] * 5
    for comm in comms:
        comm.close()
    eventually(lambda: controls._looking is None, what="the end of the looks")


def test_comms_of_pages_that_were_reloaded_are_let_go(looks):
    notebook = Notebook()
    notebook.open()
    controls = control.Controls(notebook)
    comms = [Comm() for _ in range(3 * control.MOST)]
    controls.open(comms[0], {})
    for comm in comms[1:]:
        comms[0].hear({"content": {"data": {"type": "sign of life"}}})
        controls.open(comm, {})
    looks()
    looks()
    assert len(controls._open) == control.MOST
    notebook.cluster = "prod"
    looks()
    assert [comm.sent[-1:] != [] and comm.sent[-1]["cluster"] == "prod" for comm in comms].count(True) == control.MOST
    assert comms[0].sent[-1]["cluster"] == "prod"
    controls.close()


def test_nothing_is_said_before_there_is_a_session(looks):
    notebook, comm = Notebook(), Comm()
    controls = control.Controls(notebook)
    controls.open(comm, {})
    looks()
    assert comm.sent == []
    notebook.open()
    looks()
    assert [(message["connected"], message["cluster"]) for message in comm.sent] == [(True, "embedded")]
    controls.close()


def test_ended_statements_are_let_go():
    session = Session(SimpleNamespace(listen=lambda _: None, lost=None), {"session": "s", "cluster": "embedded"})

    async def many():
        for index in range(2 * ENDED_KEPT):
            begun = {"type": "statement", "session": "s", "execution": "e", "stream": f"t{index}", "index": 0, "kind": "query"}
            result = {"columns": [], "bounded": True, "changelog": "append", "hasView": True}
            session._hear({**begun, **result, "span": {"start": 0, "end": 1}, "text": "x"}, None)
            if index > 0:
                session._hear({"type": "end", "stream": f"t{index}", "end": {}}, None)

    BACKGROUND.run(many(), 30)
    # The one that still runs is the oldest.
    assert len(session.streams) == ENDED_KEPT + 1
    assert "t0" in session.streams
