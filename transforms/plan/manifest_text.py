"""CSV as spreadsheets write it: other separators and encodings, capitals, blanks, empty rows."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.csv

from openface_core.errors import ConfigError

ROW = "row of the manifest"
"""A column that no manifest has itself: names of columns have no blanks here."""

_LEAST_BLOCK_BYTES = 2**16

_SEPARATORS = ",;\t|"
_LINE_END = re.compile(r"\r\n|\r|\n")


def column_name(text: str) -> str:
    """Return the name of a column without what spreadsheets and people vary: ``Video ID``."""
    return re.sub(r"[\s-]+", "_", text.strip().strip('"').strip().lower())


def decode(uri: str, content: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16, or UTF-32 with a mark.

    Raises
    ------
    ConfigError
        If it is in another encoding.
    """
    try:
        return content.decode(_encoding_of(content))
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start)
        where = f"row {row}" if row else "the header"
        raise ConfigError(
            uri,
            f"{where} is not in UTF-8, but probably in the encoding of an older spreadsheet",
            "Save it anew as UTF-8; Excel calls that 'CSV UTF-8'.",
        ) from None


def _encoding_of(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # The first letter of a header is ASCII: its other byte tells, where there is no mark.
    if b"\0" in content[:2]:
        return "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    return "utf-8-sig"


def separator_of(header: str, wanted: str) -> str:
    """Return what separates the columns, by the header.

    Parameters
    ----------
    header : str
        The first line.
    wanted : str
        A column that the table is to have.
    """
    for separator in _SEPARATORS:
        names = next(csv.reader([header], delimiter=separator), [])
        if wanted in map(column_name, names):
            return separator
    return ","


def header_names(content: bytes, wanted: str) -> list[str]:
    """Return the columns of a CSV file by its first bytes, whatever its encoding.

    Parameters
    ----------
    content : bytes
        What it begins with.
    wanted : str
        A column that tells which separator is used.
    """
    return _columns(content.decode(_encoding_of(content), errors="replace"), wanted)[1]


def _columns(text: str, wanted: str) -> tuple[str, list[str]]:
    """Return what separates the columns of a table, and their names as they are written."""
    header = _LINE_END.split(text.lstrip("\r\n"), maxsplit=1)[0]
    separator = separator_of(header, wanted)
    return separator, next(csv.reader([header], delimiter=separator), [])


def read_table(uri: str, content: bytes, wanted: str) -> pa.Table:
    """Return a CSV file as a table of text, with plain names of columns and without empty rows.

    Parameters
    ----------
    uri : str
        The file, for messages.
    content : bytes
        What it holds.
    wanted : str
        A column that tells which separator is used.

    Returns
    -------
    pyarrow.Table
        Its rows that are not empty, with their numbers, from 1, in the column :data:`ROW`; null
        where a cell is empty.

    Raises
    ------
    ConfigError
        If it is in another encoding, or a quotation mark has no end.
    pyarrow.ArrowException
        If it is no table.
    """
    text = decode(uri, content)
    separator, names = _columns(text, wanted)
    _check_quotation_marks(uri, text, separator)
    encoded = f"{text}\n".encode()  # Arrow takes a header without an end for no table
    # Ids such as 007 stay what they are: every column is read as text. No threads of Arrow's: one
    # that still lets go of the content while the interpreter ends, as it does after a refused
    # manifest, would abort the process.
    table = pyarrow.csv.read_csv(
        io.BytesIO(encoded),
        # In one block: a cell of several lines must not lie across the border of two.
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, block_size=max(len(encoded), _LEAST_BLOCK_BYTES)
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=separator, invalid_row_handler=_without_blank_line
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys([*names, *map(str.strip, names)], pa.string()),
            strings_can_be_null=False,
        ),
    )
    import pyarrow.compute as pc  # a tenth of a second, which runs without a manifest are spared

    cells = [_stripped(table.column(k)) for k in range(table.num_columns)]
    row = pa.array(range(1, table.num_rows + 1), pa.int64())
    table = pa.table([*cells, row], names=[*map(column_name, table.column_names), ROW])
    if not cells:
        return table
    is_filled = pc.is_valid(pc.coalesce(*cells))
    return table.filter(is_filled)


def _without_blank_line(row: pyarrow.csv.InvalidRow) -> str:
    """Return what is done with a row of another number of cells: one of blanks is left out."""
    return "error" if row.text.strip() else "skip"


def _check_quotation_marks(uri: str, text: str, separator: str) -> None:
    """Refuse a quotation mark without an end, which would take the rows below it for its own cell.

    Raises
    ------
    ConfigError
        With the line in which the cell begins.
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    with _cells_of(len(text)):
        while True:
            first_line = rows.line_num + 1
            try:
                if next(rows, None) is None:
                    return
            except csv.Error as error:
                # Within one line, as in 5" screens, marks are taken as they are.
                if rows.line_num > first_line or "unexpected end" in str(error):
                    raise ConfigError(
                        uri,
                        f"a quotation mark in line {first_line} is not closed",
                        "Close it, or write a mark within a quoted cell twice.",
                    ) from None


@contextmanager
def _cells_of(characters: int) -> Iterator[None]:
    """Have the module ``csv`` take cells of so many characters; it has one limit for all."""
    before = csv.field_size_limit(max(characters, csv.field_size_limit()))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _stripped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return cells without blanks around them; null for those in which there is nothing else."""
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), None, text)
