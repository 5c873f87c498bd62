"""How a run ends: exit codes, one message, and no value of a record in it, also where the program itself is at fault."""

import errno
import io
import re
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stderr, redirect_stdout

import pytest

import evalkit as ek
from evalkit.cli import main
from evalkit.cli.ending import of_machine, plain
from evalkit.cli.stopping import Stopped

PHONE, CARD, NAME = "13812345678", "11010519491231002X", "张三丰"
PLANTED = ValueError(f"could not convert '{NAME}' ({PHONE}, {CARD}) of {NAME} to a number: \"{NAME}\"")


@pytest.fixture
def evalkit(tmp_path, monkeypatch):
    """The command line with a fault in it: exit code and what is said."""

    def run(fault: BaseException, *words: str) -> tuple[int, str]:
        def fail(*_: object, **__: object) -> None:
            _ = f"a variable, which a traceback with variables would show: {PHONE}"
            raise fault

        monkeypatch.setattr("evalkit.cli.assess.audit_file", fail)
        monkeypatch.setattr(sys, "argv", ["evalkit", *words])
        told = io.StringIO()
        with redirect_stdout(io.StringIO()), redirect_stderr(told), pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), told.getvalue()

    return run


AUDIT = ("audit", "panel.csv", "--quiet")


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (ek.SpecError("the question is wrong"), 2, "error SpecError: the question is wrong."),
        (ek.DataError("the data are"), 3, "error DataError: the data are."),
        (ek.NoAnswer("it does not apply"), 3, "error NoAnswer: it does not apply."),
        (ek.OutputError("it cannot be written"), 4, "error OutputError: it cannot be written."),
        (ek.MachineError("the machine cannot"), 4, "error MachineError: the machine cannot."),
        (ek.SafetyError("it is not safe"), 5, "error SafetyError: it is not safe."),
        (MemoryError(), 4, "there is not enough memory"),
        (RuntimeError("can't start new thread"), 4, "there is not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 4, "there is not enough memory"),
        (SystemError("error return without exception set"), 4, "there is not enough memory"),
        (BrokenProcessPool("A child process terminated abruptly"), 4, "most likely for want of memory"),
        (OSError(errno.ENOSPC, "No space left on device", "out/report.html"), 4, "out/report.html: the system refused"),
        (PermissionError(errno.EACCES, "Permission denied", "out"), 4, "close the file where it is open"),
        (ModuleNotFoundError("No module named 'lightgbm'", name="lightgbm"), 4, "not installed; found lightgbm"),
        (
            ModuleNotFoundError("No module named 'skops'", name="skops.io"),
            4,
            'found skops. To do: run: pip install "evalkit[risk]".',
        ),
        (ModuleNotFoundError("No module named 'rich'", name="rich"), 4, "found rich. To do: install evalkit again."),
        (
            ImportError("cannot import name 'x'", name="sklearn.base"),
            4,
            "too old or cannot be loaded; found sklearn. To do: run: pip",
        ),
        (UnicodeEncodeError("gbk", "\udcff", 0, 1, "illegal"), 4, "PYTHONUTF8=1"),
        (ImportError("cannot import name 'x'", name="evalkit.panel"), 1, "internal error ImportError"),
        (Stopped(15), 143, "interrupted; nothing is half written"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_each_kind_of_fault_has_its_code_and_one_message(evalkit, fault, code, said):
    done, told = evalkit(fault, *AUDIT)
    assert done == code, told
    assert said in told
    assert len(told.splitlines()) == 1, told
    assert "Traceback" not in told


def test_a_fault_of_the_program_is_one_line_that_says_how_to_report_it(evalkit):
    code, told = evalkit(PLANTED, *AUDIT)
    assert code == 1
    assert len(told.splitlines()) == 1
    assert told.startswith("internal error ValueError: could not convert '***'")
    assert "with --debug, and report what that shows" in told
    for one in (NAME, PHONE, CARD):
        assert one not in told


@pytest.mark.parametrize("words", [("--debug", *AUDIT), (*AUDIT, "--debug")])
def test_debug_shows_where_and_no_value(evalkit, words):
    code, told = evalkit(PLANTED, *words)
    assert code == 1
    assert "Traceback (most recent call last)" in told
    assert re.search(r'File ".*assess.py", line \d+, in _audited', told)
    assert "ValueError: could not convert '***'" in told
    for one in (NAME, PHONE, CARD):
        assert one not in told


def test_debug_shows_what_led_to_a_fault_masked_as_well(evalkit):
    fault = ek.DataError("the column cannot be read")
    fault.__cause__ = PLANTED
    code, told = evalkit(fault, "--debug", *AUDIT)
    assert code == 3
    assert "The above led to:" in told
    assert told.endswith("error DataError: the column cannot be read.\n")
    assert not any(one in told for one in (NAME, PHONE, CARD))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ((), "error DataError: panel.csv: 2 problems:"),
        (("--lang", "zh"), "错误 DataError: panel.csv：2 处问题："),
        (("--lang=zh",), "。处理：统一为同一单位。[mixed_units]"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_the_language_that_is_asked_for(evalkit, lang, said):
    from evalkit.panel.findings import finding, refusal

    two = [finding("mixed_units", column="income"), finding("mixed_units", column="roads")]
    code, told = evalkit(refusal(two, where="panel.csv"), *AUDIT, *lang)
    assert code == 3
    assert said in told
    assert ("To do" in told) is not bool(lang)


MANY = ek.DataError("no [a, b and 5 more]", where="study.toml, line 7", found="c, d and 2 more", do="did you mean 'e'?")


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (
            MANY,
            3,
            "错误 DataError: study.toml，第 7 行：no [a, b 等，另有 5 项]；实际为 c, d 等，另有 2 项。处理：是否为“e”？",
        ),
        (
            ek.SpecError("22 faults:\n  line 3: 'x' is not a known key\n  and 2 more", where="study.toml", do="correct the file"),
            2,
            "错误 SpecError: study.toml：22 处错误：\n  第 3 行：“x”不是可用的键\n  另有 2 项。处理：更正该文件。",
        ),
        (ek.OutputError("the disk is full."), 4, "错误 OutputError: 磁盘已满。"),
        (ek.SafetyError("it holds 13812345678"), 5, "错误 SafetyError: it holds ***。"),
        (Stopped(15), 143, "已中断；没有写到一半的文件"),
        (
            ValueError("could not convert '约300'"),
            1,
            "程序错误 ValueError: could not convert '***'；没有写到一半的文件。处理：加 --debug 再运行一次，并报告所显示的内容。",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_errors_are_chinese_where_chinese_is_asked_for(evalkit, fault, code, said):
    done, told = evalkit(fault, *AUDIT, "--lang", "zh")
    assert (done, told) == (code, f"{said}\n")


@pytest.mark.parametrize(
    ("usual", "words", "said"),
    [
        ("zh", (), "内存不足"),
        ("zh", ("--lang", "en"), "not enough memory"),
        ("", (), "not enough memory"),
        ("fr", (), "not enough"),
    ],
)
def test_a_usual_language_is_told_once_for_all_commands(evalkit, monkeypatch, usual, words, said):
    monkeypatch.setenv("EVALKIT_LANG", usual)
    assert said in evalkit(MemoryError(), *AUDIT, *words)[1]


def test_stopped_before_it_could_be_told_it_ends_without_a_traceback(monkeypatch, capfd):
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evalkit.cli.streams.patient", stopped)
    monkeypatch.setattr(sys, "argv", ["evalkit", "audit", "panel.csv"])
    with pytest.raises(SystemExit) as left:
        main()
    assert (left.value.code, capfd.readouterr().err) == (130, "")


def test_debug_by_the_environment(evalkit, monkeypatch):
    assert "Traceback" not in evalkit(PLANTED, *AUDIT)[1]
    monkeypatch.setenv("EVALKIT_DEBUG", "1")
    assert "Traceback" in evalkit(PLANTED, *AUDIT)[1]


def test_messages_that_cannot_be_made_are_left_out():
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    assert plain(Mute()) == ""
    assert of_machine(Mute()) is None


def test_a_tampered_file_is_a_data_error_with_its_own_code():
    """Who catches DataError catches it; the command line tells it apart."""
    assert issubclass(ek.SafetyError, ek.DataError)
    assert issubclass(ek.OutputError, ek.MachineError)
    every = [ek.SpecError, ek.DataError, ek.NoAnswer, ek.MachineError, ek.OutputError, ek.SafetyError]
    assert [one.exit_code for one in every] == [2, 3, 3, 4, 4, 5]
