"""Names that cannot be: dims, marks, and what something else in the results bears."""

import pytest

from clustermodels.spec.names import posterior_names
from clustermodels.spec.read import read_text
from tests.documents import BASE, NEXT, said, said_of

OTHER_KEY = "Choose another key and name the column with 'column:'."


@pytest.mark.parametrize("dim", ["cluster", "year", "obs", "chain", "draw"])
@pytest.mark.parametrize("section", ["controls", "moderators"])
def test_a_dimension_is_no_name(dim, section):
    assert said_of(f"{section}: [{dim}]\n")[0] == (
        f"{section}.{dim}: '{dim}' is the name of a dimension. {OTHER_KEY}"
    )


def test_a_dimension_is_a_column():
    spec = read_text(BASE + "controls: {trend: {column: year}}\n", "spec.yaml")
    assert spec.controls["trend"].column == "year"


@pytest.mark.parametrize("name", ["a.b", "a/b", "a::b", " "])
def test_marks_that_no_name_holds(name):
    assert said_of(f"controls: ['{name}']\n") == [
        f"controls.{name}: a name holds no full stop, slash or double colon and is not blank. "
        f"Got '{name}'. {OTHER_KEY}"
    ]


def test_a_factor_has_another_way_out():
    assert said_of("fixed_effects: {a.b: }\n") == [
        "fixed_effects.a.b: a name holds no full stop, slash or double colon and is not blank. "
        "Got 'a.b'. Choose another key and name the column with 'columns: [..]'."
    ]


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("policies", "treatments.policies"),
        ("policies_sd", "treatments.policies"),
        ("policies_by_cluster", "treatments.policies"),
        ("patents", "outcomes.patents"),
        ("dispersion", "outcomes.patents"),
        ("intercept", "every model"),
        ("cluster_effect", "fixed_effects.cluster"),
        ("cluster_effect_sd", "fixed_effects.cluster"),
        ("cluster_means", "fixed_effects.cluster"),
        ("year_effect", "fixed_effects.year"),
    ],
)
def test_a_control_that_something_else_is_called(name, owner):
    assert said_of(f"controls: [{name}]\n") == [
        f"controls.{name}: the results would hold '{name}' twice: {owner} has one too. {OTHER_KEY}"
    ]


def test_an_outcome_called_like_the_intercept():
    text = BASE.replace("patents", "intercept")
    assert said(text) == [
        "spec.yaml:5: outcomes.intercept: the results would hold 'intercept' twice: every model "
        f"has one too. {OTHER_KEY}"
    ]


def test_the_way_out_works():
    text = BASE + "controls: {spread: {column: dispersion}, boss: {column: cluster_effect}}\n"
    assert list(read_text(text, "spec.yaml").controls) == ["spread", "boss"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "cluster: {columns: [city]}",
            "fixed_effects.cluster: 'cluster' stands for the panel's own cluster. "
            "Remove 'columns', or choose another key for them.",
        ),
        ("city: ", "fixed_effects.city: 'city' is the cluster column. Write 'cluster'."),
        ("year: , city: ", "fixed_effects.city: 'city' is the cluster column. Write 'cluster'."),
        (
            "own: {columns: [region, city]}",
            "fixed_effects.own.columns: 'city' is the cluster column. Write 'cluster'.",
        ),
        (
            "cluster: , c: {columns: [cluster]}",
            "fixed_effects.c: the same columns as 'cluster'. Keep one.",
        ),
        (
            "d: {columns: [a, a]}",
            "fixed_effects.d.columns: a column is crossed with itself. Name each column once.",
        ),
    ],
)
def test_factors(written, words):
    assert said_of(f"fixed_effects: {{{written}}}\n") == [words]


def test_the_year_by_its_column():
    text = BASE.replace("year: year", "year: jahr") + "fixed_effects: [cluster, jahr]\n"
    assert said(text) == [
        f"spec.yaml:{NEXT}: fixed_effects.jahr: 'jahr' is the year column. Write 'year'."
    ]


def test_the_clusters_are_no_control_and_the_year_may_be():
    assert said_of("controls: {place: {column: city, kind: categorical}}\n") == [
        "controls.place: 'city' is the cluster column, and its effect would be there twice. "
        "Remove it; 'cluster' stands in the fixed effects."
    ]
    text = BASE + "controls: {trend: {column: year}}\n"
    assert list(read_text(text, "spec.yaml").controls) == ["trend"]


def test_every_posterior_name_of_a_document():
    text = BASE + "moderators: [centrality]\ncontrols: [gdp]\n"
    names = {entry.name: entry.role for entry in posterior_names(read_text(text, "spec.yaml"))}
    assert names == {
        "intercept": "coefficient",
        "dispersion": "parameter",
        "policies": "coefficient",
        "policies_by_cluster": "derived",
        "policies_sd": "sd",
        "centrality": "coefficient",
        "policies_x_centrality": "coefficient",
        "gdp": "coefficient",
        "cluster_effect": "derived",
        "cluster_effect_sd": "sd",
        "cluster_means": "coefficient",
        "year_effect": "effects",
        "cluster_effect_correlation": "correlation",
    }
