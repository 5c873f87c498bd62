"""What must be known beside what came through the door."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evalkit.answer import Note
from evalkit.monitor.door.rules import WHOLE
from evalkit.terms import Text, first_of

SAYS = {
    "refused": Text("{n} 份数据被拒收，未入库：{which}。", "Deliveries refused, nothing of them stored: {n} ({which})."),
    "strays": Text(
        "交付文件夹中有 {n} 个文件不属于任何来源，或格式不能读取，未入库：请与各来源 file 所写的样式核对。",
        "Files in the folder of deliveries that match no source, or whose format is not read: {n}, not stored. Compare them with "
        "the patterns that sources declare as file.",
    ),
    "empty": Text(
        "{n} 份数据只有表头、没有记录，已入库：{which}；是当期无人上报还是导出失败，按该来源以往的行数判断，见交付质量。",
        "Deliveries with a header and no row: {n} ({which}), stored. Whether nobody was reported or an export failed is judged "
        "by how many rows the source usually has, and told with the quality of deliveries.",
    ),
    "aside": Text(
        "{n} 行不能读取，未入库（占 {share:.1%}）；请按列与原因退回部门核对。",
        "Rows that cannot be read and were not stored: {n} ({share:.1%}); have them corrected, by column and rule.",
    ),
    "known": Text("{n} 份文件已在库中，未重复入库。", "Files that were in the store already and were not stored again: {n}."),
    "otherwise": Text(
        "{which} 入库时的声明与现在不同，仍按当时的声明保存；若要重读，先从库中移除该份数据。",
        "{which}: taken in under another declaration than today's, and kept as it was read then; remove it to have it read anew.",
    ),
    "rounded": Text("{n} 个金额含不足一分的部分，四舍五入到分。", "Amounts with parts of a fen, rounded to whole fen: {n}."),
    "people": Text(
        "代号可凭密钥还原到人，库中数据仍属个人信息。",
        "Who has the key can lead pseudonyms back to people: what is in the store is personal information still.",
    ),
}


def notes_of(frame: pd.DataFrame, otherwise: Sequence[str], strays: int = 0) -> tuple[Note, ...]:
    """The notes on deliveries: refused, of no source, without rows, set aside, known, read as declared before, rounded."""
    refused, stored = frame[frame["status"] == "refused"], frame[frame["status"] == "stored"]
    notes = []
    if len(refused):
        notes.append(Note("left_out", SAYS["refused"].format(n=len(refused), which=_listed(refused))))
    if strays:
        notes.append(Note("left_out", SAYS["strays"].format(n=strays)))
    empty = stored[stored["rows"] == 0]
    if len(empty):
        notes.append(Note("caution", SAYS["empty"].format(n=len(empty), which=first_of(empty["file"]))))
    aside, rows, rounded = (int(stored[name].sum()) for name in ("set_aside", "rows", "rounded"))
    if aside:
        notes.append(Note("left_out", SAYS["aside"].format(n=aside, share=aside / rows)))
    if known := int((frame["status"] == "known").sum()):
        notes.append(Note("choice", SAYS["known"].format(n=known)))
    if otherwise:
        notes.append(Note("caution", SAYS["otherwise"].format(which=first_of(otherwise))))
    if rounded:
        notes.append(Note("choice", SAYS["rounded"].format(n=rounded)))
    return (*notes, Note("caution", SAYS["people"]))


def _listed(refused: pd.DataFrame) -> Text:
    """Refused files, each with why, as far as they are few."""
    some = [(str(row.file), WHOLE[str(row.rule)]) for row in refused.head(5).itertuples()]
    more = len(refused) - len(some)
    zh = "；".join(f"{file}（{why.zh}）" for file, why in some) + (f"；另有 {more} 份" if more else "")
    en = "; ".join(f"{file}: {why.en}" for file, why in some) + (f"; and {more} more" if more else "")
    return Text(zh, en)
