"""Values and outputs of TypeScript cells that are hard to show: none of them may hold up the kernel or be lost in silence."""

from __future__ import annotations

import time
import unittest
from pathlib import Path

from kernel_client import Kernel, text


class KernelOutputs(unittest.TestCase):
    kernel: Kernel

    @classmethod
    def setUpClass(cls) -> None:
        cls.kernel = Kernel()
        cls.kernel.run("1", timeout=60)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.kernel.close()

    def test_a_form_that_is_a_promise_or_a_function_is_left_out(self) -> None:
        for form in ["async () => '<b>1</b>'", "() => () => 1"]:
            with self.subTest(form=form):
                reply, outputs = self.kernel.run(f"({{ _repr_html_: {form} }})", timeout=30)
                self.assertEqual(reply["status"], "ok")
                self.assertEqual(list(outputs[-1]["content"]["data"]), ["text/plain"])

    def test_an_error_that_cannot_be_shown_is_still_an_error(self) -> None:
        code = "throw Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } })"
        reply, _ = self.kernel.run(code, timeout=30)
        self.assertEqual(reply["status"], "error")
        self.assertEqual(self.kernel.value("'after'"), "'after'")

    def test_a_closed_session_opens_again(self) -> None:
        self.assertEqual(self.kernel.value("(await session.jobs()).length"), "0")
        self.kernel.run("await session.close()")
        self.assertEqual(self.kernel.value("(await session.jobs()).length"), "0")

    def test_a_display_that_json_cannot_hold_says_so(self) -> None:
        reply, outputs = self.kernel.run("display({ 'application/json': { n: 1n } }); console.log('on')")
        self.assertEqual(reply["status"], "ok")
        self.assertIn("BigInt", text(outputs, "stderr"))
        self.assertEqual(text(outputs), "on\n")

    def test_a_slow_front_end_holds_a_flood_back_and_loses_nothing(self) -> None:
        megabytes = 320
        floods = {
            "stream": "process.stdout.write('x'.repeat(65535) + '\\n')",
            "display_data": "display({ 'text/plain': 'x'.repeat(65536) })",
        }
        for kind, say in floods.items():
            with self.subTest(kind=kind):
                kernel = Kernel()
                try:
                    kernel.run("display({ 'text/plain': '1' }); console.log('1')", timeout=60)
                    before = memory(kernel)
                    request = kernel.start(f"for (let i = 0; i < {megabytes * 16}; i++) {say}")
                    # Nothing is read, yet not for so long that the kernel takes the front end for dead.
                    time.sleep(4)
                    self.assertLess(memory(kernel) - before, megabytes / 2)
                    reply, outputs = kernel.finish(request, 120)
                    self.assertEqual(reply["status"], "ok")
                    if kind == "stream":
                        self.assertEqual(len(text(outputs)), megabytes * 2**20)
                    else:
                        self.assertEqual([m["msg_type"] for m in outputs].count(kind), megabytes * 16)
                finally:
                    kernel.close()

    def test_an_interrupt_ends_a_flood_and_the_next_cell_speaks(self) -> None:
        request = self.kernel.start("for (;;) process.stdout.write('x'.repeat(65536))")
        time.sleep(1)
        self.kernel.interrupt()
        reply, _ = self.kernel.finish(request, 60)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "Interrupted"))
        reply, outputs = self.kernel.run("console.log('next')", timeout=30)
        self.assertTrue(text(outputs).endswith("next\n"))


def memory(kernel: Kernel) -> float:
    """Megabytes that the kernel's process holds now."""
    status = Path(f"/proc/{kernel.manager.provisioner.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    unittest.main()
