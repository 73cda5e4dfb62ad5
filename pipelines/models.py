"""The model packs: list, fetch, import and check them."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.command import run_command

if TYPE_CHECKING:
    from models.registry import Registry


def main(argv: Sequence[str] | None = None, registry: "Registry | None" = None) -> int:
    """Run the command line; returns 0, 1 if a check failed, 2 after one line of error."""
    words = list(sys.argv[1:] if argv is None else argv)

    def command() -> int:
        # Not before it is known that `models` is this program's.
        from models.registry import default_registry
        from models.store import default_store
        from pipelines.model_packs.commands import run

        return run(words, registry or default_registry(), default_store())

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
