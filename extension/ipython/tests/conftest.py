from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[3]


class Cell:
    """What one cell answered."""

    def __init__(self, reply, messages):
        self.status = reply["content"]["status"]
        self.messages = messages

    def of(self, *kinds):
        return [m["content"] for m in self.messages if m["msg_type"] in kinds]

    @property
    def data(self):
        """The last state of each display, in order of appearance."""
        shown = {}
        for i, content in enumerate(self.of("display_data", "update_display_data", "execute_result")):
            shown[content.get("transient", {}).get("display_id", i)] = content["data"]
        return list(shown.values())

    @property
    def text(self):
        return "".join(c["text"] for c in self.of("stream"))

    @property
    def error(self):
        errors = self.of("error")
        return errors[-1] if errors else None


class Kernel:
    """A real kernel and its client."""

    def __init__(self, name="python3", **environment):
        env = {**os.environ, **environment}
        self.manager, self.client = start_new_kernel(kernel_name=name, startup_timeout=60, env=env)

    def run(self, code, timeout=60, check=True):
        messages = []
        reply = self.client.execute_interactive(code, timeout=timeout, output_hook=messages.append, store_history=True)
        cell = Cell(reply, messages)
        if check:
            assert cell.status == "ok", cell.error or cell.text
        return cell

    def value(self, expression):
        """repr of a Python expression in the kernel."""
        return self.run(expression).of("execute_result")[-1]["data"]["text/plain"]

    def stop(self):
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=False)
            self.manager.cleanup_resources()


@pytest.fixture(scope="module")
def notebook():
    """A Python notebook with the extension loaded; shared by the tests of a module."""
    kernel = Kernel()
    try:
        kernel.run("%load_ext streamcell")
        yield kernel
    finally:
        kernel.stop()


@pytest.fixture
def new_kernel():
    """Makes kernels that end with the test."""
    made = []

    def make(name="python3", **environment):
        kernel = Kernel(name, **environment)
        made.append(kernel)
        return kernel

    yield make
    for kernel in made:
        kernel.stop()


def eventually(condition, seconds=15.0, what="the condition"):
    """Waits until something holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} did not come to hold in {seconds} s"
        time.sleep(0.05)


def processes_with(marker):
    """Ids of running processes whose environment has a marker (`NAME=value`); Linux only."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes().split(b"\0") and b") Z" not in (folder / "stat").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.fixture(scope="session")
def outside(tmp_path_factory):
    """A Python environment far from the checkout, with the wheel nothing of the checkout within reach, dependencies borrowed."""
    wheels = list((ROOT / "dist").glob("streamcell-*.whl"))
    assert len(wheels) == 1, "npm run wheel builds the one wheel"
    home = tmp_path_factory.mktemp("outside")
    venv = home / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheels[0])]
    subprocess.run(install, check=True)
    site = next((venv / "lib").glob("python*")) / "site-packages"
    borrowed = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "borrowed.pth").write_text(f"{borrowed}\n", encoding="utf-8")
    return python
