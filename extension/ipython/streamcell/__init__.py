"""Live stream SQL in Jupyter: `%load_ext streamcell`, then `%%flinksql` in a Python notebook."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

try:
    __version__ = version("streamcell")
except PackageNotFoundError:
    __version__ = "0+checkout"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext streamcell`"""
    from .magic import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext streamcell`"""
    from .magic import unload

    unload(shell)
