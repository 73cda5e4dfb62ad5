"""``python -m models``: see :mod:`models.command_line`."""

import sys

from models.command_line import main

if __name__ == "__main__":
    sys.exit(main())
