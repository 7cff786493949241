"""`streamcell execute NOTEBOOK.ipynb`: runs a notebook without a front end, for scripts and CI."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="streamcell execute",
        description="Runs the cells of a notebook in order, in its folder. Queries without an end get 10 s, or what --wait says.",
        epilog="Exit code: 0 when all cells went well, 1 when one failed (told on standard error), 2 for a wrong command line.",
    )
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    parser.add_argument("--output", type=Path, metavar="OUT.ipynb", help="where the notebook with its outputs goes; nowhere by default")
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="longest time of one cell (default: no limit)")
    parser.add_argument("--kernel", metavar="NAME", help="kernel to use instead of the notebook's own")
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError(f"{text}: a time above 0 is expected")
    return seconds


def main(arguments: list[str]) -> int:
    """:returns: the exit code"""
    options = _arguments(arguments)
    try:
        import nbformat
        from nbclient import NotebookClient
    except ImportError as error:
        return _fail(f"{error.name} is not installed: pip install 'streamcell[headless]'", EXIT_FAILED)
    try:
        notebook = nbformat.read(options.notebook, as_version=4)
    except OSError as error:
        return _fail(f"{options.notebook}: {error.strerror or error}", EXIT_USAGE)
    except Exception as error:
        return _fail(f"{options.notebook} is no notebook: {error}", EXIT_USAGE)
    if options.output is not None:
        try:
            _ensure_writable(options.output)
        except OSError as error:
            return _fail(f"{options.output}: {error.strerror or error}", EXIT_USAGE)
    os.environ["STREAMCELL_HEADLESS"] = "1"
    if os.name == "nt":
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    client = NotebookClient(
        notebook,
        timeout=options.timeout,
        kernel_name=options.kernel or notebook.metadata.get("kernelspec", {}).get("name", "streamcell"),
        resources={"metadata": {"path": str(options.notebook.resolve().parent)}},
    )
    code = _executed(client, notebook, options)
    if options.output is not None:
        try:
            nbformat.write(notebook, options.output)
        except OSError as error:
            return code or _fail(f"{options.output}: {error.strerror or error}", EXIT_FAILED)
    return code


def _ensure_writable(path: Path) -> None:
    """Whether a file can be written, known before a run of minutes and not after it. :raises OSError: when it cannot"""
    known = path.exists()
    path.open("ab").close()
    if not known:
        path.unlink()


def _executed(client: NotebookClient, notebook: NotebookNode, options: argparse.Namespace) -> int:
    """Runs all cells. :returns: the exit code; what failed is told"""
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    try:
        client.execute()
        return 0
    except CellExecutionError as error:
        return _fail(_failure(notebook, error), EXIT_FAILED)
    except CellTimeoutError:
        return _fail(f"{_running(notebook)} did not end in {options.timeout:g} s.", EXIT_FAILED)
    except DeadKernelError:
        return _fail(f"{_running(notebook)} ended the kernel.", EXIT_FAILED)
    except NoSuchKernel as error:
        return _fail(f"There is no kernel '{error.name}' here; jupyter kernelspec list shows those there are.", EXIT_FAILED)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _failure(notebook: NotebookNode, error: Exception) -> str:
    """The failing cell by its number among the code cells, and its error as the notebook shows it."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                traceback = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}"
                return f"Cell {number} of {len(code)} failed:\n{COLOURS.sub('', traceback)}"
    return str(error)


def _running(notebook: NotebookNode) -> str:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    number = max((i for i, cell in enumerate(code, 1) if cell.metadata.get("execution", {}).get("iopub.execute_input")), default=1)
    return f"Cell {number} of {len(code)}"


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"streamcell execute: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
