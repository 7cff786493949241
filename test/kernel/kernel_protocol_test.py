"""The Jupyter project's own test of kernels, for TypeScript and for SQL cells."""

from __future__ import annotations

import unittest

import jupyter_kernel_test as jkt
import kernelspecs

kernelspecs.install()


class TypeScriptKernelTests(jkt.KernelTests):
    kernel_name = "streamcell-test"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('to stderr')"
    code_generate_error = "throw new Error('on purpose')"
    code_clear_output = "clearOutput()"
    code_page_something = "%lsmagic?"
    completion_samples = [
        {"text": "Math.sqr", "matches": {"sqrt", "SQRT2", "SQRT1_2"}},
        {"text": "'a'.toLowerC", "matches": {"toLowerCase"}},
    ]
    complete_code_samples = ["1 + 1", "const a = [1, 2]", "function f() {\n  return 1\n}", "await Promise.resolve(1)"]
    incomplete_code_samples = ["function f() {", "const a = [1,", "`open", "/* open", "if (a) {\n  b()"]
    invalid_code_samples = ["const = 1; 2", "let a b = 3 + 4"]
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'a' + 'b'", "result": "'ab'"},
        {"code": "'a' + 'b'", "result": "'ab'"},
        {"code": "[1, 2].map((n) => n * 2)", "result": "[ 2, 4 ]"},
    ]
    code_display_data = [{"code": "display({ 'text/html': '<b>bold</b>', 'text/plain': 'bold' })", "mime": "text/html"}]
    code_history_pattern = "'a'?+*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.max"


class SqlKernelTests(jkt.KernelTests):
    kernel_name = "streamcell-sql-test"
    language_name = "flinksql"
    file_extension = ".sql"
    code_hello_world = "%%ts\nconsole.log('hello, world')"
    code_stderr = "%%ts\nconsole.error('to stderr')"
    code_generate_error = "%%ts\nthrow new Error('on purpose')"
    code_clear_output = "%%ts\nclearOutput()"
    code_page_something = "%lsmagic?"
    completion_samples = [{"text": "SELEC", "matches": {"SELECT"}}]
    complete_code_samples = ["SELECT 1;", "SHOW TABLES;"]
    incomplete_code_samples = ["SELECT 1", "SELECT 'open", "SELECT (1 +"]
    code_execute_result = [{"code": "%%ts\n6 * 7", "result": "42"}, {"code": "%%ts\n'a'", "result": "'a'"}]
    code_display_data = [{"code": "SELECT 1 AS n;", "mime": "text/html"}]
    code_history_pattern = "%%ts*7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "SELECT COUNT"


class WelcomeTests(jkt.IopubWelcomeTests):
    kernel_name = "streamcell-test"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main()
