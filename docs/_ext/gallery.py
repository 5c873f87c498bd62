"""The pictures of the gallery: its page says how each is drawn, and the site puts each where the page says `<Picture …>`."""

import ast
import doctest
import os
import re
import tempfile
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DRAWN = "<Picture"


def draw(page: str, folder: Path) -> str:
    """The page with each picture above its code and what it shows under it; they are drawn by the code that is printed."""
    folder.mkdir(parents=True, exist_ok=True)
    session: dict[str, Any] = {"__name__": "__main__"}
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as empty:  # an example that writes files writes them there
        os.chdir(empty)
        try:
            return BLOCK.sub(lambda found: _drawn(found[1], session, folder), page)
        finally:
            os.chdir(here)


def _drawn(block: str, session: dict[str, Any], folder: Path) -> str:
    """A block of examples with the pictures that it draws."""
    pictures: list[str] = []
    for example in doctest.DocTestParser().get_examples(block):
        if not example.want.startswith(DRAWN):
            exec(example.source, session)
            continue
        canvas = eval(example.source, session)
        name = f"{len(list(folder.iterdir())):02d}.png"
        canvas.savefig(folder / name, dpi=110)
        pictures.append(f"![{canvas.get_suptitle()}]({folder.name}/{name})\n\n{_of(example.source, session)}\n\n")
    code = re.sub(rf"^{DRAWN}.*\n", "", block, flags=re.MULTILINE)
    return f"{''.join(pictures)}```python\n{code}```"


def _of(source: str, session: dict[str, Any]) -> str:
    """Which answer a picture shows, with the way to its page."""
    call = ast.parse(source.strip(), mode="eval").body
    assert isinstance(call, ast.Call)
    answer = type(eval(ast.unparse(call.args[0]), session))
    return f"{{py:class}}`~{answer.__module__}.{answer.__qualname__}`"
