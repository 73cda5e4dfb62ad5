"""The columns of a table: names, real types, units and meanings."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Its name.
    type : pyarrow.DataType
        Type of its values.
    unit : str
        Unit of its values; ``"1"`` for numbers without one.
    description : str
        What it means, one sentence without a full stop.
    nullable : bool
        Whether values can be missing.
    """

    name: str
    type: pa.DataType
    unit: str
    description: str
    nullable: bool = True

    def field(self) -> pa.Field:
        """Return the column as an Arrow field that carries unit and description."""
        metadata = {"unit": self.unit, "description": self.description}
        return pa.field(self.name, self.type, nullable=self.nullable, metadata=metadata)


def frame_schema(columns: Sequence[Column], metadata: dict[str, str] | None = None) -> pa.Schema:
    """Return the columns as an Arrow schema, with optional metadata of the whole table."""
    return pa.schema([column.field() for column in columns], metadata=metadata)


def data_dictionary(columns: Sequence[Column]) -> dict[str, dict[str, str | bool]]:
    """Return what every column means, ready to be written as JSON."""
    return {
        column.name: {
            "type": str(column.type),
            "unit": column.unit,
            "nullable": column.nullable,
            "description": column.description,
        }
        for column in columns
    }
