"""Adds to the wheel what the JavaScript build made: the bundled runtime and the JupyterLab extension.

Both lie under git-ignored folders, so they are named here explicitly. The bundle must exist; the extension is left out, loudly, of a
checkout in which it was not built.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LABEXTENSION = "share/jupyter/labextensions/@streamcell/lab"


class BuildHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        package = Path(self.root, "extension", "ipython", "streamcell")
        bundle = package / "dist"
        if not (bundle / "package.json").exists():
            raise RuntimeError(f"{bundle} is missing. In a checkout run: npm run wheel")
        build_data["force_include"][str(bundle)] = "streamcell/dist"
        labextension = package / "labextension"
        if (labextension / "package.json").exists():
            build_data["shared_data"][str(labextension)] = LABEXTENSION
            build_data["shared_data"][str(package.parent / "install.json")] = f"{LABEXTENSION}/install.json"
        else:
            self.app.display_warning("The JupyterLab extension is not built (npm run build:lab): the wheel goes without it.")
