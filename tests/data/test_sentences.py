"""Pairs, tagged sentences and text are read to the bit, and checked."""

import gzip
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from benchmarks.data import download, pipeline
from benchmarks.data.dataset import (
    BrokenFile,
    File,
    Real,
    Synthetic,
    read_lines,
)
from benchmarks.data.sets import (
    imdb,
    imdb_by_length,
    reviews,
    symbols,
    tags,
    tinyshakespeare,
    ud_english_ewt,
)
from benchmarks.data.sets import small_parallel_enja as enja

PAIRS = [("a b c", "ア イ"), ("a b", "ア ウ エ"), ("c d", "ア イ")]
SIZES = {"train": 3, "validation": 3, "test": 3}
TREES = """\
# sent_id = 1
1\tLook\tlook\tVERB\tVB\t_\t0\troot\t_\t_
2-3\there's\t_\t_\t_\t_\t_\t_\t_\t_
2\there\there\tADV\tRB\t_\t1\tx\t_\t_
2.1\tgone\tgo\tVERB\tVB\t_\t_\t_\t_\t_
3\t's\tbe\tAUX\tVBZ\t_\t1\tx\t_\t_

# sent_id = 2
1\tLook\tlook\tVERB\tVB\t_\t0\troot\t_\t_

"""
TAGGED = [
    (["Look", "here", "'s"], ["VERB", "ADV", "AUX"]),
    (["Look"], ["VERB"]),
]


def packed(path, content):
    path.write_bytes(gzip.compress(content.encode()))
    return path


@pytest.fixture
def pairs(tmp_path):
    """Both forms of a small corpus."""
    rows, sides = {}, {}
    for name in ("train", "dev", "test"):
        content = "".join(f"{a}\t{b}\n" for a, b in PAIRS)
        rows[f"{name}.tsv.gz"] = packed(tmp_path / f"{name}.tsv.gz", content)
        for side, end in enumerate(("en", "ja")):
            path = sides[f"{name}.{end}"] = tmp_path / f"{name}.{end}"
            path.write_text("".join(f"{pair[side]}\n" for pair in PAIRS))
    return rows, sides


def test_both_forms_of_pairs_give_the_same_bits(pairs):
    first, second = (enja.read(paths, SIZES) for paths in pairs)
    assert first.keys() == second.keys()
    for name, array in first.items():
        assert array.dtype == second[name].dtype
        assert np.array_equal(array, second[name])


def test_pairs_as_symbols(pairs):
    arrays = enja.read(pairs[0], SIZES)
    assert read_lines(arrays["words_source"]) == [*symbols.SIGNS, "a", "b", "c"]
    assert read_lines(arrays["words_target"]) == [*symbols.SIGNS, "ア", "イ"]
    assert arrays["train_inputs"][2, :4].tolist() == [6, 3, 2, 0]  # c ? end
    assert arrays["train_inputs_1"].tolist() == [4, 3, 3]
    assert arrays["train_inputs_2"][1, :5].tolist() == [1, 4, 3, 3, 0]
    assert arrays["train_targets"][1, :5].tolist() == [4, 3, 3, 2, 0]
    assert arrays["train_lengths"].tolist() == [3, 4, 3]
    assert arrays["train_times"].tolist() == [4, 4, 3]
    assert read_lines(arrays["test_references"]) == [pair[1] for pair in PAIRS]
    assert read_lines(arrays["test_sources"]) == [pair[0] for pair in PAIRS]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("no tab", "has no tab"),
        ("a  b\tア", "'a  b' of 3 words, expected"),
        ("\tア", "expected 1 to 16"),
        ("a " * 16 + "a\tア", "of 17 words"),
    ],
)
def test_a_broken_pair(pairs, row, why):
    rows = pairs[0]
    packed(rows["dev.tsv.gz"], f"a\tb\na\tb\n{row}\n")
    with pytest.raises(BrokenFile, match=f"dev.tsv.gz: .*{why}"):
        enja.read(rows, SIZES)


def test_pairs_missing(pairs):
    pairs[1]["test.ja"].write_text("ア\nア\n")
    with pytest.raises(BrokenFile, match=r"test.ja: 2 and 3 lines, expected 3"):
        enja.read(pairs[1], SIZES)
    pairs[1]["test.ja"].write_bytes(b"\xff\n" * 3)
    with pytest.raises(BrokenFile, match="test.ja: not text"):
        enja.read(pairs[1], SIZES)


@pytest.fixture
def tagged(tmp_path):
    """Both forms of a small treebank."""
    rows, trees = {}, {}
    for name in ("train", "dev", "test"):
        content = "".join(
            json.dumps({"tokens": forms, "upos": upos}) + "\n"
            for forms, upos in TAGGED
        )
        path = tmp_path / f"{name}.jsonl.gz"
        rows[path.name] = packed(path, content)
        path = tmp_path / f"en_ewt-ud-{name}.conllu"
        path.write_text(TREES)
        trees[path.name] = path
    return rows, trees


def test_both_forms_of_a_treebank_give_the_same_bits(tagged):
    first, second = map(ud_english_ewt.read, tagged)
    assert first.keys() == second.keys()
    for name, array in first.items():
        assert np.array_equal(array, second[name])


def test_a_treebank_as_symbols(tagged):
    arrays = ud_english_ewt.read(tagged[0])
    assert read_lines(arrays["words_source"]) == [*symbols.SIGNS, "look"]
    assert arrays["train_inputs"].tolist() == [[4, 3, 3], [4, 0, 0]]
    assert arrays["train_inputs_1"].tolist() == [[4, 3, 3], [4, 0, 0]]
    shapes = [tags.shape(word) for word in ("Look", "here", "'s")]
    assert arrays["train_inputs_2"][0].tolist() == shapes
    assert arrays["train_lengths"].tolist() == [3, 1]
    target = read_lines(arrays["words_target"])
    assert [target[n] for n in arrays["test_targets"][0]] == TAGGED[0][1]
    assert arrays["test_groups"].tolist() == [[0, 0, 0], [0, -1, -1]]


def test_shapes_of_words():
    alike = ("the fish", "London You", "NATO I", "1 2026", "3.50 10%")
    kinds = [
        {tags.shape(word) for word in pair.split()}
        for pair in (*alike, "well-known e-mail", ". !?", "can't don't")
    ]
    assert all(len(kind) == 1 for kind in kinds)
    assert len(set.union(*kinds)) == len(kinds)
    least, most = len(symbols.SIGNS), len(symbols.SIGNS) + len(tags.SHAPES)
    for word in ("naïve", "", "日本", "B2B", "a@b.c", "-", "\n"):
        assert least <= tags.shape(word) < most == 16


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (TREES[:-2], "breaks off"),
        ("1\ttwo\tcolumns\n\n", "line 1 of 3 columns"),
        (TREES.replace("ADV", "adverb"), "'VERB adverb AUX'"),
    ],
)
def test_a_broken_treebank(tagged, content, why):
    path = tagged[1]["en_ewt-ud-dev.conllu"]
    path.write_text(content)
    with pytest.raises(BrokenFile, match=f"dev.conllu: .*{why}"):
        ud_english_ewt.read(tagged[1])


def test_plays_of_both_forms(tmp_path):
    content = "To be.\n" * 10
    plain = tmp_path / "input.txt"
    plain.write_text(content)
    small = packed(tmp_path / "input.txt.gz", content)
    first, second = (
        tinyshakespeare.read({path.name: path}, 70) for path in (plain, small)
    )
    for name, array in first.items():
        assert np.array_equal(array, second[name])
    assert len(first["train_inputs"]) == 62 and len(first["test_inputs"]) == 6
    assert read_lines(first["words_target"])[:2] == ["\\n", " "]
    with pytest.raises(BrokenFile, match="70 characters, expected 1,115,394"):
        tinyshakespeare.read({plain.name: plain})
    small.write_bytes(b"x")
    with pytest.raises(BrokenFile, match="not whole plain text"):
        tinyshakespeare.read({small.name: small})


def test_groups_follow_the_order_of_the_reviews():
    train = [("good", 1), ("bad", 0)]
    test = [("word " * n, n % 2) for n in (1, 50, 51, 400, 401, 900)]
    arrays = reviews.arrays_by_length(train, test)
    plain = reviews.arrays(train, test)
    assert all(np.array_equal(arrays[name], plain[name]) for name in plain)
    order = reviews.orders(train, test)["test"]
    groups = np.array([0, 0, 1, 3, 4, 4])[order]
    assert arrays["test_groups"].tolist() == groups.tolist()


def test_reviews_by_length_lie_where_reviews_do():
    assert imdb_by_length.SET.place == imdb.SET.name
    assert imdb_by_length.SET.offers == imdb.SET.offers


# A file of which only the content is known


@pytest.fixture
def publisher(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "_unreachable", {})
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", print)
    serve = partial(SimpleHTTPRequestHandler, directory=tmp_path / "far")
    (tmp_path / "far").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield tmp_path / "far", f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def trees(paths):
    (tree,) = [ud_english_ewt.conllu(path) for path in paths.values()]
    return tags.arrays({"train": tree, "test": tree})


def chosen():
    content = ud_english_ewt.digest(TAGGED)
    file = File("a", 0, content, "https://publisher.invalid/a", _digest)
    stand_in = Synthetic(
        "made",
        1,
        1,
        lambda _: tags.arrays(dict.fromkeys(("train", "test"), TAGGED)),
    )
    return Real("sample", 1, ((file,),), trees, stand_in)


def _digest(path):
    return ud_english_ewt.digest(ud_english_ewt.conllu(path))


def provide(tmp_path, base, source="real"):
    lines = []
    description = pipeline.provide(
        chosen(),
        tmp_path / "none",
        source,
        tmp_path / "cache",
        lines.append,
        base,
    )
    return description, lines


def test_content_is_what_counts(publisher, tmp_path):
    """Another tree or comment is the same content."""
    folder, base = publisher
    (folder / "a").write_text(TREES.replace("root", "other"))
    description, _ = provide(tmp_path, base)
    assert description["name"] == "sample" and description["groups"] == [
        "seen",
        "unseen",
    ]
    assert set(description["texts"]) == {"words_source", "words_target"}
    split = description["splits"]["test"]
    assert [path[-13:] for path in split["inputs"]][-1] == "_inputs_3.npy"
    assert split["lengths"].endswith("test_lengths.npy")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (TREES.replace("ADV", "ADJ"), "content .*, expected"),
        (TREES[:100], "columns, expected 10|breaks off"),
        ("", "offers 0 bytes"),
        ("<html>", "line 1 of 1 columns"),
    ],
)
def test_other_content_is_refused(publisher, tmp_path, content, why):
    folder, base = publisher
    (folder / "a").write_text(content)
    description, _ = provide(tmp_path, base, "auto")
    assert description["name"] == "made" and "\n" not in description["notice"]
    with pytest.raises(Exception, match=why):
        provide(tmp_path, base)
    assert not list((tmp_path / "cache" / "downloads" / "sample").iterdir())
