"""Variations of one question and the ranks they give."""

import pytest

import evalkit as ek


@pytest.fixture(scope="module")
def index(systems):
    return ek.CompositeIndex(system=systems["revitalization"], weigh=ek.Entropy())


def test_every_combination_is_asked(index):
    many = ek.vary(index, weigh=[ek.Equal(), ek.Critic()], normalize=[ek.MinMax(), ek.MinMax(bounds="plausible")])
    assert list(many.members) == [
        "Equal · MinMax",
        "Equal · MinMax(bounds='plausible')",
        "Critic · MinMax",
        "Critic · MinMax(bounds='plausible')",
    ]


def test_rank_intervals_hold_the_ranks_of_every_member(index, counties):
    many = ek.vary(index, weigh=[ek.Entropy(), ek.Critic(), ek.Equal()])
    firm = many.rank_intervals(counties, on=slice(2016, 2020))
    assert (firm.frame["best"] <= firm.frame["rank"]).all()
    assert (firm.frame["rank"] <= firm.frame["worst"]).all()
    assert firm.frame["rank"].tolist() == sorted(firm.frame["rank"])
    assert firm.period == 2024


def test_a_single_variation_leaves_no_doubt(index, counties):
    firm = ek.vary(index, weigh=[index.weigh]).rank_intervals(counties)
    assert (firm.frame["best"] == firm.frame["worst"]).all()


@pytest.mark.parametrize(
    ("choices", "message"), [({"wiegh": [1]}, "did you mean 'weigh'"), ({"weigh": []}, "no options"), ({}, "nothing was given")]
)
def test_wrong_variations_are_refused(index, choices, message):
    with pytest.raises(ek.SpecError, match=message):
        ek.vary(index, **choices)
