"""A package's files side by side."""

import re
from html import unescape
from pathlib import Path

import pytest

import impls
from benchmarks.errors import UserError
from reports.source import listing

ROOT = Path(impls.__file__).parents[1]
FILES = {
    "torch": '"""In PyTorch."""\n\nx = f(a)  # (b, channel)\ny = 1 < 2\n',
    "tensorflow": '"""In Keras."""\n\nx = f(a)  # (b, unit)\ny = 1 < 2\n',
    "jax": '"""In JAX."""\nimport flax\n\nx = f(a)  # (b, unit)\ny = 1 < 2\n',
}


def text(file):
    """What is written in a file, of its lines' markup."""
    return [
        unescape(re.sub("<[^>]+>", "", line.markup))
        for line in file.lines
        if line.number
    ]


def marked(line):
    return re.findall(r"<mark>(?:<[^>]+>)?(.*?)<", line.markup)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "impls" / "model"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# A model\n\nText.\n")
    for name, content in FILES.items():
        (folder / f"{name}.py").write_text(content)
    return folder.parent


@pytest.mark.parametrize("package", impls.MODELS)
def test_every_line_of_a_model_stands_once_and_in_order(package):
    code = listing.listing(package)
    for file in code.frameworks + code.others:
        lines = (ROOT / file.path).read_text().rstrip().split("\n")
        assert text(file) == lines
        numbers = [line.number for line in file.lines if line.number]
        assert numbers == [*range(1, len(lines) + 1)]
    assert {len(file.lines) for file in code.frameworks} == {code.rows}


def test_rows_are_aligned_and_what_differs_is_marked(root):
    code = listing.listing("model", root)
    assert code.title == "A model"
    torch, _, jax = (file.lines for file in code.frameworks)
    assert [line.kind for line in torch] == [
        "differs",
        "gap",
        "",
        "differs",
        "",
    ]
    assert [line.kind for line in jax] == ["differs", "only", "", "differs", ""]
    assert marked(torch[0]) == ["PyTorch"]
    assert marked(jax[0]) == ["JAX"]
    assert marked(torch[3]) == ["channel"]
    assert marked(jax[3]) == ["unit"]
    assert "&lt;" in torch[4].markup
    assert code.equal == 1
    assert code.lines == 4


def test_reference_and_slide_follow_where_there_are_any():
    others = [file.path for file in listing.listing("cnn").others]
    assert others == ["impls/cnn/reference.py", "impls/cnn/slide.py"]
    assert listing.listing("images").others == []


def test_an_unknown_model_is_refused_by_name(root):
    with pytest.raises(UserError, match="'cnm'.*: expected one of mod"):
        listing.listing("cnm", root)


def test_a_file_that_cannot_be_read_is_named(root):
    (root / "model" / "jax.py").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="jax.py cannot be read"):
        listing.listing("model", root)
