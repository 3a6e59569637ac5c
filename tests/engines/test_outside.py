"""An engine from outside: registered, named by a document, its draws saved and questioned."""

from typing import Literal

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.fits.fit import SAMPLERS, register
from clustermodels.spec.engine import ENGINES, Engine
from tests.designs import PLAIN, made_fit, table

DOCUMENT = PLAIN | {
    "treatments": ["dose"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}},
    "engine": {"kind": "hat", "draws": 5, "chains": 3, "noise": 0.2},
    "scenarios": {"more": [{"add": {"dose": 1}}]},
}


class Hat(Engine):
    """Draws numbers from a hat."""

    kind: Literal["hat"] = "hat"
    noise: float = 0.1


@pytest.fixture
def registered():
    def draw(design, engine, progress):
        plain = {key: value for key, value in DOCUMENT.items() if key != "engine"}
        shape = {"chains": engine.chains, "draws": engine.draws, "noise": engine.noise}
        made = made_fit(plain, table(), **shape).tree["posterior"]
        return type(made).from_dict({"posterior": made.to_dataset()})

    register("hat", draw)
    ENGINES.register(Hat)
    yield
    del ENGINES.classes["hat"], SAMPLERS["hat"]


def test_it_is_used_saved_and_loaded(registered, tmp_path):
    made = cm.fit(cm.read_spec(DOCUMENT), table(), out=tmp_path / "run.nc")
    assert dict(made.posterior["dose"].sizes) == {"chain": 3, "draw": 5}
    loaded = cm.load_fit(tmp_path / "run.nc")
    assert isinstance(loaded.spec.engine, Hat)
    np.testing.assert_array_equal(cm.predict(loaded, "more"), cm.predict(made, "more"))
    wanted = made_fit({**DOCUMENT, "engine": {}}, table(), chains=3, draws=5, noise=0.2)
    np.testing.assert_array_equal(made.posterior["dose"], wanted.posterior["dose"])


def test_without_a_samplers_statistics_it_is_still_diagnosed(registered):
    diagnosis = cm.diagnose(cm.fit(cm.read_spec(DOCUMENT), table()))
    assert set(diagnosis.sampler) == {"rhat", "ess_bulk", "ess_tail"}


def test_the_schema_has_it_while_it_is_registered(registered):
    assert {"$ref": "#/$defs/Hat"} in cm.json_schema()["$defs"]["Engine"]["anyOf"]


def test_otherwise_it_is_refused():
    with pytest.raises(cm.SpecError, match=r"engine.*'hat'"):
        cm.read_spec(DOCUMENT)


def test_a_kind_has_one_sampler(registered):
    with pytest.raises(ValueError, match="'nuts' has a sampler already"):
        register("nuts", SAMPLERS["hat"])
