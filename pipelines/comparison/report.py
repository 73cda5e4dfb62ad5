"""The status table of a comparison: its rows, their bounds, how they are printed and written."""

import csv
import io
import json
import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from openface_core import __version__
from openface_core.agreement import Agreement, TableAgreement
from transforms.dataset.output_file import check_output_file
from transforms.dataset.storage import join, write_whole


@dataclass(frozen=True)
class Bound:
    """What a comparison must keep to be accepted; None where nothing is asked.

    Parameters
    ----------
    max_difference, mean_difference : float or None
        Largest allowed maximum and mean of the absolute differences.
    mean_r, least_r : float or None
        Least allowed correlation, on average over the columns that vary, and of each of them.
    equal_share : float or None
        Least allowed share of equal cells.
    """

    max_difference: float | None = None
    mean_difference: float | None = None
    mean_r: float | None = None
    least_r: float | None = None
    equal_share: float | None = None

    def __str__(self) -> str:
        limits = [
            ("max <= ", self.max_difference),
            ("mean <= ", self.mean_difference),
            ("mean r >= ", self.mean_r),
            ("each r >= ", self.least_r),
        ]
        parts = [f"{name}{limit:.3g}" for name, limit in limits if limit is not None]
        if self.equal_share is not None:
            parts.append(
                "identical" if self.equal_share == 1.0 else f"equal >= {self.equal_share:.1%}"
            )
        return ", ".join(parts)


@dataclass(frozen=True)
class Row:
    """One comparison.

    Parameters
    ----------
    part : str
        What the comparison belongs to, such as one component or the whole chain.
    compared : str
        What is compared, with its unit.
    count : int
        Values compared.
    mean_r, least_r, icc : float
        Over the columns that vary; NaN if none does.
    mean_difference, max_difference : float
        Of the absolute values; NaN for cells that are only equal or not.
    equal_share : float
        Share of equal cells; NaN for quantities that are measured.
    bound : Bound or None
        What is asked; None where a comparison only informs.
    """

    part: str
    compared: str
    count: int
    mean_r: float = math.nan
    least_r: float = math.nan
    icc: float = math.nan
    mean_difference: float = math.nan
    max_difference: float = math.nan
    equal_share: float = math.nan
    bound: Bound | None = None

    @classmethod
    def of_table(
        cls, part: str, compared: str, found: TableAgreement, bound: Bound | None = None
    ) -> "Row":
        """Return the row of measured quantities."""
        return cls(
            part,
            compared,
            found.count,
            found.mean_r,
            found.least_r,
            found.mean_icc,
            found.mean_absolute_difference,
            found.max_absolute_difference,
            bound=bound,
        )

    @property
    def failures(self) -> tuple[str, ...]:
        """What is asked and not kept.

        Correlations are not judged where nothing varies; without any value, everything fails.
        """
        if self.bound is None:
            return ()
        judged = [
            ("max", self.max_difference, self.bound.max_difference, operator.le),
            ("mean", self.mean_difference, self.bound.mean_difference, operator.le),
            ("equal", self.equal_share, self.bound.equal_share, operator.ge),
        ]
        if self.count == 0 or not math.isnan(self.mean_r):
            judged += [
                ("mean r", self.mean_r, self.bound.mean_r, operator.ge),
                ("each r", self.least_r, self.bound.least_r, operator.ge),
            ]
        return tuple(
            name
            for name, value, limit, holds in judged
            if limit is not None and not holds(value, limit)
        )

    @property
    def status(self) -> str:
        """``pass``, ``FAIL``, or ``-`` where nothing is asked."""
        if self.bound is None:
            return "-"
        return "FAIL" if self.failures else "pass"


@dataclass(frozen=True)
class UnitRow:
    """One action unit in one comparison.

    Parameters
    ----------
    part : str
        The comparison.
    name : str
        Action unit, as ``AU01``.
    intensity : Agreement or None
        Its intensity; None for one that has a presence only.
    presence_equal_share : float
        Share of frames with equal presence; NaN for one that has an intensity only.
    """

    part: str
    name: str
    intensity: Agreement | None
    presence_equal_share: float


@dataclass(frozen=True)
class Report:
    """Everything that was compared.

    Parameters
    ----------
    inputs : dict of str to str
        What was compared with what.
    rows : tuple of Row
        The status table.
    units : tuple of UnitRow
        The same per action unit, where action units were compared.
    notes : tuple of str
        What a reader must know of the table.
    """

    inputs: dict[str, str]
    rows: tuple[Row, ...] = ()
    units: tuple[UnitRow, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether every bound is kept."""
        return not any(row.failures for row in self.rows)


_HEADER = (
    "component", "compared", "n", "r", "lowest r", "ICC(2,1)", "mean |d|", "max |d|", "equal",
    "bound", "status",
)  # fmt: skip
_UNIT_HEADER = (
    "comparison", "AU", "n", "sd of reference", "r", "ICC(2,1)", "ICC(3,1)", "mean |d|", "max |d|",
    "presence equal",
)  # fmt: skip

LEGEND = (
    "n: values compared. r, ICC(2,1) (absolute agreement, Shrout and Fleiss 1979): means over the "
    "columns that vary in the reference; action units vary from a standard deviation of 0.05 on, "
    "and one that stands still beside a varying reference counts as 0. d: difference. "
    "Status '-': no bound is set.",
)


def _number(value: float, form: str = ".4f") -> str:
    return "" if math.isnan(value) else format(value, form)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.part,
        row.compared,
        str(row.count),
        _number(row.mean_r),
        _number(row.least_r),
        _number(row.icc),
        _number(row.mean_difference, ".2g"),
        _number(row.max_difference, ".2g"),
        _number(row.equal_share, ".2%"),
        "" if row.bound is None else str(row.bound),
        row.status,
    )


def _unit_cells(row: UnitRow, form: str = ".4f", share_form: str = ".2%") -> tuple[str, ...]:
    share = _number(row.presence_equal_share, share_form)
    if row.intensity is None:
        return (row.part, row.name, *[""] * 7, share)
    found = row.intensity
    values = (
        found.reference_sd,
        found.pearson_r,
        found.icc.absolute_agreement,
        found.icc.consistency,
        found.mean_absolute_difference,
        found.max_absolute_difference,
    )
    return (row.part, row.name, str(found.count), *(_number(v, form) for v in values), share)


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in columns of equal width, one line per row, for a terminal."""
    widths = [max(len(line[k]) for line in (header, *rows)) for k in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in (header, *rows)]
    escaped.insert(1, ["---"] * len(header))
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def _conclusion(report: Report) -> str:
    judged = [row for row in report.rows if row.bound is not None]
    kept = sum(row.status == "pass" for row in judged)
    return f"{kept} of {len(judged)} bounds hold."


def as_text(report: Report) -> str:
    """Return the report for a terminal."""
    blocks = [plain_table(_HEADER, [_cells(row) for row in report.rows])]
    if report.units:
        blocks.append(plain_table(_UNIT_HEADER, [_unit_cells(row) for row in report.units]))
    blocks += ["\n".join((*LEGEND, *report.notes)), _conclusion(report)]
    return "\n\n".join(blocks) + "\n"


def as_markdown(report: Report) -> str:
    """Return the report as a Markdown page."""
    blocks = ["# Validation", f"openface-beam {__version__}. {_conclusion(report)}"]
    blocks.append("\n".join(f"* {name}: `{value}`" for name, value in report.inputs.items()))
    blocks.append(markdown_table(_HEADER, [_cells(row) for row in report.rows]))
    if report.units:
        blocks += [
            "## Action units",
            markdown_table(_UNIT_HEADER, [_unit_cells(row) for row in report.units]),
        ]
    return "\n\n".join([*blocks, *LEGEND, *report.notes]) + "\n"


def _json_number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def as_json(report: Report) -> str:
    """Return the report as JSON; what cannot be computed is null."""
    rows = [
        {
            "component": row.part,
            "compared": row.compared,
            "n": row.count,
            "mean_r": _json_number(row.mean_r),
            "least_r": _json_number(row.least_r),
            "mean_icc_2_1": _json_number(row.icc),
            "mean_absolute_difference": _json_number(row.mean_difference),
            "max_absolute_difference": _json_number(row.max_difference),
            "equal_share": _json_number(row.equal_share),
            "bound": None if row.bound is None else str(row.bound),
            "status": {"-": None, "pass": "pass", "FAIL": "fail"}[row.status],
        }
        for row in report.rows
    ]
    document = {
        "software": f"openface-beam {__version__}",
        "inputs": report.inputs,
        "holds": report.holds,
        "rows": rows,
        "notes": list(report.notes),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def as_unit_csv(report: Report) -> str:
    """Return the comparison per action unit as CSV, in full precision."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["comparison", "action_unit", "n", "reference_sd", "pearson_r", "icc_2_1", "icc_3_1",
         "mean_absolute_difference", "max_absolute_difference", "presence_equal_share"]
    )  # fmt: skip
    writer.writerows(_unit_cells(row, ".17g", ".17g") for row in report.units)
    return text.getvalue()


_FILES = {
    "validation.json": as_json,
    "validation.md": as_markdown,
    "action_units.csv": as_unit_csv,
}


def check_report_files(output: str, inputs: Iterable[str | None]) -> None:
    """Refuse a folder in which the files of a report cannot be written, or are inputs.

    Parameters
    ----------
    output : str
        The folder.
    inputs : iterable of str or None
        What is compared.

    Raises
    ------
    OutputError
        If it is one.
    """
    inputs = tuple(inputs)
    for name in _FILES:
        check_output_file(join(output, name), inputs)


def write_report(report: Report, output: str) -> None:
    """Write ``validation.json``, ``validation.md`` and ``action_units.csv`` into a folder.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    for name, made in _FILES.items():
        content = made(report).encode()
        write_whole(join(output, name), lambda file, content=content: file.write(content))  # type: ignore[misc]
