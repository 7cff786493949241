"""Notebooks without a front end: `streamcell execute`, nbclient, nbconvert and papermill, on all three kernels."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import nbformat
import pytest
from conftest import eventually, processes_with
from nbclient import NotebookClient

VIEW = "application/vnd.streamcell.view+json"
BIN = Path(sys.executable).parent
TABLE = (
    "%%flinksql\nCREATE TABLE sales (region INT, amount INT) WITH ('connector' = 'datagen', 'number-of-rows' = '400',\n"
    "  'fields.region.min' = '1', 'fields.region.max' = '3')"
)
CHART = '%%flinksql --chart "bar x=region y=sales"\nSELECT region, COUNT(*) AS sales FROM sales GROUP BY region'
CELLS = {
    "streamcell": ["const rows: number = 400;\nrows", TABLE, CHART],
    "streamcell-sql": ["%%ts\nconst rows = 400", TABLE.partition("\n")[2], CHART],
    "python3": ["%load_ext streamcell", TABLE, CHART],
}


def write(path, kernel, cells):
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python" if kernel == "python3" else "typescript"}}
    )
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(notebook, path)
    return path


def run(*command, cwd, **environment):
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **environment}
    return subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=180, check=False)


def outputs(path):
    return [[o for o in cell.outputs] for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def total(output):
    return sum(int(row[1]) for row in output["data"][VIEW]["snapshot"])


@pytest.mark.parametrize("kernel", list(CELLS))
def test_execute_writes_results_and_leaves_nothing_running(tmp_path, kernel):
    notebook = write(tmp_path / "in.ipynb", kernel, CELLS[kernel])
    before = notebook.read_bytes()
    marker = uuid.uuid4().hex
    said = run("streamcell", "execute", notebook, "--output", tmp_path / "out.ipynb", cwd=tmp_path, STREAMCELL_TEST=marker)
    assert said.returncode == 0, said.stderr
    shown = outputs(tmp_path / "out.ipynb")[2][-1]
    assert total(shown) == 400
    assert shown["data"][VIEW]["status"]["state"] == "finished"
    assert notebook.read_bytes() == before
    eventually(lambda: processes_with(f"STREAMCELL_TEST={marker}") == [], what="the end of all processes")


@pytest.mark.parametrize("kernel", ["streamcell", "python3"])
def test_execute_tells_the_failing_cell(tmp_path, kernel):
    failing = [*CELLS[kernel][:2], "%%flinksql\nSELECT amout FROM sales", "1 + 1"]
    said = run("streamcell", "execute", write(tmp_path / "in.ipynb", kernel, failing), "--output", tmp_path / "out.ipynb", cwd=tmp_path)
    assert said.returncode == 1
    assert "Cell 3 of 4 failed" in said.stderr
    assert "COLUMN_NOT_FOUND" in said.stderr
    assert "2:8" in said.stderr
    assert "^^^^^" in said.stderr
    assert "Traceback" not in said.stderr
    assert outputs(tmp_path / "out.ipynb")[3] == []


def test_execute_looks_first_whether_it_can_write(tmp_path):
    path = write(tmp_path / "in.ipynb", "python3", ["open('ran', 'w').close()"])
    for output, why in ((tmp_path / "nowhere/out.ipynb", "No such file or directory"), (tmp_path, "Is a directory")):
        said = run("streamcell", "execute", path, "--output", output, cwd=tmp_path)
        assert (said.returncode, said.stderr) == (2, f"streamcell execute: {output}: {why}\n")
    unknown = write(tmp_path / "unknown.ipynb", "no-such-kernel", ["1"])
    run("streamcell", "execute", unknown, "--output", tmp_path / "out.ipynb", cwd=tmp_path)
    assert not (tmp_path / "ran").exists()


def test_execute_with_wrong_arguments(tmp_path):
    assert run("streamcell", "execute", cwd=tmp_path).returncode == 2
    missing = run("streamcell", "execute", "nowhere.ipynb", cwd=tmp_path)
    assert (missing.returncode, "nowhere.ipynb: No such file" in missing.stderr) == (2, True)
    (tmp_path / "text.ipynb").write_text("no JSON", encoding="utf-8")
    assert "is no notebook" in run("streamcell", "execute", "text.ipynb", cwd=tmp_path).stderr
    unknown = write(tmp_path / "unknown.ipynb", "no-such-kernel", ["1"])
    said = run("streamcell", "execute", unknown, cwd=tmp_path)
    assert (said.returncode, "no kernel 'no-such-kernel'" in said.stderr) == (1, True)
    endless = write(tmp_path / "endless.ipynb", "python3", ["1", "while True: pass"])
    said = run("streamcell", "execute", endless, "--timeout", "3", cwd=tmp_path)
    assert (said.returncode, "Cell 2 of 2 did not end in 3 s" in said.stderr) == (1, True)


ENDLESS = (
    "%%flinksql {options}\nCREATE TABLE IF NOT EXISTS t (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');\n"
    "SELECT COUNT(*) AS n FROM t"
)


@pytest.mark.parametrize("kernel", ["streamcell", "python3"])
def test_queries_without_end_are_stopped(tmp_path, kernel):
    cells = [CELLS[kernel][0], ENDLESS.format(options="--wait 2s"), ENDLESS.format(options="")]
    path = write(tmp_path / "in.ipynb", kernel, cells)
    said = run("streamcell", "execute", path, "--output", tmp_path / "out.ipynb", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    for cell, least in zip(outputs(tmp_path / "out.ipynb")[1:], (100, 500), strict=True):
        view = [output["data"][VIEW] for output in cell if VIEW in output.get("data", {})][-1]
        assert int(view["snapshot"][0][0]) >= least
        assert view["status"]["state"] == "stopped"


@pytest.mark.parametrize("kernel", list(CELLS))
def test_nbclient_runs_it(tmp_path, kernel):
    notebook = nbformat.read(write(tmp_path / "in.ipynb", kernel, CELLS[kernel]), as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert total(notebook.cells[2].outputs[-1]) == 400


@pytest.mark.parametrize("kernel", list(CELLS))
def test_exported_html_shows_table_and_chart(tmp_path, kernel):
    write(tmp_path / "in.ipynb", kernel, CELLS[kernel])
    said = run(sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "in.ipynb", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    html = (tmp_path / "in.html").read_text(encoding="utf-8")
    body = html[html.index("<main") if "<main" in html else html.index("<body") :]
    assert re.search(r"<th[^>]*>region", body)
    cells = [int(n) for n in re.findall(r"<td[^>]*>(\d+)</td>", body)]
    assert sum(cells[1::2]) == 400
    # The chart is a picture that needs no script.
    assert re.search(r"<svg|<img[^>]+src=\"data:image/svg", body)
    assert "sales" in body


@pytest.mark.parametrize(
    ("kernel", "cells"),
    [
        ("streamcell", ["let n = 1, who = 'x', list: number[] = []", "[n + 1, who, list.length].join()"]),
        ("streamcell-sql", ["%%ts\nlet n = 1, who = 'x', list: number[] = []", "%%ts\n[n + 1, who, list.length].join()"]),
        ("python3", ["n, who, list = 1, 'x', []", "','.join(map(str, [n + 1, who, len(list)]))"]),
    ],
)
def test_papermill_sets_parameters(tmp_path, kernel, cells):
    path = write(tmp_path / "in.ipynb", kernel, cells)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, path)
    parameters = "n: 41\nwho: 'it''s \"Ann\"'\nlist: [1, 2, 3]\n"
    said = run(sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "-y", parameters, "--no-progress-bar", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    shown = outputs(tmp_path / "out.ipynb")[-1][-1]["data"]["text/plain"]
    # Quoted in each language's own way.
    assert shown.replace("\\", "")[1:-1] == '42,it\'s "Ann",3'
