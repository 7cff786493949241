"""A runtime of one's own: `streamcell gateway` as a child, on loopback, ended with the process that started it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections import deque

from .errors import StreamcellError
from .launch import LaunchError, find_node, program

START_SECONDS = 30


class Runtime:
    """Child process and its address. It lives until `stop`, or until this process is gone: its standard input then closes."""

    def __init__(self) -> None:
        """:raises StreamcellError: when it does not start."""
        try:
            arguments = [find_node(), program("streamcell"), "gateway", "--stdio-control"]
        except LaunchError as error:
            raise StreamcellError("GATEWAY_UNREACHABLE", str(error)) from None
        self._log: deque[str] = deque(maxlen=20)
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # An interrupt of the notebook cancels the query, not the runtime.
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._logging = threading.Thread(target=self._keep_log, name="streamcell-log", daemon=True)
        self._logging.start()
        self.url, self.token = self._announced()

    def _keep_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._log.append(line.rstrip())

    def _announced(self) -> tuple[str, str]:
        lines: queue.Queue[str] = queue.Queue()
        stdout = self.process.stdout
        assert stdout is not None

        def read() -> None:
            lines.put(stdout.readline())
            # Whatever else it prints must not fill the pipe.
            for _ in stdout:
                pass

        threading.Thread(target=read, name="streamcell-announce", daemon=True).start()
        try:
            said = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            said = ""
        except BaseException:
            self.stop()
            raise
        try:
            announced = json.loads(said)
            return str(announced["url"]), str(announced["token"])
        except (ValueError, KeyError, TypeError):
            self.stop()
            raise StreamcellError("GATEWAY_UNREACHABLE", f"The runtime did not start. {self.last_words()}".rstrip()) from None

    def ended(self) -> str | None:
        """How it ended, in words; None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        if code < 0:
            try:
                return f"killed by {signal.Signals(-code).name}"
            except ValueError:
                return f"killed by signal {-code}"
        return f"ended with exit code {code}"

    def last_words(self) -> str:
        self._logging.join(1)
        return " ".join(self._log)[-600:]

    def stop(self) -> None:
        """Closing its standard input ends it; if that does not help within two seconds, it is killed."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
