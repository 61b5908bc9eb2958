"""Alignment of several texts line by line, and the words in which they differ.

Lines are lists of words. Two texts are aligned by the path through all pairs
of lines with the largest sum of similarities (Needleman and Wunsch, 1970, with
gaps that cost nothing); each further text is aligned with the rows so far.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache

Words = tuple[str, ...]
Row = tuple[int | None, ...]  # the index of each text's line; None: a gap

ALIKE = 0.5  # lines with a smaller similarity do not share a row
BLANK = 0.1  # the similarity of two blank lines


def align(texts: Sequence[Sequence[Words]]) -> list[Row]:
    """Rows in which each line of each text stands once, in its order."""
    rows: list[Row] = [(index,) for index in range(len(texts[0]))]
    for count, text in enumerate(texts[1:], 1):
        scores = [
            [
                max(
                    similarity(texts[i][own], line)
                    for i, own in enumerate(row)
                    if own is not None
                )
                for line in text
            ]
            for row in rows
        ]
        rows = [
            (rows[left] if left is not None else (None,) * count) + (right,)
            for left, right in _path(scores, len(rows), len(text))
        ]
    return rows


@cache
def similarity(left: Words, right: Words) -> float:
    """Of two lines: 1 where equal, 0 where they should not share a row."""
    if not left or not right:
        return BLANK if left == right else 0.0
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0  # bounds from above, which cost less
    ratio = matcher.ratio()
    return ratio if ratio >= ALIKE else 0.0


def differing(lines: Sequence[Words]) -> list[set[int]]:
    """For each line of a row the indices of words that another one lacks."""
    marked: list[set[int]] = [set() for _ in lines]
    for i, own in enumerate(lines):
        for other in [*lines[:i], *lines[i + 1 :]]:
            matcher = SequenceMatcher(None, own, other, autojunk=False)
            common = {
                block.a + step
                for block in matcher.get_matching_blocks()
                for step in range(block.size)
            }
            marked[i] |= set(range(len(own))) - common
    return marked


def _path(
    scores: list[list[float]], height: int, width: int
) -> list[tuple[int | None, int | None]]:
    """The pairs of indices on the best path; None on the side of a gap."""
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    for i in range(height):
        for j in range(width):
            pair = best[i][j] + scores[i][j] if scores[i][j] else 0.0
            best[i + 1][j + 1] = max(pair, best[i][j + 1], best[i + 1][j])
    pairs: list[tuple[int | None, int | None]] = []
    i, j = height, width
    while i or j:
        score = scores[i - 1][j - 1] if i and j else 0.0
        if score and best[i][j] == best[i - 1][j - 1] + score:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif j and best[i][j] == best[i][j - 1]:
            j -= 1
            pairs.append((None, j))
        else:
            i -= 1
            pairs.append((i, None))
    return pairs[::-1]
