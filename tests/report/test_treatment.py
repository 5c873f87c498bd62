"""Treatment on paper: screening and tamed figures in both languages."""

import pytest

import evalkit as ek
from evalkit.indicators.treatment.availability import Screen
from evalkit.indicators.treatment.skew_kurtosis import SkewKurtosis
from evalkit.report.indicators.treatment import outlier_table, tamed_points
from evalkit.report.verbs import names
from evalkit.report.words import Voice


@pytest.fixture(scope="module")
def screened(counties, systems):
    return Screen(units=0.98, indicators=0.98).measure(counties, systems["consolidation"])


@pytest.fixture(scope="module")
def scores(counties, systems):
    index = ek.CompositeIndex(system=systems["consolidation"], outliers=SkewKurtosis(points=30))
    return index.fit(counties, on=slice(2016, 2020)).score(counties)


def test_screening_says_what_is_left(screened):
    assert "17 of 18 indicators" in ek.prose(screened, lang="en")
    assert "保留 17 项" in ek.prose(screened)
    table = ek.table(screened, lang="en")
    assert table.iloc[0].tolist()[3] == "left out"
    assert table["Observed (%)"].is_monotonic_increasing
    assert len(ek.table(screened, "observed_places_consolidation")) == 120


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_screening_is_drawn(screened, lang):
    labels = [label.get_text() for label in ek.figure(screened, lang=lang).axes[0].get_yticklabels()]
    assert len(labels) == 18


def test_tamed_figures_are_all_printed(scores):
    voice = Voice("en", names(scores))
    by_indicator, points = outlier_table(scores.spec, voice).frame, tamed_points(scores, voice).frame
    assert by_indicator["Treatment"].tolist().count("winsorized") == 2
    assert len(points) == len(scores.tamed) > by_indicator["Points winsorized"].sum()  # years before the reference, too
    assert (points["Observed value"] > points["Read as"]).all()
