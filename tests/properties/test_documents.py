"""Two thousand mutated documents: each is accepted, or refused with a SpecError and a line."""

import copy

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clustermodels as cm
from clustermodels.spec.read import read_text

WHOLE = """schema: 1
title: A title
data:
  panel: {path: panel.csv, cluster: city, year: year}
outcomes:
  patents: {family: negative_binomial, exposure: people}
treatments:
  policies: {kind: dose, transform: log1p, lag: 1, slope: partial}
  zone: {kind: adoption, first_year: start}
moderators:
  centrality: {kind: column, centre: 3.5, moderates: [policies]}
controls: [gdp, {region: {kind: categorical}}, {talent: {transform: {per: 1000}}}]
fixed_effects:
  cluster: {pooling: correlated}
  year: {pooling: free}
  region_year: {columns: [region, year], pooling: partial}
priors:
  policies: {ratio: [0.9, 1.5], probability: 0.9}
  dispersion: {distribution: exponential, mean: 1}
engine: {kind: nuts, draws: 100, seed: 1}
scenarios:
  one: [{add: {policies: 1}, years: [2018, 2019]}]
  two: [{set: {policies: 0}, years: {from: 2018}, where: {centrality: {below_quantile: 0.5}}}]
  three: [{scale: {gdp: 1.5}, where: {city: {is: [A, B]}}}]
"""
PLAIN = yaml.safe_load(WHOLE)
SETTINGS = settings(
    max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["policies", "cluster", "year", "a.b", "", " ", "normal", "free", "lkj", "北"]),
    st.lists(st.one_of(st.text(max_size=3), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=6), st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
)


def places(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))
        else:
            yield (*path, key)


PLACES = [path for path in places(PLAIN) if path]


def accepted_or_refused(text: str) -> None:
    problems = ()
    try:
        spec = read_text(text, "spec.yaml")
    except cm.SpecError as error:
        problems = error.problems
        spec = None
    if spec is not None:
        assert read_text(yaml.safe_dump(spec.plain(), allow_unicode=True), "again").plain()
        return
    assert problems
    for problem in problems:
        assert problem.line is not None, problem
        assert 1 <= problem.line <= text.count("\n") + 1, problem
        assert problem.what


@SETTINGS
@given(data=st.data())
def test_a_mutated_tree(data):
    document = copy.deepcopy(PLAIN)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PLACES))
        node = document
        try:
            for key in path[:-1]:
                node = node[key]
            action = data.draw(st.sampled_from(["replace", "delete", "rename", "add"]))
            if action == "replace":
                node[path[-1]] = data.draw(ODD)
            elif action == "delete":
                del node[path[-1]]
            elif action == "rename":
                node[data.draw(st.text(min_size=1, max_size=6))] = node.pop(path[-1])
            else:
                node[path[-1]][data.draw(st.text(max_size=6))] = data.draw(ODD)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier mutation took that place away
    accepted_or_refused(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))


@SETTINGS
@given(
    cuts=st.lists(
        st.tuples(
            st.integers(0, len(WHOLE)),
            st.integers(0, 6),
            st.text(alphabet="{}[]:,&*!|>'\"#- \n\tabN0.~\u2028é北\x00", max_size=4),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_mutated_text(cuts):
    text = WHOLE
    for start, length, new in cuts:
        text = text[:start] + new + text[start + length :]
    accepted_or_refused(text)


def test_the_whole_document_is_accepted():
    assert read_text(WHOLE, "spec.yaml").scenarios
