"""Tiny Shakespeare: 1,115,394 characters of plays, 65 distinct ones.

Source: Karpathy's char-rnn (the text is in the public domain); slide 15.
"""

import gzip
from collections.abc import Mapping
from pathlib import Path

from benchmarks.data.dataset import Arrays, BrokenFile, Real, offer, reading
from benchmarks.data.sets import symbols
from benchmarks.data.synthetic import sentences

_SIZE = 1_115_394  # characters, and bytes
_DIGEST = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"

# Repacked for machines without a network
PACKED = offer(
    "",
    """
input.txt.gz 433_884
13125fe8f49092165d7d489e3944db52d1ba546e64a60080cc9523bcd0c5e46a
""",
)
PUBLISHED = offer(
    "https://raw.githubusercontent.com/karpathy/char-rnn/"
    "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/",
    """
input.txt 1_115_394
86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed
""",
)


def read(paths: Mapping[str, Path], size: int = _SIZE) -> Arrays:
    """All parts of `symbols.characters`; both forms give the same bits.

    size: characters expected. Raises BrokenFile.
    """
    (path,) = paths.values()
    with reading(path, "not whole plain text"):
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        text = content.decode("ascii")
    if len(text) != size:
        raise BrokenFile(f"{path}: {len(text):,} characters, expected {size:,}")
    return symbols.characters(text)


SET = Real(
    name="tinyshakespeare",
    version=1,
    offers=(PACKED, PUBLISHED),
    read=read,
    stand_in=sentences.TINYSHAKESPEARE,
)
