"""The ink of rankings beyond means: every table, figure and sentence, in both languages."""

import pytest

import evalkit as ek
from evalkit.indicators.aggregation.benefit import BenefitOfTheDoubt
from evalkit.indicators.aggregation.copeland import Copeland


@pytest.fixture(scope="module")
def scores(counties, systems):
    return ek.CompositeIndex(system=systems["revitalization"]).fit(counties).score(counties)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_ranking_by_pairs_is_printed_and_drawn(scores, lang):
    ranking = Copeland().measure(scores)
    table = ek.table(ranking, lang=lang)
    assert len(table) == 120
    assert table.iloc[0, 1] == 1
    assert str(ranking.period) in ek.prose(ranking, lang=lang)
    labels = [label.get_text() for axes in ek.figure(ranking, lang=lang).axes for label in axes.get_yticklabels()]
    assert labels == table.iloc[:40, 0].tolist()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_own_weights_are_printed_and_drawn(scores, lang):
    own = BenefitOfTheDoubt(shares=(0.01, 0.25), floor=0.01).measure(scores, on=2023)
    table = ek.table(own, lang=lang)
    assert (table.iloc[:, -1] == "—").sum() == (own.frame["score"] == 1).sum()
    assert table.iloc[-1, -1].split(" ")[-1] == "2023"
    shares = ek.table(own, "benefit_shares", lang=lang)
    assert shares.iloc[:, 1:].sum(axis=1).round(6).eq(100).all()
    for kind in ("benefit_of_the_doubt", "benefit_shares"):
        assert [len(axes.get_yticks()) for axes in ek.figure(own, kind, lang=lang).axes] == [20, 20]
    assert "0." in ek.prose(own, lang=lang)
