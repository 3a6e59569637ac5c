"""``python -m clustermodels``."""

from clustermodels.cli.app import main

if __name__ == "__main__":
    main()
