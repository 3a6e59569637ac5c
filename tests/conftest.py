"""A tiny seeded panel, and one cached fit a session."""

import pytest

import clustermodels as cm
from tests.tiny import TINY, tiny_table


@pytest.fixture(scope="session")
def tiny_spec():
    return cm.read_spec(TINY)


@pytest.fixture(scope="session")
def tiny_panel():
    return tiny_table()


@pytest.fixture(scope="session")
def tiny_fit(tiny_spec, tiny_panel):
    return cm.fit(tiny_spec, tiny_panel)
