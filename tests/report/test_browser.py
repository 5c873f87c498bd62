"""The HTML report as a reader uses it: driven in headless Chromium, by pointer, by keyboard, on a phone and on paper.

Needs the package playwright and a Chromium on the path (or named by EVALKIT_CHROMIUM); axe-core is looked for in the folder
EVALKIT_AXE, and beside the checkout in node_modules. What is not there is skipped, and says so.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.report import theme
from evalkit.report.document import Bullets, Document, Figure, Formula, Heading, Paragraph, Table
from evalkit.report.html.page import html
from evalkit.report.pictures import Pictures
from evalkit.terms import Text

ROOT = Path(__file__).parents[2]
NAMES = ["重庆", "安徽", "北京", "甘肃"]  # by pinyin: 安徽 An, 北京 Bei, 重庆 Chong, 甘肃 Gan
LONG = pd.DataFrame(
    {
        "地区": [NAMES[n % 4] + str(n) for n in range(24)],
        "人数": [10 ** (n % 4) * (n + 1) for n in range(24)],
        "变化": [np.nan if n == 5 else (n - 12) / 8 for n in range(24)],
        "说明": ["=1+1" if n == 3 else "long text, with a comma " * 6 for n in range(24)],
    }
)
BY_YEAR = pd.DataFrame({"年份": [2020, 2021, 2022], "指数": [0.41, 0.52, 0.63]})


def trend():
    canvas, axes = theme.new_figure(6, 3)
    axes.plot(BY_YEAR["年份"], BY_YEAR["指数"], label="指数", **theme.line(0))
    theme.years(axes, BY_YEAR["年份"])
    theme.legend_below(axes)
    return canvas


def bars():
    canvas, axes = theme.new_figure(6, 3)
    axes.barh([0, 1], [3, -2], color=theme.PALETTE[0])
    axes.set_yticks([0, 1], ["甲县", "乙县"])
    axes.set_xlabel("户数")
    return canvas


def a_report(lang="zh"):
    far = [Paragraph("正文。" * 400) for _ in range(3)]
    blocks = [
        Heading("第一章"),
        Paragraph("要点", role="key"),
        Bullets(("甲", "乙")),
        Formula(r"D=\sqrt{C\,T}", "D = √(C·T)"),
        Heading("小节", level=2),
        Figure(key="trend", caption=Text("走势", "Trend"), draw=trend, alt="逐年上升", source="模拟"),
        Table(key="trend", caption=Text("各年", "By year"), frame=BY_YEAR, decimals={"指数": 2}),
        *far,
        Heading("第二章"),
        Figure(key="bars", caption=Text("户数", "Homes"), draw=bars, alt="两县"),
        Table(key="long", caption=Text("长表", "Long"), frame=LONG, source="模拟"),
        *far,
        Heading("第三章"),
        Figure(key="visits", caption=Text("走访", "Visits"), draw=bars, alt="两县"),
        Paragraph("末段"),
    ]
    return Document(title="后评估报告", lang=lang, cover=(("机构", "某中心"),), statement="声明", blocks=tuple(blocks))


@pytest.fixture(scope="module")
def browser() -> Iterator:
    api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    names = (os.environ.get("EVALKIT_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium is on the path: install one, or set EVALKIT_CHROMIUM")
    with api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def axe() -> str:
    folders = [os.environ.get("EVALKIT_AXE"), ROOT / "node_modules" / "axe-core"]
    for folder in folders:
        if folder and (file := Path(folder) / "axe.min.js").is_file():
            return file.read_text(encoding="utf-8")
    pytest.skip("axe-core is not at hand: npm install axe-core, and set EVALKIT_AXE to its folder")


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """A made-up report in Chinese and a real one in English."""
    folder = tmp_path_factory.mktemp("pages")
    counties, systems = ek.datasets.load("counties"), ek.systems("consolidation", "revitalization")
    kept, rise = (ek.CompositeIndex(system=system).fit(counties).score(counties) for system in systems.values())
    bond = ek.CouplingCoordination().measure(kept=kept.series, rise=rise.series)
    real = ek.Report("Coupling and coordination", lang="en").add(kept, bond, ek.ObstacleDegree(top=3).measure(kept)).document()
    made = {"zh": folder / "报告 1.html", "en": folder / "report.html"}
    for lang, document in (("zh", a_report()), ("en", real)):
        made[lang].write_bytes(html(document, Pictures(lang)))
    return made


@pytest.fixture
def visit(browser, files):
    """Open a page; whatever it asks for beyond its own file, and whatever goes wrong in it, fails the test."""
    contexts, asked, faults = [], [], []

    def opened(lang="zh", width=1280, height=800, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(files[lang].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    own = {file.as_uri() for file in files.values()}
    assert [url for url in asked if url.partition("#")[0] not in own and not url.startswith(("data:", "blob:"))] == []
    assert faults == []


def until(page, condition, patience=100):
    """Wait for a condition; Playwright's own way of waiting is refused by the policy of the page."""
    for _ in range(patience):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"in vain waited for: {condition}")


def column(page, at, table="#table-2"):
    return page.eval_on_selector_all(
        f"{table} tbody tr", f"rows => rows.filter(r => !r.hidden).map(r => r.cells[{at}].textContent)"
    )


def head(page, name, table="#table-2"):
    return page.locator(f"{table} th", has_text=name)


def downloaded(page, place, kind):
    with page.expect_download() as waiting:
        page.locator(f"{place} .tools button", has_text=kind).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def read_csv(data):
    assert data.startswith(b"\xef\xbb\xbf")  # so that spreadsheets read Chinese
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def is_in_view(page, selector):
    return page.eval_on_selector(
        selector, "e => { const b = e.getBoundingClientRect(); return b.top > -1 && b.top < innerHeight }"
    )


def test_the_page_refuses_to_ask_and_to_run_what_it_was_not_written_with(browser, files):
    context = browser.new_context()
    page, told = context.new_page(), []
    page.on("console", lambda message: told.append(message.text))
    context.route("**/*", lambda route: route.abort() if route.request.url.startswith("http") else route.continue_())
    page.goto(files["zh"].as_uri())
    assert told == []
    tried = "fetch('https://example.org/').then(() => 'fetched', () => 'refused')"
    assert page.evaluate(tried) == "refused"
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s) }"
    )
    assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in text for text in told) >= 2
    context.close()


def test_contents_lead_to_chapters_and_follow_the_reader(visit):
    page = visit()
    marked = ".broad a[aria-current='location']"
    assert page.inner_text(marked) == "1 第一章"
    page.click(".broad a:has-text('2 第二章')")
    until(page, "document.querySelector('.broad a[aria-current]').textContent === '2 第二章'")
    assert is_in_view(page, "#h2")
    assert is_in_view(page, "nav .broad p")  # the contents stay
    page.evaluate("window.scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    until(page, "document.querySelector('.broad a[aria-current]').textContent === '3 第三章'")
    assert page.locator(marked).count() == 1


def test_numbers_sort_as_numbers_and_what_is_missing_stands_last(visit):
    page = visit()
    first = column(page, 2)
    press = head(page, "变化").locator("button")
    for order in ("ascending", "descending"):
        press.click()
        assert head(page, "变化").get_attribute("aria-sort") == order
        values = [float(text.replace("−", "-")) for text in column(page, 2)[:-1]]
        assert values == sorted(values, reverse=order == "descending")
        assert column(page, 2)[-1] == "—"
    press.click()
    assert column(page, 2) == first
    assert head(page, "变化").get_attribute("aria-sort") == "none"
    head(page, "人数").locator("button").click()
    people = [int(text.replace(",", "")) for text in column(page, 1)]
    assert people == sorted(people)
    assert max(people) > 10_000


def test_chinese_names_sort_by_pinyin(visit):
    page = visit()
    head(page, "地区").locator("button").click()
    assert column(page, 0)[:7] == ["安徽1", "安徽5", "安徽9", "安徽13", "安徽17", "安徽21", "北京2"]
    assert column(page, 0)[-1] == "甘肃23"


def test_the_keyboard_sorts_and_filters(visit):
    page = visit()
    head(page, "变化").locator("button").focus()
    page.keyboard.press("Enter")
    assert head(page, "变化").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert head(page, "变化").get_attribute("aria-sort") == "descending"
    assert page.inner_text("main > [role=status]") == "已按“变化”降序排列。"
    page.locator("#table-2 input").focus()
    page.keyboard.type("北京")
    assert column(page, 2) == ["1.250", "0.750", "0.250", "−0.250", "−0.750", "−1.250"]


def test_a_filter_tells_how_many_rows_are_left(visit):
    page = visit()
    count, field = page.locator("#table-2 [aria-live]"), page.locator("#table-2 input")
    assert count.inner_text() == "24 行"
    field.fill("安徽 -0.3")  # words in any order; a typed minus is the printed one
    assert column(page, 0) == ["安徽9"]
    assert count.inner_text() == "显示 1 行，共 24 行"
    field.fill("没有")
    assert column(page, 0) == []
    field.fill("")
    assert count.inner_text() == "24 行"
    assert page.locator("#table-1 input").count() == 0  # three rows need no filter


def test_a_point_says_what_it_stands_for(visit):
    page = visit()
    page.locator("#figure-1 .marks > *").nth(1).hover()
    assert page.inner_text(".tip") == "指数 · 2021 · 0.520"
    page.locator("#figure-2 .marks > *").nth(1).hover()
    assert page.inner_text(".tip") == "乙县 · 户数 −2"
    page.mouse.move(2, 2)
    assert page.locator(".tip").is_hidden()
    assert page.locator("#figure-1 .marks title").count() == 3  # given back


def test_a_figure_is_saved_as_svg_that_stands_alone(visit, browser):
    page = visit()
    name, data = downloaded(page, "#figure-1", "SVG")
    assert name == "figure_01_trend.svg"
    alone = browser.new_page()
    alone.set_content(f'<img src="data:image/svg+xml,{quote(data.decode())}">')
    until(alone, "document.images[0].complete")
    assert alone.evaluate("document.images[0].naturalWidth") == 576  # six inches
    text = data.decode("utf-8")
    alone.close()
    assert text.count("<use ") > 10
    root = ElementTree.fromstring(text)
    names = {part.get("id") for part in root.iter()}
    assert {part.get("href")[1:] for part in root.iter() if part.tag.endswith("}use")} <= names


def test_a_figure_is_saved_as_png_with_its_ink(visit, browser):
    from PIL import Image

    name, data = downloaded(visit(), "#figure-1", "PNG")
    assert name == "figure_01_trend.png"
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert picture.shape == (600, 1200, 3)  # 200 dots an inch
    blue = np.abs(picture.astype(int) - [0x00, 0x72, 0xB2]).sum(axis=2) < 12
    black = picture.max(axis=2) < 60
    assert blue.sum() > 500  # the line
    assert black.sum() > 500  # the letters
    assert tuple(picture[2, 2]) == (255, 255, 255)


def test_a_figure_gives_the_table_that_holds_it_else_what_it_draws(visit):
    page = visit()
    name, data = downloaded(page, "#figure-1", "CSV")
    assert name == "figure_01_trend.csv"
    assert read_csv(data) == [["年份", "指数"], ["2020", "0.41"], ["2021", "0.52"], ["2022", "0.63"]]
    _, data = downloaded(page, "#figure-2", "CSV")
    assert read_csv(data) == [["项目", "户数"], ["甲县", "3"], ["乙县", "-2"]]


def test_a_figure_of_homes_is_saved_as_dots_only(visit):
    page = visit()
    assert page.locator("#figure-3 .tools button").all_inner_texts() == ["PNG"]
    name, data = downloaded(page, "#figure-3", "PNG")
    assert name == "figure_03_visits.png"
    assert data.startswith(b"\x89PNG")


def test_a_table_is_saved_whole_in_its_first_order_and_nothing_in_it_is_a_formula(visit):
    page = visit()
    head(page, "变化").locator("button").click()
    page.locator("#table-2 input").fill("甘肃")
    name, data = downloaded(page, "#table-2", "CSV")
    rows = read_csv(data)
    assert name == "table_02_long.csv"
    assert rows[0] == ["地区", "人数", "变化", "说明"]
    assert [row[0] for row in rows[1:]] == LONG["地区"].tolist()
    assert [row[1] for row in rows[1:]] == [str(n) for n in LONG["人数"]]
    assert rows[6][2] == ""
    assert rows[1][2] == "-1.500"
    assert rows[4][3] == "'=1+1"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_scrolls_down_only(visit, lang):
    page = visit(lang, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for box in page.locator(".scroll, .plot").all():
        left, right = box.evaluate("e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right]")
        assert left >= 0
        assert right <= 390
    wide = page.locator(".scroll[tabindex], .plot[tabindex]").first
    wide.focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.activeElement.scrollLeft > 0")


@pytest.mark.parametrize("width", [900, 390])
def test_the_caption_of_a_wide_table_is_in_view_however_far_it_is_scrolled(visit, width):
    page = visit("en", width=width)
    gaps = page.evaluate(
        """() => [...document.querySelectorAll(".scroll")].filter(one => one.scrollWidth > one.clientWidth + 1).flatMap(one =>
            [0, .5, 1].map(share => {
                one.scrollLeft = share * (one.scrollWidth - one.clientWidth);
                const [room, words] = [one, one.querySelector("caption .words")].map(part => part.getBoundingClientRect());
                return Math.min(words.left - room.left, room.right - words.right);
            }))"""
    )
    assert len(gaps) >= 3
    assert min(gaps) > -1


def test_a_phone_folds_the_contents(visit):
    page = visit(width=390, height=844)
    assert page.locator(".broad").is_hidden()
    page.click(".narrow summary")
    page.click(".narrow a:has-text('2 第二章')")
    until(page, "document.querySelector('#h2').getBoundingClientRect().top < innerHeight")
    assert page.locator(".narrow ol").is_hidden()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_paper_shows_all_that_is_said_and_no_tools(visit, lang):
    page = visit(lang, width=658, height=1000)  # an A4 sheet between its margins
    if lang == "zh":
        page.locator("#table-2 input").fill("没有")
    page.emulate_media(media="print")
    for tool in ("nav", ".tools", ".skip", ".sort"):
        assert not page.locator(tool).locator("visible=true").count()
    hidden = "rows => rows.filter(row => !row.getClientRects().length).length"
    assert page.eval_on_selector_all("tbody tr", hidden) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 658
    said = page.eval_on_selector("th", "e => getComputedStyle(e, '::after').content")
    assert said not in {"none", '""'}


def test_paper_repeats_the_head_of_a_long_table(visit, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    import subprocess

    page = visit()
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    told = subprocess.run(["pdftotext", "-layout", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True).stdout
    sheets = [sheet for sheet in told.split("\f") if any(name in sheet for name in ("重庆", "甘肃"))]
    assert len(sheets) > 1
    assert all("人数" in sheet and "说明" in sheet for sheet in sheets)


def test_without_scripts_everything_can_be_read(visit):
    page = visit(java_script_enabled=False)
    assert page.locator("main svg[viewBox]").count() == 2
    assert page.locator("#table-2 tbody tr").count() == 24
    assert page.locator(".tools, button, input").count() == 0
    assert page.inner_text("#table-2 th >> nth=1") == "人数"
    page.click(".broad a:has-text('3 第三章')")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_axe_finds_nothing_serious(visit, axe, lang, width):
    page = visit(lang, width=width)
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(found => found.violations)")
    serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]
    assert serious == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_landmarks_and_languages_are_told(visit, lang):
    page = visit(lang)
    other = {"zh": "en", "en": "zh-CN"}[lang]
    assert page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[lang]
    assert set(page.eval_on_selector_all("caption .other, figcaption .other", "all => all.map(e => e.lang)")) == {other}
    assert [page.locator(mark).count() for mark in ("body > header", "nav[aria-label]", "main")] == [1, 1, 1]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link that skips the contents comes first
    assert page.evaluate("document.activeElement.id") == "text"
