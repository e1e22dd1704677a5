"""``python -m nexus.interfaces.cli`` is ``nexus``, for where the program is not installed."""

import sys

from nexus.interfaces.cli.main import main

sys.exit(main())
