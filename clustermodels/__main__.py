"""The command line: ``clustermodels``, and ``python -m clustermodels``."""

import os

# Work is parted among threads above linear algebra, whose own would stand in their way. Before
# numpy is loaded, or it is too late.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from clustermodels.cli.app import main

if __name__ == "__main__":
    main()
