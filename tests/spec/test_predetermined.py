"""Columns that react to past outcomes in a document: what is refused, why, and the way out."""

import pytest

import clustermodels as cm
from clustermodels.spec.names import posterior_names

BASE = {
    "data": {"panel": {"path": "p.csv", "cluster": "city", "year": "year"}},
    "outcomes": {"y": {"family": "gaussian"}},
    "treatments": {"policies": {"slope": "common"}},
    "controls": [
        "gdp",
        {"talent": {"lag": 1}},
        {"far": {"lag": 2}},
        {"kind": {"kind": "categorical"}},
    ],
    "dynamics": {"predetermined": ["policies"]},
}


def refused(**sections):
    with pytest.raises(cm.SpecError) as error:
        cm.read_spec(BASE | sections)
    return str(error.value)


def test_its_names_are_in_the_posterior():
    spec = cm.read_spec(BASE)
    assert cm.read_spec(spec.plain()).plain() == spec.plain()

    def names(spec):
        return [e.name for e in posterior_names(spec) if "feedback" in e.name]

    own = "policies_feedback"
    assert names(spec) == [own, f"{own}_sd", f"{own}_cluster_sd"]
    each = {"predetermined": ["policies"], "feedback": "free"}
    assert names(cm.read_spec(BASE | {"dynamics": each})) == [own, f"{own}_sd"]
    assert cm.read_spec(BASE | {"dynamics": {}}).predetermined() == ()


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["gpd"], "Did you mean 'gdp'"),
        (["gdp", "gdp"], "named twice"),
        (["kind"], "because its levels have no normal law"),
        (["far"], "because only columns of the row's own year, or of the year before"),
        (["gdp", "talent"], "different lags cannot stand together, because"),
    ],
)
def test_names_that_have_no_equation_are_refused(names, why):
    assert why in refused(dynamics={"predetermined": names})


@pytest.mark.parametrize(
    ("treatment", "why"),
    [
        ({"kind": "adoption", "slope": "common"}, "of the kind adoption it follows from its own"),
        ({"kind": "stock", "initial": 0, "slope": "common"}, "of the kind stock it follows"),
        ({"slope": "partial"}, "a slope that varies cannot stand beside"),
    ],
)
def test_treatments_without_one_are_refused(treatment, why):
    said = refused(treatments={"policies": treatment})
    assert why in said
    assert "because" in said or "Write 'slope: common'" in said


def test_models_without_the_form_are_refused():
    said = refused(outcomes={"y": {"family": "poisson"}})
    assert "poisson takes no predetermined columns, because" in said
    assert "'check'" in said
    ignored = {"predetermined": ["gdp"], "initial": "ignore", "accept_bias": True}
    assert "cannot be had with 'initial: ignore', because" in refused(dynamics=ignored)
    trend = {"cluster": {"pooling": "correlated", "trend": "partial"}}
    assert "trends of clusters cannot stand beside" in refused(fixed_effects=trend)
    region = {"cluster": {"pooling": "correlated"}, "region": {"pooling": "partial"}}
    assert "a further factor cannot stand beside" in refused(fixed_effects=region)


def test_settings_without_a_column_are_refused():
    assert "none has feedback" in refused(dynamics={"feedback": "free"})
    every = {"covariates": "every_year", "initial": "ignore", "accept_bias": True}
    assert "given no covariates, because" in refused(dynamics=every)


def test_reactions_take_a_normal_prior():
    student = {"distribution": "student_t", "df": 4, "mean": 0, "sd": 1}
    assert "take a normal prior" in refused(priors={"policies_feedback": student})
    cm.read_spec(
        BASE
        | {"priors": {"policies_feedback_cluster_sd": {"distribution": "half_normal", "sd": 1}}}
    )


def test_outcomes_are_not_drawn_beside_columns_that_react():
    with pytest.raises(cm.SpecError, match="cannot be drawn beside predetermined columns, because"):
        cm.simulate(cm.read_spec(BASE), {})


@pytest.mark.parametrize(
    "sections",
    [
        {"controls": {"before": {"column": "policies", "lag": 1}}},
        {"moderators": {"much": {"column": "policies", "transform": "log1p"}}},
        {
            "treatments": BASE["treatments"]
            | {
                "capital": {
                    "kind": "stock",
                    "column": "policies",
                    "initial": 0,
                    "slope": "common",
                }
            }
        },
    ],
)
def test_a_column_that_reacts_is_read_once(sections):
    said = refused(**sections)
    assert "'policies' cannot be read here too, because 'policies' reacts" in said
    assert f"{next(iter(sections))}." in said


def test_lags_of_a_dose_are_refused_by_their_key():
    lagged = {"policies": {"lags": {"from": 0, "to": 1}, "slope": "common"}}
    assert "because at several lags it is the same column" in refused(treatments=lagged)
