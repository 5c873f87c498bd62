"""The picture of a report in the README: four pages of the demonstration side by side, in both languages.

`.venv/bin/python docs/pictures/report.py`, with the extras `fonts` and `pdf`, Pillow, and poppler's pdftotext and pdftoppm.
"""

import re
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

from evalkit import datasets
from evalkit.study.deliver import deliver
from evalkit.study.run import Study

HERE = Path(__file__).parent
SHOWN = {  # beside the cover, the pages on which these sections begin
    "zh": ("摘要", "协调等级", "等级的变动"),
    "en": ("Summary", "Grades", "Moves between grades"),
}
WIDTH, GAP, COLORS = 460, 14, 48  # pixels of a page and between pages; colors of the picture


def pages(pdf: Path, lang: str) -> list[int]:
    """The numbers of the pages that are shown; lines of the contents end in a page number and are passed over."""
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True).stdout.decode()
    sheets = text.split("\f")
    begins = [re.compile(rf"^\s*\d+(\.\d+)?\s+{re.escape(title)}\s*$", re.MULTILINE) for title in SHOWN[lang]]
    found = [next(at for at, sheet in enumerate(sheets, start=1) if one.search(sheet)) for one in begins]
    return [1, *found]


def picture(pdf: Path, lang: str) -> Path:
    """The pages side by side, as report_<lang>.png beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        shots = []
        for page in pages(pdf, lang):
            to = Path(folder) / str(page)
            size = ["-scale-to-x", str(WIDTH), "-scale-to-y", "-1"]
            subprocess.run(["pdftoppm", "-png", "-singlefile", "-f", str(page), *size, pdf, to], check=True)
            shots.append(ImageOps.expand(Image.open(f"{to}.png").convert("RGB"), border=1, fill="#b0b0b0"))
    width, height = shots[0].size
    whole = Image.new("RGB", (len(shots) * (width + GAP) - GAP, height), "white")
    for at, shot in enumerate(shots):
        whole.paste(shot, (at * (width + GAP), 0))
    file = HERE / f"report_{lang}.png"
    whole.quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)
    return file


def main() -> None:
    """Run the demonstration to PDF in each language and take its picture."""
    shipped = datasets.folder() / "studies" / "counties.toml"
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "counties.toml"
        study.write_text(shipped.read_text("utf-8").replace("[report]", '[report]\nformats = ["pdf"]'), encoding="utf-8")
        for lang in SHOWN:
            out = deliver(Study.read(study), Path(folder) / lang, lang=lang)
            print(picture(out / "report.pdf", lang))


if __name__ == "__main__":
    main()
