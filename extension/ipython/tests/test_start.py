"""`npm start`: its options and messages, and JupyterLab as it opens it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest
from conftest import ROOT, eventually, processes_with

NODE = shutil.which("node")


def start(*arguments, root=ROOT, **environment):
    command = [NODE, str(root / "scripts/start.mjs"), *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prot", "1"], "'--prot' is not understood"),
        (["--port"], "--port : a number from 1 to 65535 is expected"),
        (["--port", "eighty"], "--port eighty: a number"),
        (["--port=70000"], "--port 70000: a number"),
        (["--no-browser=yes"], "'--no-browser=yes' is not understood"),
    ],
)
def test_wrong_options_are_named(arguments, message):
    said = start(*arguments)
    assert said.returncode == 1
    assert message in said.stderr
    assert "    at " not in said.stderr


def test_help():
    said = start("--help")
    assert said.returncode == 0
    assert "--no-browser" in said.stdout


def test_a_port_in_use_is_told_before_anything_is_built():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = start("--port", str(taken.getsockname()[1]))
    assert said.returncode == 1
    assert "is in use; choose another with --port N" in said.stderr


@pytest.fixture
def bare(tmp_path):
    """A checkout without a Python environment, its npm packages installed."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "extension/ipython").mkdir(parents=True)
    for name in ("requirements.txt", "requirements-build.txt"):
        shutil.copy(ROOT / "extension/ipython" / name, tmp_path / "extension/ipython" / name)
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/.package-lock.json").write_text("{}", encoding="utf-8")
    return tmp_path


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_missing_or_old_python_is_told(bare):
    old = program(bare / "old-python", "echo 3 9")
    said = start("--no-browser", root=bare, STREAMCELL_PYTHON=str(old))
    assert said.returncode == 1
    assert "needs Python 3.11 or newer" in said.stderr
    assert "is 3.9" in said.stderr
    said = start("--no-browser", root=bare, STREAMCELL_PYTHON="/nowhere/python")
    assert "STREAMCELL_PYTHON=/nowhere/python does not run" in said.stderr
    folder = bare / "bin"
    folder.mkdir()
    program(folder / "python3", "echo 3 8")
    said = start("--no-browser", root=bare, PATH=str(folder), STREAMCELL_PYTHON="")
    assert "python3 is 3.8" in said.stderr
    assert "STREAMCELL_PYTHON=/path/to/python3 npm start" in said.stderr


def read(url, token):
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read().decode()


def fetch(url, token):
    return json.loads(read(url, token))


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")
def test_opens_the_quickstart_and_ends_with_ctrl_c(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    marker = uuid.uuid4().hex
    env = {**os.environ, "STREAMCELL_TEST": marker}
    command = [NODE, str(ROOT / "scripts/start.mjs"), "--no-browser", "--port", str(port)]
    log = tmp_path / "stderr"
    with log.open("w", encoding="utf-8") as stderr:
        child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        said = re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/01-quickstart\.ipynb\?token=(\w+)", child.stdout.readline())
        assert said is not None, log.read_text(encoding="utf-8")
        address, token = said.groups()
        assert {"streamcell", "streamcell-sql", "python3"} <= set(fetch(f"{address}/api/kernelspecs", token)["kernelspecs"])
        assert fetch(f"{address}/api/contents/01-quickstart.ipynb?content=0", token)["type"] == "notebook"
        page = read(f"{address}/lab", token)
        config = json.loads(re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
        assert "@streamcell/lab" in [extension["name"] for extension in config["federated_extensions"]]
        settings = fetch(f"{address}/lab/api/settings/@jupyterlab/apputils-extension:notification", token)
        assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            fetch(f"{address}/api/kernelspecs", "wrong")
        # The token is nobody's to read from the list of processes.
        for pid in processes_with(f"STREAMCELL_TEST={marker}"):
            assert token.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        body = json.dumps({"name": "streamcell"}).encode()
        kernel = urllib.request.Request(f"{address}/api/kernels", data=body, headers={"Authorization": f"token {token}"})
        urllib.request.urlopen(kernel, timeout=20).close()
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 0
        eventually(lambda: processes_with(f"STREAMCELL_TEST={marker}") == [], what="the end of all processes")
    finally:
        if child.poll() is None:
            # Killed outright it could not end its lab.
            child.terminate()
            child.wait(15)
