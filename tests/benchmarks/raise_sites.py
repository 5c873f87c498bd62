"""Which statements of evalkit that raise an error are reached by the tests.

    python tests/benchmarks/raise_sites.py --kept reached.txt               # all tests
    python tests/benchmarks/raise_sites.py --within evalkit/panel tests/panel tests/corpus

The tests run on a copy of the tree whose every `raise` first writes down where it stands, so that what a process of its own,
a thread or a notebook raises is counted too. Tests that read evalkit's source fail on the copy: they say nothing here. With
`--kept`, places reached are added to a file, and places in it count as reached.
"""

from __future__ import annotations

import argparse
import ast
import site
import subprocess
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
MARK = "_raised"
MARKER = '''"""Writes down that a raise was reached."""
import os

def at(place: str) -> None:
    number = os.open({file!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.write(number, (place + "\\n").encode())
    os.close(number)
'''


def raises(source: str) -> list[ast.Raise]:
    """The statements that raise an error made there; not what passes on one that was caught, nor what a subclass must write."""
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and getattr(node.exc.func, "id", "") != "NotImplementedError"
    ]


def marked(path: Path, name: str) -> list[str]:
    """Write the mark before each raise of a file, on its own line; the places."""
    source = path.read_text(encoding="utf-8")
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    places = []
    for node in sorted(raises(source), key=lambda node: (node.lineno, node.col_offset), reverse=True):
        place = f"{name}:{node.lineno}"
        line = lines[node.lineno - 1]
        call = f'__import__("evalkit.{MARK}", fromlist=["at"]).at("{place}"); '.encode()
        lines[node.lineno - 1] = line[: node.col_offset] + call + line[node.col_offset :]
        places.append(place)
    if places:
        path.write_bytes(b"".join(lines))
    return places[::-1]


def copied(folder: Path, reached: Path) -> list[str]:
    """A copy of the tree with its marks, and an environment that holds it and borrows the rest; the places."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    changed = subprocess.run(["git", "diff", "HEAD", "--binary"], cwd=ROOT, check=True, capture_output=True).stdout
    if changed:
        subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=folder, input=changed, check=True)
    new = subprocess.run(
        ["git", "ls-files", "-o", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, new.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    files = sorted((folder / "evalkit").rglob("*.py"))
    places = [place for path in files for place in marked(path, str(path.relative_to(folder)))]
    (folder / "evalkit" / f"{MARK}.py").write_text(MARKER.format(file=str(reached)), encoding="utf-8")
    venv.create(folder / ".venv", with_pip=True)
    own = next((folder / ".venv" / "lib").glob("python3*/site-packages"))
    python = str(folder / ".venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "-q", "install", "--no-deps", "-e", str(folder)], check=True, capture_output=True)
    (own / "borrowed.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return places


def main() -> int:
    """Run the tests on the copy and say which raises they did not reach."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("tests", nargs="*", help="tests to run, and options of pytest after --")
    asked.add_argument("--within", default="evalkit")
    asked.add_argument("--kept", type=Path, help="a file of places reached, which grows")
    asked.add_argument("--jobs", default="auto")
    asked.add_argument("--least", type=float, default=0.0, help="the share below which the exit code is 1")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as there:
        reached = (given.kept or Path(there) / "reached.txt").absolute()
        reached.touch()
        folder = Path(there) / "main"
        places = copied(folder, reached)
        pytest = [
            str(folder / ".venv" / "bin" / "python"),
            "-m",
            "pytest",
            "-q",
            "-n",
            given.jobs,
            "--dist",
            "worksteal",
            "-p",
            "no:cacheprovider",
        ]
        subprocess.run([*pytest, *given.tests], cwd=folder, check=False)
        hit = set(reached.read_text(encoding="utf-8").split())
    inside = [place for place in places if place.startswith(given.within)]
    missed = [place for place in inside if place not in hit]
    print(*missed, sep="\n")
    share = 1 - len(missed) / len(inside) if inside else 1.0
    print(f"{len(inside) - len(missed)} of {len(inside)} raises reached ({share:.1%})")
    return int(share < given.least)


if __name__ == "__main__":
    raise SystemExit(main())
