"""What may be written of a moderator's form, and how refusals say what does not go together."""

import pytest

import clustermodels as cm
from clustermodels.spec.names import posterior_names
from clustermodels.spec.read import read_text
from tests.documents import BASE, said_of


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("linear", "linear"),
        ("quadratic", "quadratic"),
        ("bins", {"bins": 3}),
        ("spline", {"spline": 3}),
        ("gp", {"gp": {"functions": 20}}),
        ("{bins: [0.2, 0.5]}", {"bins": [0.2, 0.5]}),
        ("{spline: 4}", {"spline": 4}),
        ("{gp: {functions: 10}}", {"gp": {"functions": 10}}),
    ],
)
def test_a_form_is_a_name_or_one_with_its_setting(written, meant):
    spec = read_text(BASE + f"moderators: {{c: {{form: {written}}}}}\n", "spec.yaml")
    plain = spec.plain()
    assert plain["moderators"]["c"]["form"] == meant
    assert cm.read_spec(plain).plain() == plain


ONE = "moderators.c.form"
REFUSED = [
    (
        "{form: splines}",
        f"{ONE}: unknown form. Got 'splines'; expected linear, quadratic, bins, "
        "spline, gp. Did you mean 'spline'?",
    ),
    (
        "{form: {bin: 3}}",
        f"{ONE}: unknown form with a setting. Got 'bin'; expected bins, spline, "
        "gp. Did you mean 'bins'?",
    ),
    (
        "{form: 3}",
        f"{ONE}: not what belongs here. Got 3; expected the name of a form, or one form "
        "with its setting. Write 'form: spline', or 'form: {spline: 3}'.",
    ),
    (
        "{form: {bins: 500}}",
        f"{ONE}.bins: no number of bins that there can be. Got 500; expected 2 to 20. Write 20.",
    ),
    (
        "{form: {spline: 0}}",
        f"{ONE}.spline: no number of knots that there can be. Got 0; expected 1 to 20. Write 1.",
    ),
    (
        "{form: {bins: [0.5, 0.2]}}",
        f"{ONE}.bins: edges between bins do not rise. Got [0.5, 0.2]. Write [0.2, 0.5].",
    ),
    ("{form: {spline: [1, 1]}}", f"{ONE}.spline: knots do not rise. Got [1.0, 1.0]. Write [1]."),
    (
        "{form: {gp: {functions: 2}}}",
        f"{ONE}.gp.functions: not allowed here. Got 2; expected 4 or more.",
    ),
    (
        "{kind: categorical, form: spline}",
        "moderators.c: a categorical moderator takes no 'form', "
        "because its labels are no numbers. Remove 'form'.",
    ),
    (
        "{form: spline, missing: model}",
        f"{ONE}: its cells cannot be parameters beside this form, "
        "because its columns are made of known values, and only a straight line is one in an "
        "unknown cell. Write 'form: linear', or remove 'missing' and 'error'.",
    ),
    (
        "{full: true}",
        "moderators.c.full: there is no control whose effect 'c' could bend. Remove "
        "'full', or add controls.",
    ),
]


@pytest.mark.parametrize(("item", "words"), REFUSED)
def test_refused(item, words):
    assert said_of(f"moderators: {{c: {item}}}\n") == [words]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            "controls: {g: {kind: categorical}}\nmoderators: {c: {form: bins, full: true}}\n",
            "moderators.c.full: controls cannot be bent by 'c', because g has labels",
        ),
        (
            "controls: {g: {missing: model}}\nmoderators: {c: {full: true}}\n",
            "moderators.c.full: controls cannot be bent by 'c', because cells of g are parameters",
        ),
        (
            "moderators: {c: {kind: network, measure: degree, uncertain: ties, form: spline}}\n",
            "moderators.c.uncertain: the sampling error of ties cannot be taken out of this form",
        ),
        (
            "priors: {policies_x_c: {ratio: [0.9, 1.1]}}\nmoderators: {c: {form: spline}}\n",
            "priors.policies_x_c: 'ratio' is for the effects of columns, and this is none",
        ),
        (
            "priors: {policies_x_c: {distribution: normal, mean: 0, sd: 1}}\n"
            "moderators: {c: {form: gp}}\n",
            "priors.policies_x_c: this follows from other names and takes no prior of its own",
        ),
        (
            "priors: {policies_x_c: {distribution: normal, mean: 1, sd: 1}}\n"
            "moderators: {c: {form: bins}}\n",
            "priors.policies_x_c: free effects take a normal prior around 0",
        ),
    ],
)
def test_what_does_not_go_together_says_because(lines, words):
    with pytest.raises(cm.SpecError) as caught:
        read_text(BASE + lines, "spec.yaml")
    assert words in str(caught.value)


def test_columns_that_react_take_straight_lines():
    text = BASE.replace("negative_binomial", "gaussian") + (
        "dynamics: {predetermined: [g]}\ncontrols: [g]\nfixed_effects: {cluster: {pooling: "
        "correlated}}\nmoderators: {c: {form: spline}}\n"
    )
    with pytest.raises(cm.SpecError, match=r"moderators\.c\.form: .* because their equations hold"):
        read_text(text.replace("{lag: 1}", "{lag: 1, slope: common}"), "spec.yaml")


def test_lags_with_a_shape_take_straight_lines():
    text = BASE.replace("{lag: 1}", "{lags: {to: 3, shape: polynomial}, slope: common}")
    with pytest.raises(
        cm.SpecError, match=r"moderators\.c\.form: .* because its lags have a shape"
    ):
        read_text(text + "moderators: {c: {form: bins}}\n", "spec.yaml")


def test_the_names_of_a_process_and_of_controls_that_are_bent():
    spec = read_text(
        BASE + "controls: [gdp]\nmoderators: {c: {form: gp, full: true}}\n", "spec.yaml"
    )
    names = {entry.name for entry in posterior_names(spec)}
    for curve in ("c", "policies_x_c", "gdp_x_c"):
        assert {curve, f"{curve}_amplitude", f"{curve}_length"} <= names
