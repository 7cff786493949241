"""%%flinksql in real Python notebooks, against the real runtime."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from conftest import eventually, processes_with

VIEW = "application/vnd.streamcell.view+json"
ERROR = "application/vnd.streamcell.error+json"
ENDLESS = "CREATE TABLE {name} (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')"
BOUNDED = "CREATE TABLE {name} (i INT) WITH ('connector' = 'datagen', 'number-of-rows' = '{rows}')"


def sql(options, text):
    return f"%%flinksql {options}\n{text}"


def test_shows_results_and_answers(notebook):
    cell = notebook.run(
        sql("", "CREATE TABLE shown (i INT) WITH ('connector' = 'datagen', 'number-of-rows' = '7');\nSELECT COUNT(*) AS n FROM shown")
    )
    ddl, result = cell.data
    assert ddl["text/plain"].startswith("OK · CREATE TABLE shown")
    assert result[VIEW]["snapshot"] == [["7"]]
    assert result[VIEW]["status"]["state"] == "finished"
    assert "<table" in result["text/html"]
    assert "<script" not in result["text/html"]
    assert "7" in result["text/plain"]
    tables = notebook.run(sql("", "SHOW TABLES")).data[0]
    assert VIEW not in tables
    assert "shown" in tables["text/plain"]
    assert "TableSourceScan" in notebook.run(sql("", "EXPLAIN SELECT i FROM shown")).data[0]["text/plain"]
    assert "TableSourceScan" in notebook.run("%explain SELECT i FROM shown").text
    assert "SELECT COUNT(*)" in notebook.run("%jobs").text
    chart = notebook.run(sql('--chart "bar x=i y=n"', "SELECT i, COUNT(*) AS n FROM shown GROUP BY i")).data[0]
    assert chart["application/vnd.vegalite.v5+json"]["mark"]


TYPES = [
    # SQL, dtype of the nullable column, dtype of the NOT NULL one, value
    ("CAST(7 AS TINYINT)", "Int8", "int8", "7"),
    ("CAST(-7 AS SMALLINT)", "Int16", "int16", "-7"),
    ("CAST(7 AS INT)", "Int32", "int32", "7"),
    ("CAST(9007199254740993 AS BIGINT)", "Int64", "int64", "9007199254740993"),
    ("CAST(1.5 AS FLOAT)", "float32", "float32", "1.5"),
    ("CAST(0.1 AS DOUBLE)", "float64", "float64", "0.1"),
    ("TRUE", "boolean", "bool", "True"),
    ("CAST(12.30 AS DECIMAL(10, 2))", "object", "object", "Decimal('12.30')"),
    ("'grüße \U0001f600'", "str", "str", "'grüße \U0001f600'"),
    ("DATE '2024-02-29'", "object", "object", "datetime.date(2024, 2, 29)"),
    ("TIME '12:34:56'", "object", "object", "datetime.time(12, 34, 56)"),
    ("TIMESTAMP '2024-02-29 12:34:56.789'", "datetime64[ms]", "datetime64[ms]", "Timestamp('2024-02-29 12:34:56.789000')"),
    ("CAST('2024-02-29 12:34:56.123456' AS TIMESTAMP(6))", "datetime64[us]", "datetime64[us]", "Timestamp('2024-02-29 12:34:56.123456')"),
    ("TO_TIMESTAMP_LTZ(1000, 3)", "datetime64[ms, UTC]", None, "Timestamp('1970-01-01 00:00:01+0000', tz='UTC')"),
    ("x'beef'", "object", "object", "b'\\xbe\\xef'"),
    ("ARRAY[1, 2]", "object", "object", "[1, 2]"),
    ("MAP['a', 1]", "object", "object", "{'a': 1}"),
    ("ROW(1, 'x')", "object", "object", "{'EXPR$0': 1, 'EXPR$1': 'x'}"),
    ("INTERVAL '1' SECOND", "timedelta64[ms]", "timedelta64[ms]", "Timedelta('0 days 00:00:01')"),
]


def test_dataframes_have_exact_values_and_dtypes(notebook):
    columns = ",\n".join(f"  {text} AS required{i}, CASE WHEN k > 0 THEN {text} END AS nullable{i}" for i, (text, *_) in enumerate(TYPES))
    notebook.run(sql("-o types", f"SELECT k, {columns}\nFROM (VALUES (1), (0)) AS t(k)"))
    notebook.run("row = types[types['k'] == 1].iloc[0]; none = types[types['k'] == 0].iloc[0]; import pandas as pd")
    show = "repr(v.tolist() if hasattr(v, 'tolist') and getattr(v, 'ndim', 0) else v.item() if hasattr(v, 'item') else v)"
    answers = notebook.run(
        "import json\n"
        f"show = lambda v: {show}\n"
        "def missing(v):\n    return v is None or (not hasattr(v, '__len__') and bool(pd.isna(v))) or (isinstance(v, float) and v != v)\n"
        f"print(json.dumps([[str(types[f'nullable{{i}}'].dtype), str(types[f'required{{i}}'].dtype), show(row[f'nullable{{i}}']), "
        f"missing(none[f'nullable{{i}}'])] for i in range({len(TYPES)})]))"
    ).text
    for (text, nullable, required, value), answer in zip(TYPES, json.loads(answers), strict=True):
        assert answer[0] == nullable, text
        assert required is None or answer[1] == required, text
        assert answer[2] == value, text
        assert answer[3], f"{text}: NULL is missing"


def test_results_as_arrow_and_of_empty_queries(notebook):
    notebook.run(sql("-o table --as arrow", "SELECT i FROM (VALUES (1), (2)) AS t(i)"))
    assert notebook.value("type(table).__module__, table.num_rows") == "('pyarrow.lib', 2)"
    notebook.run(sql("-o empty", "SELECT i, s FROM (VALUES (1, 'a')) AS t(i, s) WHERE i > 1"))
    assert notebook.value("empty.shape, list(empty.columns), str(empty['i'].dtype)") == "((0, 2), ['i', 's'], 'int32')"


HOSTILE = ["it's", "'; DROP TABLE kept; --", "a\nb\tc", "{x!r} :x {x}", "\\'", "/* */ --", "grüße \U0001f600", "", "NULL", "\u2028"]


def test_parameters_are_literals_whatever_they_hold(notebook):
    notebook.run(sql("", BOUNDED.format(name="kept", rows=1)))
    for text in HOSTILE:
        notebook.run(f"x = {text!r}")
        notebook.run(sql("-o back", "SELECT {x} AS braces, :x AS colon, '{x}' AS quoted -- {x} is a comment's"))
        assert notebook.value("(back['braces'][0] == x, back['colon'][0] == x, back['quoted'][0])") == "(True, True, '{x}')", text
    assert "kept" in notebook.run(sql("", "SHOW TABLES")).data[0]["text/plain"]


def test_parameters_of_every_kind(notebook):
    notebook.run(
        "import datetime as dt, decimal, numpy as np, pandas as pd\n"
        "whole, wide, real, exact, flag, none = 7, 2**62, 0.5, decimal.Decimal('-12.50'), True, None\n"
        "day, moment, ids = dt.date(2024, 2, 29), dt.datetime(2024, 1, 1, 2, 3, 4, 567891), [1, 3]\n"
        "small, column, nan = np.int16(5), pd.Series([2, 4]), float('nan')"
    )
    notebook.run(
        sql(
            "-o p --param given=4",
            "SELECT {whole} AS whole, {wide} AS wide, {real} AS r, {exact} AS exact, {flag} AS flag, CAST({none} AS INT) AS n,\n"
            "{day} AS d, :moment AS m, 3 IN ({ids}) AS i, {small} AS small, 4 IN (:column) AS c, {nan} AS nan, :given AS given",
        )
    )
    assert json.loads(notebook.run("import json; print(json.dumps([str(v) for v in p.iloc[0]]))").text) == [
        "7",
        "4611686018427387904",
        "0.5",
        "-12.50",
        "True",
        "<NA>",
        "2024-02-29",
        "2024-01-01 02:03:04.567891",
        "True",
        "5",
        "True",
        "nan",
        "4",
    ]
    notebook.run("name = 'wide_table'")
    notebook.run(sql("", BOUNDED.format(name="{name!r}", rows=3)))
    assert "wide_table" in notebook.run(sql("", "SHOW TABLES")).data[0]["text/plain"]


@pytest.mark.parametrize(
    ("code", "name", "shown"),
    [
        (sql("", "SELECT 1;\nSELECT nope FROM t"), "TABLE_NOT_FOUND", ["3:18", "  SELECT nope FROM t", "                   ^"]),
        (sql("", "SELEC 1"), "SQL_SYNTAX", ["2:1", "  ^^^^^"]),
        (sql("--wiat 5s", "SELECT 1"), "MAGIC_INVALID", ["1:12", "Did you mean --wait?"]),
        (sql("--limit x", "SELECT 1"), "MAGIC_INVALID", ["1:20", "whole number"]),
        (sql("-o 1x", "SELECT 1"), "MAGIC_INVALID", ["is no name of a variable"]),
        (sql("", "SELECT {undefined_name}"), "PARAMETER_INVALID", ["2:8", "undefined_name"]),
        (sql("", "/* \U0001f600 */ SELECT {x!r} + nope FROM (VALUES (1)) AS t(i)"), "COLUMN_NOT_FOUND", ["2:24", "nope"]),
        (sql("", "SELECT {thing}"), "PARAMETER_INVALID", ["2:8", "is a object, which is no SQL literal"]),
        (sql('--chart "line x=a y=nope"', "SELECT 1 AS a"), "COLUMN_NOT_FOUND", ["1:20", "nope"]),
        ("%connect ws://127.0.0.1:9", "GATEWAY_UNREACHABLE", ["127.0.0.1:9"]),
        ("%connect http://example.org", "MAGIC_INVALID", ["is no address"]),
        ("%explain --stage plan SELECT 1", "MAGIC_INVALID", ["1:18", "no stage 'plan'", "changelog"]),
        ("%%explain --stag ast\nSELECT 1", "MAGIC_INVALID", ["1:11", "Did you mean --stage?"]),
        ("%jobs stop nothing", "JOB_NOT_FOUND", ["1:12", "nothing"]),
    ],
)
def test_errors_are_shown_in_the_cell_and_the_next_cell_works(notebook, code, name, shown):
    notebook.run("x = 1; thing = object()")
    cell = notebook.run(code, check=False)
    assert cell.error is not None, cell.text
    assert cell.error["ename"] == name
    traceback = "\n".join(cell.error["traceback"])
    assert "Traceback" not in traceback
    assert "File " not in traceback
    for part in shown:
        assert part in traceback, traceback
    bundle = cell.data[-1]
    assert bundle[ERROR]["error"]["code"] == name
    assert bundle[ERROR]["cell"] == code
    assert notebook.run(sql("", "SELECT 1 AS fine")).data[0][VIEW]["snapshot"] == [["1"]]


def test_waiting_and_limits(notebook):
    notebook.run(sql("", ENDLESS.format(name="endless")))
    # That it returns at all is what is looked at: its query has no end.
    live = notebook.run(sql("", "SELECT COUNT(*) AS n FROM endless"))
    assert live.data[0][VIEW]["status"]["state"] == "running"
    waited = notebook.run(sql("--wait 1s", "SELECT COUNT(*) AS n FROM endless")).data[0][VIEW]
    assert int(waited["snapshot"][0][0]) >= 50
    limited = notebook.run(sql("--limit 5 -o five", "SELECT i FROM endless"))
    assert limited.data[0][VIEW]["status"]["state"] != "running"
    assert notebook.value("len(five)") == "5"
    never = notebook.run(sql("-o never", "SELECT i FROM endless"), check=False)
    assert "--wait 5s" in "\n".join(never.error["traceback"])
    jobs = [line.split() for line in notebook.run("%jobs").text.splitlines() if " running " in line]
    assert len(jobs) == 2
    # The beginning of an id is enough, if it is one job's.
    first, second = (job[0] for job in jobs)
    begins = next(first[:n] for n in range(1, len(first) + 1) if sum(id.startswith(first[:n]) for id in ids(notebook)) == 1)
    assert notebook.run(f"%jobs stop {begins}").text == f"Job {first} is stopped.\n"
    assert [line.split()[0] for line in notebook.run("%jobs").text.splitlines() if " running " in line] == [second]
    assert notebook.run("%jobs stop all").text == f"Job {second} is stopped.\n"
    assert " running " not in notebook.run("%jobs").text
    assert notebook.run("%jobs stop all").text == "No job is running.\n"


def ids(notebook):
    return [line.split()[0] for line in notebook.run("%jobs").text.splitlines()[1:]]


def test_explain_as_line_and_as_cell(notebook):
    notebook.run(sql("", BOUNDED.format(name="explained", rows=1)))
    notebook.run('least, who = 3, "it\'s"')
    line = notebook.run("%explain --stage changelog SELECT i FROM explained WHERE i > {least}").text
    assert "TableSourceScan" in line
    query = "SELECT i, {who} AS who FROM explained\nWHERE i > :least"
    assert notebook.run(f"%%explain --stage changelog\n{query.replace(', {who} AS who', '')}").text == line
    plan = notebook.run(f"%%explain\n{query}").text
    assert "it" in plan
    assert plan != line
    wrong = notebook.run("%%explain --stage physical\nSELECT {least} + nope FROM explained", check=False)
    assert wrong.error["ename"] == "COLUMN_NOT_FOUND"
    assert wrong.error["traceback"][0].startswith("2:18 ")
    undefined = notebook.run("%explain SELECT {undefined_name}", check=False)
    assert undefined.error["traceback"][0].startswith("1:17 PARAMETER_INVALID")


def test_a_cell_can_say_which_cluster_it_is_meant_for(notebook):
    assert notebook.run(sql("--cluster embedded", "SELECT 1 AS fine")).data[0][VIEW]["snapshot"] == [["1"]]
    other = notebook.run(sql("--cluster prod", "SELECT 1"), check=False)
    assert other.error["ename"] == "MAGIC_INVALID"
    said = "\n".join(other.error["traceback"])
    assert said.startswith("1:22 ")
    assert "Cells run on 'embedded', not on 'prod'." in said
    assert "%connect ADDRESS?cluster=prod" in said


@pytest.mark.parametrize("address", ["ws://user:secret@127.0.0.1:9", "ws://secret@127.0.0.1:9", "ws://127.0.0.1:9?token=secret"])
def test_a_token_in_a_cell_is_refused_and_not_repeated(notebook, address):
    refused = notebook.run(f"%connect {address}", check=False)
    assert refused.error["ename"] == "MAGIC_INVALID"
    assert "--token VAR" in "".join(refused.error["traceback"])
    assert "secret" not in refused.text + "".join(refused.error["traceback"])


def test_interrupt_cancels_the_query(notebook):
    notebook.run(sql("", "CREATE TABLE IF NOT EXISTS busy (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')"))
    message = notebook.client.execute(sql("--wait", "SELECT COUNT(*) FROM busy"))
    eventually(lambda: any(notebook.client.get_iopub_msg(timeout=10)["msg_type"] == "display_data" for _ in range(1)))
    time.sleep(0.3)
    notebook.manager.interrupt_kernel()
    while True:
        reply = notebook.client.get_shell_msg(timeout=15)
        if reply["parent_header"].get("msg_id") == message:
            break
    assert reply["content"]["ename"] == "INTERRUPTED"
    assert " running " not in notebook.run("%jobs").text


class Comm:
    """A front end's end of a comm, sending over a subshell as JupyterLab does, so that a busy cell does not hold it up."""

    def __init__(self, kernel, data, target="streamcell.view"):
        self.client = kernel.client
        self.id = uuid.uuid4().hex
        self.subshell = self._subshell()
        self.send("comm_open", {"comm_id": self.id, "target_name": target, "data": data})

    def _subshell(self):
        request = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(request)
        return self.client.get_control_msg(timeout=10)["content"]["subshell_id"]

    def send(self, kind, content):
        message = self.client.session.msg(kind, content)
        message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)

    def say(self, **data):
        self.send("comm_msg", {"comm_id": self.id, "data": data})

    def messages(self, seconds):
        """(data, buffers) of what comes in so many seconds, each frame acknowledged."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                message = self.client.get_iopub_msg(timeout=0.1)
            except Exception:
                continue
            if message["msg_type"] != "comm_msg" or message["content"]["comm_id"] != self.id:
                continue
            data = message["content"]["data"]
            if data["type"] == "frame":
                self.say(type="ack", seq=data["seq"])
            yield data, message["buffers"]


def test_live_view_goes_on_while_the_main_thread_is_busy(notebook, tmp_path):
    import pyarrow as pa

    notebook.run(sql("", "CREATE TABLE ticking (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '200')"))
    stream = notebook.run(sql("", "SELECT COUNT(*) AS n FROM ticking")).data[0][VIEW]["stream"]
    free = tmp_path / "free"
    notebook.run("import pathlib, time")
    notebook.client.execute(f"end = time.monotonic() + 60\nwhile not pathlib.Path({str(free)!r}).exists() and time.monotonic() < end: pass")
    comm = Comm(notebook, {"stream": stream, "viewport": {"from": 0, "to": 10, "mode": "table"}})
    said = []
    for message in comm.messages(40):
        said.append(message)
        if len(said) > 15:
            break
    free.touch()
    assert said[0][0]["type"] == "attached"
    assert said[0][0]["columns"][0]["name"] == "n"
    frames = [(data, buffers) for data, buffers in said if data["type"] == "frame"]
    # Two frames would be all without acknowledgements getting through.
    assert len(frames) >= 10
    assert [data["seq"] for data, _ in frames] == list(range(frames[0][0]["seq"], frames[0][0]["seq"] + len(frames)))
    counts = [pa.ipc.open_stream(buffers[0]).read_all()["n"][0].as_py() for _, buffers in frames if frames[0][0]["rowCount"]]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    comm.say(type="stop")
    assert any(data.get("status", {}).get("state") == "stopped" for data, _ in comm.messages(3))
    gone = Comm(notebook, {"stream": "unknown", "viewport": {"from": 0, "to": 10, "mode": "table"}})
    assert next(data for data, _ in gone.messages(5))["type"] == "gone"


def test_status_and_mistakes_of_a_cell_that_is_being_written(notebook):
    notebook.run(sql("", "CREATE TABLE IF NOT EXISTS stated (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10')"))
    notebook.run(sql("--name told", "SELECT COUNT(*) FROM stated"))
    comm = Comm(notebook, {}, "streamcell.control")
    facts = next(data for data, _ in comm.messages(10))
    assert (facts["type"], facts["cluster"], facts["connected"]) == ("session", "embedded", True)
    job = next(job for job in facts["jobs"] if job["name"] == "told")
    assert job["state"] == "running"
    cell = sql("-o x", "/* \U0001f600 */ SELECT nope + {n} FROM stated")
    comm.say(type="validate", id=1, cell=cell)
    comm.say(type="validate", id=2, cell="print('nope')")
    answers = {data["id"]: data["errors"] for data, _ in comm.messages(3) if data["type"] == "diagnostics"}
    (error,) = answers[1]
    assert cell.encode("utf-16-le")[2 * error["span"]["start"] : 2 * error["span"]["end"]].decode("utf-16-le") == "nope"
    assert answers[2] == []
    comm.say(type="stopJob", job=job["id"])
    later = [data for data, _ in comm.messages(5) if data["type"] == "session"]
    assert any(j["state"] == "cancelled" for j in later[-1]["jobs"] if j["id"] == job["id"])


def test_the_line_of_an_insert_says_how_it_ended(notebook):
    notebook.run(sql("", "CREATE TABLE IF NOT EXISTS hole (i INT) WITH ('connector' = 'blackhole')"))
    source = "CREATE TABLE IF NOT EXISTS sevens (i INT) WITH ('connector' = 'datagen', 'number-of-rows' = '7')"
    written = notebook.run(sql("", f"{source};\nSET 'table.dml-sync' = 'true';\nINSERT INTO hole SELECT i FROM sevens")).data[-1]
    assert written["text/plain"].startswith("INSERT INTO hole · finished · 7 rows written · ")
    assert VIEW not in written
    notebook.run(sql("", "RESET 'table.dml-sync'"))
    notebook.run(sql("", ENDLESS.format(name="flowing")))
    running = notebook.run(sql("", "INSERT INTO hole SELECT i FROM flowing"))
    (line,) = running.data
    assert line["text/plain"].startswith("INSERT INTO hole · running · job ")
    # It belongs to the cell that began it, not to the one that runs now.
    notebook.client.execute("%jobs stop all")
    while (message := notebook.client.get_iopub_msg(timeout=10))["msg_type"] != "update_display_data":
        pass
    assert message["content"]["data"]["text/plain"].startswith("INSERT INTO hole · stopped · ")


def test_mode_append_is_for_rows_that_are_only_inserted(notebook):
    rows = notebook.run(sql("--mode append", "SELECT x FROM (VALUES (1), (2)) AS t(x)")).data[0][VIEW]
    assert (rows["mode"], rows["snapshot"]) == ("table", [["1"], ["2"]])
    refused = notebook.run(sql("--mode append", "SELECT COUNT(*) AS n FROM (VALUES (1), (2)) AS t(x)"), check=False)
    assert refused.error["ename"] == "CHANGELOG_MODE"


def test_a_cell_that_failed_leaves_nothing_waiting(notebook):
    failed = notebook.run(sql("", "SELECT 1 / (i - i) AS x FROM (VALUES (1)) AS t(i);\nSELECT 2"), check=False)
    assert failed.error is not None
    eventually(
        lambda: notebook.value("list(get_ipython()._streamcell.notebook.current_session()._executions)") == "[]",
        what="the end of the execution",
    )


def test_a_text_that_is_too_large_is_refused_and_costs_nothing_else(notebook):
    notebook.run(sql("", "CREATE TABLE IF NOT EXISTS kept (i INT) WITH ('connector' = 'blackhole')"))
    refused = notebook.run(sql("", f"SELECT '{'x' * 9_000_000}'"), check=False)
    assert refused.error["ename"] == "GATEWAY_LIMIT"
    assert "kept" in notebook.run(sql("", "SHOW TABLES")).data[0]["text/plain"]


def test_output_is_brought_up_to_date_when_a_job_ends(notebook):
    notebook.run(sql("", "CREATE TABLE ending (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')"))
    shown = notebook.run(sql("", "SELECT COUNT(*) AS n FROM ending")).of("display_data")[-1]["transient"]["display_id"]
    job = next(line.split()[0] for line in notebook.run("%jobs").text.splitlines() if " running " in line)
    # It belongs to the cell that showed the result, not to the one that runs now.
    notebook.client.execute(f"%jobs stop {job}")
    while (message := notebook.client.get_iopub_msg(timeout=10))["msg_type"] != "update_display_data":
        pass
    assert message["content"]["data"][VIEW]["status"]["state"] == "stopped"
    assert message["content"]["transient"]["display_id"] == shown


def test_two_notebooks_at_once(new_kernel):
    first, second = new_kernel(), new_kernel()
    for kernel, rows in ((first, 11), (second, 22)):
        kernel.run("%load_ext streamcell")
        kernel.run(sql("", BOUNDED.format(name="mine", rows=rows)))
    second.run(sql("-o n", "SELECT COUNT(*) AS n FROM mine"))
    first.run(sql("-o n", "SELECT COUNT(*) AS n FROM mine"))
    assert (first.value("n['n'][0].item()"), second.value("n['n'][0].item()")) == ("11", "22")


def runtimes(marker):
    return [pid for pid in processes_with(marker) if b"--stdio-control" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")
def test_a_killed_runtime_is_told_and_replaced(new_kernel):
    marker = uuid.uuid4().hex
    kernel = new_kernel(STREAMCELL_TEST=marker)
    kernel.run("%load_ext streamcell")
    kernel.run(sql("", ENDLESS.format(name="t")))
    (runtime,) = runtimes(f"STREAMCELL_TEST={marker}")
    message = kernel.client.execute(sql("--wait", "SELECT COUNT(*) FROM t"))
    time.sleep(1)
    os.kill(runtime, signal.SIGKILL)
    while (reply := kernel.client.get_shell_msg(timeout=20))["parent_header"].get("msg_id") != message:
        pass
    assert reply["content"]["ename"] == "GATEWAY_LOST"
    again = kernel.run(sql("", "SELECT 5 AS five"))
    assert "killed by SIGKILL" in again.text
    assert "created again" in again.text
    assert again.data[0][VIEW]["snapshot"] == [["5"]]
    assert runtimes(f"STREAMCELL_TEST={marker}") != [runtime]


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by /proc")
@pytest.mark.parametrize("how", ["shutdown", "kill", "unload"])
def test_nothing_is_left_behind(new_kernel, how):
    marker = f"STREAMCELL_TEST={uuid.uuid4().hex}"
    kernel = new_kernel(STREAMCELL_TEST=marker.partition("=")[2])
    kernel.run("%load_ext streamcell")
    kernel.run(sql("", ENDLESS.format(name="t") + ";\nSELECT COUNT(*) FROM t"))
    assert len(runtimes(marker)) == 1
    if how == "shutdown":
        kernel.manager.shutdown_kernel(now=False)
    elif how == "kill":
        kernel.manager.shutdown_kernel(now=True)
    else:
        kernel.run("%unload_ext streamcell")
    eventually(lambda: runtimes(marker) == [], what="the end of the runtime")


@pytest.fixture
def gateway(tmp_path):
    """A gateway as another user's terminal would run it."""
    token = uuid.uuid4().hex
    command = [str(Path(sys.executable).parent / "streamcell"), "gateway", "--port", "0", "--log-level", "info"]
    env = {**os.environ, "STREAMCELL_TOKEN": token}
    child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in child.stdout:
            found = line.find("ws://")
            if found >= 0:
                address = line[found:].split("/v1")[0].split('"')[0].strip()
                break
        else:
            pytest.fail("the gateway said no address")
        yield address, token
    finally:
        child.terminate()
        child.wait(10)


def test_connects_to_a_gateway_and_back(notebook, gateway):
    address, token = gateway
    notebook.run(f"good, bad = {token!r}, 'wrong'")
    refused = notebook.run(f"%connect {address} --token bad", check=False)
    assert refused.error["ename"] == "GATEWAY_REFUSED"
    assert "wrong" not in "".join(refused.error["traceback"]).replace("the token is wrong", "")
    notebook.run(sql("", "CREATE TABLE IF NOT EXISTS here (i INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1')"))
    assert "embedded" in notebook.run(f"%connect {address} --token good").text
    assert "here" not in notebook.run(sql("", "SHOW TABLES")).data[0]["text/plain"]
    assert notebook.run(sql("", "SELECT 2 AS two")).data[0][VIEW]["snapshot"] == [["2"]]
    # A token that is given counts, whatever one was good before.
    again = notebook.run(f"%connect {address} --token bad", check=False)
    assert again.error["ename"] == "GATEWAY_REFUSED"
    assert notebook.run(sql("", "SELECT 3 AS three")).data[0][VIEW]["snapshot"] == [["3"]]
    own = notebook.run(sql("--cluster embedded", "SELECT 1"), check=False)
    assert "Cells run on 'embedded at 127.0.0.1" in "".join(own.error["traceback"])
    notebook.run("%connect embedded")
    assert "here" in notebook.run(sql("", "SHOW TABLES")).data[0]["text/plain"]
