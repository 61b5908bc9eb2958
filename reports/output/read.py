"""The page that shows implementations side by side, without a bench."""

from pathlib import Path

from benchmarks.environment import files
from reports.html import document
from reports.source import listing


def write(package: str, out: Path) -> Path:
    """Write `<package>.html`, or `index.html` of all packages where it is "".

    Raises UserError naming the packages there are.
    """
    names = [package] if package else listing.packages()
    listings = [listing.listing(name) for name in names]
    title = listings[0].title if package else "All models"
    text = document.render("read.html", title=title, listings=listings)
    path = out / f"{package or 'index'}.html"
    with files.disk(out):
        out.mkdir(parents=True, exist_ok=True)
        files.write_text(path, text)
    return path
