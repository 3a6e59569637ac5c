"""What each section says of a value that does not belong in it."""

import pytest

from tests.documents import BASE, said, said_of

WRONG, OUTSIDE = "not what belongs here", "not allowed here"


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        ("title: 3\n", f"title: {WRONG}. Got 3; expected text. Put quotes around it: '3'."),
        (
            "title: NULL\n",
            f"title: {WRONG}. Got nothing; expected text.",
        ),
        ("engine: {draws: 0}\n", f"engine.draws: {OUTSIDE}. Got 0; expected 1 or more."),
        ("engine: {chains: 4.0}\n", f"engine.chains: {WRONG}. Got 4.0; expected a whole number."),
        (
            "engine: {seed: '1'}\n",
            f"engine.seed: {WRONG}. Got '1'; expected a whole number. Leave out the quotes: 1.",
        ),
        (
            "engine: {target_accept: 1}\n",
            f"engine.target_accept: {OUTSIDE}. Got 1; expected below 1.",
        ),
        (
            "engine: {kind: hmc}\n",
            "engine.kind: unknown kind of engine. Got 'hmc'; expected nuts, "
            "latent_gaussian, auto. Use one of these.",
        ),
        (
            "engine: nuts\n",
            f"engine: {WRONG}. Got 'nuts'; expected settings of the engine. "
            "Write {kind: nuts}, or {} for its defaults.",
        ),
        (
            "moderators: {c: {moderates: policies}}\n",
            f"moderators.c.moderates: {WRONG}. Got 'policies'; expected a list. Write [policies].",
        ),
        (
            "moderators: {c: {moderates: [policy]}}\n",
            "moderators.c.moderates.0: unknown treatment. Got 'policy'; expected policies. "
            "Did you mean 'policies'?",
        ),
        (
            "moderators: {c: {centre: median}}\n",
            f"moderators.c.centre: {OUTSIDE}. Got 'median'; expected 'mean', or a number. "
            "Did you mean 'mean'?",
        ),
        (
            "moderators: {c: {kind: net}}\n",
            "moderators.c.kind: unknown kind of moderator. Got 'net'; expected column, network, "
            "categorical. Did you mean 'network'?",
        ),
        (
            "controls: {gdp: {transform: log10}}\n",
            f"controls.gdp.transform: {OUTSIDE}. Got 'log10'; expected 'none', 'log', 'log1p', "
            "'sqrt' or 'standardise', or a mapping of per. Did you mean 'log1p'?",
        ),
        (
            "controls: {gdp: {transform: {pre: 10}}}\n",
            "controls.gdp.transform.pre: unknown key. Got 'pre'; expected per. Did you mean 'per'?",
        ),
        (
            "controls: {gdp: {transform: {per: 0}}}\n",
            f"controls.gdp.transform.per: {OUTSIDE}. Got 0; expected above 0.",
        ),
        (
            "controls: {gdp: log}\n",
            f"controls.gdp: {WRONG}. Got 'log'; expected settings of the control. "
            "Write {transform: log}, or {} for its defaults.",
        ),
        (
            "controls: {r: {kind: categorical, transform: log}}\n",
            "controls.r: a categorical control takes no transform. Remove 'transform'.",
        ),
        (
            "fixed_effects: {cluster: {pooling: random}}\n",
            f"fixed_effects.cluster.pooling: {OUTSIDE}. Got 'random'; expected 'free', 'partial' "
            "or 'correlated'. Did you mean 'partial'?",
        ),
        (
            "mechanisms: {capital: {column: funding}}\n",
            "mechanisms: unknown key. Got 'mechanisms'; expected schema, title, data, clusters, "
            "outcomes, treatments, moderators, controls, fixed_effects, dynamics, residuals, "
            "joint and 4 more. Remove it, or use one of these.",
        ),
    ],
)
def test_added(addition, words):
    assert said_of(addition) == [words]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "schema: 1",
            "schema: 2",
            f"1: schema: {OUTSIDE}. Got 2; expected 1. Write 1, or run the version of "
            "clustermodels that the document was written for.",
        ),
        (
            "lag: 1",
            "lag: true",
            f"7: treatments.policies.lag: {WRONG}. Got true; expected a whole number.",
        ),
        (
            "lag: 1",
            "lag: -1",
            f"7: treatments.policies.lag: {OUTSIDE}. Got -1; expected 0 or more.",
        ),
        (
            "lag: 1",
            "lagg: 1",
            "7: treatments.policies.lagg: unknown key. Got 'lagg'; expected kind, lag, slope, "
            "column, transform, lags. Did you mean 'lag'?",
        ),
        (
            "lag: 1",
            "kind: does",
            "7: treatments.policies.kind: unknown kind of treatment. Got 'does'; expected dose, "
            "adoption, stock. Did you mean 'dose'?",
        ),
        (
            "{lag: 1}",
            "3",
            f"7: treatments.policies: {WRONG}. Got 3; expected settings of the treatment. "
            "Write {kind: dose}, or {} for its defaults.",
        ),
        (
            "lag: 1",
            "kind: adoption, first_year: start, column: zone",
            "7: treatments.policies: 'first_year' and 'column' exclude each other. "
            "Keep one of them.",
        ),
        (
            "negative_binomial",
            "negative_binomal",
            "5: outcomes.patents.family: unknown family. Got 'negative_binomal'; expected "
            "gaussian, student_t, lognormal, gamma, poisson, negative_binomial, "
            "zero_inflated_negative_binomial, hurdle_negative_binomial, bernoulli, binomial, beta. "
            "Did you mean 'negative_binomial'?",
        ),
        (
            "{family: negative_binomial}",
            "",
            "5: outcomes.patents.family: missing. Add 'family: ...' here.",
        ),
        (
            "negative_binomial",
            "binomial",
            "5: outcomes.patents: binomial needs the number of trials. Add 'trials: COLUMN'.",
        ),
        (
            "negative_binomial",
            "poisson, trials: n",
            "5: outcomes.patents.trials: poisson has no trials. Remove it.",
        ),
        (
            "negative_binomial",
            "gaussian, exposure: people",
            "5: outcomes.patents.exposure: gaussian has the identity link, and exposure needs "
            "the log link. Remove it, or make it a control.",
        ),
        ("cluster: city, ", "", "3: data.panel.cluster: missing. Add 'cluster: ...' here."),
        (
            "cluster: city",
            "cluster: ''",
            f"3: data.panel.cluster: {WRONG}. Got ''; expected text that is not empty.",
        ),
        (
            "{path: panel.csv, cluster: city, year: year}",
            "panel.csv",
            f"3: data.panel: {WRONG}. Got 'panel.csv'; expected a mapping of path, cluster, year, "
            "table. Write {path: ..., cluster: ..., year: ...}.",
        ),
        (
            "panel.csv",
            "'*.csv'",
            "3: data.panel.path: a path names one file. Got '*.csv'. Leave out *, ? and [.",
        ),
        (
            "panel.csv",
            "s3://bucket/panel.csv",
            "3: data.panel.path: a path names a file on this machine. "
            "Got 's3://bucket/panel.csv'. Save it and name the copy.",
        ),
        ("panel.csv", "' '", "3: data.panel.path: a path names one file. Got ' '. Write its name."),
    ],
)
def test_changed(old, new, words):
    assert BASE.count(old) == 1
    assert said(BASE.replace(old, new)) == [f"spec.yaml:{words}"]
