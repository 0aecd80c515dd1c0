"""Programs that measure; every number in the README is printed by one of them."""

import os

# As the command line does, and for the same reason: engines bring threads of their own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
