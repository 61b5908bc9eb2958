"""The publishers' own formats are read to the bit, and held to it."""

import gzip
import io
import json
import tarfile

import numpy as np
import pytest

from benchmarks.data.dataset import PARTS, BrokenFile
from benchmarks.data.sets import fashion_mnist, images, imdb, mnist, reviews

# MNIST and Fashion-MNIST: idx files


def packed(magic, shape, content):
    return np.array([magic, *shape], ">u4").tobytes() + bytes(content)


@pytest.fixture
def grey(tmp_path):
    """Three images for training, two for testing; and their paths."""
    stream = np.random.default_rng(0)
    paths, pixels = {}, {}
    for prefix, size in (("train", 3), ("t10k", 2)):
        pixels[prefix] = stream.integers(0, 256, (size, 28, 28), np.uint8)
        for kind, content in (
            (
                "images-idx3",
                packed(0x803, (size, 28, 28), pixels[prefix].ravel()),
            ),
            ("labels-idx1", packed(0x801, (size,), range(size))),
        ):
            path = tmp_path / f"{prefix}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(content))
            paths[path.name] = path
    return paths, pixels


SIZES = {"train": 3, "test": 2}


def test_images(grey):
    paths, pixels = grey
    for kind in (fashion_mnist, mnist):
        assert set(paths) == {file.name for file in kind.FILES}
        assert kind.SET.read is images.read
    arrays = images.read(paths, SIZES)
    assert set(arrays) == set(PARTS)
    assert arrays["train_inputs"].shape == (3, 28, 28, 1)
    assert arrays["train_inputs"].dtype == np.float32
    assert arrays["test_targets"].dtype == np.int32
    assert arrays["test_targets"].tolist() == [0, 1]
    slides = (pixels["t10k"].reshape(2, 28, 28, 1) / 255.0).astype(np.float32)
    assert np.array_equal(arrays["test_inputs"], slides)


BROKEN_IMAGES = {
    "other magic": packed(0x801, (3, 28, 28), bytes(3 * 784)),
    "other count": packed(0x803, (4, 28, 28), bytes(4 * 784)),
    "other side": packed(0x803, (3, 28, 29), bytes(3 * 28 * 29)),
    "too short": packed(0x803, (3, 28, 28), bytes(3 * 784 - 1)),
    "too long": packed(0x803, (3, 28, 28), bytes(3 * 784 + 1)),
    "empty": b"",
}


@pytest.mark.parametrize("case", BROKEN_IMAGES)
def test_broken_images(grey, case):
    paths, _ = grey
    path = paths["train-images-idx3-ubyte.gz"]
    path.write_bytes(gzip.compress(BROKEN_IMAGES[case]))
    with pytest.raises(BrokenFile, match=f"{path}: .*(expected|other than)"):
        images.read(paths, SIZES)


def test_label_out_of_range(grey):
    paths, _ = grey
    path = paths["t10k-labels-idx1-ubyte.gz"]
    path.write_bytes(gzip.compress(packed(0x801, (2,), [0, 10])))
    with pytest.raises(BrokenFile, match="label 10, expected 0 to 9"):
        images.read(paths, SIZES)


@pytest.mark.parametrize("damage", ["cut", "flip", "plain"])
def test_broken_gzip(grey, damage):
    paths, _ = grey
    path = paths["train-images-idx3-ubyte.gz"]
    content = bytearray(path.read_bytes())
    if damage == "cut":
        del content[len(content) // 2 :]
    if damage == "flip":
        content[len(content) // 2] ^= 255
    if damage == "plain":
        content = gzip.decompress(content)
    path.write_bytes(content)
    with pytest.raises(BrokenFile, match="not a whole gzip file"):
        images.read(paths, SIZES)


# IMDB: rows of JSON, or the archive

REVIEWS = {
    f"{split}/{folder}/{n}_{7 * label + n}": f"{split} {folder} film {n}<br />é"
    for split in ("train", "test")
    for label, folder in enumerate(("neg", "pos"))
    for n in (10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)  # by number, not by letter
}
EACH = 11


@pytest.fixture
def rows(tmp_path):
    paths = {}
    for split in ("train", "test"):
        path = paths[f"{split}.jsonl.gz"] = tmp_path / f"{split}.jsonl.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            for name, content in REVIEWS.items():
                part, label_id = name.split("/", 1)
                if part == split:
                    label = int(label_id.startswith("pos"))
                    row = {"id": label_id, "label": label, "text": content}
                    file.write(json.dumps(row) + "\n")
    return paths


@pytest.fixture
def archive(tmp_path):
    """Builds the publisher's archive, with members added or left out."""

    def build(more=(), without=()):
        path = tmp_path / imdb.ARCHIVE
        with tarfile.open(path, "w:gz") as tar:
            for name, content in sorted(REVIEWS.items()):
                if name not in without:
                    add(tar, f"aclImdb/{name}.txt", content.encode())
            add(tar, "aclImdb/train/unsup/0_0.txt", b"no label")
            add(tar, "aclImdb/README", b"cite us")
            for member in more:
                add(tar, *member)
        return {imdb.ARCHIVE: path}

    return build


def add(tar, name, content=b"", kind=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = len(content), kind, link
    tar.addfile(member, io.BytesIO(content))


def test_both_forms_give_the_same_bits(rows, archive):
    first, second = imdb.read(rows, EACH), imdb.read(archive(), EACH)
    assert set(first) == set(second) == set(PARTS)
    for name, array in first.items():
        assert array.dtype == second[name].dtype == np.int32
        assert np.array_equal(array, second[name])


def test_reviews_stand_in_the_order_of_keras(rows):
    """Negative then positive, by number; then shuffled, seed 113."""
    arrays = imdb.read(rows, EACH)
    stream = np.random.RandomState(113)
    for split in ("train", "test"):
        order = np.arange(2 * EACH)
        stream.shuffle(order)
        assert np.array_equal(arrays[f"{split}_targets"], order // EACH)


def test_hostile_members_do_nothing(rows, archive, tmp_path):
    """Links, escapes and devices are passed over; nothing is unpacked."""
    before = sorted(tmp_path.iterdir())
    paths = archive(
        more=[
            ("../outside.txt", b"x"),
            ("/tmp/absolute.txt", b"x"),
            ("aclImdb/train/pos/../../../up_1.txt", b"x"),
            ("aclImdb/train/pos/12_1.txt", b"", tarfile.SYMTYPE, "/etc/passwd"),
            ("aclImdb/train/pos/13_1.txt", b"", tarfile.LNKTYPE, "README"),
            ("aclImdb/train/pos/14_1.txt", b"", tarfile.CHRTYPE),
            ("aclImdb/train/pos/15_1.txt/16_1.txt", b"x"),
        ]
    )
    expected = imdb.read(rows, EACH)
    for name, array in imdb.read(paths, EACH).items():
        assert np.array_equal(array, expected[name])
    assert sorted(tmp_path.iterdir()) == sorted([*before, *paths.values()])


def test_huge_review_is_refused_unread(archive):
    member = ("aclImdb/train/pos/11_9.txt", bytes(imdb._LONGEST + 1))
    with pytest.raises(BrokenFile, match="11_9.txt has 1,048,577 bytes"):
        imdb.read(archive(more=[member]), EACH)


def test_too_many_members(archive, monkeypatch):
    monkeypatch.setattr(imdb, "_MEMBERS", 20)
    with pytest.raises(BrokenFile, match="more than 20 members"):
        imdb.read(archive(), EACH)


def test_a_review_twice(archive):
    paths = archive(more=[("aclImdb/train/pos/3_7.txt", b"again")])
    with pytest.raises(BrokenFile, match="pos/3 comes twice"):
        imdb.read(paths, EACH)


def test_a_review_missing(archive):
    paths = archive(without=["test/neg/3_3"])
    with pytest.raises(BrokenFile, match="test: 21 reviews, .* 22 expected"):
        imdb.read(paths, EACH)


def test_not_utf_8(archive):
    paths = archive(
        more=[("aclImdb/train/pos/11_7.txt", b"\xff")],
    )
    with pytest.raises(BrokenFile, match="not a whole archive .*utf-8"):
        imdb.read(paths, EACH)


@pytest.mark.parametrize("kept", [0, 0.5, 0.9])
def test_cut_archive(archive, kept):
    paths = archive()
    content = paths[imdb.ARCHIVE].read_bytes()
    paths[imdb.ARCHIVE].write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(BrokenFile):
        imdb.read(paths, EACH)


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        '{"id": "pos/11_9", "label": 0, "text": "label of the other"}',
        '{"id": "../../x", "label": 0, "text": "no id"}',
        '{"id": "pos/11_9", "label": 1}',
        "[]",
    ],
)
def test_broken_row(rows, line):
    with gzip.open(rows["test.jsonl.gz"], "at") as file:
        file.write(line + "\n")
    with pytest.raises(BrokenFile, match="test.jsonl.gz"):
        imdb.read(rows, EACH)


# Reviews as numbers


def test_words():
    text = 'It\'s "GREAT" (really)... a\x85film\xa0noir<br />A_B-c\tend\n'
    assert " ".join(reviews.words(text)) == (
        "it's great really a film noir br a b c end"
    )


def test_ranks_of_equal_words_the_first_is_first():
    assert reviews.ranks(["b a a", "c b d"]) == {"b": 1, "a": 2, "c": 3, "d": 4}


def test_numbers_in_the_way_of_keras():
    """From 4 on; the last number kept is 9,999; all others are 2."""
    numbered = reviews.numbers({"the": 1, "last": 9_996, "rare": 9_997})
    assert numbered == {"the": 4, "last": 9_999, "rare": reviews.UNKNOWN}
    assert reviews.encode("The new rare, last", numbered) == [1, 4, 2, 9_999]


def test_pad_fills_and_cuts_in_front():
    padded = reviews.pad([[1, 5], [1, 5, 6, 7], [1, 5, 6]], 3)
    assert padded.tolist() == [[0, 1, 5], [5, 6, 7], [1, 5, 6]]
    assert padded.dtype == np.int32
