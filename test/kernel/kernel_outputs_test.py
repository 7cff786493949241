"""Values and outputs of TypeScript cells that are hard to show: none of them may hold up the kernel or be lost in silence."""

from __future__ import annotations

import unittest

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


if __name__ == "__main__":
    unittest.main()
