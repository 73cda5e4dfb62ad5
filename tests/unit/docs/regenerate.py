"""Write the generated pages anew: ``python -m tests.unit.docs.regenerate``."""

from collections.abc import Callable, Mapping

from tests.fixtures.places import REPOSITORY
from tests.unit.docs.action_units_page import action_units_page
from tests.unit.docs.cli_page import cli_page
from tests.unit.docs.messages_page import messages_page
from tests.unit.docs.settings_page import settings_page

GENERATED: Mapping[str, Callable[[], str]] = {
    "docs/action-units.md": action_units_page,
    "docs/cli.md": cli_page,
    "docs/messages.md": messages_page,
    "docs/settings.md": settings_page,
}
COMMAND = "python -m tests.unit.docs.regenerate"


def main() -> None:
    """Write every page that is generated."""
    for name, text in GENERATED.items():
        (REPOSITORY / name).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
