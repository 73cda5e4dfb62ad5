"""The model packs: list, fetch, import and check them."""

import sys
from collections.abc import Sequence

from models.registry import Registry, default_registry
from models.store import default_store
from pipelines.command import run_command
from pipelines.model_packs.commands import run


def main(argv: Sequence[str] | None = None, registry: Registry | None = None) -> int:
    """Run the command line; returns 0, 1 if a check failed, 2 after one line of error."""
    words = list(sys.argv[1:] if argv is None else argv)
    return run_command(lambda: run(words, registry or default_registry(), default_store()))


if __name__ == "__main__":
    sys.exit(main())
