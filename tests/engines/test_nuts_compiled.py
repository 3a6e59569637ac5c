"""A structure is compiled once, and other numbers give the draws of a fresh compilation."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.data.centring import settle
from clustermodels.engines import nuts, nuts_compiled
from clustermodels.engines.nuts_start import starts
from clustermodels.families.priors import prior
from clustermodels.model.numbers import structure
from clustermodels.spec.engine import Nuts
from tests.designs import PLAIN, designed, table

SHORT = Nuts(draws=30, tune=50, chains=2, seed=7)
DOCUMENT = PLAIN | {
    "outcomes": {"count": {"family": "negative_binomial", "exposure": "people"}},
    "treatments": {"dose": {}},
    "moderators": ["yearly"],
    "controls": ["phase"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
}


@pytest.fixture
def compilations(monkeypatch):
    """Count what is compiled, from nothing."""
    made = []
    compile_model = nuts_compiled.nutpie.compile_pymc_model

    def counted(model, **given):
        made.append(model)
        return compile_model(model, **given)

    monkeypatch.setattr(nuts_compiled.nutpie, "compile_pymc_model", counted)
    monkeypatch.setattr(nuts_compiled, "_made", {})
    return made


def other_panel() -> pd.DataFrame:
    """Other numbers everywhere, other labels, and a row fewer."""
    frame = table(seed=2).assign(people=lambda f: f["people"] * 3)
    names = {"A": "Aba", "B": "Bor", "C": "Cel", "D": "Dun", "E": "Eka"}
    return frame.assign(city=frame["city"].map(names), year=frame["year"] + 20).iloc[1:]


def test_another_panel_of_the_structure_is_not_compiled_and_draws_as_if_it_were(compilations):
    first, second = (designed(DOCUMENT, rows)[3] for rows in (table(), other_panel()))
    assert len(first.outcome.values) != len(second.outcome.values)
    nuts.sample(first, SHORT)
    again = nuts.sample(second, SHORT)
    assert len(compilations) == 1
    nuts_compiled._made.clear()
    afresh = nuts.sample(second, SHORT)
    assert len(compilations) == 2
    for group in ("posterior", "unconstrained_posterior", "sample_stats"):
        for name, values in afresh[group].data_vars.items():
            np.testing.assert_array_equal(values, again[group][name], err_msg=f"{group} {name}")
            for dim in values.dims:
                assert values[dim].equals(again[group][name][dim]), f"{name} {dim}"
    posterior = again["posterior"]
    assert posterior["cluster"].to_numpy().tolist() == ["Aba", "Bor", "Cel", "Dun", "Eka"]
    assert posterior["year"].to_numpy().tolist() == list(range(2030, 2039))


def test_the_structure_tells_apart_what_is_compiled_differently():
    design = designed(DOCUMENT, table())[3]
    same = designed(DOCUMENT, other_panel())[3]
    assert structure(design) == structure(same)
    assert hash(structure(design)) == hash(structure(same))
    blocks = design.blocks
    (pooled,) = [block for block in blocks if block.sds]
    moved = dataclasses.replace(
        pooled, terms=tuple(dataclasses.replace(term, centred=True) for term in pooled.terms)
    )
    outcome = design.outcome
    changed = [
        dataclasses.replace(design, blocks=blocks[1:]),
        dataclasses.replace(design, blocks=blocks[::-1]),
        dataclasses.replace(
            design, blocks=tuple(moved if block is pooled else block for block in blocks)
        ),
        dataclasses.replace(design, intercept=prior("student_t", df=4, mean=0, sd=1)),
        dataclasses.replace(
            design, outcome=dataclasses.replace(outcome, offset=0 * outcome.offset)
        ),
        designed(DOCUMENT, table().query("city != 'E'"))[3],
        designed(DOCUMENT | {"outcomes": {"count": {"family": "poisson"}}}, table())[3],
    ]
    kinds = [structure(design), *map(structure, changed)]
    assert len({*kinds}) == len(kinds)


def test_only_so_many_structures_are_kept(compilations, monkeypatch):
    monkeypatch.setattr(nuts_compiled, "KEPT", 1)
    monkeypatch.setattr(nuts_compiled, "_compile", lambda model: Ready())
    for controls in (["dose"], ["money"], ["dose"]):
        design = designed(PLAIN | {"controls": controls}, table())[3]
        nuts_compiled.compiled(cm.build_model(design), structure(design), lambda seed: {})
    assert len(nuts_compiled._made) == 1


@dataclasses.dataclass(frozen=True)
class Ready:
    shared_var_keys: tuple = ()
    initial_point_func: object = None

    def with_data(self, **values):
        return self


def test_chains_start_at_the_mode_without_noise(monkeypatch):
    """The density has no slope there in the coefficients whose prior the mode has, too."""
    document = DOCUMENT | {"fixed_effects": {"cluster": {"pooling": "partial"}}, "controls": []}
    design = designed(document, table())[3]
    model = cm.build_model(design)
    names = [model.rvs_to_values[variable].name for variable in model.free_RVs]
    settled = settle(design)
    monkeypatch.setattr("clustermodels.engines.nuts_start.SPREAD", 0.0)
    monkeypatch.setattr("clustermodels.engines.nuts_start.settle", lambda of: settled)
    monkeypatch.setattr(
        "clustermodels.engines.nuts_start.around", lambda found: lambda rng: found.beta
    )
    made = starts(design)(1)
    point = {name: np.reshape(made[name], np.shape(model.initial_point()[name])) for name in names}
    assert {*made} == {*names}
    wanted = ["z_intercept", "z_dose", "z_yearly", "z_dose_x_yearly"]
    slope = model.compile_dlogp([model[name] for name in wanted])(point)
    start = model.compile_dlogp([model[name] for name in wanted])(model.initial_point())
    # the last round moved sds and dispersion once more
    assert np.abs(slope).max() < 0.1 * np.abs(start).max()


def test_starts_sum_to_zero_and_differ_by_seed():
    design = designed(DOCUMENT, table())[3]
    model = cm.build_model(design)
    made = starts(design)
    one, same, other = made(3), made(3), made(4)
    for name, value in model.initial_point().items():
        np.testing.assert_array_equal(one[name], same[name])
        assert (one[name] != other[name]).all()
        assert np.size(one[name]) == np.size(value)
