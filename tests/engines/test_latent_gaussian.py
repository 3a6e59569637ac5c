"""The latent Gaussian engine: closed forms, grids, NUTS; the tree; seeds; what it refuses."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import clustermodels as cm
from clustermodels.data.coordinates import coordinates
from clustermodels.engines import arrow as arrow_module
from clustermodels.engines import chains, classes, latent_gaussian, nuts, pieces
from clustermodels.engines.arrow import arrow
from clustermodels.engines.condensed import condensed
from clustermodels.engines.hyper import hyperparameters
from clustermodels.engines.laplace import marginal
from clustermodels.model.build import EXPECTED, build_model
from clustermodels.spec.engine import LatentGaussian, Nuts
from tests.designs import PLAIN, designed
from tests.engines.fast import DOCUMENTS, Laid, frame, laid, normal
from tests.engines.test_laplace import document, panel
from tests.engines.test_nuts import normal_panel

MANY = LatentGaussian(draws=2000, chains=2, seed=3)
FEW = LatentGaussian(draws=30, chains=2, seed=7)
SHORT = Nuts(draws=10, tune=20, chains=2, seed=1)


def about(tree):
    return tree["sample_stats"].attrs


def agrees(tree, name, values, mean, sd):
    """Compare draws with the exact mean and sd, within the error of as many as they are worth."""
    worth = about(tree)["effective_draws"]
    values = np.asarray(values).ravel()
    assert worth > 1000
    assert about(tree)["pareto_k"] < 0.7
    assert abs(values.mean() - mean) < 4.5 * sd / np.sqrt(worth), name
    assert values.std() == pytest.approx(sd, rel=4.5 / np.sqrt(2 * worth) + 0.02), name


def test_a_normal_hierarchy_is_its_closed_form():
    """Given tau all is normal; tau is integrated on a grid. The residual sd is all but known."""
    document = PLAIN | {
        "controls": ["x"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
        "priors": {
            "intercept": normal(2, 3),
            "x": normal(0, 0.6),
            "sigma": {"distribution": "lognormal", "median": 1, "sd": 1e-4},
            "cluster_effect_sd": {"distribution": "half_normal", "sd": 0.7},
        },
    }
    table = normal_panel()
    tree = latent_gaussian.sample(designed(document, table)[3], MANY)
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    own = (table["city"].to_numpy()[:, None] == np.array([*"ABCDEFGH"])) * 1.0
    z = np.column_stack([np.ones(40), x - x.mean(), own])
    prior_mean = np.array([2.0, 0.0, *np.zeros(8)])
    taus = np.linspace(0.005, 4, 400)
    weight, first, second = np.zeros(400), np.zeros((400, 10)), np.zeros((400, 10))
    for i, tau in enumerate(taus):
        prior = np.diag([9.0, 0.36, *np.full(8, tau**2)])
        spread = z @ prior @ z.T + np.eye(40)
        marginal = stats.multivariate_normal(z @ prior_mean, spread)
        weight[i] = marginal.logpdf(y) + stats.halfnorm(scale=0.7).logpdf(tau)
        gain = prior @ z.T @ np.linalg.inv(spread)
        first[i] = prior_mean + gain @ (y - z @ prior_mean)
        second[i] = first[i] ** 2 + np.diag(prior - gain @ z @ prior)
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    mean = weight @ first
    sd = np.sqrt(weight @ second - mean**2)
    posterior = tree["posterior"]
    agrees(tree, "intercept", posterior["intercept"], mean[0], sd[0])
    agrees(tree, "x", posterior["x"], mean[1], sd[1])
    tau = weight @ taus
    agrees(tree, "tau", posterior["cluster_effect_sd"], tau, np.sqrt(weight @ taus**2 - tau**2))
    for place, city in enumerate("ABCDEFGH"):
        level = posterior["cluster_effect"].sel(cluster=city)
        agrees(tree, city, level, mean[2 + place], sd[2 + place])


@pytest.mark.parametrize("clusters", [["A"], [*"ABCDE"]])
def test_a_binomial_without_factors_is_its_grid(clusters):
    """No hyperparameter, no pooled factor: weights of two coefficients alone."""
    table = frame().query("city in @clusters")
    document = PLAIN | {
        "outcomes": {"won": {"family": "binomial", "trials": "tries"}},
        "controls": ["yearly"],
        "priors": {
            "intercept": normal(0, 1),
            "yearly": {"odds_ratio": [0.8, 1.4], "probability": 0.9},
        },
    }
    tree = latent_gaussian.sample(designed(document, table)[3], MANY)
    x, y = table["yearly"].to_numpy(), table["won"].to_numpy()
    a, b = np.meshgrid(np.linspace(-2.6, 1.4, 240), np.linspace(-0.6, 0.6, 240), indexing="ij")
    eta = a[..., None] + b[..., None] * (x - x.mean())
    low, high = np.log([0.8, 1.4])
    law = stats.norm((low + high) / 2, (high - low) / 2 / stats.norm.ppf(0.95))
    density = stats.binom.logpmf(y, 12, 1 / (1 + np.exp(-eta))).sum(axis=-1)
    density += stats.norm.logpdf(a) + law.logpdf(b)
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    for name, values in (("intercept", a), ("yearly", b)):
        mean = (weight * values).sum()
        sd = np.sqrt((weight * values**2).sum() - mean**2)
        agrees(tree, name, tree["posterior"][name], mean, sd)


def test_gaussian_hyperparameters_are_their_grid():
    """Residual and group sd, weighted over a grid by the exact marginal density."""
    one = laid(DOCUMENTS["categorical"])
    tree = latent_gaussian.sample(one.design, MANY)
    expand = condensed(one.arrow, one.hyper).expand
    residual, group = np.linspace(0.0, 1.6, 81), np.linspace(-9, 3, 121)
    points = np.array([[a, b] for a in residual for b in group])
    logs = np.array([at.log_marginal for at in expand(points)])
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    sides = weight.reshape(81, 121)
    assert max(sides[0].sum(), sides[-1].sum(), sides[:, -1].sum(), sides[:, 0].sum()) < 1e-3
    for place, name in enumerate(("sigma", "cluster_effect_sd")):
        value = np.exp(points[:, place])
        mean = weight @ value
        agrees(tree, name, tree["posterior"][name], mean, np.sqrt(weight @ value**2 - mean**2))
        inside = np.log(tree["posterior"][name].to_numpy().ravel())
        for share in (0.05, 0.25, 0.75, 0.95):
            at = np.quantile(inside, share)
            below = weight[points[:, place] <= at].sum()
            step = 0.5 * sides.sum(axis=1 - place).max()
            error = np.sqrt(share * (1 - share) / about(tree)["effective_draws"])
            assert abs(below - share) < 4.5 * error + step, (name, share)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_posterior_is_that_of_the_compiled_model(name):
    """Names and dims as PyMC has them, coordinates as the NUTS engine writes them."""
    made = laid(DOCUMENTS[name]).design
    tree = latent_gaussian.sample(made, FEW)
    assert set(tree.children) == {"posterior", "unconstrained_posterior", "sample_stats"}
    posterior, model = tree["posterior"].to_dataset(), build_model(made)
    wanted = {n for n in model.named_vars if not n.startswith(("z_", "data::"))}
    assert set(posterior.data_vars) == wanted - {EXPECTED, made.outcome.name}
    for variable, values in posterior.data_vars.items():
        own = tuple(model.named_vars_to_dims.get(variable) or ())
        assert values.dims == ("chain", "draw", *own), variable
        assert values.dtype == np.float64
        assert np.isfinite(values).all()
    labels = coordinates(made)
    assert set(posterior.coords) == {"chain", "draw", *labels}
    for dim, levels in labels.items():
        assert posterior[dim].to_numpy().tolist() == [*levels]
    assert dict(posterior.sizes) | {"chain": 2, "draw": 30} == dict(posterior.sizes)
    inside = tree["unconstrained_posterior"].data_vars
    assert [*inside] == [f"z_{c.name}" for c in laid(DOCUMENTS[name]).hyper.coordinates]
    assert tree["sample_stats"]["lp"].dims == ("chain", "draw")
    assert about(tree)["independent"] == 1


def test_the_tree_is_that_of_nuts():
    made = laid(DOCUMENTS["free"]).design
    ours, theirs = latent_gaussian.sample(made, FEW), nuts.sample(made, SHORT)
    assert set(ours.children) == set(theirs.children)
    one, two = ours["posterior"].to_dataset(), theirs["posterior"].to_dataset()
    assert set(one.data_vars) == set(two.data_vars)
    assert set(one.coords) == set(two.coords)
    for variable in {*two.data_vars, *two.coords}:
        assert one[variable].dims == two[variable].dims, variable
        assert one[variable].dtype == two[variable].dtype, variable


def same(one: xr.DataTree, two: xr.DataTree) -> None:
    for group in one.children:
        for name, values in one[group].data_vars.items():
            np.testing.assert_array_equal(values, two[group][name], err_msg=f"{group} {name}")
    assert about(one) == about(two)


@pytest.mark.parametrize("name", ["correlated", "slopes", "categorical"])
def test_the_same_seed_gives_the_same_draws_and_another_gives_others(name):
    made = laid(DOCUMENTS[name]).design
    one = latent_gaussian.sample(made, FEW)
    same(one, latent_gaussian.sample(made, FEW))
    other = latent_gaussian.sample(made, FEW.model_copy(update={"seed": 8}))
    for variable, values in one["posterior"].data_vars.items():
        assert (values.to_numpy() != other["posterior"][variable].to_numpy()).mean() > 0.9
    intercepts = one["posterior"]["intercept"].to_numpy()
    assert (intercepts[0] != intercepts[1]).any()


@pytest.mark.parametrize("family", ["poisson", "gaussian"])
def test_draws_are_the_same_on_one_core_and_on_two(family, monkeypatch):
    rows = panel(rows_each=12, clusters=500).assign(y=lambda t: t["x"] + t["count"])
    outcome = "count" if family == "poisson" else "y"
    made = designed(document(outcome, family, "common"), rows)[3]
    trees = []
    for cores in (1, 2):
        with ThreadPoolExecutor(cores) as pool, monkeypatch.context() as patched:
            patched.setattr(pieces, "_pool", lambda pool=pool: pool)
            trees.append(latent_gaussian.sample(made, FEW))
    assert len(pieces.pieces(laid_starts(made))) > 1
    # sums are taken in one order on any number of cores, but for those that BLAS takes: rounding
    # of about 1e-16, times what solving for a mode makes of it
    for group in ("posterior", "sample_stats"):
        for name, values in trees[0][group].data_vars.items():
            np.testing.assert_allclose(values, trees[1][group][name], rtol=1e-9, atol=1e-9)


def laid_starts(made):
    return arrow(made).starts


def refused(document, table=None):
    made = designed(document, frame() if table is None else table)[3]
    with pytest.raises(cm.FitError) as caught:
        latent_gaussian.sample(made, FEW)
    message = str(caught.value)
    assert message.startswith("the latent Gaussian engine cannot fit this document because ")
    assert "nuts" in message
    return message


def test_what_is_outside_the_class_is_refused_with_the_reason(monkeypatch):
    outcome = {"outcomes": {"y": {"family": "student_t"}}, "controls": ["yearly"]}
    assert "family student_t" in refused(PLAIN | outcome)
    heavy = {"distribution": "student_t", "df": 4, "mean": 0, "sd": 1}
    control = PLAIN | {"controls": ["yearly"]}
    assert "prior of yearly is student_t" in refused(control | {"priors": {"yearly": heavy}})
    narrow = {"intercept": normal(0, 0.1), "cluster_effect": normal(0, 5)}
    free = control | {"fixed_effects": {"cluster": {}}, "priors": narrow}
    latent_gaussian.sample(designed(free, frame())[3], FEW)  # few levels: all dense
    monkeypatch.setattr(arrow_module, "FEW_LEVELS", 0)
    assert "prior of intercept is narrower than the prior of the mean" in refused(free)
    pooled = {"cluster": {"pooling": "partial"}, "year": {"pooling": "partial"}}
    monkeypatch.setattr(classes, "MOST_DENSE", 6)
    assert "more than 6" in refused(control | {"fixed_effects": pooled})
    monkeypatch.setattr(classes, "MOST_BY_LEVEL", 1)
    monkeypatch.setattr(classes, "MOST_DENSE", 60)
    assert "2 coefficients vary by cluster" in refused(
        DOCUMENTS["trials"] | {"fixed_effects": {"cluster": {"pooling": "partial"}}}
    )
    latent_gaussian.sample(designed(control | {"fixed_effects": pooled}, frame())[3], FEW)


def three_by_cluster():
    rows = panel(rows_each=6, clusters=20, seed=5)
    rng = np.random.default_rng(6)
    rows["z"], rows["w"] = rng.normal(size=(2, len(rows)))
    return PLAIN | {
        "outcomes": {"count": {"family": "poisson"}},
        "treatments": ["x", "z"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }, rows


def hard(name):
    """Give a document and a panel at which an approximation may fail."""
    if name == "five yes or no":
        return document("yes", "bernoulli", "common", 2.0), panel(5, 40, seed=4)
    if name == "one row a cluster":
        return document("count", "poisson", "common", 2.0), panel(1, 60, seed=4)
    if name == "one yes or no a cluster":
        return document("yes", "bernoulli", "common", 2.0), panel(1, 60, seed=4)
    if name == "clusters without any":
        return document("count", "poisson", "common", 4.0), panel(5, 15, seed=4, wide=2.0)
    raise ValueError(name)


# With one coefficient a cluster, and one for all beside the intercept.
ON_A_GRID = (
    "five yes or no",
    "one row a cluster",
    "one yes or no a cluster",
    "clusters without any",
)


@pytest.mark.parametrize("name", ON_A_GRID)
def test_hard_cases_are_their_grids(name):
    """The density with every level integrated by many nodes, itself checked by brute force."""
    made = designed(*hard(name))[3]
    tree = latent_gaussian.sample(made, MANY)
    one = Laid(made, arrow(made), hyperparameters(made))
    fine = marginal(one.arrow, one.hyper, 41)
    draws = tree["posterior"]
    middle = [float(np.mean(draws[v])) for v in ("intercept", "x")]
    (term,) = (b.terms[0] for b in made.blocks if b.name == "x")
    middle[1] /= term.unit
    wide = [float(np.std(draws["intercept"])), float(np.std(draws["x"])) / term.unit]
    axes = [m + s * np.linspace(-6.5, 6.5, 33) for m, s in zip(middle, wide, strict=True)]
    top = np.log(draws["cluster_effect_sd"].to_numpy().max()) + 0.7
    group = np.linspace(top - 7, top, 57)
    points = np.stack([part.ravel() for part in np.meshgrid(group, *axes, indexing="ij")], axis=1)
    start = np.zeros((one.arrow.levels, 1))
    logs = fine.log_density(points[:, :1], np.ascontiguousarray(points[:, 1:]), start)
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    sides = weight.reshape(57, 33, 33)
    assert max(sides[-1].sum(), sides[:, 0].sum(), sides[:, -1].sum()) < 1e-3
    assert max(sides[0].sum(), sides[:, :, 0].sum(), sides[:, :, -1].sum()) < 1e-3
    values = {
        "cluster_effect_sd": np.exp(points[:, 0]),
        "intercept": points[:, 1],
        "x": points[:, 2] * term.unit,
    }
    for variable, value in values.items():
        mean = weight @ value
        sd = np.sqrt(weight @ (value - mean) ** 2)
        agrees(tree, variable, draws[variable], mean, sd)


def conditional_likelihood(rows):
    """Give the maximum and the error of a Poisson's slope beside free effects of clusters.

    Given each cluster's total its counts are multinomial, with shares that no effect enters.
    """
    x = rows["x"].to_numpy().reshape(-1, 4)
    y = rows["count"].to_numpy().reshape(-1, 4)
    slope = 0.0
    for _ in range(30):
        share = np.exp(slope * x)
        share /= share.sum(axis=1, keepdims=True)
        mean = (share * x).sum(axis=1, keepdims=True)
        bend = (y.sum(axis=1) * (share * (x - mean) ** 2).sum(axis=1)).sum()
        slope += (y * (x - mean)).sum() / bend
    return slope, bend**-0.5


@pytest.mark.parametrize("clusters", [300, 1500])
def test_free_effects_of_many_clusters_are_their_conditional_likelihood(clusters):
    """Errors of quadrature by too few nodes add up over clusters, and would move the mode away."""
    rows = panel(4, clusters, seed=8)
    effect = {"intercept": normal(0.7, 3), "cluster_effect": normal(0, 3), "x": normal(0, 2)}
    free = document("count", "poisson", "common") | {"fixed_effects": {"cluster": {}}}
    made = designed(free | {"priors": effect}, rows)[3]
    tree = latent_gaussian.sample(made, MANY)
    slope, error = conditional_likelihood(rows)
    draws = tree["posterior"]["x"].to_numpy()
    assert about(tree)["effective_draws"] > 2000
    assert about(tree)["pareto_k"] < 0.7
    # a normal prior of the effects leaves a little of their size in the slope
    assert abs(draws.mean() - slope) < 0.2 * error
    assert draws.std() == pytest.approx(error, rel=0.08)


@pytest.mark.parametrize("size", [100, 1000, 10**6])
def test_a_climb_that_begins_far_away_arrives(size):
    """The first Newton step from 0 towards log 1,000,000 leads beyond all numbers."""
    rows = panel(5, 12, seed=3).assign(count=lambda t: (t["count"] + 1) * size)
    far = {"intercept": normal(0, 10), "x": normal(0, 1)}
    of = {"outcomes": {"count": {"family": "poisson"}}, "controls": ["x"], "fixed_effects": {}}
    made = designed(PLAIN | of | {"priors": far}, rows)[3]
    tree = latent_gaussian.sample(made, MANY)
    assert about(tree)["effective_draws"] > 2000
    x, y = rows["x"].to_numpy(), rows["count"].to_numpy()
    columns = np.column_stack([np.ones_like(x), x - x.mean()])
    beta = np.array([np.log(y.mean()), 0.0])
    for _ in range(30):
        mu = np.exp(columns @ beta)
        bend = columns.T @ (mu[:, None] * columns)
        beta = beta + np.linalg.solve(bend, columns.T @ (y - mu))
    errors = np.sqrt(np.diag(np.linalg.inv(bend)))
    for name, mean, error in zip(("intercept", "x"), beta, errors, strict=True):
        draws = tree["posterior"][name].to_numpy()
        assert abs(draws.mean() - mean) < 0.15 * error
        assert draws.std() == pytest.approx(error, rel=0.1)


def test_one_draw_is_a_draw():
    made = laid(DOCUMENTS["slopes"]).design
    tree = latent_gaussian.sample(made, LatentGaussian(draws=1, chains=1, seed=1))
    for name, values in tree["posterior"].data_vars.items():
        assert np.isfinite(values).all(), name


LONG = Nuts(draws=1500, tune=600, chains=2, seed=5)


def test_three_coefficients_by_cluster_agree_with_nuts():
    """Means and sds of whatever is not by level, and of two levels."""
    made = designed(*three_by_cluster())[3]
    tree = latent_gaussian.sample(made, MANY)
    worth = about(tree)["effective_draws"]
    assert about(tree)["pareto_k"] < 0.7
    assert worth > 400
    theirs = nuts.sample(made, LONG)["posterior"].to_dataset()
    ours = tree["posterior"].to_dataset()
    for variable in theirs.data_vars:
        one, two = ours[variable], theirs[variable]
        for dim in one.dims[2:]:
            one, two = (of.isel({dim: [0, -1]}) for of in (one, two))
        compare(variable, one, two, worth)


def compare(name, one, two, worth):
    draws = two.to_dataset(name="v")
    bulk = np.ravel(chains.ess(draws)["v"].to_numpy())
    a = one.to_numpy().reshape(one.shape[0] * one.shape[1], -1)
    b = two.to_numpy().reshape(two.shape[0] * two.shape[1], -1)
    sd = b.std(axis=0)
    error = sd * np.sqrt(1 / worth + 1 / bulk)
    assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) < 4.5 * error).all(), name
    # the sd of an sd depends on the fourth moment
    kurtosis = ((b - b.mean(axis=0)) ** 4).mean(axis=0) / sd**4
    spread = 4.5 * np.sqrt((kurtosis - 1) / 4 * (1 / worth + 1 / bulk))
    assert (np.abs(a.std(axis=0) / sd - 1) < spread).all(), name
