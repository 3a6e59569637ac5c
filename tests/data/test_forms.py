"""The forms of moderators: their columns, their priors, and effects along them."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

import clustermodels as cm
from clustermodels.data.curves import Process, Spline, natural
from clustermodels.data.mode import Given, find_mode
from clustermodels.data.moderation import effect_at
from clustermodels.data.predictor import linear_predictor
from clustermodels.data.processes import weights
from clustermodels.data.scenarios import edited
from clustermodels.data.walk import expected_outcome
from clustermodels.fits.density import log_likelihood, log_prior
from clustermodels.fits.record import flat
from tests.designs import PLAIN, block_of, designed, made_fit, predictor, table

FORMS = ("quadratic", "bins", "spline", "gp", {"bins": [4.0, 7.0]}, {"spline": [4.5, 6.5]})


def document(form, **sections):
    moderators = {"yearly": {"form": form}}
    return (
        PLAIN | {"treatments": {"dose": {"slope": "common"}}, "moderators": moderators} | sections
    )


def learned_curve(form):
    return designed(document(form), table())[2].curves["yearly"]


@pytest.mark.parametrize("knots", [[0.0, 1.0, 3.0], [-2.0, -1.5, 0.0, 0.2, 5.0]])
def test_every_natural_spline_with_these_knots_is_in_the_span(knots):
    """SciPy's natural interpolation of any heights; a constant is the model's own intercept."""
    x = np.linspace(knots[0], knots[-1], 200)
    columns = np.column_stack([np.ones_like(x), natural(x, np.array(knots))])
    for heights in np.eye(len(knots)):
        wanted = CubicSpline(knots, heights, bc_type="natural")(x)
        found = np.linalg.lstsq(columns, wanted, rcond=None)[0]
        np.testing.assert_allclose(columns @ found, wanted, atol=1e-10)


def test_a_spline_is_straight_beyond_the_data():
    knots = np.array([0.0, 1.0, 2.5, 4.0])
    for start in (-3.0, 4.0):
        beyond = natural(start + np.arange(4.0) * 0.7, knots)
        np.testing.assert_allclose(np.diff(beyond, 2, axis=0), 0, atol=1e-12)
    step = 1e-4
    for end in (0.0, 4.0):
        bend = np.diff(natural(end + step * np.array([-1.0, 0.0, 1.0]), knots), 2, axis=0)
        np.testing.assert_allclose(bend / step**2, 0, atol=1e-3)


def test_a_splines_columns_are_uncorrelated_with_the_line_first_and_0_at_the_centre():
    frame = table()
    curve = learned_curve("spline")
    values = frame["yearly"].to_numpy()
    columns = curve.columns(values)
    assert isinstance(curve, Spline)
    np.testing.assert_allclose(curve.knots, np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
    np.testing.assert_allclose(np.cov(columns.T), np.eye(4), atol=1e-10)
    line = (values - values.mean()) / values.std(ddof=1)
    np.testing.assert_allclose(columns[:, 0], line, atol=1e-10)
    np.testing.assert_allclose(curve.columns(np.array([values.mean()])), 0, atol=1e-12)


def test_a_parabola_by_hand():
    """In the user's units: b (m - c) + d (m - c)^2, alone and times the policy off its mean."""
    frame = table()
    design = designed(document("quadratic"), frame)[3]
    at = {"intercept": 1.0, "sigma": 1.0, "dose": 0.3, "yearly": [0.2, -0.05]}
    eta = predictor(design, **at, dose_x_yearly=[0.7, 0.11])
    off, dose = (frame[name] - frame[name].mean() for name in ("yearly", "dose"))
    wanted = 1 + 0.3 * dose + 0.2 * off - 0.05 * off**2 + dose * (0.7 * off + 0.11 * off**2)
    np.testing.assert_allclose(eta, wanted, rtol=1e-12)


def test_bins_by_hand():
    """Each bin has an effect; an edge belongs to the bin above it."""
    frame = table().assign(yearly=lambda f: f["yearly"].round())
    design = designed(document({"bins": [4, 7]}), frame)[3]
    levels = ("below 4", "4 to 7", "7 and above")
    assert block_of(design, "yearly").factor.levels == levels
    own, effects = np.array([-0.5, 0.2, 0.3]), np.array([0.1, 0.9, 0.2])
    dose = frame["dose"] - frame["dose"].mean()
    at = {"intercept": 1.0, "dose": effects.mean(), "yearly": own, "dose_x_yearly": effects}
    m = frame["yearly"].to_numpy()
    assert {4.0, 7.0} <= {*m}
    code = (m >= 4).astype(int) + (m >= 7)
    np.testing.assert_allclose(predictor(design, **at), 1 + own[code] + effects[code] * dose)


def test_labels_by_hand():
    frame = table()
    sections = {"moderators": {"region": {"kind": "categorical"}}}
    design = designed(document("linear", **sections), frame)[3]
    own, effects = np.array([-0.5, 0.5]), np.array([0.4, 0.8])
    code = (frame["region"] == "s").to_numpy().astype(int)
    dose = frame["dose"] - frame["dose"].mean()
    at = {"intercept": 1.0, "dose": 0.6, "region": own, "dose_x_region": effects}
    np.testing.assert_allclose(predictor(design, **at), 1 + own[code] + effects[code] * dose)


def test_a_column_of_numbers_is_no_factor():
    sections = {"moderators": {"money": {"kind": "categorical"}}}
    with pytest.raises(cm.PanelError, match=r"rows have \d+ different labels, fewer than 2 rows"):
        designed(document("linear", **sections), table())


def test_controls_that_are_bent_by_hand():
    frame = table()
    moderators = {"yearly": {"full": True}, "fixed": {"form": {"bins": 2}, "full": True}}
    sections = {"controls": ["people"], "moderators": moderators}
    design = designed(document("linear", **sections), frame)[3]
    dose, m, people = (frame[n] - frame[n].mean() for n in ("dose", "yearly", "people"))
    high = (frame["fixed"] >= frame["fixed"].median()).to_numpy().astype(int)
    at = {"intercept": 0.0, "dose": 0.6, "yearly": 0.1, "people": 0.02, "fixed": [-1, 1]}
    at |= {"dose_x_yearly": 0.2, "people_x_yearly": -0.03}
    at |= {"dose_x_fixed": [0.4, 0.8], "people_x_fixed": [0.01, 0.03]}
    wanted = 0.1 * m + np.array([-1, 1])[high] + np.array([0.4, 0.8])[high] * dose
    wanted += np.array([0.01, 0.03])[high] * people + 0.2 * dose * m - 0.03 * people * m
    np.testing.assert_allclose(predictor(design, **at), wanted, rtol=1e-10)


def test_labels_of_a_control_bend_with_a_line():
    frame = table()
    sections = {"controls": ["phase"], "moderators": {"yearly": {"full": True}}}
    design = designed(document("linear", **sections), frame)[3]
    slopes = np.array([0.1, 0.5, 0.3])
    code = frame["phase"].map({"early": 0, "late": 1, "none": 2}).to_numpy()
    m = frame["yearly"] - frame["yearly"].mean()
    at = {"intercept": 0.0, "dose": 0.0, "yearly": 0.3, "dose_x_yearly": 0.0}
    eta = predictor(design, **at, phase=[0, 0, 0], phase_x_yearly=slopes)
    np.testing.assert_allclose(eta, slopes[code] * m, atol=1e-12)


@pytest.mark.parametrize("length", [0.4, 0.7, 1.2])
def test_sines_have_the_kernel_of_the_process(length):
    """Twenty have the covariances to 2 in 1000 of the variance, forty to 1 in 100,000."""
    x = np.linspace(-1, 1, 41)
    kernel = np.exp(-((x[:, None] - x) ** 2) / (2 * length**2))
    found = []
    for functions in (20, 40):
        curve = Process(centre=5.0, middle=5.0, half=2.0, functions=functions)
        root = curve.raw(5 + 2 * x) * weights(functions, np.array(length))
        found.append(np.abs(root @ root.T - kernel).max())
    assert found[1] < 1e-5
    assert found[0] < 2e-3


@pytest.mark.parametrize("form", FORMS)
def test_the_curves_prior_varies_over_rows_as_a_lines(form):
    """The prior variance over rows of what one sd of the policy does is that of a line."""
    frame = table()
    line = block_of(designed(document("linear"), frame)[3], "dose_x_yearly")
    wanted = dict(line.terms[0].prior.arguments)["sd"] ** 2
    *_, learned, design = designed(document(form), frame)
    block = block_of(design, "dose_x_yearly")
    if form == "gp":
        assert dict(block.smooth.height.arguments)["sd"] ** 2 == pytest.approx(wanted)
        return
    sds = np.array([dict(term.prior.arguments)["sd"] for term in block.terms])
    if block.factor is None:
        curve = learned.curves["yearly"].columns(frame["yearly"].to_numpy())
        assert (sds**2 * curve.var(axis=0, ddof=1)).sum() == pytest.approx(wanted)
        return
    k = len(block.factor.levels)
    share = np.bincount(block.factor.codes) / len(frame)
    plane = np.eye(k) - 1 / k
    over = np.diag(share) - np.outer(share, share)
    assert sds[0] ** 2 * np.trace(plane @ over @ plane) == pytest.approx(wanted)


@pytest.mark.parametrize("form", ["linear", *FORMS])
def test_the_effect_along_a_moderator_is_what_one_more_policy_does_there(form):
    """By brute force: the predictor with one more, less the predictor; another moderator apart."""
    moderators = {"yearly": {"form": form}, "fixed": {"form": "quadratic", "centre": 2.5}}
    frame = table()
    fit = made_fit(document("linear", moderators=moderators), frame)
    draws = flat(fit.posterior)
    grid = np.array([-1.0, 2.0, 4.5, 7.0, 12.0])
    here = frame["city"] == "B"  # whose fixed is 2.5, the centre
    rows = np.flatnonzero(here)[: len(grid)]
    changed = frame.assign(yearly=frame["yearly"].astype(float))
    changed.loc[rows, "yearly"] = grid
    etas = []
    for more in (0.0, 1.0):
        panel = cm.read_panel(fit.spec, changed.assign(dose=changed["dose"] + more))
        etas.append(linear_predictor(fit.design(panel), draws))
    wanted = (etas[1] - etas[0])[:, rows]
    found = effect_at(fit.learned, draws, "dose", "yearly", grid)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_a_scenario_keeps_the_columns_of_the_fit(form):
    """Rows that a scenario leaves alone have the columns that they had, others the fit's at new
    values."""
    scenarios = {"up": [{"add": {"yearly": 3}, "years": {"from": 2015}}]}
    spec, panel, learned, design = designed(document(form, scenarios=scenarios), table())
    after = cm.design(spec, edited(spec, panel, "up"), learned)
    kept = design.years < 2015
    moved = block_of(after, "yearly")
    before = block_of(design, "yearly")
    m = table()["yearly"].to_numpy()
    if moved.factor is None:
        np.testing.assert_array_equal(moved.values[kept], before.values[kept])
        at = learned.curves["yearly"].columns(m + 3)
        np.testing.assert_allclose(moved.values[~kept], at[~kept], rtol=1e-12)
    else:
        assert moved.factor.levels == before.factor.levels
        np.testing.assert_array_equal(moved.factor.codes[kept], before.factor.codes[kept])
        code = sum((m + 3 >= edge).astype(int) for edge in learned.steps["yearly"].edges)
        np.testing.assert_array_equal(moved.factor.codes[~kept], code[~kept])


def thousand(fit, design, form):
    """Give draws of the design with yearly in thousandths that mean the same."""
    posterior = fit.posterior.copy()
    if form == "quadratic":
        for name in ("yearly", "dose_x_yearly"):
            posterior[name] = posterior[name] * np.array([1e-3, 1e-6])
    if form == "gp":
        for name in ("yearly_length", "dose_x_yearly_length"):
            posterior[name] = posterior[name] * 1e3
    return posterior


@pytest.mark.parametrize("form", ["quadratic", "bins", "spline", "gp"])
def test_units_and_row_order_do_not_matter(form):
    made = document(form, fixed_effects={"cluster": {"pooling": "correlated"}})
    fit = made_fit(made, table())
    before = linear_predictor(fit.design(), flat(fit.posterior))
    shuffled = designed(made, table().sample(frac=1, random_state=3))[3]
    np.testing.assert_allclose(
        linear_predictor(shuffled, flat(fit.posterior)), before, rtol=1e-8, atol=1e-8
    )
    other = designed(made, table().assign(yearly=lambda f: f["yearly"] * 1000))[3]
    posterior = thousand(fit, other, form)
    if form == "quadratic":
        means = posterior["cluster_means"]
        powers = [
            {"linear]": 1e-3, "square]": 1e-6}.get(str(m).split("[")[-1], 1.0)
            for m in means["cluster_means_level"].to_numpy()
        ]
        posterior["cluster_means"] = means * np.array(powers)
    after = linear_predictor(other, flat(posterior))
    np.testing.assert_allclose(after, before, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(
        log_likelihood(other, posterior), log_likelihood(fit.design(), fit.posterior), rtol=1e-8
    )
    one, two = log_prior(fit.design(), fit.posterior), log_prior(other, posterior)
    for name in one.data_vars:
        apart = (two[name] - one[name]).to_numpy()
        np.testing.assert_allclose(apart, apart.ravel()[0], atol=1e-7)


def test_the_posterior_of_a_spline_is_that_of_its_kernel():
    """A Gaussian outcome at given sds: the mode against regression with the covariances of curves.

    The prior of the curve is that of any basis B of natural splines with the covariance
    (slope^2 / k) (B - B(c)) G^-1 (B - B(c))', G the covariance of B over rows.
    """
    frame = table()
    *_, learned, design = designed(document("spline"), frame)
    sigma = 1.7
    found = find_mode(design, Given({"sigma": np.array([sigma])}, {}))
    place = {None if p.block is None else p.block.name: p for p in found.pieces}
    starts = np.cumsum([0, *(piece.size for piece in found.pieces)])
    beta = {
        name: found.beta[starts[at] : starts[at] + piece.size]
        for at, (name, piece) in enumerate(place.items())
    }
    m, dose = frame["yearly"].to_numpy(), frame["dose"].to_numpy()
    t = (dose - dose.mean()) / dose.std(ddof=1)
    knots = np.quantile(m, [0, 0.25, 0.5, 0.75, 1])

    def basis(values):
        def on(x):
            return np.column_stack(
                [CubicSpline(knots, h, bc_type="natural")(x) for h in np.eye(5)[:4]]
            )

        return on(values) - on(np.array([m.mean()]))

    grid = np.linspace(knots[0], knots[-1], 9)
    slope = 2.5 * learned.outcome[1]
    inverse = np.linalg.inv(np.cov(basis(m).T))

    def kernel(one, other):
        return slope**2 / 4 * basis(one) @ inverse @ basis(other).T

    own = kernel(m, m)
    covariance = own + np.outer(t, t) * own + slope**2 * np.outer(t, t)
    prior = dict(design.intercept.arguments)
    covariance += prior["sd"] ** 2 + sigma**2 * np.eye(len(m))
    solved = np.linalg.solve(covariance, frame["y"].to_numpy() - prior["mean"])
    wanted = (slope**2 * t + kernel(grid, m) * t) @ solved
    curve = learned.curves["yearly"].columns(grid)
    np.testing.assert_allclose(beta["dose"] + curve @ beta["dose_x_yearly"], wanted, rtol=1e-8)


@pytest.mark.parametrize("form", ["quadratic", "bins", "spline"])
def test_clusters_have_means_of_every_column(form):
    made = document(form, fixed_effects={"cluster": {"pooling": "correlated"}})
    *_, learned, design = designed(made, table())
    labels = learned.steps["yearly"].levels if form == "bins" else learned.curves["yearly"].labels
    wanted = {f"{name}[{label}]" for name in ("yearly", "dose_x_yearly") for label in labels}
    assert wanted <= {*learned.means["cluster"].columns}
    label = labels[1]
    at = learned.means["cluster"].columns.index(f"dose_x_yearly[{label}]")
    block = block_of(design, "dose_x_yearly")
    column = (
        block.values[:, 0] * (block.factor.codes == 1) if form == "bins" else block.values[:, 1]
    )
    own = np.array([column[design.clusters == city].mean() for city in "ABCDE"])
    np.testing.assert_allclose([row[at] for row in learned.means["cluster"].values], own)


@pytest.mark.parametrize("form", [*FORMS, "categorical"])
def test_beside_the_outcomes_past(form):
    """First values are those of a year before, in the fit's columns; predictions walk."""
    moderators = {"yearly": {"form": form}}
    if form == "categorical":
        moderators = {"phase": {"kind": "categorical"}}
    made = document(
        "linear",
        moderators=moderators,
        dynamics={},
        fixed_effects={"cluster": {"pooling": "correlated"}, "year": {}},
    )
    fit = made_fit(made, table())
    first = fit.learned.initial.columns
    (name,) = moderators
    assert any(label.startswith(f"dose_x_{name}[") for label in first)
    assert not any("sine 5" in label for label in first)
    assert np.isfinite(expected_outcome(fit.design(), flat(fit.posterior), [1])).all()


CONSTANT = {"yearly": 3.0}
TWO = {"yearly": lambda f: (f["dose"] > 2) * 1.0}
REFUSED = [
    ("quadratic", CONSTANT, "a parabola takes 3 different values or more, and rows have 1 value"),
    ("spline", TWO, "a spline with 3 inner knots takes 5 different values or more"),
    ("gp", TWO, "a Gaussian process takes 4 different values or more"),
    ("bins", TWO, "a cut into 3 bins takes 3 different values or more"),
    ({"bins": [100]}, {}, "the edge 100 leaves a bin without rows"),
    ({"bins": [5.0, 5.0001]}, {}, "bin 2 of 3 would have no rows, because none lie between"),
    ({"spline": [-50.0]}, {}, "the knot -50 is not inside the values of the rows"),
    (
        "bins",
        {"yearly": lambda f: np.where(f["people"] > 300, 2.0, f["yearly"] / 100)},
        "so many rows have the same value that quantiles fall together",
    ),
]


@pytest.mark.parametrize(("form", "columns", "words"), REFUSED)
def test_what_rows_cannot_tell_is_refused_with_a_way_out(form, columns, words):
    with pytest.raises(cm.PanelError) as caught:
        designed(document(form), table().assign(**columns))
    (problem,) = caught.value.problems
    assert problem.path == "moderators.yearly.form"
    assert words in problem.what
    assert problem.fix


def test_one_label_is_refused():
    made = document("linear", moderators={"phase": {"kind": "categorical"}})
    with pytest.raises(cm.PanelError, match=r"moderators\.phase\.kind: .* because all rows have"):
        designed(made, table().assign(phase="late"))


def test_labels_do_not_bend_along_curves():
    made = document(
        "linear", controls=["phase"], moderators={"yearly": {"form": "spline", "full": True}}
    )
    with pytest.raises(cm.PanelError, match=r"moderators\.yearly\.full: .* because"):
        designed(made, table())
