"""How a run ends that does not end well: one message, an exit code, and with --debug where it happened, its values masked."""

from __future__ import annotations

import errno
import re
import traceback
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor

from evalkit.cli.console import complain
from evalkit.cli.stopping import Stopped
from evalkit.cli.tongue import spoken, when_stopped
from evalkit.errors import EvalkitError, MachineError, not_installed
from evalkit.identifiers import HIDDEN, masked
from evalkit.terms import Text

LESS = "close other programs, or ask for less: fewer draws, fewer processes (--jobs 1), fewer columns"
SHORT = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})
RIGHTS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|`[^`]*`")
_NUMBER = re.compile(r"\d{5,}")
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
_STARVED = re.compile(
    r"can't start new thread|failed to map segment|[Cc]annot allocate memory|Unable to allocate|bad allocation|bad_alloc"
    r"|error return without exception set"  # compiled code that could not even make its MemoryError
)
LONGEST = 200
ERROR = Text("错误", "error")
BUG = Text("程序错误", "internal error")
REPORT = Text(
    "{what}；没有写到一半的文件。处理：加 --debug 再运行一次，并报告所显示的内容。",
    "{what}; nothing is half written. To do: run it again with --debug, and report what that shows.",
)
EXTRAS = {  # which extra brings a library
    "sklearn": "risk",
    "skops": "risk",
    "threadpoolctl": "risk",
    "lightgbm": "risk",
    "interpret": "risk",
    "statsmodels": "forecast",
    "typst": "pdf",
    "pyspark": "spark",
    "pyarrow": "spark",
    "adbc_driver_manager": "postgres",
    "adbc_driver_postgresql": "postgres",
    "ipywidgets": "notebooks",
}


def ended(fault: BaseException, *, debug: bool) -> int:
    """Say why a run ended, and give its exit code."""
    if isinstance(fault, Stopped | KeyboardInterrupt):
        complain.print(getattr(fault, "last_words", "") or when_stopped(), markup=False)
        return getattr(fault, "exit_code", 130)
    told = fault if isinstance(fault, EvalkitError) else of_machine(fault)
    if debug:
        for line in traced(fault):
            complain.print(line, markup=False, end="")
    if told is None:
        what = ": ".join(part for part in (type(fault).__name__, plain(fault)) if part)
        complain.print(f"[bold red]{BUG.say(spoken())}[/]", end=" ")
        complain.print(REPORT.say(spoken()).replace("{what}", what), markup=False)
        return 1
    complain.print(f"[bold red]{ERROR.say(spoken())}[/] {type(told).__name__}:", end=" ")
    complain.print(told.in_chinese() if spoken() == "zh" else str(told), markup=False)
    return told.exit_code


def of_machine(fault: BaseException) -> MachineError | None:
    """What the machine refused, as a message; None of what is a fault of the program.

    Examples
    --------
    >>> print(of_machine(MemoryError()))
    there is not enough memory. To do: close other programs, or ask for less: fewer draws, ...
    >>> of_machine(ValueError("no fault of the machine")) is None
    True
    """
    if isinstance(fault, MemoryError) or _STARVED.search(_said(fault)):
        return MachineError("there is not enough memory", do=LESS)
    if isinstance(fault, BrokenExecutor):
        return MachineError("the system ended a process of this run, most likely for want of memory", do=LESS)
    if isinstance(fault, ImportError) and not (fault.name or "").startswith("evalkit"):
        return _absent(fault)
    if isinstance(fault, UnicodeEncodeError):
        return MachineError("a name has letters that this system's settings cannot write", do="set PYTHONUTF8=1 and run again")
    return _refused(fault) if isinstance(fault, OSError) else None


def _absent(fault: ImportError) -> MachineError:
    """A library that is not there, or cannot be loaded as it is: which one, and what to install."""
    name = (fault.name or "").partition(".")[0]
    missing = isinstance(fault, ModuleNotFoundError)
    what = "a library that is needed is not installed" if missing else "a library that is needed is too old or cannot be loaded"
    extra = EXTRAS.get(name)
    told = MachineError(what, do="install evalkit again") if extra is None else not_installed(what, extra)
    told.found = name
    return told


def _refused(fault: OSError) -> MachineError:
    """What the system said, where, and what to do about it."""
    where = masked(str(fault.filename)) if isinstance(fault.filename, str) else ""
    do = "look after it, and run again"
    if fault.errno in SHORT:
        do = "free some space, or choose another place"
    elif fault.errno in RIGHTS:
        do = "check rights, close the file where it is open, or choose another place"
    return MachineError("the system refused what was asked of it", where=where, found=fault.strerror or "", do=do)


def traced(fault: BaseException) -> Iterator[str]:
    """Where a fault came from, without a value: the lines of the program, and messages with values masked."""
    for at, one in enumerate(_chain(fault)):
        yield "\nThe above led to:\n\n" if at else "Traceback (most recent call last):\n"
        yield from traceback.format_tb(one.__traceback__)
        said = masked(str(one)) if isinstance(one, EvalkitError) else plain(one)
        yield f"{type(one).__name__}: {said}\n"


def plain(fault: BaseException) -> str:
    """The message of a fault on one line, without what may be a value: what is quoted, Chinese words, numbers of five digits.

    Examples
    --------
    >>> plain(ValueError("could not convert string to float: '约300'")), plain(KeyError(13800000000))
    ("could not convert string to float: '***'", '***')
    """
    text = _QUOTED.sub(f"'{HIDDEN}'", masked(" ".join(_said(fault).split())))
    text = _NUMBER.sub(HIDDEN, _CHINESE.sub(HIDDEN, text))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _said(fault: BaseException) -> str:
    """The message of a fault, where one can be made."""
    try:
        return str(fault)
    except Exception:  # a library may fail even at that
        return ""


def _chain(fault: BaseException) -> list[BaseException]:
    """The faults that led to a fault, the first of them first."""
    chain = [fault]
    while (before := chain[-1].__cause__ or (None if chain[-1].__suppress_context__ else chain[-1].__context__)) is not None:
        if before in chain:
            break
        chain.append(before)
    return chain[::-1]
