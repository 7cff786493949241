"""Writes kernelspecs of this checkout to a temporary JUPYTER_PATH, so that no test depends on what is installed."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Another build than the checkout's, where somebody wants to test one.
MAIN = os.environ.get("STREAMCELL_KERNEL_MAIN", str(ROOT / "kernel/dist/main.js"))
SPECS = {"streamcell-test": [], "streamcell-sql-test": ["--language", "sql"]}


def install() -> None:
    """Makes `streamcell-test` and `streamcell-sql-test` known to jupyter_client in this process."""
    if os.environ.get("STREAMCELL_TEST_KERNELSPECS") == os.environ.get("JUPYTER_PATH", "none"):
        return  # of the process that started this one
    folder = tempfile.mkdtemp(prefix="streamcell-kernelspecs-")
    for name, arguments in SPECS.items():
        spec = {
            "argv": ["node", MAIN, "{connection_file}", *arguments],
            "display_name": name,
            "language": "flinksql" if arguments else "typescript",
            "interrupt_mode": "message",
        }
        target = Path(folder) / "kernels" / name
        target.mkdir(parents=True)
        (target / "kernel.json").write_text(json.dumps(spec))
    os.environ["JUPYTER_PATH"] = os.environ["STREAMCELL_TEST_KERNELSPECS"] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
