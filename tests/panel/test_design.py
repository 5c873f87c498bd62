"""Survey designs held against R's survey: its documentation, the outputs its tests store, and stored values of R survey 4.5.

The schools are those of `data(api)` in R's survey: the Academic Performance Index of 2000 and enrollment, published by the
California Department of Education, in a stratified sample (apistrat) and two samples of districts (apiclus1, apiclus2).
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign, wave_covariance
from evalkit.poverty.dynamics.attrition import Attrition
from evalkit.poverty.dynamics.moves import PovertyTransitions
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem
from evalkit.stats.domains import domain_covariance
from evalkit.stats.inference import contrast, exact_interval, plain_interval, ratio_influence, share_interval
from evalkit.stats.replicates import Jackknife, RescaledBootstrap
from evalkit.terms import Text

APISTRAT = {  # school type: (schools in California, "api00/enroll" of the sample)
    "E": (
        4421,
        """
        840/276 516/841 531/441 501/298 720/354 805/330 778/385 731/583 592/763 669/381 497/1112 638/515 534/262 705/528
        761/278 771/266 751/256 474/443 832/450 559/553 765/589 744/312 865/474 782/184 745/446 892/369 619/681 616/263
        703/313 509/522 806/339 759/334 740/323 642/655 565/388 726/342 863/355 765/537 893/382 398/444 539/603 776/264
        580/158 503/643 724/424 476/541 529/473 870/337 746/447 836/334 756/290 423/660 588/285 606/143 632/555 651/382
        553/571 676/619 861/270 588/441 597/387 884/227 819/155 542/325 509/437 493/195 893/445 709/292 596/332 609/339
        671/386 720/250 669/587 650/262 836/304 542/459 578/492 814/615 777/437 719/390 617/547 856/365 723/770 609/678
        676/271 668/307 421/620 667/153 631/213 845/410 631/364 696/169 714/368 788/190 667/368 568/601 847/420 679/613
        477/446 521/482
        """,
    ),
    "M": (
        1018,
        """
        496/1293 505/1043 409/739 609/1116 867/739 685/912 647/1173 745/539 694/363 676/475 870/558 500/491 679/715 552/179
        559/598 650/1162 565/817 443/2039 774/1345 668/390 581/618 878/767 753/829 528/529 678/775 535/954 667/893 534/635
        648/725 551/1087 485/554 765/358 743/802 403/608 695/525 551/480 467/892 669/1191 773/934 780/348 693/714 635/708
        660/895 733/696 657/933 606/1524 522/2171 601/1012 819/1358 627/423
        """,
    ),
    "H": (
        755,
        """
        467/2165 522/1894 455/357 509/2552 681/1105 666/1586 582/1527 641/331 510/983 527/1423 681/682 724/1820 525/1033
        712/532 680/1115 784/1956 743/695 593/637 518/1515 770/633 721/1771 713/588 816/1469 641/119 667/1989 610/1139 618/195
        717/1148 610/1032 868/1692 678/2247 418/1068 712/2018 784/1788 472/216 764/1377 646/1115 585/2181 556/1783 600/1389
        599/1313 706/542 409/1684 635/1520 477/3156 710/763 453/2237 546/1602 646/1754 624/599
        """,
    ),
}
APICLUS1 = {  # district: its schools, as type, api00/enroll; E where no type stands
    637: "H608/1689 684/288 612/294 710/143 729/307 714/311 759/362 585/263 625/583 M664/886 M669/955",
    437: "H443/418 467/574 M482/286 496/158",
    778: "M411/372 494/308",
    197: "493/358 M592/921 550/375 M689/962 M598/954 628/370 652/596 628/485 832/254 777/465 709/481 709/425 736/312",
    406: "561/360 555/323",
    815: "H696/442 M631/508 564/166 602/525",
    178: "H529/388 491/266 510/671 M547/343",
    255: """
        814/466 806/516 715/489 785/300 M720/728 905/512 M617/972 630/619 629/562 696/358 476/626 757/396 825/571 595/715
        552/345 M847/850
    """,
    568: "H714/258 H724/170 H687/210 H723/467 662/117 699/196 807/205 M679/233 691/324",
    135: """
        622/370 754/309 655/414 764/303 795/407 505/504 638/371 733/374 523/631 511/432 710/299 657/500 602/499 490/748
        664/356 651/302 603/594 698/527 511/446 814/436 669/381 711/464 538/462 705/320 595/437 551/295 762/512 521/343
        709/404 780/504 780/411 722/637 828/555 737/491
    """,
    510: """
        H595/1585 H661/1855 502/385 M614/1015 585/483 582/576 M642/1405 536/549 746/352 667/564 629/540 745/290 674/523
        637/379 696/391 632/403 639/613 745/596 789/520 M656/1573 789/371
    """,
    716: """
        H517/1908 H478/2181 H582/2106 592/532 587/381 553/624 516/704 535/602 566/686 481/607 472/209 559/643 610/331 599/641
        551/479 554/535 561/561 505/695 492/426 504/657 487/300 627/612 465/466 529/352 625/559 436/363 542/558 515/257
        M461/1243 M528/1260 M512/1306 M508/1344 670/119 760/818 652/118 546/145 717/486
    """,
    61: "701/371 748/377 735/265 M699/930 685/336 827/448 M711/1023 677/387 M759/940 697/525 742/427 691/390 700/358",
    413: "551/274",
    448: "H703/2147 676/479 714/441 842/476 824/511 717/385 836/443 M733/696 719/332 M817/738 749/425 781/302",
}
# districts: api00 of up to five schools, × schools of the district where there are more
APICLUS2 = """
    821; 773; 600 740 716; 811; 472 520 568; 591 544 612; 926 890 903 901; 453; 569 545 584 601; 622 610 622 783 612 ×11; 536
    524; 636; 666 698 713 614 701; 927 934 933 903; 911 889 874 861 842; 652 554 553 601; 607; 717 646 644 631 690; 622 566;
    615 596 547 541 621; 912 929 909 951 912; 759 803; 660 502 479 545 478 ×36; 710; 769 865 808 840 840 ×28; 818 821 868 892
    824 ×7; 580 807 537 690 489 ×72; 641 542 645 543 486 ×14; 756 795 773 772 743 ×7; 794 751; 631 555 608 627; 772 738 670;
    673 711; 730 711; 468; 766 742 776 742 626 ×9; 747; 620 602; 895 844 869 851 861 ×6; 653
"""


def apistrat():
    rows = [(kind, n, *map(float, one.split("/"))) for kind, (n, text) in APISTRAT.items() for one in text.split()]
    frame = pd.DataFrame(rows, columns=["stype", "N", "api00", "enroll"])
    return frame.assign(w=frame["N"] / frame.groupby("stype")["N"].transform("size"))


def apiclus1():
    rows = []
    for district, text in APICLUS1.items():
        for one in text.split():
            kind, figures = (one[0], one[1:]) if one[0].isalpha() else ("E", one)
            rows.append((district, kind, *map(float, figures.split("/"))))
    return pd.DataFrame(rows, columns=["dnum", "stype", "api00", "enroll"]).assign(w=33.846996307373, N=757)


def apiclus2():
    rows = []
    for at, text in enumerate(APICLUS2.split(";")):
        schools, _, held = text.partition(" ×")
        scores = schools.split()
        rows += [(at, float(one), 757 / 40 * (int(held) if held else len(scores)) / len(scores)) for one in scores]
    return pd.DataFrame(rows, columns=["dnum", "api00", "w"])


def ratio(drawn, y, x=None):
    """A ratio of weighted totals (a mean) and its standard error."""
    x = np.ones(len(drawn.weights)) if x is None else np.asarray(x, dtype=float)
    found, influence = ratio_influence(np.asarray(y, dtype=float), x, drawn.weights)
    return found, float(np.sqrt(drawn.covariance(influence[None])[0, 0]))


def total(drawn, y):
    return float(drawn.weights @ y), float(np.sqrt(drawn.covariance(np.asarray(y, dtype=float)[None])[0, 0]))


def mean_of(y):
    return lambda w: w @ y / w.sum(axis=1)


@pytest.fixture(scope="module")
def clus1():
    return apiclus1()


@pytest.fixture(scope="module")
def strat():
    return apistrat()


# --- R's documentation ---------------------------------------------------------------------------------------------------


def test_api_stratified(strat):
    """help(api): svymean(~api00) 662.29 (9.4089), svytotal(~enroll) 3687178 (114642); R survey 4.5 to twelve digits."""
    drawn = SurveyDesign(weights="w", strata="stype", population="N").on(strat)
    mean, error = ratio(drawn, strat["api00"])
    assert (round(mean, 2), round(error, 4), drawn.df) == (662.29, 9.4089, 197)
    np.testing.assert_allclose([mean, error], [662.287363577655, 9.408940879434], rtol=1e-12)
    np.testing.assert_allclose(total(drawn, strat["enroll"]), [3687177.52, 114641.715190394], rtol=1e-12)
    np.testing.assert_allclose(ratio(drawn, strat["api00"], strat["enroll"]), [1.11256046332155, 0.0413595064404803], rtol=1e-12)
    low, high = plain_interval(np.array([mean]), np.array([error]), drawn.df)  # confint(df = degf)
    np.testing.assert_allclose([low[0], high[0]], [643.732188539262, 680.842538616048], rtol=1e-12)


def test_api_one_stage(clus1):
    """help(api): svymean(~api00) 644.17 (23.542), svytotal(~enroll) 3404940 (932235), JK1 644.17 (26.329), total the same."""
    drawn = SurveyDesign(weights="w", clusters="dnum", population="N").on(clus1)
    mean, error = ratio(drawn, clus1["api00"])
    assert (round(mean, 2), round(error, 3), drawn.df) == (644.17, 23.542, 14)
    np.testing.assert_allclose(error, 23.5422406937812, rtol=1e-12)
    assert np.round(total(drawn, clus1["enroll"])).tolist() == [3404940, 932235]
    at, v = drawn.replicated(mean_of(clus1["api00"].to_numpy()), Jackknife())
    assert (round(at[0], 2), round(np.sqrt(v[0, 0]), 3)) == (644.17, 26.329)
    _, v = drawn.replicated(lambda w: w @ clus1["enroll"].to_numpy())
    assert round(np.sqrt(v[0, 0])) == 932235


def test_api_with_replacement(clus1):
    """R survey 4.5: the same without population; shares of school types; JK1 about the estimate (mse = TRUE)."""
    drawn = SurveyDesign(weights="w", clusters="dnum").on(clus1)
    np.testing.assert_allclose(ratio(drawn, clus1["api00"])[1], 23.7790107208869, rtol=1e-12)
    np.testing.assert_allclose(ratio(drawn, clus1["api00"], clus1["enroll"]), [1.17182250144138, 0.127544610789565], rtol=1e-12)
    np.testing.assert_allclose(total(drawn, clus1["enroll"]), [3404940.13452911, 941610.74091198], rtol=1e-11)
    np.testing.assert_allclose(ratio(drawn, clus1["stype"] == "E"), [0.78688524590164, 0.0468025716133837], rtol=1e-12)
    np.testing.assert_allclose(ratio(drawn, clus1["stype"] == "M"), [0.136612021857924, 0.0299472342965665], rtol=1e-12)
    both = clus1["api00"].to_numpy()
    _, v = drawn.replicated(lambda w: np.stack([w @ both / w.sum(axis=1), w @ both], axis=1), about_estimate=True)
    np.testing.assert_allclose(np.sqrt(np.diag(v)), [26.5997137220988, 907398.705597438], rtol=1e-11)


def test_api_two_stages_with_replacement():
    """help(api): svymean(~api00, dclus2wr) 670.81 (30.712)."""
    frame = apiclus2()
    drawn = SurveyDesign(weights="w", clusters="dnum").on(frame)
    mean, error = ratio(drawn, frame["api00"])
    assert (len(frame), round(mean, 2), round(error, 3)) == (126, 670.81, 30.712)


def test_contrasts_of_groups(clus1):
    """R survey 4.5: svycontrast of svyby(~api00, ~stype, covmat = TRUE): H/E, its logarithm and H·E by the delta method."""
    drawn = SurveyDesign(weights="w", clusters="dnum").on(clus1)
    codes, kinds = pd.factorize(clus1["stype"], sort=True)
    found = drawn.domain_ratios([clus1["api00"].to_numpy()], codes)
    v = domain_covariance(found.influence[0], found.domain, found.unit, drawn.unit_stratum)
    np.testing.assert_allclose(np.sqrt(np.diag(v)), found.std_error[:, 0], rtol=1e-12)
    e, h, _ = found.estimate[:, 0]
    assert list(kinds) == ["E", "H", "M"]
    np.testing.assert_allclose(h / e, 0.953308493576269, rtol=1e-12)
    gradients = np.array([[-h / e**2, 1 / e, 0], [-1 / e, 1 / h, 0], [h, e, 0]])
    _, errors = contrast(found.estimate[:, 0], v, gradients)
    np.testing.assert_allclose(errors, [0.04682352757304, 0.0491168681371807, 35264.9638828295], rtol=1e-11)


LONELY = {"remove": 5.8058, "certainty": 5.8058, "adjust": 5.8281, "average": 6.0096}


@pytest.mark.parametrize(("single", "printed"), LONELY.items())
def test_lonely_psu(single, printed, clus1):
    """survey/tests/lonely.psu.Rout.save: svymean(~api00) of schools in districts as strata, one of which holds one school."""
    drawn = SurveyDesign(weights="w", strata="dnum", single=single).on(clus1)
    mean, error = ratio(drawn, clus1["api00"])
    assert (round(mean, 2), round(error, 4)) == (644.17, printed)
    with pytest.raises(DataError, match="single cluster"):
        ratio(SurveyDesign(weights="w", strata="dnum").on(clus1), clus1["api00"])


@pytest.mark.parametrize("single", ["fail", *LONELY])
def test_a_stratum_drawn_whole_adds_nothing(single, clus1):
    """The same with 1 of 1 school drawn in that district, of 1000 in the others: 5.7344 whatever `survey.lonely.psu`.

    R prints 35616 of svytotal(~api00, as.svrepdesign(ds)): under "average" its jackknife is blown up by the 183 schools over the
    182 that are left out in turn. Without that it is the linearized error.
    """
    frame = clus1.assign(N=np.where(clus1["dnum"] == 413, 1, 1000))
    drawn = SurveyDesign(weights="w", strata="dnum", population="N", single=single).on(frame)
    assert round(ratio(drawn, frame["api00"])[1], 4) == 5.7344
    _, v = drawn.replicated(lambda w: np.stack([mean_of(frame["api00"].to_numpy())(w), w @ frame["api00"].to_numpy()], axis=1))
    assert round(np.sqrt(v[0, 0]), 4) == 5.7344
    assert round(np.sqrt(v[1, 1] * 183 / 182)) == 35616


@pytest.mark.parametrize(("single", "printed"), [("remove", 5.8058), ("certainty", 5.8058), ("adjust", 5.8267)])
def test_lonely_psu_by_jackknife(single, printed, clus1):
    """The same file, as.svrepdesign(ds). Under "average" R prints 5.8217; here the jackknife is the linearized 6.0096."""
    drawn = SurveyDesign(weights="w", strata="dnum", single=single).on(clus1)
    _, v = drawn.replicated(mean_of(clus1["api00"].to_numpy()))
    assert round(np.sqrt(v[0, 0]), 4) == printed


@pytest.mark.parametrize("single", ["fail", "adjust", "average"])
def test_a_stratum_with_one_cluster_left_in_the_domain(single, clus1):
    """The same file: of district 406 one of two schools is outside of the subset: 645.14 (5.8909) under every option."""
    frame = clus1[clus1["dnum"] != 413].reset_index(drop=True)
    drawn = SurveyDesign(weights="w", strata="dnum", single=single).on(frame)
    inside = (np.arange(len(frame)) != 30).astype(float)
    mean, error = ratio(drawn, frame["api00"] * inside, inside)
    assert (round(mean, 2), round(error, 4)) == (645.14, 5.8909)


FPC = pd.DataFrame(
    {
        "stratid": [1, 1, 1, 1, 1, 2, 2, 2],
        "psuid": [1, 2, 3, 4, 5, 1, 2, 3],
        "weight": [3.0] * 5 + [4.0] * 3,
        "Nh": [15] * 5 + [12] * 3,
        "N": 27,
        "x": [2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2],
    }
)


@pytest.mark.parametrize(
    ("design", "mean", "error"),
    [
        ({"weights": "weight", "strata": "stratid", "clusters": "psuid"}, 5.4481, 0.7413),
        ({"strata": "stratid", "clusters": "psuid"}, 5.525, 0.7796),
        ({"clusters": "psuid"}, 5.525, 0.838),
        ({"weights": "weight", "clusters": "psuid"}, 5.4481, 0.7938),
        ({"weights": "weight", "clusters": "stratid"}, 5.4481, 0.5465),
        ({"clusters": "stratid"}, 5.525, 0.5188),
        ({"weights": "weight", "clusters": "psuid", "population": "N"}, 5.4481, 0.7165),
        ({"weights": "weight", "strata": "stratid", "clusters": "psuid", "population": "Nh"}, 5.4481, 0.616),
    ],
)
def test_designs_of_one_data_set(design, mean, error):
    """survey/tests/check.Rout.save: svymean(~x) of data(fpc) under eight designs."""
    found = ratio(SurveyDesign(**design).on(FPC), FPC["x"])
    np.testing.assert_allclose(found, [mean, error], rtol=0, atol=0.5e-4 + 1e-12)


def test_domains_of_one_data_set():
    """survey/tests/domain.Rout.save: svyby(~x, ~I(x > 4)): 3.314286 (0.3117042) and 6.195 (0.7555129)."""
    drawn = SurveyDesign(weights="weight", strata="stratid", clusters="psuid").on(FPC)
    found = drawn.domain_ratios([FPC["x"].to_numpy()], (FPC["x"] > 4).to_numpy().astype(int))
    assert np.round(found.estimate[:, 0], 6).tolist() == [3.314286, 6.195]
    assert np.round(found.std_error[:, 0], 7).tolist() == [0.3117042, 0.7555129]
    assert found.n.tolist() == [2, 6]


# --- zero weights and domains --------------------------------------------------------------------------------------------


def zero_weights():
    i = np.arange(60)
    return pd.DataFrame(
        {
            "st": np.where(i < 30, "a", "b"),
            "psu": i // 5,
            "w": np.where((i < 55) & (i % 10 != 9), 1.0 + i % 4, 0.0),
            "y": ((i * 37) % 23) / 4 - 2,
            "x": 1 + ((i * 11) % 7) / 10,
            "b": ((i * 13) % 3 == 0).astype(float),
            "r": np.where(i < 55, 0, 1),
            "g": np.where(i % 2 == 0, 0, 1),
        }
    )


def test_zero_weights_as_r_treats_them():
    """R survey 4.5 as stored by the package svy: a cluster of weight 0 stays in the variance, and not in degf: 9, not 10."""
    frame = zero_weights()
    drawn = SurveyDesign(weights="w", strata="st", clusters="psu").on(frame)
    assert drawn.df == 9
    np.testing.assert_allclose(ratio(drawn, frame["y"]), [0.547131147540983, 0.141576302329795], rtol=1e-12)
    np.testing.assert_allclose(ratio(drawn, frame["b"]), [0.344262295081967, 0.057235232106466], rtol=1e-12)
    np.testing.assert_allclose(ratio(drawn, frame["y"], frame["x"]), [0.420870113493064, 0.10756276773332], rtol=1e-12)
    np.testing.assert_allclose(total(drawn, frame["y"]), [66.75, 19.3923309583969], rtol=1e-12)
    assert any("weight 0" in note.text.en for note in drawn.notes)


def test_domains_without_weight_are_nan():
    """The same: svyby(~y, ~r + g): the domains with weight as in R, the others NaN with 0 degrees of freedom."""
    frame = zero_weights()
    drawn = SurveyDesign(weights="w", strata="st", clusters="psu").on(frame)
    found = drawn.domain_ratios([frame["y"].to_numpy()], (2 * frame["r"] + frame["g"]).to_numpy())
    np.testing.assert_allclose(found.estimate[:2, 0], [0.709821428571429, 0.409090909090909], rtol=1e-12)
    np.testing.assert_allclose(found.std_error[:2, 0], [0.394023304299924, 0.407075248698807], rtol=1e-12)
    assert np.isnan(found.estimate[2:]).all()
    assert np.isnan(found.std_error[2:]).all()
    assert found.df.tolist() == [9, 9, 0, 0]
    low, _ = plain_interval(found.estimate[:, 0], found.std_error[:, 0], found.df)
    assert np.isnan(low).tolist() == [False, False, True, True]


def test_degrees_of_freedom_of_a_domain():
    """Clusters and strata that hold rows of the domain, as degf(subset(design)): villages elsewhere tell nothing of it."""
    frame = pd.DataFrame({"h": np.repeat([0, 1, 2], 8), "village": np.repeat(np.arange(6), 4)})
    drawn = SurveyDesign(strata="h", clusters="village").on(frame)
    first = (frame["h"] == 0).to_numpy()
    assert (drawn.df, drawn.degrees_of_freedom(first), drawn.degrees_of_freedom(frame["village"].to_numpy() == 0)) == (3, 1, 0)
    assert drawn.degrees_of_freedom(np.zeros(24, dtype=bool)) == 0
    by = drawn.domain_ratios([np.ones(24)], frame["h"].to_numpy()).df
    assert by.tolist() == [1, 1, 1]


@given(arrays(float, 40, elements=st.floats(-5, 5)), st.integers(0, 10_000))
def test_all_domains_at_once_are_each_by_itself(y, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"h": rng.integers(0, 3, 40), "c": rng.integers(0, 4, 40), "w": rng.integers(0, 3, 40) + 0.0})
    frame.loc[:2, ["h", "w"]] = np.array([[0, 1], [1, 1], [2, 1]])
    domain, x = rng.integers(-1, 4, 40), rng.uniform(1, 2, 40)
    drawn = SurveyDesign(weights="w", strata="h", clusters="c", single="adjust").on(frame)
    if not (domain >= 0).any():
        return
    found = drawn.domain_ratios([y], domain, x)
    for d, (estimate, error) in enumerate(zip(found.estimate[:, 0], found.std_error[:, 0], strict=True)):
        inside = domain == d
        if not drawn.weights[inside].any():
            assert np.isnan(estimate)
            continue
        np.testing.assert_allclose([estimate, error], ratio(drawn, y * inside, x * inside), rtol=1e-7, atol=1e-7)
        assert found.df[d] == drawn.degrees_of_freedom(inside)


# --- waves ---------------------------------------------------------------------------------------------------------------

PAIRS = pd.DataFrame(
    {
        "strata": [1, 1, 1, 2, 2, 3, 3, 3, 3],
        "psu": [11, 11, 12, 21, 21, 31, 32, 33, 33],
        "w": [1.0, 2.0, 1.5, 1.0, 0.5, 2.0, 1.0, 1.0, 0.5],
        "before": [1, 2, 1, 2, 1, 1, 2, 1, 2],
        "after": [2, 2, 1, 2, 1, 1, 1, 1, 2],
        "y1": [3.0, 5, 4, 10, 8, 1, 2, 6, 4],
        "y2": [4.0, 4, 6, 9, np.nan, 3, 2, 8, 4],
    }
)


def test_paired_change_of_a_panel():
    """R survey 4.5 as stored by the package flourish: svymean(~I(y2 - y1), na.rm = TRUE), lonely.psu = "adjust"."""
    drawn = SurveyDesign(weights="w", strata="strata", clusters="psu", single="adjust").on(PAIRS)
    seen = PAIRS["y2"].notna().to_numpy()
    found = ratio(drawn, np.where(seen, PAIRS["y2"] - PAIRS["y1"], 0.0), seen)
    np.testing.assert_allclose(found, [0.7, 0.604648658313239], rtol=1e-12)


def test_transitions_of_a_panel():
    """The same: svymean(~factor(to), subset(design, from == 1)) and svymean(~interaction(from, to))."""
    drawn = SurveyDesign(weights="w", strata="strata", clusters="psu", single="adjust").on(PAIRS)
    risk = (PAIRS["before"] == 1).to_numpy()
    np.testing.assert_allclose(ratio(drawn, risk & (PAIRS["after"] == 1), risk), [5 / 6, 0.187371355044889], rtol=1e-12)
    both = (PAIRS["before"] == 2) & (PAIRS["after"] == 2)
    np.testing.assert_allclose(ratio(drawn, both), [1 / 3, 0.160309602196223], rtol=1e-12)


def wave(rng, villages, effect, homes=4):
    """A wave of villages in two strata: (frame, influence of the mean)."""
    village = np.repeat(villages, homes)
    frame = pd.DataFrame({"h": village % 2, "village": village, "y": effect[village] + rng.normal(0, 0.5, len(village))})
    return frame, ((frame["y"] - frame["y"].mean()) / len(frame)).to_numpy()[None]


@given(st.integers(0, 10_000))
def test_waves_of_the_same_villages_are_one_design(seed):
    """Fully shared units: the covariance is that of both influence values in one design."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(size=12)
    (a, u), (b, v) = wave(rng, np.arange(12), effect), wave(rng, rng.permutation(12), effect, homes=3)
    design = SurveyDesign(strata="h", clusters="village")
    shared, units = wave_covariance(design.on(a), u, design.on(b), v)
    joined = pd.concat([a, b], ignore_index=True)
    rows = np.zeros((2, len(joined)))
    rows[0, : len(a)], rows[1, len(a) :] = u[0], v[0]
    assert units == 12
    np.testing.assert_allclose(shared[0, 0], design.on(joined).covariance(rows)[0, 1], atol=1e-12)


def test_waves_that_share_no_village_have_no_covariance():
    rng = np.random.default_rng(3)
    effect = rng.normal(size=24)
    (a, u), (b, v) = wave(rng, np.arange(12), effect), wave(rng, np.arange(12, 24), effect)
    design = SurveyDesign(strata="h", clusters="village")
    shared, units = wave_covariance(design.on(a), u, design.on(b), v)
    assert (shared.tolist(), units) == ([[0.0]], 0)


def test_waves_of_a_finite_population():
    """Tam (1984): the same draw of n of N keeps 1 − f of the covariance; populations must agree."""
    rng = np.random.default_rng(4)
    effect = rng.normal(size=12)
    (a, u), (b, v) = wave(rng, np.arange(12), effect), wave(rng, np.arange(12), effect)
    open_ended = SurveyDesign(strata="h", clusters="village")
    finite = SurveyDesign(strata="h", clusters="village", population="N")
    free, _ = wave_covariance(open_ended.on(a), u, open_ended.on(b), v)
    held, _ = wave_covariance(finite.on(a.assign(N=8)), u, finite.on(b.assign(N=8)), v)
    np.testing.assert_allclose(held, free * (1 - 6 / 8), rtol=1e-12)
    with pytest.raises(DataError, match="another population"):
        wave_covariance(finite.on(a.assign(N=8)), u, finite.on(b.assign(N=9)), v)
    with pytest.raises(SpecError, match="only one"):
        wave_covariance(finite.on(a.assign(N=8)), u, open_ended.on(b), v)
    with pytest.raises(SpecError, match="has strata"):
        wave_covariance(open_ended.on(a), u, SurveyDesign(clusters="village").on(b), v)
    with pytest.raises(SpecError, match="names of their clusters"):
        wave_covariance(SurveyDesign().on(a), u, SurveyDesign().on(b), v)


def test_covariances_of_overlapping_samples_are_tams():
    """Means of two draws of 8 and 10 of 20 that share 5: over 20,000 draws the mean estimate is the covariance of the means."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=20)
    y = 0.8 * x + 0.3 * rng.normal(size=20)
    order = rng.permuted(np.tile(np.arange(20), (20_000, 1)), axis=1)
    first, second = order[:, :8], order[:, 3:13]
    truth = np.cov(x[first].mean(axis=1), y[second].mean(axis=1))[0, 1]
    own, other = x[order[:, 3:8]] / 8, y[order[:, 3:8]] / 10  # the shared five, as totals of the means
    mean = ((own - own.mean(axis=1, keepdims=True)) * (other - other.mean(axis=1, keepdims=True))).sum(axis=1).mean()
    scale = 5 / 4 * (1 - (8 / 20) * (10 / 20) * 20 / 5)
    assert mean * scale == pytest.approx(truth, abs=4 * x.std() * y.std() / 9 / np.sqrt(20_000))


# --- coverage ------------------------------------------------------------------------------------------------------------


def test_intervals_of_domains_and_changes_cover():
    """95 % intervals of a domain mean, a domain share and a change with half of the villages kept, in 1,000 samples."""
    rng = np.random.default_rng(21)
    strata, held, homes, take, per = 3, 120, 30, 16, 8
    village = rng.normal(0, 0.5, (strata * held, 1)) + 0.3 * np.repeat(np.arange(strata), held)[:, None]
    first = village + rng.normal(0, 1, (strata * held, homes))
    second = village + 0.2 + rng.normal(0, 1, (strata * held, homes))
    inside = rng.random((strata * held, homes)) < 0.4
    truth = np.array([first[inside].mean(), (first[inside] < 0).mean(), second.mean() - first.mean()])
    covered = np.zeros(3)
    design, rounds = SurveyDesign(strata="h", clusters="v"), 1000
    for _ in range(rounds):
        order = np.stack([rng.permutation(held)[: take * 3 // 2] + held * h for h in range(strata)])
        waves = []
        for chosen, level in ((order[:, :take].ravel(), first), (order[:, take // 2 :].ravel(), second)):
            seen = rng.permuted(np.tile(np.arange(homes), (len(chosen), 1)), axis=1)[:, :per]
            at = (np.repeat(chosen, per), seen.ravel())
            waves.append((design.on(pd.DataFrame({"h": at[0] // held, "v": at[0]})), level[at], inside[at]))
        (a, y, d), (b, z, _) = waves
        found = a.domain_ratios([y, (y < 0).astype(float)], np.where(d, 0, -1))
        low, high = plain_interval(found.estimate[:, 0], found.std_error[:, 0], found.df)
        bottom, top = share_interval(found.estimate[:, 1], found.std_error[:, 1], found.df)
        (m0, u0), (m1, u1) = (ratio_influence(x, np.ones(len(x)), w.weights) for x, w in ((y, a), (z, b)))
        shared, _ = wave_covariance(a, u0[None], b, u1[None])
        v = np.block([[a.covariance(u0[None]), shared], [shared.T, b.covariance(u1[None])]])
        change, error = contrast(np.array([m0, m1]), v, np.array([[-1.0, 1.0]]))
        under, over = plain_interval(change, error, min(a.df, b.df))
        sides = np.array([[low[0], bottom[0], under[0]], [high[0], top[0], over[0]]])
        covered += (sides[0] <= truth) & (truth <= sides[1])
    assert np.all((covered / rounds >= 0.93) & (covered / rounds <= 0.97)), covered / rounds


# --- what is refused -----------------------------------------------------------------------------------------------------


def test_a_typo_does_not_pass_for_certainty():
    with pytest.raises(SpecError, match="did you mean 'adjust'"):
        SurveyDesign(single="adjusted")
    for wrong in (None, 3, ["adjust"]):
        with pytest.raises(SpecError):
            SurveyDesign(single=wrong)


@pytest.mark.parametrize("part", ["weights", "strata", "clusters", "population"])
@pytest.mark.parametrize("wrong", [3, ["w"], pd.Series([1.0])])
def test_parts_name_columns(part, wrong):
    with pytest.raises(SpecError, match="must name a column"):
        SurveyDesign(**{part: wrong})


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"w": [1.0, np.inf]}), "must be finite"),
        (pd.DataFrame({"w": [0.0, 0.0]}), "not all 0"),
        (pd.DataFrame({"w": [1.0, -1.0]}), "not be negative"),
        (pd.DataFrame({"w": ["1", "2"]}), "must be numbers"),
        (pd.DataFrame({"w": [1 + 1j, 2.0]}), "must be numbers"),
        (pd.DataFrame({"w": [1.0, None]}), "gaps"),
        (pd.DataFrame({"w": []}), "no rows"),
        (pd.DataFrame([[1.0, 2.0]], columns=["w", "w"]), "stand twice"),
        (pd.DataFrame({"v": [1.0]}), "absent"),
        (pd.DataFrame({"w": [True, False]}, index=["a", "a"]).rename(columns={"w": "u"}), "absent"),
        ([1.0], "DataFrame"),
        (pd.Series([1.0], name="w"), "DataFrame"),
    ],
)
def test_frames_that_cannot_be_are_refused(frame, said):
    with pytest.raises(DataError, match=said):
        SurveyDesign(weights="w").on(frame)


def test_columns_named_by_numbers_are_refused():
    with pytest.raises(DataError, match=r"the survey design finds no column named by the text '0'. To do: rename the columns"):
        SurveyDesign(weights="0").on(pd.DataFrame({0: [1.0, 2.0]}))


def test_populations_are_numbers():
    with pytest.raises(DataError, match="must be numbers"):
        SurveyDesign(population="N").on(pd.DataFrame({"N": ["9", "9"]}))


@pytest.mark.parametrize("held", [[4, 4, 5], [2, 2, 2], [1, 1, 1]])
def test_populations_are_one_number_a_stratum_and_no_fewer_than_drawn(held):
    frame = pd.DataFrame({"h": ["x", "x", "x", "y"], "N": [*held, 9]})
    with pytest.raises(DataError, match="'N' must be one number in each stratum, at least the clusters drawn from it") as refused:
        SurveyDesign(strata="h", population="N", single="certainty").on(frame)
    assert refused.value.found == "1 strata where it is not"
    assert refused.value.do == "give each row the number of clusters that its stratum has in the population"


def test_one_row_says_what_is_missing():
    drawn = SurveyDesign().on(pd.DataFrame({"y": [1.0]}))
    assert drawn.df == 0
    assert any("no intervals" in note.text.en for note in drawn.notes)
    with pytest.raises(DataError, match="single cluster"):
        drawn.covariance(np.array([[0.0]]))


@pytest.mark.parametrize("single", ["average", "remove"])
def test_only_lonely_strata_have_no_variance_to_go_by(single):
    frame = pd.DataFrame({"h": [0, 1, 2], "y": [1.0, 2.0, 3.0]})
    drawn = SurveyDesign(strata="h", single=single).on(frame)
    with pytest.raises(NoAnswer, match="no stratum holds two clusters"):
        drawn.covariance(frame["y"].to_numpy()[None])
    with pytest.raises(NoAnswer):
        drawn.domain_ratios([frame["y"].to_numpy()], np.zeros(3, dtype=int))
    with pytest.raises(NoAnswer):
        drawn.replicated(mean_of(frame["y"].to_numpy()))


@pytest.mark.parametrize("shape", [(3,), (1, 2), (1, 3, 1)])
def test_influence_of_another_shape_is_refused(shape):
    drawn = SurveyDesign().on(pd.DataFrame({"y": [1.0, 2.0, 3.0]}))
    with pytest.raises(SpecError, match="shape"):
        drawn.covariance(np.zeros(shape))


@pytest.mark.parametrize("domain", [[0, 0, 1], np.array([0.0, 1.0, np.nan]), np.array(["a", "b", "c"]), np.array([0, 1])])
def test_domains_of_another_kind_are_refused(domain):
    drawn = SurveyDesign().on(pd.DataFrame({"y": [1.0, 2.0, 3.0]}))
    with pytest.raises(SpecError, match="whole numbers"):
        drawn.domain_ratios([np.ones(3)], domain)
    with pytest.raises(NoAnswer, match="any domain"):
        drawn.domain_ratios([np.ones(3)], np.full(3, -1))


@pytest.mark.parametrize("scheme", ["jackknife", Jackknife, 3])
def test_replicates_by_something_else_are_refused(scheme):
    drawn = SurveyDesign().on(pd.DataFrame({"y": [1.0, 2.0, 3.0]}))
    with pytest.raises(EvalkitError, match="cannot be made"):
        drawn.replicated(mean_of(np.ones(3)), scheme)


# --- notes and ways ------------------------------------------------------------------------------------------------------


def test_notes_say_what_was_decided():
    frame = pd.DataFrame({"h": [0, 0, 1, 2], "N": [5, 5, 4, 1]})
    notes = SurveyDesign(strata="h", population="N", single="adjust").on(frame).notes
    assert [note.kind for note in notes] == ["caution", "choice"]
    assert notes[0].text.en == "1 strata hold a single cluster and are taken by their distance to the mean of all clusters."
    assert "1 层为全查" in notes[1].text.zh
    assert SurveyDesign().on(frame).notes == ()


@given(arrays(float, (3, 30), elements=st.floats(-5, 5)), st.booleans())
def test_rows_may_come_one_by_one(u, clustered):
    frame = pd.DataFrame({"w": np.linspace(1, 2, 30), "h": np.arange(30) % 2, "c": np.arange(30) // 3})
    drawn = SurveyDesign(weights="w", strata="h", clusters="c" if clustered else None).on(frame)
    np.testing.assert_allclose(drawn.covariance(row for row in u), drawn.covariance(u), atol=1e-9)


def test_one_name_in_two_strata_is_two_clusters():
    frame = pd.DataFrame({"h": [0, 0, 1, 1], "c": ["a", "b", "a", "b"], "y": [1.0, 2.0, 5.0, 9.0]})
    told = frame.assign(c=["a", "b", "d", "e"])
    one, two = (SurveyDesign(strata="h", clusters="c").on(each) for each in (frame, told))
    assert (one.df, one.names.tolist()) == (2, [(0, "a"), (0, "b"), (1, "a"), (1, "b")])
    assert ratio(one, frame["y"]) == ratio(two, frame["y"])


def test_the_order_of_rows_does_not_matter(clus1):
    design = SurveyDesign(weights="w", strata="stype", clusters="dnum")
    mixed = clus1.sample(frac=1.0, random_state=1)
    np.testing.assert_allclose(ratio(design.on(clus1), clus1["api00"]), ratio(design.on(mixed), mixed["api00"]), rtol=1e-12)


def test_the_bootstrap_of_a_mean_is_near_the_linearized_error(strat):
    drawn = SurveyDesign(weights="w", strata="stype", population="N").on(strat)
    _, v = drawn.replicated(mean_of(strat["api00"].to_numpy()), RescaledBootstrap(resamples=4000, seed=5))
    assert np.sqrt(v[0, 0]) == pytest.approx(9.408940879434, rel=4 / np.sqrt(2 * 4000))


# --- what answers make of it ---------------------------------------------------------------------------------------------


def homes():
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"county": np.repeat(list("aabb"), 40), "village": np.repeat(np.arange(16), 10), "h": "rest"})
    frame.loc[frame["village"] == 0, "h"] = "alone"
    for name in ("before", "after", "seen"):
        frame[name] = (rng.random(len(frame)) < 0.5).astype(int)
    return frame


def test_answers_carry_the_notes_and_degrees_of_freedom_of_their_design():
    frame = homes()
    design = SurveyDesign(strata="h", clusters="village", single="adjust")
    drawn = design.on(frame)
    moved = PovertyTransitions(design=design).measure(frame)
    left = Attrition(seen="seen", by=("county",), design=design).measure(frame)
    system = DeprivationSystem(id="one", name=Text("一", "one"), deprivations=(Deprivation(id="before", name=Text("一", "one")),))
    poor = AlkireFoster(system=system, cutoff=1.0, design=design).measure(frame, over="county")
    for answer in (moved, left, poor):
        assert drawn.notes[0] in answer.notes
    inside = [(frame["county"] == county).to_numpy() for county in "ab"]
    assert [drawn.degrees_of_freedom(one) for one in inside] == [6, 7]
    for table in (left.frame, poor.frame[poor.frame["measure"] == "H"]):
        for df, (_, row) in zip([6, 7], table.iterrows(), strict=True):
            low, _ = share_interval(np.array([row["estimate"]]), np.array([row["std_error"]]), df)
            assert row["ci_low"] == pytest.approx(low[0], rel=1e-12)


# --- values that R computed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("population", "kind", "share", "error", "logit", "beta"),
    [
        (True, "H", 0.0765027322404, 0.0268102190508, (0.0354088346207, 0.157501118285), (0.0296381062072, 0.156022548788)),
        (True, "M", 0.136612021858, 0.0296490466403, (0.0844892976838, 0.213395012452), (0.0793732709153, 0.21374592689)),
        (False, "H", 0.0765027322404, 0.0270798559292, (0.0351303155991, 0.158590350956), (0.0292835216538, 0.157058498762)),
        (False, "M", 0.136612021858, 0.0299472342966, (0.084070826507, 0.21430659118), (0.0788680304613, 0.214663433703)),
    ],
)
def test_shares_of_apiclus1_by_svyciprop(clus1, population, kind, share, error, logit, beta):
    """R 4.2.2, survey 4.1-1: svyciprop(~I(stype == kind), method = "logit" and "beta"), with and without a finite population."""
    drawn = SurveyDesign(weights="w", clusters="dnum", population="N" if population else None).on(clus1)
    found, se = ratio(drawn, clus1["stype"] == kind)
    assert (found, se) == pytest.approx((share, error), rel=1e-9)
    one, so = np.array([found]), np.array([se])
    np.testing.assert_allclose(np.ravel(share_interval(one, so, drawn.df)), logit, rtol=1e-7)
    np.testing.assert_allclose(np.ravel(exact_interval(one, so, drawn.df, len(clus1), capped=False)), beta, rtol=1e-9)


def test_degrees_of_freedom_of_a_subset_as_in_r(strat):
    """degf(subset(dstrat, stype != "E")) is 98, of all 197."""
    drawn = SurveyDesign(weights="w", strata="stype", population="N").on(strat)
    assert (drawn.df, drawn.degrees_of_freedom((strat["stype"] != "E").to_numpy())) == (197, 98)
