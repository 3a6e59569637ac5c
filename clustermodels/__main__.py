"""The command line: ``clustermodels``, and ``python -m clustermodels``."""

import atexit
import os
import sys
from contextlib import suppress

# Work is parted among threads above linear algebra, whose own would stand in their way. Before
# numpy is loaded, or it is too late.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from clustermodels.cli import app


def main() -> None:
    """Run a command and end with its exit code.

    What was loaded is left as it is: to take it apart object by object takes half a second.
    """
    code = 0
    try:
        app.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads on
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
