"""Effects over years as pictures: what is drawn, and that files are pictures."""

import matplotlib as mpl
import numpy as np
import pytest

import clustermodels as cm
from clustermodels.report import courses
from tests.data.test_cohorts import document as adopted
from tests.data.test_cohorts import frame as cohorts
from tests.designs import PLAIN, made_fit, table

MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
PAST = PLAIN | {
    "outcomes": {"count": {"family": "poisson"}},
    "treatments": {"dose": {"slope": "common"}},
    "fixed_effects": {"cluster": {"pooling": "correlated"}},
    "dynamics": {},
}


@pytest.fixture(scope="module")
def responses():
    around = {"rho": 0.3, "dose": 0.1}
    return cm.dynamics(made_fit(PAST, table(), around=around, noise=0.02), 4)


@pytest.fixture(scope="module")
def study():
    return cm.event_study(made_fit(adopted(comparison="never"), cohorts()))


@pytest.mark.parametrize("kind", [*MAGIC])
def test_a_picture_is_a_picture_and_the_same_one_twice(tmp_path, responses, study, kind):
    for number, found in enumerate((responses, study)):
        one, two = tmp_path / f"{number}.{kind}", tmp_path / f"{number}_again.{kind}"
        cm.draw_course(found, one, "Title with $ and 北京")
        cm.draw_course(found, two, "Title with $ and 北京")
        assert one.read_bytes().startswith(MAGIC[kind])
        assert one.read_bytes() == two.read_bytes()


def test_responses_are_drawn_as_they_were_found(responses):
    once, lasting = courses._responses(responses)
    assert once.title == "dose: a policy of one year"
    assert lasting.title == "dose: a policy that stays"
    table_ = responses.to_dataframe()
    wanted = table_[table_["quantity"] == "lasting"].sort_values("years_since")
    np.testing.assert_array_equal(lasting.years, np.arange(5))
    np.testing.assert_array_equal(lasting.median, wanted["median"])
    np.testing.assert_array_equal(lasting.upper, wanted["eti95_upper"])
    assert (once.neutral, once.scale) == (1.0, "ratio")


def test_an_event_study_has_the_years_before_and_their_reference(study):
    (course,) = courses._events(study)
    before = study["level"].to_numpy()[study["by"].to_numpy() == "before"].astype(float)
    assert set(before) < set(course.years)
    assert (np.diff(course.years) > 0).all()
    assert -1 not in course.years
    assert course.known == (-1,)
    assert course.neutral == 0
    assert course.apart


def test_what_has_left_all_bounds_is_left_out(tmp_path, responses):
    endless = responses.copy(deep=True)
    endless["eti95_upper"][:] = np.inf
    drawn = courses._responses(endless)[0]
    assert np.isnan(drawn.upper).all()
    cm.draw_course(endless, tmp_path / "endless.png")


def test_settings_of_the_reader_are_back_afterwards(tmp_path, responses):
    with mpl.rc_context({"font.size": 31}):
        cm.draw_course(responses, tmp_path / "one.svg")
        assert mpl.rcParams["font.size"] == 31


def test_without_years_there_is_nothing_to_draw(tmp_path):
    found = cm.effects(made_fit(PLAIN | {"treatments": {"dose": {}}}, table()))
    with pytest.raises(cm.FitError, match="because there is nothing to draw"):
        cm.draw_course(found, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
