"""``docs/cli.md``: the help of every command."""

from collections.abc import Iterator

from tests.unit.docs.commands import command_names, help_text, sub_commands

_BEGIN = """\
# Command line

What `--help` of every command prints. `openface-beam` is installed with the package; in a checkout,
`python -m pipelines.run` is the same as `openface-beam run`, and so on for the other commands.

Exit status: 0 if all went well, 2 if the command could not do its work (one line on stderr says
why, and what to do), 130 if it was interrupted, 141 if what reads its output stopped reading, as
`head` does. A run, an export or a report in which some inputs
failed and others did not ends with 3, and with 1 a run without any result, and an export or a
report in which no input is complete; `errors.parquet` lists what failed. `run --report` ends with 3
too if a page could not be made. `validate` and `demo` end with 1 if a check fails, and
`models verify` if a file is missing or wrong.

An option that takes one value may be given once; `--input` may be given again, and adds.

In paths, here and in manifests and configurations, a leading `~` is your home folder. URLs of local
files may have escapes, as `file:///data/my%20videos`. An output folder has to outlast the command,
so `memory://` is refused.
"""


def cli_page() -> str:
    """Return the text of the page."""
    return "\n".join([_BEGIN, *_sections()])


def _sections() -> Iterator[str]:
    yield _section("##")
    for name in command_names():
        yield _section("##", name)
        for sub_command in sub_commands(name):
            yield _section("###", name, sub_command)


def _section(level: str, *words: str) -> str:
    title = " ".join(("openface-beam", *words))
    lines = (line.rstrip() for line in help_text(*words).strip().splitlines())
    return f"{level} {title}\n\n```text\n" + "\n".join(lines) + "\n```\n"
