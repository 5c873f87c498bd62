"""The notebooks in JupyterLab, driven in headless Chromium: every cell runs, figures appear, sliders move the table.

Needs jupyterlab, ipywidgets, playwright and a Chromium on the path (or named by EVALKIT_CHROMIUM). What is not there is skipped,
and says so; where CI is set it must be there. The kernels see the shipped data only; `test_notebooks.py` runs on real ones too.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
NEEDED = ("jupyterlab", "ipywidgets", "ipykernel", "playwright")
LONGEST = 300  # seconds a notebook may take, on a machine that does other things too
SETTINGS = {  # every output is drawn, also far below; no news is asked for
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
CONFIG = """
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.LabApp.expose_app_in_browser = True
c.LabApp.open_browser = False
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_root = True
"""
CELLS = "() => window.jupyterapp.shell.currentWidget.context.model.toJSON().cells"
OFF = "() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()"
READY = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.context?.sessionContext, kernel = session?.session?.kernel;
  return session?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
IMAGES = "() => [...document.querySelectorAll('.jp-OutputArea-output img')].map(i => [i.naturalWidth, i.naturalHeight])"
# how many shades a figure has: one that is blank, or of one color, has few
SHADES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')].map(image => {
  const canvas = Object.assign(document.createElement('canvas'), {width: image.naturalWidth, height: image.naturalHeight});
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  const seen = new Set();
  const bytes = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  for (let at = 0; at < bytes.length; at += 4) seen.add((bytes[at] << 16) + (bytes[at + 1] << 8) + bytes[at + 2]);
  return seen.size;
})"""


def lacking(why: str) -> None:
    """Skip, or fail where CI is set: there it must run."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(why)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        lacking(f"not installed: {', '.join(absent)} (the extra notebooks, and playwright)")
    names = (os.environ.get("EVALKIT_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        lacking("no Chromium is on the path: install one, or set EVALKIT_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory) -> Iterator[tuple[str, str]]:
    """A JupyterLab of its own on a folder with the notebooks: where it is, and its token."""
    home = tmp_path_factory.mktemp("lab")
    (home / "root" / "notebooks").mkdir(parents=True)
    for notebook in NOTEBOOKS:
        shutil.copy(notebook, home / "root" / "notebooks")
    (home / "config").mkdir()
    (home / "config" / "jupyter_lab_config.py").write_text(CONFIG, encoding="utf-8")
    for name, values in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    own = {name: str(home / folder) for name, folder in folders.items()}
    own["JUPYTER_TOKEN"] = token = secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name != "EVALKIT_DATA" and not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", "--ServerApp.port_retries=0"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([*command, f"--ServerApp.root_dir={home / 'root'}"], env=kept | own, stdout=log, stderr=log)
    try:
        answers(f"http://127.0.0.1:{port}/api/status?token={token}", server, home / "log")
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()
        server.wait()


def answers(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(240):
        if server.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.25)
    pytest.fail(f"JupyterLab does not answer: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def page(request, browser, lab) -> Iterator[Any]:
    """A notebook opened in JupyterLab; the page may ask for nothing beyond this machine."""
    address, token = lab
    asked = set[str]()
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, locale="en-US")
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.on("request", lambda one: asked.add(urlsplit(one.url).hostname or ""))
    try:
        opened.goto(f"{address}/lab/workspaces/{request.param.stem}/tree/notebooks/{request.param.name}?token={token}")
        opened.wait_for_function(READY)
        yield opened
        opened.evaluate(OFF)
    finally:
        context.close()
    assert asked <= {"127.0.0.1", ""}, asked


def run_all(page) -> None:
    """Choose Run › Run All Cells, and wait till the kernel has run every cell and rests."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        cells = code(page)
        failed = [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"]
        assert not failed, f"{failed[0]['ename']}: {failed[0]['evalue']}"
        if all(cell["execution_count"] for cell in cells) and page.evaluate(READY):
            return
        page.wait_for_timeout(500)
    pytest.fail(f"not done after {LONGEST} seconds; {sum(not cell['execution_count'] for cell in code(page))} cells are left")


def code(page) -> list[dict]:
    return [cell for cell in page.evaluate(CELLS) if cell["cell_type"] == "code" and cell["source"]]


def test_it_runs_shows_its_figures_and_its_sliders_move_the_table(page):
    run_all(page)
    cells = code(page)
    outputs = [output for cell in cells for output in cell["outputs"]]
    said = "".join("".join(output["text"]) for output in outputs if output.get("name") == "stderr")
    assert not said, said[:2000]  # such as a letter that no font has

    drawn = sum("image/png" in output.get("data", {}) for output in outputs)
    page.wait_for_function(f"() => document.querySelectorAll('.jp-OutputArea-output img').length === {drawn}")
    assert all(min(size) > 200 for size in page.evaluate(IMAGES))
    assert all(shades > 20 for shades in page.evaluate(SHADES))
    for cell in cells:
        if cell["source"].splitlines()[-1].startswith("ek.figure("):
            assert "image/png" in cell["outputs"][-1]["data"], cell["source"]

    tables = sum("text/html" in output.get("data", {}) for output in outputs)
    assert tables
    sliders = sum("ek.explore(" in cell["source"] for cell in cells)
    assert page.locator(".jp-OutputArea-output .widget-slider").count() >= 2 * sliders
    if sliders:
        the_sliders_move_the_table(page)


def the_sliders_move_the_table(page):
    said = page.locator(".jp-OutputArea-output .widget-html p[aria-live]").first
    rows = page.locator(".jp-OutputArea-output .widget-html tbody").first
    shares = page.locator(".jp-OutputArea-output .widget-label", has_text="%")
    before, counted = rows.inner_text(), [float(share.rstrip("%")) for share in shares.all_inner_texts()]
    assert "个地区：0 个位次变动" in said.inner_text()
    assert "↑" not in before

    handle = page.locator(".jp-OutputArea-output .widget-slider .noUi-handle").first
    handle.focus()
    for _ in range(3):  # one by one: a move that waits for the last to be answered would be sent after the button's click
        shown = rows.inner_text()
        page.keyboard.press("PageUp")  # five steps of the slider each, or as many as it makes of it
        page.wait_for_function("was => document.querySelector('.widget-html tbody').innerText !== was", arg=shown)
    page.wait_for_function(READY)
    moved = [float(share.rstrip("%")) for share in shares.all_inner_texts()]
    assert moved[0] > counted[0]
    assert moved[1] < counted[1]
    assert re.search("个地区：[1-9][0-9]* 个位次变动", said.inner_text())
    assert "↑" in rows.inner_text()
    assert "↓" in rows.inner_text()

    page.locator(".jp-OutputArea-output button", has_text="恢复原权重").first.click()
    page.wait_for_function("was => document.querySelector('.widget-html tbody').innerText === was", arg=before)
    assert [float(share.rstrip("%")) for share in shares.all_inner_texts()] == counted
