"""Documents of every shape that the latent Gaussian engine takes, and random points in them."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.linalg import block_diag

from clustermodels.data.design import Design
from clustermodels.engines.arrow import Arrow, arrow
from clustermodels.engines.hyper import Hyper, hyperparameters
from clustermodels.engines.posterior import named
from tests.designs import PLAIN, designed, table


def frame():
    return table().assign(
        tries=12.0,
        won=lambda of: of["count"].clip(upper=12),
        yes=lambda of: (of["count"] > 3) * 1,
        own=lambda of: [f"g{i % 11}" for i in range(len(of))],
    )


def normal(mean, sd):
    return {"distribution": "normal", "mean": mean, "sd": sd}


# Free effects of so few levels around the default intercept are outside the class.
def around(effect):
    return {"intercept": normal(1, 3), effect: normal(0, 2)}


def poisson(**sections):
    return PLAIN | {"outcomes": {"count": {"family": "poisson"}}} | sections


DOCUMENTS = {
    "free": PLAIN | {"controls": ["yearly"], "fixed_effects": {"cluster": {}, "year": {}}},
    "correlated": PLAIN
    | {
        "outcomes": {"count": {"family": "negative_binomial"}},
        "treatments": {"dose": {"slope": "common"}},
        "controls": ["yearly"],
        "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
    },
    "slopes": poisson(
        treatments={"dose": {}, "money": {"transform": "log"}},
        moderators={"yearly": {"moderates": ["dose"]}},
        fixed_effects={"cluster": {"pooling": "partial"}, "year": {"pooling": "partial"}},
    ),
    "slopes by mean": poisson(
        treatments={"dose": {"slope": "correlated"}},
        fixed_effects={"cluster": {"pooling": "correlated"}},
    ),
    "free slopes": PLAIN
    | {
        "treatments": {"dose": {"slope": "free"}, "money": {"transform": "log", "slope": "free"}},
        "fixed_effects": {"cluster": {}},
        "priors": around("cluster_effect"),
    },
    "slopes beside free effects": poisson(
        treatments=["dose"], fixed_effects={"cluster": {}}, priors=around("cluster_effect")
    ),
    "categorical": PLAIN
    | {"controls": ["phase", "yearly"], "fixed_effects": {"cluster": {"pooling": "partial"}}},
    "crossed": poisson(
        treatments=["dose"],
        fixed_effects={
            "cluster": {"pooling": "partial"},
            "shock": {"columns": ["region", "year"], "pooling": "partial"},
        },
    ),
    "free crossed": poisson(
        treatments=["dose"],
        fixed_effects={"cluster": {"pooling": "correlated"}, "own": {"pooling": "free"}},
        priors=around("own_effect"),
    ),
    "curves": poisson(
        treatments=["dose"],
        moderators={"yearly": {"form": "spline"}, "fixed": {"form": "quadratic"}},
        controls=["people"],
        fixed_effects={"cluster": {"pooling": "correlated"}},
    ),
    "steps": PLAIN
    | {
        "treatments": ["dose"],
        "moderators": {
            "yearly": {"form": "bins", "full": True},
            "region": {"kind": "categorical"},
        },
        "controls": {"people": {"transform": {"per": 100}}},
        "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
    },
    "bent labels": PLAIN
    | {
        "treatments": ["dose"],
        "moderators": {"yearly": {"full": True}},
        "controls": ["phase"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    },
    "trials": PLAIN
    | {
        "outcomes": {"won": {"family": "binomial", "trials": "tries"}},
        "treatments": ["dose"],
        "fixed_effects": {"cluster": {"pooling": "partial"}, "year": {}},
    },
    "exposure": PLAIN
    | {
        "outcomes": {"count": {"family": "negative_binomial", "exposure": "people"}},
        "controls": ["yearly"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    },
    "yes": PLAIN
    | {
        "outcomes": {"yes": {"family": "bernoulli"}},
        "controls": ["yearly"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    },
}


@dataclass(frozen=True, eq=False)
class Laid:
    """A design with what the engine makes of it."""

    design: Design
    arrow: Arrow
    hyper: Hyper

    def points(self, size=4, seed=3, wide=0.5):
        """Give random hyperparameters near their priors' medians, and random coefficients."""
        rng = np.random.default_rng(seed)
        x = self.hyper.start + wide * rng.normal(size=(size, self.hyper.size))
        gamma = self.arrow.centre + wide * rng.normal(size=(size, self.arrow.basis.shape[1]))
        u = wide * rng.normal(size=(self.arrow.z.shape[1], size, self.arrow.levels))
        return x, gamma, u

    def named(self, x, gamma, u) -> xr.Dataset:
        return named(self.design, self.arrow, self.hyper, x, gamma, u.copy())


def laid(document, of=None) -> Laid:
    made = designed(document, frame() if of is None else of)[3]
    return Laid(made, arrow(made), hyperparameters(made))


@dataclass(frozen=True, eq=False)
class Dense:
    """A design as one big regression: columns, and the coefficients' normal prior.

    ``places`` says where the intercept and each block stand.
    """

    columns: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    places: dict[str, slice]


def dense(one: Laid, x) -> Dense:
    """Lay all coefficients side by side at hyperparameters x, (d,); free ones sum to zero."""
    design, pooled = one.design, one.hyper.pooled(x[None])
    own = dict(design.intercept.arguments)
    n = len(design.outcome.values)
    columns, means = [np.ones((n, 1))], [[own["mean"]]]
    covariances, places = [np.array([[own["sd"] ** 2]])], {"intercept": slice(0, 1)}
    start = 1
    for block in design.blocks:
        if block.factor is None:
            columns.append(block.values)
            arguments = [dict(term.prior.arguments) for term in block.terms]
            means.append([given["mean"] for given in arguments])
            covariances.append(np.diag([given["sd"] ** 2 for given in arguments]))
        else:
            levels = len(block.factor.levels)
            member = np.eye(levels)[block.factor.codes]
            columns += [member * column[:, None] for column in block.values.T]
            means.append(np.zeros(len(block.terms) * levels))
            if block.pooling == "free":
                sd = dict(block.terms[0].prior.arguments)["sd"]
                covariances.append(sd**2 * (np.eye(levels) - 1 / levels))
            else:
                sds, factor = pooled[block.name]
                scaled = np.diag(sds[0]) @ factor[0]
                covariances.append(np.kron(scaled @ scaled.T, np.eye(levels)))
        places[block.name] = slice(start, start + len(means[-1]))
        start += len(means[-1])
    return Dense(np.column_stack(columns), np.concatenate(means), block_diag(*covariances), places)
