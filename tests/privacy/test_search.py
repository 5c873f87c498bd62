"""The search finds what is there, however it is written, and nobody where nobody is."""

import base64
import io
import json
import zipfile
import zlib
from pathlib import Path
from urllib.parse import quote

import duckdb
import pandas as pd
import pytest
from everyone import SECRETS
from search import Search

HELD = {**SECRETS, "key": "2f7c1e9d8b6a5f4039281706f5e4d3c2b1a09f8e7d6c5b4a"}
SEARCH = Search(HELD)


def as_parquet(path: Path, value: str) -> None:
    with duckdb.connect() as connection:
        frame = pd.DataFrame({"n": range(500), "w": [value] * 500})  # noqa: F841  # read by its name
        connection.execute(f"COPY frame TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def zipped(*names: str, data: bytes) -> bytes:
    for name in reversed(names):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        data = held.getvalue()
    return data


@pytest.mark.parametrize("called", ["name 7", "card 11", "phone 49", "bank 3", "key"])
def test_the_search_finds_what_is_there_however_it_is_written(tmp_path, called):
    secret = HELD[called]
    text = f"。前{secret}後。"
    for code in ("utf-8", "utf-16-le", "utf-16-be", "gbk"):
        (tmp_path / code).write_bytes(text.encode(code))
    for shift in range(3):
        (tmp_path / f"base64-{shift}").write_bytes(base64.b64encode(b"x" * shift + text.encode()))
    (tmp_path / "hex").write_text(text.encode().hex(), encoding="ascii")
    (tmp_path / "json").write_text(json.dumps({"a": text}), encoding="utf-8")
    (tmp_path / "address").write_text(quote(text), encoding="utf-8")
    (tmp_path / "z.docx").write_bytes(zipped("word/document.xml", data=text.encode()))
    pd.DataFrame({"a": [text]}).to_excel(tmp_path / "y.xlsx")
    (tmp_path / "a.docx").write_bytes(zipped("word/embeddings/x.xlsx", "xl/sharedStrings.xml", data=text.encode()))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7\nstream\n" + zlib.compress(text.encode("utf-16-be")) + b"\nendstream")
    picture = b"\x89PNG\r\n\x1a\nzTXt" + zlib.compress(text.encode())
    (tmp_path / "c.html").write_bytes(b'<img src="data:image/png;base64,' + base64.b64encode(picture) + b'">')
    as_parquet(tmp_path / "d.parquet", text)
    (tmp_path / f"e {secret}.txt").touch()
    if secret.isdigit():
        pd.DataFrame({"n": [float(secret)]}).to_excel(tmp_path / "f.xlsx")
        (tmp_path / "g.npy").write_bytes(pd.Series([int(secret)]).to_numpy().tobytes())
    (tmp_path / "none.txt").write_text("甲县 0.138 5301020", encoding="utf-8")
    found = SEARCH.leaks(tmp_path)
    assert set(found) == {path.name for path in tmp_path.iterdir()} - {"none.txt"}
    assert all(held == {called} for held in found.values())
