"""Values between Python and SQL: parameters on their way in, results on their way out."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import numbers
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from .errors import StreamcellError

if TYPE_CHECKING:
    import pandas as pd

WireScalar: TypeAlias = "str | int | float | bool | dict[str, str] | None"
WireValue: TypeAlias = "WireScalar | list[WireScalar]"
LARGEST_EXACT = 2**53 - 1
LARGEST_DECIMAL = 38


def to_wire(name: str, value: Any) -> WireValue:
    """A Python value as a parameter: scalars, and lists of them for `IN (...)`.

    :raises StreamcellError: PARAMETER_INVALID for what is no SQL literal
    """
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__module__.startswith(("numpy", "pandas")):
        items = _items(value)
        if items is not None:
            return [_scalar(name, item) for item in items]
    return _scalar(name, value)


def _items(value: Any) -> list[Any] | None:
    """Elements of a sequence, as Python's own values; None for a scalar."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if getattr(value, "ndim", 0) == 1 and hasattr(value, "tolist"):
        return value.tolist()
    return None


def _scalar(name: str, value: Any) -> WireScalar:
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, numbers.Integral):
        return whole_number(int(value))
    if isinstance(value, numbers.Real):
        real = float(value)
        return real if math.isfinite(real) else {"double": "NaN" if math.isnan(real) else "Infinity" if real > 0 else "-Infinity"}
    raise StreamcellError(
        "PARAMETER_INVALID",
        f"Parameter '{name}' is a {type(value).__name__}, which is no SQL literal.",
        hint="Texts, numbers, booleans, dates, None and lists of them can be bound.",
    )


def literal(value: Any) -> str | None:
    """SQL of the values that the protocol has no form for: exact numbers, days, and times to the microsecond. None for all others.

    Only digits and punctuation come out of it, whatever the value.
    """
    items = _items(value)
    if items is not None:
        texts = [literal(item) or (str(item) if type(item) is int else None) for item in items]
        exact = any(literal(item) is not None for item in items) and all(text is not None for text in texts)
        return ", ".join(str(text) for text in texts) if exact else None
    if hasattr(value, "to_pydatetime") and type(value).__name__ != "NaTType":
        value = value.to_pydatetime(warn=False)
    if isinstance(value, decimal.Decimal) and value.is_finite():
        return _decimal(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.timezone.utc).replace(tzinfo=None)
        return f"TIMESTAMP '{value.isoformat(sep=' ', timespec='microseconds')}'"
    if isinstance(value, dt.date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, dt.time) and value.tzinfo is None:
        return f"TIME '{value.isoformat(timespec='milliseconds' if value.microsecond else 'seconds')}'"
    return None


def sql_text(value: WireValue) -> str:
    """SQL of a value in the protocol's form, for requests that take a text only."""
    if isinstance(value, list):
        return ", ".join(map(sql_text, value))
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        if kind == "bigint" and not -(2**63) <= int(text) < 2**63:
            kind = f"DECIMAL({LARGEST_DECIMAL}, 0)"
        return f"CAST('{text}' AS {kind.upper()})"
    if value is None or isinstance(value, bool):
        return str(value).upper() if value is not None else "NULL"
    if isinstance(value, str):
        quoted = value.replace("'", "''")
        return f"'{quoted}'"
    return f"({value})" if isinstance(value, int) else f"CAST('{value!r}' AS DOUBLE)"


def _decimal(value: decimal.Decimal) -> str | None:
    text = format(value, "f")
    digits, _, fraction = text.lstrip("+-").partition(".")
    precision = max(1, len(digits.lstrip("0")) + len(fraction))
    return f"CAST('{text}' AS DECIMAL({precision}, {len(fraction)}))" if precision <= LARGEST_DECIMAL else None


def whole_number(value: int) -> WireScalar:
    """JSON's numbers are exact only to 53 bits."""
    return value if abs(value) <= LARGEST_EXACT else {"bigint": str(value)}


def to_text(value: Any) -> str:
    """A value as `{name!r}` pastes it: as it is, lists with commas."""
    items = _items(value)
    return str(value) if items is None else ", ".join(map(str, items))


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """A result as a DataFrame whose dtypes follow from the columns' types alone, never from the rows that happen to be there.

    Whole numbers and booleans that may be NULL become pandas' nullable types, so that a BIGINT stays exact; times keep their precision.
    """
    import pandas as pd

    nullable = {
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_nested(field.type):
            # pandas would make floats of the whole numbers in a nested value wherever a NULL is among them.
            columns.append(pd.Series(column.to_pylist(maps_as_pydicts="lossy"), dtype=object))
        else:
            columns.append(column.to_pandas(types_mapper=nullable.get if field.nullable else None))
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(table.num_rows))
    frame.columns = pd.Index([field.name for field in table.schema], dtype=object)
    return frame
