"""``docs/messages.md``: every message of the program, with its remedy, from the source."""

import re
from collections.abc import Iterable, Iterator, Sequence

from tests.unit.docs.messages import Message, errors, face_notes, says_something, warnings

_BEGIN = """\
# What can go wrong, and what you will see

Every message of the program, with what to do, collected from its source;
[troubleshooting](troubleshooting.md) has the reasons of the most frequent ones. … stands for what
differs: a number, a name, a path, or what a library says.

A command that cannot do its work ends with exit status 2 and one line on stderr,
`error: what: why. What to do.` An input that cannot be analysed is a row of `errors.parquet`
instead, with the stage, the reason and the remedy; the others go on, and the exit status is 3.
An exception that is none of these gets the stage `analysis`, and asks you to report it: it is a
fault of the program.
"""

_SECTIONS: Sequence[tuple[str, str, str]] = (
    ("configuration", "Options, configuration, manifests", "They end a command at its start."),
    ("input", "Inputs that are not there", "They end a command, or are rows of the error table."),
    ("any", "Storage", "Of inputs, manifests, landmarks, datasets: whatever is read."),
    ("decoding", "Videos and pictures", "Rows of the error table."),
    ("landmarks", "Given landmarks", "Rows of the error table."),
    ("calibration", "Calibration", "Rows of the error table."),
    ("writing", "Output", "They end a run, or cost one input its table."),
    ("dataset", "Datasets that are read again", "Of exports and reports."),
    ("work files", "Intermediate files", "Rows of the error table."),
    ("pipeline", "The dataflow itself", "They end a run; finished tables stay."),
    ("run", "Measurements of the program itself", "They end a command."),
    ("download", "Downloads of models", "They end a command."),
    ("models", "Model files", "They end a command at its start."),
)


def messages_page() -> str:
    """Return the text of the page."""
    return "\n".join([_BEGIN, *_sections()])


def stages() -> set[str]:
    """Return the stages that have a section."""
    return {stage for stage, _, _ in _SECTIONS}


def _sections() -> Iterator[str]:
    for stage, title, about in _SECTIONS:
        yield _section(title, about, (m for m in errors() if m.stage == stage))
    yield _section(
        "Warnings",
        "Rows of the error table with the severity `warning`: the input has results all the same.",
        (*warnings(), *face_notes()),
    )


def _section(title: str, about: str, messages: Iterable[Message]) -> str:
    rows = {(m.cause, m.remedy) for m in messages if says_something(m.cause)}
    lines = [f"| {_cell(cause)} | {_cell(remedy)} |" for cause, remedy in sorted(rows, key=_order)]
    head = ["| what you see | what to do |", "|---|---|"]
    return f"## {title}\n\n{about}\n\n" + "\n".join([*head, *lines]) + "\n"


def _order(row: tuple[str, str]) -> tuple[str, str, str]:
    """Put messages in the order of their first words."""
    return re.sub(r"[^a-z ]", "", row[0].lower()).strip(), *row


def _cell(text: str) -> str:
    """Return a text for a table, in which no sign has a meaning of its own."""
    return re.sub(r"([\\|<>*_\[\]])", r"\\\1", text)
