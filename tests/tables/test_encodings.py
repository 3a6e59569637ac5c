"""Text that is not UTF-8 is refused with the encoding that it most likely is, never garbled."""

import pytest

import clustermodels as cm
from clustermodels.tables.read import read_table

CHINESE = "城市,年份,专利\n北京市,2010,1\n上海市,2011,2\n"
ACCENTS = "ville,année\nMünster,2010\nÎle-de-France,2011\nSão Paulo,2012\n"


def refusal(path, content):
    path.write_bytes(content)
    with pytest.raises(cm.PanelError) as caught:
        read_table(path, name=path.name)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "encoding", "said", "line"),
    [
        (CHINESE, "gb18030", "GB18030", 1),
        (CHINESE, "gbk", "GB18030", 1),
        ("city,year\n" + CHINESE, "gb18030", "GB18030", 2),
        (ACCENTS, "latin-1", "ISO-8859-1", 1),
        (ACCENTS.replace("année", "year"), "latin-1", "ISO-8859-1", 2),
        (ACCENTS + "€uro,2013\n", "cp1252", "WINDOWS-1252", 1),
        (CHINESE, "utf-16", "UTF-16", 1),
        (ACCENTS, "utf-32", "UTF-32", 1),
        ("city,year\nA,2010\n", "utf-16-le", "UTF-16LE", 1),
        ("city,year\nA,2010\n", "utf-16-be", "UTF-16BE", 1),
    ],
)
def test_said(tmp_path, text, encoding, said, line):
    path = tmp_path / "panel.csv"
    assert refusal(path, text.encode(encoding)) == (
        f"panel.csv:{line}: not UTF-8 text; most likely {said}. Save it as UTF-8 (in Excel: "
        f"'CSV UTF-8'), or run: iconv -f {said} -t UTF-8 panel.csv > utf8.csv"
    )


@pytest.mark.parametrize("encoding", ["gb18030", "latin-1", "cp1252", "utf-16", "utf-32"])
def test_what_is_said_is_right(tmp_path, encoding):
    """The named encoding turns the file back into what it was."""
    text = CHINESE if encoding.startswith(("gb", "utf")) else ACCENTS
    path = tmp_path / "panel.csv"
    words = refusal(path, text.encode(encoding))
    named = words.partition("most likely ")[2].partition(".")[0]
    assert path.read_bytes().decode(named.lower()) == text


def test_the_command_quotes_a_name_with_spaces(tmp_path):
    words = refusal(tmp_path / "my panel.csv", CHINESE.encode("gb18030"))
    assert words.endswith("iconv -f GB18030 -t UTF-8 'my panel.csv' > utf8.csv")


def test_utf8_is_read(tmp_path):
    path = tmp_path / "panel.csv"
    path.write_text(CHINESE, "utf-8")
    assert read_table(path).columns["城市"].tolist() == ["北京市", "上海市"]
