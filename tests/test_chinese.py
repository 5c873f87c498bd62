"""Every sentence that an error may say has its Chinese, and the catalog holds nothing that is no longer said."""

import ast
import re
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from evalkit import errors
from evalkit.chinese import Sentence, catalog, entries, in_chinese

HOUSE = Path(errors.__file__).parent
ROOMS = sorted((HOUSE / "chinese").glob("*.toml"))
FAMILY = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.EvalkitError)}
ROLES = ("what", "do", "found")
OWN = re.compile(r"\{\}|[^A-Za-z]")

Names = Mapping[str, list[ast.expr]]


def sentences(node: ast.expr, names: Names, deep: int = 0) -> list[str]:
    """The sentences that an expression may say, with {} for what is filled in; of names what was assigned to them."""
    if deep > 4:
        return []
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            said = [""]
            for part in values:
                said = [before + more for before in said for more in filled(part)]
            return said
        case ast.IfExp(body=one, orelse=other):
            return sentences(one, names, deep + 1) + sentences(other, names, deep + 1)
        case ast.BoolOp(values=values):
            return [text for value in values for text in sentences(value, names, deep + 1)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = (sentences(side, names, deep + 1) or ["{}"] for side in (left, right))
            return [one + other for one in first for other in second]
        case ast.Name(id=name):
            return [text for value in names.get(name, []) for text in sentences(value, {}, deep + 1)]
    return []


def filled(part: ast.expr) -> list[str]:
    """What stands in one place of an f-string: its own words, one of two words, or anything."""
    match part:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.FormattedValue(value=ast.IfExp(body=ast.Constant(value=str(one)), orelse=ast.Constant(value=str(other)))):
            return [one, other]
    return ["{}"]


def assigned(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """What is assigned to each name in a function, or at the top of a module."""
    found = defaultdict(list)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    match target, value:
                        case ast.Name(id=name), _:
                            found[name].append(value)
                        case ast.Tuple(elts=elements), ast.Tuple(elts=values):
                            for element, one in zip(elements, values, strict=False):
                                if isinstance(element, ast.Name):
                                    found[element.id].append(one)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name].append(value)
    return found


def said_in(node: ast.AST, names: Names) -> Iterator[tuple[str, int]]:
    """The sentences of all errors below a node, and their lines."""
    for child in ast.iter_child_nodes(node):
        here = {**names, **assigned(child)} if isinstance(child, ast.FunctionDef) else names
        match child:
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=arguments, keywords=keywords):
                what = arguments[:1] if called in FAMILY else []
                more = [word.value for word in keywords if word.arg in ROLES and called != "finding"]
                for value in (*what, *more):
                    yield from ((text, child.lineno) for text in sentences(value, here))
        yield from said_in(child, here)


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(HOUSE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_every_sentence_of_an_error_has_its_chinese():
    """A single word may be a name, and has none."""
    lacking = []
    for path, tree in trees():
        top = assigned(ast.Module([node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)], []))
        for text, line in said_in(tree, top):
            if " " in text.strip() and len(OWN.sub("", text)) > 1 and text not in entries():
                lacking.append(f"{path.relative_to(HOUSE)}:{line}: {text!r}")
    assert not lacking, "\n".join([f"{len(lacking)} sentences lack their Chinese in evalkit/chinese:", *lacking])


def test_the_catalog_holds_nothing_that_is_no_longer_said():
    """Of each entry three words running stand in the code, or each of its few words; what others say has a room of its own."""
    code = "\n".join(
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    ours = {text for room in ROOMS if room.stem != "outside" for text in tomllib.loads(room.read_text(encoding="utf-8"))}
    stale = [text for text in ours if not any(stretch in code for stretch in stretches(text))]
    stale = [text for text in stale if len(text.split()) > 4 or not all(word in code for word in re.findall("[a-z]+", text))]
    assert not stale, "\n".join(stale)


def stretches(text: str) -> Iterator[str]:
    """Three words running of a sentence, between its places."""
    for part in text.split("{}"):
        words = part.split(" ")
        yield from (" ".join(words[at : at + 3]) for at in range(max(len(words) - 2, 1)) if words != [""])


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.stem)
def test_a_room_is_in_order(room):
    """By letters, each sentence in one room, with the places of the English and Chinese words."""
    held = tomllib.loads(room.read_text(encoding="utf-8"))
    assert list(held) == sorted(held, key=lambda text: (re.sub(r"[^a-z]", "", text.lower()), text))
    for other in ROOMS:
        assert other == room or not set(held) & set(tomllib.loads(other.read_text(encoding="utf-8"))), other.name
    for english, chinese in held.items():
        count, places = english.count("{}"), re.findall(r"\{(\d*)\}", chinese)
        assert sorted(places) in ([""] * count, sorted(map(str, range(1, count + 1)))), english
        assert re.search("[\u4e00-\u9fff]", chinese), english
        assert not chinese.endswith("。"), english


def test_sentences_with_most_words_of_their_own_come_first():
    own = {Sentence.of(english, chinese): len(english.replace("{}", "")) for english, chinese in entries().items()}
    found = [own[one] for one in catalog()]
    assert len(found) > 2_500
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Ladder windows must be Windows", "Ladder 的 windows 须为 Windows"),
        ("there is not enough memory", "内存不足"),
        ("nothing the catalog knows", "nothing the catalog knows"),
    ],
)
def test_what_is_said(english, chinese):
    assert in_chinese(english) == chinese


def test_names_in_quotes_stay_as_they_are():
    """A column may be called as a word of the catalog is."""
    told = in_chinese("a rung needs numbers in column 'gaps in 2020'")
    assert "gaps in 2020" in told
    assert "numbers" not in told
    error = errors.DataError("the file cannot be read", where="households in 2020.csv, row 3", found="households")
    assert error.in_chinese() == "households in 2020.csv，第 3 行：文件无法读取；实际为 households。"


def test_a_list_of_faults_is_chinese_line_by_line():
    """Place, sentence, what was found and what to do, each line for itself; what is not known keeps its line."""
    text = "2 faults:\n  line 4: the file is not valid TOML\n  line 9: something of its own"
    assert in_chinese(text) == "2 处错误：\n  第 4 行：文件不是有效的 TOML\n  第 9 行：something of its own"
    text = "2 problems:\n  - a.xlsx, row 3: there is not enough memory; found 3. To do: use 0.95.\n  - x"
    assert in_chinese(text).split("\n")[1].startswith("  - a.xlsx，第 3 行：内存不足；实际为 3。处理：")


@pytest.mark.parametrize("said", ["such as ", "; found ", ". To do: ", ": ", "a: b of c and d to e, "])
def test_a_text_made_to_go_on_for_ever_ends(said):
    """A name in a file may be made of words of the catalog."""
    began = time.process_time()
    assert in_chinese(said * 500)
    assert time.process_time() - began < 20
