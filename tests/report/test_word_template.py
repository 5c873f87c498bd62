"""An evaluator's own Word document as a template: its look without its text."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

import evalkit as ek
from evalkit.report.pictures import Pictures
from evalkit.report.render import rendered
from evalkit.report.word.document import word
from evalkit.report.word.template import template

SECRET = "SECRET"


def their_own():
    """A document as Chinese Word makes it: style ids are numbers; with text, a comment, two sections and a lock."""
    file = docx.Document()
    styles = file.styles
    heading = styles["Heading 1"]
    heading.font.color.rgb, heading.font.name, heading.font.size = RGBColor(0xC0, 0, 0), "KaiTi", Pt(20)
    old = heading.element.get(qn("w:styleId"))
    heading.element.set(qn("w:styleId"), "1")
    for node in styles.element.iter(qn("w:basedOn"), qn("w:next")):
        if node.get(qn("w:val")) == old:
            node.set(qn("w:val"), "1")
    for name in ("Body Text", "List Bullet", "List Number", "Caption"):
        styles.element.remove(styles[name].element)
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(4), Cm(2)
    section.header.paragraphs[0].text, section.footer.paragraphs[0].text = "某某评估院", "内部资料"
    file.add_heading(SECRET, 1)
    file.add_comment(file.add_paragraph(SECRET).runs, text=SECRET, author=SECRET)
    file.add_section()
    file.add_paragraph(SECRET)
    lock = f'<w:documentProtection {nsdecls("w")} w:edit="readOnly" w:enforcement="1"/>'
    file.settings.element.append(parse_xml(lock))
    file.core_properties.author = SECRET
    return file


def saved(file):
    out = BytesIO()
    file.save(out)
    return out.getvalue()


def changed(data, **members):
    """A .docx file with some of its members rewritten."""
    out = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, members.get("rewrite", lambda name, content: content)(name, old.read(name)))
        for name, content in members.get("add", {}).items():
            new.writestr(name, content)
    return out.getvalue()


@pytest.fixture(scope="module")
def given():
    return saved(their_own())


@pytest.fixture
def made(given, document, pictures):
    return word(document, pictures, given)


@pytest.fixture
def file(made):
    return docx.Document(BytesIO(made))


def test_headings_take_the_style_that_has_their_name_whatever_its_id(file):
    headings = [p for p in file.paragraphs if p.style.name == "Heading 1"]
    assert [p.text for p in headings] == ["1 第一章", "2 第二章"]
    assert {p._p.pPr.pStyle.val for p in headings} == {"1"}
    assert file.styles["Heading 1"].font.size == Pt(20)
    assert file.styles["Heading 1"].font.color.rgb == RGBColor(0xC0, 0, 0)


def test_header_footer_and_margins_are_theirs_from_the_section_that_has_them(file):
    (section,) = file.sections
    assert section.header.paragraphs[0].text == "某某评估院"
    assert section.footer.paragraphs[0].text == "内部资料"
    assert (round(section.left_margin.cm, 1), round(section.right_margin.cm, 1)) == (4.0, 2.0)
    broad = max(int(col.get(qn("w:w"))) for table in file.tables for col in table._tbl.tblGrid)
    assert 0 < broad < section.page_width.twips - section.left_margin.twips - section.right_margin.twips


def test_missing_styles_are_made_in_their_fonts(file):
    assert file.styles["Key Finding"].element.find(qn("w:rPr")).find(qn("w:rFonts")) is None
    assert file.styles["caption" if "caption" in file.styles else "Caption"].element.rPr.rFonts.get(qn("w:ascii")) == "KaiTi"
    known = {style.get(qn("w:styleId")) for style in file.styles.element.findall(qn("w:style"))}
    used = {node.get(qn("w:val")) for node in file.element.body.iter(qn("w:pStyle"), qn("w:rStyle"), qn("w:tblStyle"))}
    assert used <= known
    assert len(known) == len(file.styles.element.findall(qn("w:style")))
    based = {node.get(qn("w:val")) for node in file.styles.element.iter(qn("w:basedOn"), qn("w:next"))}
    assert based <= known


def test_nothing_of_their_text_comments_author_or_locks_is_left(made):
    with ZipFile(BytesIO(made)) as parts:
        assert not [name for name in parts.namelist() if SECRET.encode() in parts.read(name) or "comments" in name]
        assert b"documentProtection" not in parts.read("word/settings.xml")


def test_lists_count_where_the_template_has_none(file):
    numbers = {p._p.pPr.numPr.numId.val for p in file.paragraphs if p.style.name == "List Bullet"}
    kinds = {num.numId for num in file.part.numbering_part.element.num_lst}
    assert numbers
    assert numbers <= kinds


def test_headings_that_count_themselves_are_not_numbered_twice(document, pictures):
    theirs = their_own()
    theirs.styles["Heading 1"].element.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = 1
    file = docx.Document(BytesIO(word(document, pictures, saved(theirs))))
    assert [p.text for p in file.paragraphs if p.style.name == "Heading 1"] == ["第一章", "第二章"]
    assert [p.text for p in file.paragraphs if p.style.name == "Heading 2"] == ["1.1 小节"]


def test_a_template_without_header_and_numbering_gets_the_report_s_own(document, pictures):
    bare = docx.Document()
    for key in [key for key, rel in bare.part.rels.items() if rel.reltype.endswith("/numbering")]:
        del bare.part.rels[key]
    file = docx.Document(BytesIO(word(document, pictures, saved(bare))))
    assert file.sections[-1].footer.paragraphs[0].text == "第 2 页 共 2 页"


def test_same_template_same_bytes(made, given, document, pictures):
    assert made == word(document, pictures, given)


def test_other_formats_do_not_mind_a_template(document, given):
    assert rendered(document, "xlsx", Pictures("zh"), given) == rendered(document, "xlsx", Pictures("zh"))


def macros(data):
    return changed(data, add={"word/vbaProject.bin": b"x"})


def macro_type(data):
    return changed(
        data,
        rewrite=lambda name, content: content.replace(
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            b"application/vnd.ms-word.document.macroEnabled.main+xml",
        ),
    )


def sheet(data):
    return changed(
        data, rewrite=lambda name, content: content.replace(b"wordprocessingml.document.main", b"spreadsheetml.sheet.main")
    )


def broken(data):
    return changed(data, rewrite=lambda name, content: b"<w:" if name == "word/document.xml" else content)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (macros, "macros"),
        (macro_type, "macros"),
        (sheet, r"no \.docx"),
        (broken, "cannot be opened"),
        (lambda data: b"\xd0\xcf\x11\xe0 an old .doc, or one with a password", r"no \.docx"),
        (lambda data: b"", r"no \.docx"),
    ],
)
def test_what_is_no_plain_docx_is_refused(given, tmp_path, spoil, said):
    path = tmp_path / "their.docx"
    path.write_bytes(spoil(given))
    with pytest.raises(ek.SpecError, match=said) as refused:
        template(path)
    assert refused.value.where == str(path)


def test_a_folder_is_no_template(tmp_path):
    with pytest.raises(ek.SpecError, match=r"the template is no file\. To do: name a \.docx file") as refused:
        template(tmp_path)
    assert refused.value.where == str(tmp_path)


def test_a_template_that_unpacks_to_too_much_is_refused_unread(given, tmp_path, monkeypatch):
    """The limit is put low here, and holds for what the file says of its size before anything of it is unpacked."""
    path = tmp_path / "template.docx"
    path.write_bytes(changed(given, add={"word/media/large.bin": bytes(3_000_000)}))
    monkeypatch.setattr("evalkit.report.word.template.MOST", 2_000_000)
    monkeypatch.setattr(ZipFile, "read", lambda *_: pytest.fail("unpacked for nothing"))
    with pytest.raises(ek.SpecError, match=r"too large; found [34] MB unpacked\. To do: take a smaller one") as refused:
        template(path)
    assert refused.value.where == str(path)


def test_a_template_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ek.SpecError, match="cannot be read"):
        template(tmp_path / "no.docx")


def test_a_good_template_is_taken_as_it_is(given, tmp_path):
    path = tmp_path / "their.docx"
    path.write_bytes(given)
    assert template(path) == given


def test_the_command_checks_the_template_before_it_computes(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from evalkit.cli.commands import app
    from evalkit.study.run import Study

    monkeypatch.setattr(Study, "run", lambda *_: pytest.fail("computed for nothing"))
    (tmp_path / "their.docx").write_text("no document")
    asked = ["assess", "--out", str(tmp_path / "out"), "--template", str(tmp_path / "their.docx")]
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, ek.SpecError)
    assert not (tmp_path / "out").exists()
