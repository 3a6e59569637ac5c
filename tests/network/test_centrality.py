"""The open table of measures, and the options that they take."""

import numpy as np
import pytest

from clustermodels.network.centrality import MEASURES, find, names, register
from clustermodels.network.measures import Measure, Options, chosen
from clustermodels.network.network import make_network
from clustermodels.network.positions import positions
from clustermodels.network.snapshot import snapshot

OTHER = {
    "variant": "harmonic",
    "weighted": True,
    "exponent": 2.0,
    "attenuation": 0.5,
    "normalise": False,
}


def rich():
    """A network on which every option matters."""
    rng = np.random.default_rng(5)
    ends = rng.integers(0, 15, (2, 40)).astype(str)
    return make_network(*ends, np.zeros(40), rng.uniform(0.2, 5, 40), ["alone"])


def test_unknown_measures_name_the_nearest():
    with pytest.raises(ValueError, match=r"'closenes' is not a measure .*mean 'closeness'\?"):
        find("closenes")


@pytest.mark.parametrize("name", names())
def test_a_measure_reads_exactly_the_options_that_it_takes(name):
    measure = find(name)
    taken = snapshot(rich(), 0)
    lengths = {"weighted": True} if "exponent" in measure.takes else {}
    before = measure.of(taken, Options(**lengths))
    assert before.shape == (len(taken.nodes),)
    for option, value in OTHER.items():
        changed = Options(**(lengths | {option: value}))
        if option == "weighted":
            before_it, after = measure.of(taken, Options()), measure.of(taken, changed)
        else:
            before_it, after = before, measure.of(taken, changed)
        same = np.array_equal(before_it, after, equal_nan=True)
        assert same != (option in measure.takes), option


@pytest.mark.parametrize("name", names())
def test_measures_say_what_they_are_and_where_undefined(name):
    measure = find(name)
    assert measure.name == name
    assert measure.words
    assert not measure.words.endswith(".")
    taken = snapshot(rich(), 0)
    settings = Options(variant="freeman")
    assert np.isnan(measure.of(taken, settings)).any() == bool(measure.undefined)


@pytest.mark.parametrize("name", names())
def test_values_belong_to_the_caller(name):
    """What a caller does to the values of a measure changes no other."""
    taken = snapshot(rich(), 0)
    first = find(name).of(taken, Options())
    kept = first.copy()
    first += 1
    np.testing.assert_array_equal(find(name).of(taken, Options()), kept)


def test_options_that_a_measure_does_not_take():
    with pytest.raises(ValueError, match=r"'degree' takes no option 'weighted' \(options: none\)"):
        chosen(find("degree"), {"weighted": True})
    with pytest.raises(ValueError, match=r"'varian'.*did you mean 'variant'\?"):
        chosen(find("closeness"), {"varian": "freeman"})
    with pytest.raises(ValueError, match="weighted=True"):
        chosen(find("closeness"), {"exponent": 2})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"variant": "freemann"}, "did you mean 'freeman'"),
        ({"weighted": "yes"}, "True or False"),
        ({"normalise": 1}, "True or False"),
        ({"weighted": True, "exponent": -1}, "exponent"),
        ({"weighted": True, "exponent": np.nan}, "exponent"),
    ],
)
def test_options_out_of_range(given, said):
    with pytest.raises(ValueError, match=said):
        chosen(find("closeness"), given)


@pytest.mark.parametrize("share", [0, 1, -0.5, np.nan])
def test_attenuation_out_of_range(share):
    with pytest.raises(ValueError, match="attenuation"):
        chosen(find("katz"), {"attenuation": share})


def test_a_measure_from_outside(monkeypatch):
    monkeypatch.setattr("clustermodels.network.centrality.MEASURES", dict(MEASURES))
    twice = Measure(
        "twice", lambda taken, options: 2 * taken.degree, frozenset(), "twice the degree"
    )
    register(twice)
    assert names()[-1] == "twice"
    network = make_network(["a", "b"], ["b", "c"], [0, 0])
    (values,) = positions(network, [("twice", Options())], 0)
    assert values.tolist() == [2, 4, 2]
    with pytest.raises(ValueError, match="'twice' is registered already"):
        register(twice)
