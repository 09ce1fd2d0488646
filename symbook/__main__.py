"""`python -m symbook`: the same command as `symbook`."""

import sys

from symbook.cli import main

sys.exit(main())
