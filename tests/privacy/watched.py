"""Commands of evalkit run in this process: what they said, their exit codes, and copies of what they removed."""

import io
import itertools
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from evalkit.cli import main


@dataclass
class Watch:
    """Runs commands in `home`; what they remove is copied to `caught` first, and what is temporary lies in `temporary`."""

    caught: Path
    home: Path
    temporary: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    ran: list[tuple[str, int]] = field(default_factory=list)

    @property
    def codes(self) -> list[int]:
        """The exit code of each command."""
        return [code for _, code in self.ran]

    def __call__(self, *arguments: object) -> int:
        """A command, its exit code."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
            self._keep(patched)
            for name, value in {**self.settings, "TMPDIR": str(self.temporary)}.items():
                patched.setenv(name, value)
            patched.setattr(tempfile, "tempdir", str(self.temporary))
            patched.setattr(sys, "argv", ["evalkit", *map(str, arguments)])
            patched.chdir(self.home)
            with pytest.raises(SystemExit) as left:
                main()
        self.said.append(f"{arguments[0]}\n{out.getvalue()}{err.getvalue()}")
        self.ran.append((" ".join(map(str, arguments[:2])), int(left.value.code or 0)))
        return self.ran[-1][1]

    def _keep(self, patched: pytest.MonkeyPatch) -> None:
        number, tree, unlink = itertools.count(len(list(self.caught.iterdir()))), shutil.rmtree, Path.unlink

        def rmtree(path, *given, **named):
            if Path(path).is_dir():
                shutil.copytree(path, self.caught / f"{next(number)}", ignore_dangling_symlinks=True)
            return tree(path, *given, **named)

        def removed(path, *given, **named):
            if path.is_file():
                shutil.copy(path, self.caught / f"{next(number)}")
            return unlink(path, *given, **named)

        patched.setattr(shutil, "rmtree", rmtree)
        patched.setattr(Path, "unlink", removed)
