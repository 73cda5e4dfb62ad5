"""``python -m models.training``: see :mod:`models.training.command_line`."""

import sys

from models.training.command_line import main

if __name__ == "__main__":
    sys.exit(main())
