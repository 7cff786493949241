"""The wheel works wherever pip puts it: nothing of the checkout is within reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib
from conftest import ROOT
from packaging.requirements import Requirement

KERNEL = """
import sys
from jupyter_client.manager import KernelManager

manager = KernelManager(kernel_name=sys.argv[1])
manager.start_kernel()
client = manager.client()
client.start_channels()
try:
    client.wait_for_ready(timeout=60)
    for code in sys.argv[2:]:
        out = []
        reply = client.execute_interactive(code, timeout=60, output_hook=out.append)
        print(reply["content"]["status"])
        for message in out:
            print(message["content"].get("data", message["content"]).get("text/plain", message["content"].get("evalue", "")))
finally:
    client.stop_channels()
    manager.shutdown_kernel()
"""


def run(python, *args, cwd, **environment):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "STREAMCELL"))}
    env |= {"HOME": str(cwd), "JUPYTER_PATH": "", **environment}
    return subprocess.run([str(python), *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=180, check=False)


def test_asks_for_a_websockets_that_knows_proxies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = next(r for r in map(Requirement, project["dependencies"]) if r.name == "websockets").specifier
    # `connect(proxy=)`, which connection.py passes, came with 15.
    assert not wanted.contains("14.2")
    assert wanted.contains("15.0")


def test_installs_kernelspecs_extension_and_command(outside):
    prefix = outside.parents[1]
    spec = json.loads((prefix / "share/jupyter/kernels/streamcell/kernel.json").read_text(encoding="utf-8"))
    assert spec["interrupt_mode"] == "message"
    assert (prefix / "share/jupyter/kernels/streamcell-sql/logo-svg.svg").exists()
    assert (prefix / "share/jupyter/labextensions/@streamcell/lab/package.json").exists()
    assert (prefix / "share/jupyter/labextensions/@streamcell/lab/install.json").exists()
    assert (prefix / "bin/streamcell").exists()
    size = sum(p.stat().st_size for p in (next(prefix.glob("lib/python*")) / "site-packages/streamcell").rglob("*"))
    assert size < 60e6


def test_command_runs_sql(outside, tmp_path):
    script = tmp_path / "count.sql"
    script.write_text(
        "CREATE TABLE n (i INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1000');\nSELECT COUNT(*) AS n FROM n;\n",
        encoding="utf-8",
    )
    said = run(outside, "-c", "from streamcell.launch import command; command()", "run", str(script), "--format", "csv", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[-1].endswith("1000")


@pytest.mark.parametrize(
    ("kernel", "cells", "expected"),
    [
        ("streamcell", ["1 + 41", "%%flinksql\nSELECT 40 + 3 AS answer"], ["42", "43"]),
        ("streamcell-sql", ["SELECT 40 + 4 AS answer", "%%ts\n40 + 5"], ["44", "45"]),
    ],
)
def test_kernels_run(outside, tmp_path, kernel, cells, expected):
    said = run(outside, "-c", KERNEL, kernel, *cells, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("ok\n") == len(cells), said.stdout
    for value in expected:
        assert value in said.stdout


def test_magic_starts_the_bundled_runtime(outside, tmp_path):
    code = """
from IPython.testing.globalipapp import get_ipython, start_ipython
shell = start_ipython() or get_ipython()
shell.run_line_magic("load_ext", "streamcell")
shell.run_cell_magic("flinksql", "-o df", "SELECT 6 * 7 AS answer")
print("got", shell.user_ns["df"]["answer"][0])
"""
    said = run(outside, "-c", code, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "got 42" in said.stdout


def launcher(tmp_path, *args, **environment):
    return run(sys.executable, "-m", "streamcell.launch", *args, cwd=tmp_path, **environment)


def test_launcher_says_what_is_wrong(tmp_path):
    resources = tmp_path / "spec"
    resources.mkdir()
    assert "RESOURCE_DIR CONNECTION_FILE" in launcher(tmp_path).stderr
    assert "does not name the kernel's language" in launcher(tmp_path, str(resources), "c.json").stderr
    (resources / "kernel.json").write_text('{"metadata": {"streamcell": {"language": "sql"}}}', encoding="utf-8")
    missing = launcher(tmp_path, str(resources), "c.json", STREAMCELL_NODE="/nowhere/node")
    assert missing.returncode == 1
    assert "STREAMCELL_NODE=/nowhere/node" in missing.stderr
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.19.0\n", encoding="utf-8")
    Path(old).chmod(0o755)
    assert "is Node.js 18; Streamcell needs 20" in launcher(tmp_path, str(resources), "c.json", STREAMCELL_NODE=str(old)).stderr
    on_path = launcher(tmp_path, str(resources), "c.json", PATH=f"{tmp_path}:/nowhere")
    assert "needs Node.js 20 or newer" in on_path.stderr
    assert "is Node.js 18" in on_path.stderr
