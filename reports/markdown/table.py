"""Tables in Markdown."""


def table(
    heads: list[str], rows: list[list[str]], left: tuple[int, ...] = (0,)
) -> str:
    """A Markdown table; numbers to the right."""
    rule = [":--" if n in left else "--:" for n in range(len(heads))]
    lines = [heads, rule, *([_escaped(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(text: str) -> str:
    """Nothing from a log may end a cell or begin a tag."""
    plain = " ".join(str(text).split()).replace("|", "\\|")
    return plain.replace("<", "&lt;")
