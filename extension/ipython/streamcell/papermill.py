"""Lets papermill write parameter cells for the kernels `streamcell` and `streamcell-sql`.

papermill has no entry point for translators, so they are registered while it loads the entry point of the engine, which is its own.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.translators import Translator, papermill_translators

IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")


class TypeScriptTranslator(Translator):
    """Parameters as TypeScript declarations. `var`, so that the names in the notebook's own parameters cell may be declared again."""

    first_line = ""

    @classmethod
    def translate(cls, val: Any) -> str:
        if isinstance(val, float) and not math.isfinite(val):
            return "NaN" if math.isnan(val) else "Infinity" if val > 0 else "-Infinity"
        if isinstance(val, dict):
            return "{" + ", ".join(f"{json.dumps(str(k))}: {cls.translate(v)}" for k, v in val.items()) + "}"
        if isinstance(val, (list, tuple)):
            return "[" + ", ".join(cls.translate(v) for v in val) + "]"
        # JSON is TypeScript; what it has no form for (dates) goes as its text.
        return json.dumps(val, default=str)

    @classmethod
    def comment(cls, cmt_str: str) -> str:
        return f"// {cmt_str}"

    @classmethod
    def assign(cls, name: str, str_val: str) -> str:
        if IDENTIFIER.match(name) is None:
            raise PapermillException(f"'{name}' cannot name a parameter of a Streamcell notebook.")
        return f"var {name} = {str_val};"

    @classmethod
    def codify(cls, parameters: dict[str, Any], comment: str = "Parameters") -> str:
        return cls.first_line + super().codify(parameters, comment)

    @classmethod
    def inspect(cls, parameters_cell: Any) -> list[Any]:
        return []


class SqlTranslator(TypeScriptTranslator):
    """The same in a notebook whose plain cells are SQL."""

    first_line = "%%ts\n"


class Engine(NBClientEngine):
    """papermill's own engine, under the name `streamcell`."""


papermill_translators.register("streamcell", TypeScriptTranslator)
papermill_translators.register("streamcell-sql", SqlTranslator)
papermill_translators.register("typescript", TypeScriptTranslator)
papermill_translators.register("flinksql", SqlTranslator)
