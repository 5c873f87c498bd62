"""The rules against leakage, what was found against them, and the refusal that lists it all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from evalkit.check import one_of
from evalkit.chinese import in_chinese
from evalkit.errors import DataError, sentence
from evalkit.terms import Text

COLUMNS = ("rule", "severity", "column", "count", "where", "found", "message_zh", "message_en", "do_zh", "do_en")


class Rule(NamedTuple):
    """How a breach is said, with what was found filled in, and what to do."""

    says: Text
    do: Text


RULES: dict[str, Rule] = {
    "known_after_origin": Rule(
        Text(
            "特征“{column}”有 {count} 行在起点之后才可知：{where}",
            "'{column}' was known after the origin in {count} rows: {where}",
        ),
        Text("改用起点时已知的最新一期，或去掉该特征", "take the newest figure known at the origin, or leave the feature out"),
    ),
    "not_rebuilt": Rule(
        Text(
            "删去起点之后的数据重新计算，“{column}”有 {count} 行数值不同：{where}",
            "built anew without what came after the origin, '{column}' differs in {count} rows: {where}",
        ),
        Text("按特征方案从当时已知的数据计算", "draw it by the plan, from what was known"),
    ),
    "future_values": Rule(
        Text("特征“{column}”是起点之后的数值（{found}）", "'{column}' holds figures of after the origin ({found})"),
        Text(
            "改用起点当期或更早的数值；若确已事先公布，请按名接受",
            "take those of the origin; if they were announced before, accept it by name",
        ),
    ),
    "shuffled_dates": Rule(
        Text(
            "“{column}”有 {count} 行的时期次序不可能（{found}）：{where}",
            "periods of '{column}' stand in an impossible order in {count} rows ({found}): {where}",
        ),
        Text("核对住户各期数据的日期", "check the dates of the homes' rows"),
    ),
    "home_in_both_folds": Rule(
        Text("{count} 个住户同时在训练集与测试集：{where}", "{count} homes both train and test: {where}"),
        Text("按住户划分，例如 HouseholdFolds 或 PurgedOrigins", "split by household: HouseholdFolds or PurgedOrigins"),
    ),
    "village_in_both_folds": Rule(
        Text("{count} 个村同时在训练集与测试集：{where}", "{count} villages both train and test: {where}"),
        Text("按村划分，例如 VillageFolds", "split by village: VillageFolds"),
    ),
    "outcome_after_test": Rule(
        Text(
            "{count} 个训练行的结果在测试起点时尚未可知（{found}）：{where}",
            "outcomes of {count} training rows were not known when the test began ({found}): {where}",
        ),
        Text(
            "用 PurgedOrigins 清除；若只评估同期的新住户，请按名接受",
            "purge them: PurgedOrigins; to test new homes of the same time, accept it by name",
        ),
    ),
    "home_twice": Rule(
        Text(
            "{count} 行与另一编号的住户特征完全相同（{found}）：{where}",
            "{count} rows are the same in every feature as rows of another home ({found}): {where}",
        ),
        Text("去掉重复住户", "take the repeated homes out"),
    ),
    "label_in_feature": Rule(
        Text("由{column}即可复原标签（{found}）", "the label can be told from {column} ({found})"),
        Text("去掉由结果算出的特征", "leave out what was made from the outcome"),
    ),
    "suspicious_feature": Rule(
        Text("{column}预测得过于准确（{found}）", "{column} foretells the label too well ({found})"),
        Text(
            "查明其来源与日期；确属事先可知，请按名接受",
            "find out where it comes from and when it was known; if that is sound, accept it by name",
        ),
    ),
    "identifier": Rule(
        Text("“{column}”是编号，不是特征（{found}）", "'{column}' is an identifier and no feature ({found})"),
        Text("去掉该列", "leave it out"),
    ),
    "target_encoded": Rule(
        Text(
            "“{column}”是全部行（含测试行）标签的分组均值（{found}）",
            "'{column}' is the mean label by group over all rows, those that test too ({found})",
        ),
        Text("只用训练行计算，并对训练行交叉拟合", "learn it from training rows, cross-fitted within them"),
    ),
    "fitted_on_test": Rule(
        Text("“{column}”的预处理用到了测试行（{found}）", "'{column}' was prepared with rows that test ({found})"),
        Text("放入管道，只在训练行上拟合", "fit it on training rows alone, inside a pipeline"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One breach of one rule: in which column, how often, where (the first of them), and what was found."""

    rule: str
    column: str = ""
    count: int = 1
    where: str = ""
    found: Text = Text("", "")

    @property
    def message(self) -> Text:
        """What is wrong, in both languages."""
        where = Text(in_chinese(self.where), self.where)
        return RULES[self.rule].says.format(column=self.column, count=f"{self.count:,}", where=where, found=self.found)


def table(leaks: Sequence[Leak]) -> pd.DataFrame:
    """Findings as a frame, in the order of the rules.

    Examples
    --------
    >>> table([Leak(rule="identifier", column="hid", found=Text("名称", "its name"))]).loc[0, ["rule", "message_en"]].tolist()
    ['identifier', "'hid' is an identifier and no feature (its name)"]
    """
    order = {rule: at for at, rule in enumerate(RULES)}
    rows = [
        (leak.rule, "defect", leak.column, leak.count, leak.where, leak.found.en, *leak.message, *RULES[leak.rule].do)
        for leak in sorted(leaks, key=lambda leak: order[leak.rule])
    ]
    return pd.DataFrame(rows, columns=pd.Index(COLUMNS))


def accepted(frame: pd.DataFrame, accept: Collection[str]) -> pd.Series:
    """Which findings are accepted, by rule or by "rule:column"."""
    return frame["rule"].isin(list(accept)) | (frame["rule"] + ":" + frame["column"]).isin(list(accept))


def refusal(frame: pd.DataFrame, accept: Collection[str] = ()) -> None:
    """Raise one `DataError` with every finding that is not accepted.

    Raises
    ------
    SpecError
        `accept` names a rule that does not exist.
    DataError
        A finding remains.
    """
    for name in [accept] if isinstance(accept, str) else accept:
        one_of(str(name).partition(":")[0], tuple(RULES), who="an accepted rule")
    wrong = frame.loc[~accepted(frame, [accept] if isinstance(accept, str) else accept)]
    if len(wrong) == 1:
        one = wrong.iloc[0]
        raise DataError(one["message_en"], do=f"{one['do_en']} [{one['rule']}]")
    if len(wrong):
        texts = wrong.head(20)[["message_en", "do_en", "rule"]].astype(str).to_numpy().tolist()
        lines = [f"\n  - {sentence(what)} To do: {do} [{rule}]" for what, do, rule in texts]
        more = f"\n  and {len(wrong) - 20} more" if len(wrong) > 20 else ""
        raise DataError(f"{len(wrong)} ways in which the model would know what it cannot:{''.join(lines)}{more}")
