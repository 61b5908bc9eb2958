"""The strokes of ten kinds of digits, for `drawn_digits`.

A stroke is a row of points that draw a smooth curve towards themselves; where
a point comes twice, the curve has a corner there. A digit is written in one
way or another, each of one or more strokes.
"""

import numpy as np

Random = np.random.Generator

_STEPS = 6  # pieces of line between two points
_SIZE = 0.85  # of a digit in the square from -1 to 1
_SHAKE = 0.11  # how far a point may lie from its place

# In the order of the classes. Points as "x,y" in hundredths, y downwards;
# " / " stands between two strokes
KINDS: tuple[tuple[str, ...], ...] = (
    (
        "5,-80 -40,-80 -58,0 -40,80 0,85 40,80 58,0 40,-80 -5,-80",
        "10,-85 -60,-60 -55,75 30,95 60,20 35,-75 -5,-80",
    ),
    (
        "10,-80 0,0 -10,80",
        "-30,-50 5,-80 5,-80 0,80",
        "-30,-50 5,-80 5,-80 0,80 / -40,80 0,80 40,80",
    ),
    (
        "-45,-50 -20,-90 50,-80 40,-10 -50,75 -50,75 50,75",
        "-45,-50 -10,-90 55,-70 30,10 -30,80 -60,60 -20,40 10,80 55,70",
    ),
    (
        "-45,-65 0,-90 55,-70 40,-10 -15,-5 -15,-5 50,0 55,65 0,95 -50,60",
        "-45,-75 45,-75 45,-75 0,-10 0,-10 55,0 50,75 -10,90 -45,60",
    ),
    (
        "15,-80 -50,20 -50,20 50,20 / 25,-40 25,20 20,80",
        "-35,-75 -50,10 -30,10 40,0 / 40,-75 30,0 20,85",
        "35,-85 -55,10 -30,30 45,0 / 35,-85 30,0 20,85",
    ),
    (
        "45,-78 -30,-75 -30,-75 -40,-10 -40,-10 30,-35 60,30 30,90 -50,75",
        "-25,-70 -40,-5 -40,-5 20,-30 60,20 30,90 -50,70"
        " / -25,-70 10,-75 50,-75",
    ),
    (
        "30,-85 -30,-50 -60,40 -20,95 50,80 50,10 0,-10 -40,40",
        "0,-85 -40,0 -40,90 30,90 50,30 -10,20 -40,50",
    ),
    (
        "-50,-75 45,-75 45,-75 10,0 -10,85",
        "-50,-75 45,-75 45,-75 10,0 -10,85 / -20,5 10,0 40,0",
        "-45,-40 -40,-80 50,-70 50,-70 30,-10 20,80",
    ),
    (
        "40,-60 10,-95 -55,-70 -30,-15 50,20 50,85 -40,95 -50,30 30,-10 45,-60",
        "0,-5 -60,-30 -20,-95 50,-80 30,-10 -50,20 -40,90 50,90 50,20 0,-5",
    ),
    (
        "40,-50 10,-95 -60,-60 -35,0 30,-10 40,-60 40,-60 30,10 20,85",
        "45,-60 0,-95 -55,-50 -20,10 45,-20 45,-60 60,30 30,95 -40,70",
    ),
)


def written(random: Random, kind: int) -> list[np.ndarray]:
    """A digit as somebody may write it: its strokes, each (point, 2)."""
    ways = KINDS[kind]
    way = ways[random.integers(len(ways))]
    return [_curve(_shaken(random, told)) for told in way.split(" / ")]


def _shaken(random: Random, told: str) -> np.ndarray:
    points = np.array(
        [[int(n) / 100 for n in point.split(",")] for point in told.split()]
    )
    return (points + random.uniform(-_SHAKE, _SHAKE, points.shape)) * _SIZE


def _curve(points: np.ndarray) -> np.ndarray:
    """A quadratic B-spline from the first point to the last: (point, 2)."""
    ends = (points[1:-1] + points[2:]) / 2
    ends[-1] = points[-1]
    part = np.linspace(0, 1, _STEPS, endpoint=False)[:, None]
    start, pieces = points[0], []
    for bend, end in zip(points[1:-1], ends, strict=True):
        to, on = start + part * (bend - start), bend + part * (end - bend)
        pieces.append(to + part * (on - to))
        start = end
    return np.concatenate([*pieces, points[-1:]])
