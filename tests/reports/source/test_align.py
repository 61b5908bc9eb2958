"""Lines of several texts in rows, and the words in which they differ."""

from reports.source import align

LEFT = [("x", "=", "f", "a"), (), ("return", "x")]
RIGHT = [("y", "=", "g"), ("x", "=", "f", "b"), (), ("return", "x")]


def test_lines_that_are_alike_share_a_row():
    rows = align.align([LEFT, RIGHT])
    assert rows == [(None, 0), (0, 1), (1, 2), (2, 3)]


def test_a_third_text_is_aligned_with_either_of_the_first_two():
    third = [("y", "=", "g", "c"), ("return", "x")]
    assert align.align([LEFT, RIGHT, third]) == [
        (None, 0, 0),
        (0, 1, None),
        (1, 2, None),
        (2, 3, 1),
    ]


def test_lines_that_have_little_in_common_do_not_share_a_row():
    assert align.align([[("a", "b", "c")], [("a", "d", "e")]]) == [
        (0, None),
        (None, 0),
    ]


def test_a_blank_line_is_aligned_with_a_blank_line_alone():
    assert align.similarity((), ()) == align.BLANK
    assert align.similarity((), ("a",)) == 0


def test_no_order_of_lines_is_changed():
    crossed = [("a", "b"), ("c", "d")], [("c", "d"), ("a", "b")]
    rows = align.align(crossed)
    for i, text in enumerate(crossed):
        assert [row[i] for row in rows if row[i] is not None] == [
            *range(len(text))
        ]
    assert sum(None not in row for row in rows) == 1


def test_words_that_another_line_lacks_are_marked():
    lines = [("x", "=", "nn", "Linear"), ("x", "=", "nnx", "Linear")]
    assert align.differing(lines) == [{2}, {2}]
    three = [("a", "b"), ("a", "b"), ("a", "b", "c")]
    assert align.differing(three) == [set(), set(), {2}]
    assert align.differing([("a",)]) == [set()]
