"""`make read`: pages of code, without a bench."""

from benchmarks.commands import read


def test_the_page_of_one_model(tmp_path, capsys):
    assert read.main(["cnn", "--out", str(tmp_path)]) == 0
    page = tmp_path / "cnn.html"
    assert capsys.readouterr().out == f"Side by side: {page}\n"
    text = page.read_text()
    for name in ("torch", "tensorflow", "jax", "reference", "slide"):
        assert f"<code>impls/cnn/{name}.py</code>" in text
    assert "<h1>The convolutional network of slides 10 and 11</h1>" in text
    assert "plotly" not in text.lower()
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_page_of_all_models(tmp_path):
    assert read.main(["--out", str(tmp_path)]) == 0
    text = (tmp_path / "index.html").read_text()
    for package in ("attention", "cnn", "rnn", "sequences"):
        assert f'<section id="{package}"' in text


def test_a_misspelt_model_is_refused(tmp_path, capsys):
    assert read.main(["cnm", "--out", str(tmp_path)]) == 2
    assert "expected one of attention," in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
