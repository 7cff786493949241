"""A kernel and what a test wants to say to it."""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

import kernelspecs
from jupyter_client.manager import start_new_kernel

kernelspecs.install()

Message = dict[str, Any]

# Seconds after which what a test waits for counts as never coming; a busy machine takes its time.
TIMEOUT = 30.0


class Kernel:
    """One running kernel. Every output of a cell is kept, in order."""

    def __init__(self, name: str = "streamcell-test") -> None:
        self.manager, self.client = start_new_kernel(kernel_name=name)
        self.others: list[Message] = []

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel()

    def start(self, code: str, **options: Any) -> str:
        return self.client.execute(code, **options)

    def run(self, code: str, timeout: float = TIMEOUT, **options: Any) -> tuple[Message, list[Message]]:
        """The reply's content and the cell's outputs."""
        return self.finish(self.start(code, **options), timeout)

    def finish(self, request: str, timeout: float = TIMEOUT) -> tuple[Message, list[Message]]:
        outputs = self.outputs(request, timeout)
        return self.reply(request, timeout)["content"], outputs

    def reply(self, request: str, timeout: float = TIMEOUT, channel: str = "shell") -> Message:
        get = getattr(self.client, f"get_{channel}_msg")
        end = time.monotonic() + timeout
        while True:
            message = get(timeout=max(0.01, end - time.monotonic()))
            if message["parent_header"].get("msg_id") == request:
                return message

    def outputs(self, request: str, timeout: float = TIMEOUT) -> list[Message]:
        """Everything published for a request until it is idle."""
        kept: list[Message] = []
        end = time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.01, end - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                self.others.append(message)
                continue
            if message["msg_type"] == "status":
                if message["content"]["execution_state"] == "idle":
                    return kept
            elif message["msg_type"] != "execute_input":
                kept.append(message)

    def later(self, request: str, stream: str, wanted: str) -> str:
        """Text published for a request after it was idle, as soon as it holds what is wanted; all there is when that never comes."""
        kept = [m for m in self.others if m["parent_header"].get("msg_id") == request]
        end = time.monotonic() + TIMEOUT
        while wanted not in text(kept, stream) and (left := end - time.monotonic()) > 0:
            try:
                message = self.client.get_iopub_msg(timeout=left)
            except Empty:
                break
            if message["parent_header"].get("msg_id") == request:
                kept.append(message)
        return text(kept, stream)

    def request(self, channel: str, kind: str, content: Message | None = None, **header: Any) -> str:
        """Sends a request that the client has no method for."""
        message = self.client.session.msg(kind, content or {})
        message["header"].update(header)
        getattr(self.client, f"{channel}_channel").send(message)
        return message["header"]["msg_id"]

    def interrupt(self) -> None:
        self.reply(self.request("control", "interrupt_request"), channel="control")

    def value(self, code: str) -> str:
        """Text of the result of a cell that must succeed."""
        reply, outputs = self.run(code)
        assert reply["status"] == "ok", reply
        return next(m["content"]["data"]["text/plain"] for m in outputs if m["msg_type"] == "execute_result")


def text(outputs: list[Message], stream: str = "stdout") -> str:
    return "".join(
        m["content"]["text"] for m in outputs if m["msg_type"] == "stream" and m["content"]["name"] == stream
    )
