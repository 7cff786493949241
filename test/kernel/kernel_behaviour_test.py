"""What users of the kernel count on beyond the protocol: interrupts, answers while a cell runs, order of output, types."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

import zmq
from kernel_client import Kernel, text


class KernelBehaviour(unittest.TestCase):
    kernel: Kernel

    @classmethod
    def setUpClass(cls) -> None:
        cls.kernel = Kernel()
        cls.kernel.run("let sameThread = 'yes'", timeout=60)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.kernel.close()

    def started(self, code: str) -> str:
        """A cell that is known to run: it says so first."""
        request = self.kernel.start(f"process.stdout.write('running'); {code}")
        while True:
            message = self.kernel.client.get_iopub_msg(timeout=20)
            if message["parent_header"].get("msg_id") == request and message["msg_type"] == "stream":
                time.sleep(0.1)
                return request

    def assert_interrupted(self, request: str) -> None:
        """The cell ended by the interrupt, and user code goes on in the thread that it was in, with what it had declared."""
        reply, outputs = self.kernel.finish(request, 20)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "Interrupted"))
        self.assertEqual([m["msg_type"] for m in outputs if m["msg_type"] != "stream"], ["error"])
        self.assertEqual(self.kernel.value("sameThread"), "'yes'")

    def test_interrupts_an_endless_loop_and_keeps_the_state(self) -> None:
        self.kernel.run("let counted = 0; let kept = 'kept'")
        request = self.started("for (;;) { counted++ }")
        self.kernel.interrupt()
        self.assert_interrupted(request)
        self.assertEqual(self.kernel.value("kept + (counted > 0)"), "'kepttrue'")

    def test_interrupts_a_loop_that_awaits_nothing(self) -> None:
        request = self.started("for (;;) { await null }")
        self.kernel.interrupt()
        self.assert_interrupted(request)
        self.assertEqual(self.kernel.value("1 + 1"), "2")

    def test_interrupts_what_waits_and_it_does_not_go_on(self) -> None:
        self.kernel.run("let rounds = 0")
        request = self.started("for (;;) { rounds++; await new Promise((r) => setTimeout(r, 10)) }")
        self.kernel.interrupt()
        self.assert_interrupted(request)
        rounds = self.kernel.value("rounds")
        time.sleep(0.2)
        self.assertEqual(self.kernel.value("rounds"), rounds)

    def test_interrupts_a_promise_that_never_resolves(self) -> None:
        request = self.started("await new Promise(() => {})")
        self.kernel.interrupt()
        self.assert_interrupted(request)

    def test_interrupts_a_loop_in_a_callback_of_an_earlier_cell(self) -> None:
        self.kernel.run("setTimeout(() => { for (;;); }, 50)")
        time.sleep(0.2)
        request = self.kernel.start("'after'")
        time.sleep(0.2)
        self.kernel.interrupt()
        self.assert_interrupted(request)
        self.assertEqual(self.kernel.value("'after'"), "'after'")

    def test_interrupts_a_loop_behind_what_was_awaited(self) -> None:
        for awaited in [
            "new Promise((r) => setTimeout(r, 10))",
            "require('node:fs/promises').readFile('/proc/self/status')",
            "session.jobs()",
            "null",
        ]:
            with self.subTest(awaited=awaited):
                request = self.started(f"await {awaited}; for (;;);")
                self.kernel.interrupt()
                self.assert_interrupted(request)
                self.assertEqual(self.kernel.value("'after'"), "'after'")

    def test_what_an_interrupted_cell_goes_on_to_do_does_not_block_the_next(self) -> None:
        # Neither a timer, which would never fire, nor a loop yet when the interrupt comes.
        request = self.started("await new Promise((r) => require('node:child_process').exec('sleep 1', r)); for (;;);")
        self.kernel.interrupt()
        self.assert_interrupted(request)
        time.sleep(1.5)
        self.assertEqual(self.kernel.value("'after'"), "'after'")

    def test_interrupts_by_signal(self) -> None:
        request = self.started("for (;;);")
        os.kill(self.kernel.manager.provisioner.pid, signal.SIGINT)
        self.assert_interrupted(request)
        request = self.started("await new Promise(() => {})")
        os.kill(self.kernel.manager.provisioner.pid, signal.SIGINT)
        self.assert_interrupted(request)
        self.assertEqual(self.kernel.value("2 + 2"), "4")

    def test_an_interrupt_with_nothing_to_interrupt_does_no_harm(self) -> None:
        self.kernel.interrupt()
        os.kill(self.kernel.manager.provisioner.pid, signal.SIGINT)
        # A signal comes when it comes, and the next cell is not what it is for.
        time.sleep(0.3)
        self.assertEqual(self.kernel.value("3 + 3"), "6")

    def test_answers_while_a_cell_loops(self) -> None:
        self.kernel.run("const listOfWords = ['a']")
        request = self.started("for (;;);")
        try:
            self.kernel.reply(self.kernel.client.kernel_info())
            self.kernel.reply(self.kernel.request("control", "kernel_info_request"), channel="control")
            completion = self.kernel.reply(self.kernel.client.complete("listOfWo"))["content"]
            self.assertEqual(completion["matches"], ["listOfWords"])
            inspection = self.kernel.reply(self.kernel.client.inspect("listOfWords"))["content"]
            self.assertIn("const listOfWords: string[]", inspection["data"]["text/plain"])
            status = self.kernel.reply(self.kernel.client.is_complete("1 +"))["content"]["status"]
            self.assertEqual(status, "incomplete")
            self.assertEqual(self.kernel.reply(self.kernel.client.comm_info())["content"]["comms"], {})
            self.assertTrue(self.kernel.reply(self.kernel.client.history(hist_access_type="tail", n=1)))
        finally:
            self.kernel.interrupt()
            self.kernel.finish(request)

    def test_output_keeps_its_order(self) -> None:
        reply, outputs = self.kernel.run(
            "for (let i = 0; i < 2000; i++) console.log(i)\n"
            "display({ 'text/plain': 'between' })\n"
            "console.log('out'); console.error('err'); process.stdout.write('end')\n'result'"
        )
        self.assertEqual(reply["status"], "ok")
        shown = []
        for message in outputs:
            content = message["content"]
            shown.append(content.get("text") or content["data"]["text/plain"])
        whole = "".join(shown)
        self.assertEqual(whole, "".join(f"{i}\n" for i in range(2000)) + "betweenout\nerr\nend'result'")
        self.assertLess(len(outputs), 50)

    def test_late_output_goes_to_the_cell_that_caused_it(self) -> None:
        first = self.kernel.start("setTimeout(() => console.log('late'), 300)")
        self.kernel.finish(first)
        self.kernel.run("'another'")
        self.assertEqual(self.kernel.later(first, "stdout", "late"), "late\n")

    def test_late_failures_are_told_and_end_nothing(self) -> None:
        first = self.kernel.start("setTimeout(() => { throw new Error('late failure') }, 100)")
        self.kernel.finish(first)
        self.assertIn("late failure", self.kernel.later(first, "stderr", "late failure"))
        second = self.kernel.start("void Promise.reject(new Error('nobody caught')); 1")
        reply, outputs = self.kernel.finish(second)
        self.assertEqual(reply["status"], "ok")
        if "nobody caught" not in text(outputs, "stderr"):
            self.assertIn("nobody caught", self.kernel.later(second, "stderr", "nobody caught"))
        self.assertEqual(self.kernel.value("4 + 4"), "8")

    def test_a_cell_with_type_errors_does_not_run(self) -> None:
        reply, outputs = self.kernel.run("console.log('ran')\nlet n: number = 1\nn = 'text'")
        self.assertEqual(reply["status"], "error")
        self.assertEqual([m["msg_type"] for m in outputs], ["error"])
        self.assertEqual(reply["evalue"], "cell:3:1 - TS2322: Type 'string' is not assignable to type 'number'.")
        self.assertEqual(reply["traceback"][0].split("\n")[1:], ["  3 | n = 'text'", "    | ^"])

    def test_types_flow_from_cell_to_cell_and_names_may_be_declared_again(self) -> None:
        self.kernel.run("interface Point { x: number }\nlet point: Point = { x: 1 }\nenum Colour { Red = 1 }")
        self.assertEqual(self.kernel.run("point = { x: 'no' }")[0]["status"], "error")
        self.assertEqual(self.kernel.value("point = { x: 5 }; point.x"), "5")
        self.assertEqual(self.kernel.run("const point = 'a text'; class Colour { name = 'red' }")[0]["status"], "ok")
        self.assertEqual(self.kernel.value("point.toUpperCase() + new Colour().name"), "'A TEXTred'")
        self.assertEqual(self.kernel.value("function point() { return 6 }\npoint()"), "6")

    def test_imports_and_top_level_await(self) -> None:
        self.kernel.run("import { basename as base } from 'node:path'\nimport * as os from 'node:os'")
        self.assertEqual(self.kernel.value("base('/a/b.txt') + typeof os.cpus"), "'b.txtfunction'")
        self.assertEqual(self.kernel.value("const waited = await Promise.resolve(7); waited"), "7")
        self.assertEqual(self.kernel.value("import { vectorFromArray } from 'apache-arrow'\nvectorFromArray([1, 2]).length"), "2")

    def test_fifty_quick_cells(self) -> None:
        self.kernel.run("let sum = 0")
        requests = [self.kernel.start(f"sum += {n}; sum") for n in range(50)]
        replies = [self.kernel.reply(request)["content"] for request in requests]
        self.assertEqual({reply["status"] for reply in replies}, {"ok"})
        counts = [reply["execution_count"] for reply in replies]
        self.assertEqual(counts, list(range(counts[0], counts[0] + 50)))
        self.assertEqual(self.kernel.value("sum"), str(sum(range(50))))

    def test_a_failing_cell_aborts_those_that_wait(self) -> None:
        first = self.kernel.start("await new Promise((r) => setTimeout(r, 200)); throw new Error('stop')")
        second = self.kernel.start("'not run'")
        self.assertEqual(self.kernel.reply(first)["content"]["status"], "error")
        self.assertEqual(self.kernel.reply(second)["content"]["status"], "aborted")
        first = self.kernel.start("await new Promise((r) => setTimeout(r, 200)); throw new Error('go on')", stop_on_error=False)
        second = self.kernel.start("'run'")
        self.assertEqual(self.kernel.reply(first)["content"]["status"], "error")
        self.assertEqual(self.kernel.reply(second)["content"]["status"], "ok")

    def test_silent_cells_and_user_expressions(self) -> None:
        before = self.kernel.run("'counted'")[0]["execution_count"]
        reply, outputs = self.kernel.run("'silent'", silent=True)
        self.assertEqual((reply["execution_count"], outputs), (before, []))
        expressions = {"good": "20 + 1", "bad": "throw new Error('bad')"}
        reply, _ = self.kernel.run("'x'", user_expressions=expressions)
        self.assertEqual(reply["user_expressions"]["good"]["data"]["text/plain"], "21")
        self.assertEqual(reply["user_expressions"]["bad"]["status"], "error")

    def test_errors_say_where(self) -> None:
        reply, _ = self.kernel.run("function broken() {\n  throw new RangeError('too far')\n}\n\nbroken()")
        self.assertEqual((reply["ename"], reply["evalue"]), ("RangeError", "too far"))
        trace = "\n".join(reply["traceback"])
        self.assertIn("2 |   throw new RangeError('too far')", trace)
        self.assertRegex(trace, r"at broken \(cell-\d+:2:9\)\n    at cell-\d+:5:1$")

    def test_a_cell_cannot_end_the_kernel(self) -> None:
        for code in ["process.exit(0)", "process.abort()", "process.kill(process.pid, 'SIGTERM')"]:
            with self.subTest(code=code):
                self.assertEqual(self.kernel.run(code)[0]["status"], "error")
        self.assertEqual(self.kernel.value("5 + 5"), "10")

    def test_garbage_on_the_sockets_ends_nothing(self) -> None:
        info = self.kernel.manager.get_connection_info()
        context = zmq.Context.instance()
        wrong = [
            [b""],
            [b"garbage"],
            [b"<IDS|MSG>"],
            [b"<IDS|MSG>", b"", b"{}", b"{}", b"{}", b"{}"],
            [b"<IDS|MSG>", b"0" * 64, b"{", b"[]", b"null", b"\xff\xfe"],
            [b"a" * 100_000] * 3,
        ]
        for port in ("shell_port", "control_port", "stdin_port"):
            socket = context.socket(zmq.DEALER)
            socket.connect(f"tcp://{info['ip']}:{info[port]}")
            for frames in wrong:
                socket.send_multipart(frames)
            # Rightly signed, but not what a request looks like.
            for kind, content in [
                ("no_such_request", {}),
                ("execute_request", {"code": 5, "silent": "x", "user_expressions": []}),
                ("complete_request", {"code": None, "cursor_pos": -3}),
                ("inspect_request", {"cursor_pos": 1e9}),
                ("comm_open", {"comm_id": 3}),
                ("comm_open", {"comm_id": "x", "target_name": "nobody"}),
                ("comm_msg", {"comm_id": "x", "data": {}}),
                ("comm_close", {}),
                ("history_request", {"hist_access_type": "range", "start": "a"}),
            ]:
                self.kernel.client.session.send(socket, kind, content)
            socket.close(linger=1000)
        iopub = context.socket(zmq.SUB)
        iopub.connect(f"tcp://{info['ip']}:{info['iopub_port']}")
        iopub.subscribe(b"\xff\x00")
        heartbeat = context.socket(zmq.REQ)
        heartbeat.connect(f"tcp://{info['ip']}:{info['hb_port']}")
        heartbeat.send(b"ping")
        self.assertTrue(heartbeat.poll(2000))
        self.assertEqual(heartbeat.recv(), b"ping")
        for socket in (iopub, heartbeat):
            socket.close(linger=0)
        self.assertEqual(self.kernel.value("6 + 6"), "12")

    def test_an_unknown_comm_target_is_closed(self) -> None:
        request = self.kernel.request("shell", "comm_open", {"comm_id": "c", "target_name": "nobody", "data": {}})
        outputs = self.kernel.outputs(request)
        self.assertEqual([m["msg_type"] for m in outputs], ["comm_close"])

    def test_subshells_run_beside_the_main_shell(self) -> None:
        ask = lambda kind, content=None: self.kernel.reply(  # noqa: E731
            self.kernel.request("control", kind, content), channel="control"
        )["content"]
        subshell = ask("create_subshell_request")["subshell_id"]
        self.assertEqual(ask("list_subshell_request")["subshell_id"], [subshell])
        self.kernel.run("let letGo = () => {}")
        waiting = self.started("await new Promise((r) => { letGo = () => r(null) }); 'main'")
        content = {"code": "letGo()", "silent": False, "store_history": True, "user_expressions": {}, "stop_on_error": True}
        beside = self.kernel.request("shell", "execute_request", content, subshell_id=subshell)
        self.assertEqual(self.kernel.reply(beside)["content"]["status"], "ok")
        self.assertEqual(self.kernel.reply(waiting)["content"]["status"], "ok")
        self.assertEqual(ask("delete_subshell_request", {"subshell_id": subshell})["status"], "ok")
        self.assertEqual(ask("list_subshell_request")["subshell_id"], [])


class KernelLife(unittest.TestCase):
    def test_restart_and_shutdown_also_in_a_loop(self) -> None:
        kernel = Kernel()
        try:
            kernel.run("let before = 1")
            kernel.start("for (;;);")
            time.sleep(0.5)
            kernel.manager.restart_kernel(now=False)
            kernel.client.wait_for_ready(timeout=30)
            self.assertEqual(kernel.run("before")[0]["status"], "error")
            pid = kernel.manager.provisioner.pid
        finally:
            kernel.close()
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_the_kernel_ends_with_the_process_that_started_it(self) -> None:
        program = (
            "import os, kernel_client\n"
            "kernel = kernel_client.Kernel()\n"
            "kernel.start('for (;;);')\n"
            "print(kernel.manager.provisioner.pid, flush=True)\n"
            "os._exit(0)\n"
        )
        folder = Path(__file__).resolve().parent
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=True
        )
        pid = int(done.stdout)
        end = time.monotonic() + 15
        while time.monotonic() < end:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        self.fail("the kernel outlived its parent")


if __name__ == "__main__":
    unittest.main()
