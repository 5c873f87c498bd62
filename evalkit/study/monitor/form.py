"""What a monitor may say: its records, rules, engine, visits, what visits found, and what may be published."""

from __future__ import annotations

from os.path import normpath
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from evalkit.monitor.sources.columns import as_meant
from evalkit.panel.form import Form, Words
from evalkit.study.report_form import Formats
from evalkit.terms import Lang, Text

REASONS = {
    "not_verified": Text("入户核实未见风险", "the visit found no risk"),
    "supported": Text("现有帮扶已足够", "what help there is suffices"),
    "record_wrong": Text("记录有误", "a record was wrong"),
    "declined": Text("本户不愿纳入", "the home does not wish it"),
    "conditions_met": Text("符合风险消除条件", "the conditions of closing are met"),
    "illness": Text("因病", "illness"),
    "disaster": Text("因灾", "disaster"),
    "schooling": Text("因学", "schooling"),
    "work": Text("务工就业不稳", "work"),
    "other": Text("其他", "other"),
}
MEASURES = {
    "industry": Text("产业帮扶", "farm and business"),
    "employment": Text("就业帮扶", "a job"),
    "public_job": Text("公益性岗位", "a public job"),
    "credit": Text("小额信贷", "small credit"),
    "allowance": Text("低保等兜底保障", "allowances"),
    "relief": Text("临时救助", "relief in need"),
    "medical": Text("医疗救助", "help with medical costs"),
    "education": Text("教育资助", "help with schooling"),
    "housing": Text("住房改造", "repair of the dwelling"),
    "water": Text("饮水工程", "water works"),
    "society": Text("社会帮扶", "help by society"),
    "other": Text("其他", "other"),
}
SOURCES = {
    "township": Text("乡镇", "township"),
    "village": Text("村", "village"),
    "department": Text("部门", "department"),
    "self_report": Text("农户自主申报", "the home itself"),
    "visit": Text("干部走访排查", "visits of cadres"),
    "letters": Text("信访舆情", "letters and media"),
}


def _beside(pattern: str) -> str:
    if not pattern or Path(pattern).is_absolute():
        raise ValueError("give a pattern of files beside the monitor file, such as follow_up/*.xlsx")
    return pattern


Count = Annotated[int, Field(ge=0)]
Days = Annotated[int, Field(ge=1)]


class EngineForm(Form):
    """`[engine]`: DuckDB in this process, or Spark, of a `master` or by Spark Connect (`remote`)."""

    kind: Literal["duckdb", "spark"] = "duckdb"
    memory: str = "4GB"
    threads: Annotated[int, Field(ge=1)] | None = None
    spill: str | None = None
    master: str = "local[2]"
    remote: str | None = None


class VisitsForm(Form):
    """`[visits]`: how many homes of a village can be visited in a month, in all villages or in some."""

    capacity: Count = 20
    villages: dict[str, Count] = Field(default_factory=dict)


class RiskForm(Form):
    """`[risk]`: a file with the score of a risk model; it orders visits within a level and takes nobody off the list."""

    file: str
    household: str = "household"
    risk: str = "risk"


class FollowForm(Form):
    """`[follow_up]`: what visits found and what help was given, as files beside the study, a row a change.

    Columns: the home as departments write it or by the `code` of its list, the `stage` it reached (visited, included,
    not_included, helped, resolved; flagged by who comes forward), the `date` on which it did, the day it became `known` (else
    that of the run), and where told a `reason`, a `measure` and its `source`. Stages and these three are codes or words, in
    Chinese or English; they are those of the tables `reasons`, `measures` and `sources`, so that nobody's name gets into the
    ledger.
    """

    file: Annotated[str, AfterValidator(_beside)]
    household: str = "household"
    code: str | None = None
    stage: str = "stage"
    date: str = "date"
    known: str | None = None
    reason: str = "reason"
    measure: str = "measure"
    source: str = "source"
    reasons: dict[str, Words] = Field(default_factory=lambda: dict(REASONS))
    measures: dict[str, Words] = Field(default_factory=lambda: dict(MEASURES))
    sources: dict[str, Words] = Field(default_factory=lambda: dict(SOURCES))

    @model_validator(mode="after")
    def _each_once(self) -> FollowForm:
        for name in ("reasons", "measures", "sources"):
            seen = dict[str, str]()
            for code, text in getattr(self, name).items():
                for word in (code, text.zh, text.en):
                    if seen.setdefault(as_meant(word).casefold(), code) != code:
                        raise ValueError(f"two {name} are called '{word}'")
        return self


class ProcessForm(Form):
    """`[process]`: within how many days of its signal a home is to be visited, and helped."""

    visit_within: Days = 15
    help_within: Days = 30


class BulletinForm(Form):
    """`[report]`: who publishes, and from how many homes on a count may be told."""

    organization: Words = Text("", "")
    least: Annotated[int, Field(ge=5)] = 10
    formats: Formats = ("html", "docx", "xlsx")


class MonitorForm(Form):
    """A monitor as declared; files lie beside it.

    `deliveries` is the folder departments send to, `store` that of pseudonymized records, evidence and ledger; `names` says what
    codes of counties and villages are called.
    """

    title: Words
    subtitle: Words = Text("", "")
    lang: Lang = "zh"
    sources: str = "sources.toml"
    rules: str = "rules.toml"
    deliveries: str = "deliveries"
    store: str = "store"
    names: dict[str, Words] = Field(default_factory=dict)
    engine: EngineForm = EngineForm()
    visits: VisitsForm = VisitsForm()
    risk: RiskForm | None = None
    follow_up: FollowForm | None = None
    process: ProcessForm = ProcessForm()
    report: BulletinForm = BulletinForm()

    @model_validator(mode="after")
    def _apart(self) -> MonitorForm:
        sent, kept = (Path(normpath(name)) for name in (self.deliveries, self.store))
        if sent.is_relative_to(kept) or kept.is_relative_to(sent):
            raise ValueError("deliveries and store must be folders apart from each other")
        return self
