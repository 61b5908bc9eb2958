"""The drawings of ten kinds of garments, for `drawn_garments`.

Each is a list of polygons in a square from -1 to 1, y downwards, whose measures
(sleeves, width, length, neck, ...) are random.
"""

from collections.abc import Callable

import numpy as np

Random = np.random.Generator
Polygon = np.ndarray  # (corner, 2): x to the right, y downwards

# In the order in which they are drawn. Cover 1 adds what is inside, -1 cuts
# it out, 0 leaves it; the detail is lighter or darker by that much
Drawing = list[tuple[Polygon, float, float]]


def _mirrored(*right: tuple[float, float]) -> Polygon:
    """A figure from its right half, top to bottom."""
    half = np.array(right)
    return np.concatenate([half, half[::-1] * (-1, 1)])


def _box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return np.array(
        [(left, top), (right, top), (right, bottom), (left, bottom)]
    )


def _top(
    random: Random,
    sleeve: float,
    spread: float,
    width: float,
    hem: float,
    bottom: float,
) -> Polygon:
    """A garment with sleeves; spread: how far they stand off, 0 to 1."""
    neck, deep = random.uniform(0.12, 0.24), random.uniform(0.02, 0.2)
    shoulder = width + random.uniform(0.0, 0.08)
    out = shoulder + sleeve * spread
    down = -0.72 + sleeve * (1.1 - 0.7 * spread)
    cuff = random.uniform(0.16, 0.24)
    return _mirrored(
        (0.0, -0.85 + deep),
        (neck, -0.87),
        (shoulder, -0.74),
        (out, down),
        (out - cuff, down + cuff * spread),
        (width, -0.25 - 0.2 * spread),
        (hem, bottom),
        (0.0, bottom),
    )


def _shirt_like(
    random: Random, sleeve: tuple[float, float]
) -> tuple[Polygon, float]:
    width, bottom = random.uniform(0.38, 0.54), random.uniform(0.7, 0.92)
    hem = width + random.uniform(-0.06, 0.06)
    body = _top(
        random,
        random.uniform(*sleeve),
        random.uniform(0.2, 0.6),
        width,
        hem,
        bottom,
    )
    return body, bottom


def _t_shirt(random: Random) -> Drawing:
    body, _ = _shirt_like(random, (0.3, 0.6))
    return [(body, 1, 0)]


def _trousers(random: Random) -> Drawing:
    waist, hip = random.uniform(0.26, 0.38), random.uniform(0.32, 0.46)
    ankle, leg = random.uniform(0.25, 0.5), random.uniform(0.14, 0.3)
    legs = _mirrored(
        (0.0, -0.9),
        (waist, -0.9),
        (hip, -0.4),
        (ankle, 0.92),
        (max(ankle - leg, 0.03), 0.92),
        (0.0, random.uniform(-0.3, 0.1)),
    )
    return [(legs, 1, 0), (_box(-waist, -0.9, waist, -0.8), 1, -0.3)]


def _pullover(random: Random) -> Drawing:
    body, bottom = _shirt_like(random, (1.0, 1.4))
    band = _box(-0.7, bottom - random.uniform(0.04, 0.14), 0.7, bottom)
    return [(body, 1, 0), (band, 0, random.uniform(-0.3, 0.2))]


def _dress(random: Random) -> Drawing:
    waist = random.uniform(0.2, 0.36)
    body = _top(
        random,
        random.uniform(0.05, 0.5),
        random.uniform(0.1, 0.6),
        waist,
        waist + random.uniform(0.08, 0.4),
        0.95,
    )
    seam = random.uniform(-0.3, 0.1)
    return [(body, 1, 0), (_box(-1, seam, 1, seam + 0.07), 0, -0.2)]


def _coat(random: Random) -> Drawing:
    width = random.uniform(0.38, 0.54)
    body = _top(
        random,
        random.uniform(1.0, 1.5),
        random.uniform(0.2, 0.5),
        width,
        width + random.uniform(-0.03, 0.12),
        random.uniform(0.82, 0.98),
    )
    open_front = _mirrored(
        (0.0, -0.85),
        (random.uniform(0.1, 0.22), -0.85),
        (0.05, random.uniform(-0.4, 0.0)),
        (0.05, 1.0),
    )
    return [(body, 1, 0), (open_front, 0, -random.uniform(0.3, 0.6))]


def _sandal(random: Random) -> Drawing:
    heel, toe = random.uniform(0.0, 0.5), random.uniform(0.05, 0.14)
    base = 0.45
    sole = np.array(
        [
            (-0.9, base - heel),
            (-0.4, base - heel),
            (0.3, base - toe),
            (0.9, base - toe),
            (0.9, base),
            (0.2, base + 0.02),
            (-0.45, base - heel + 0.14),
            (-0.7, base),
            (-0.86, base),
        ]
    )
    straps = []
    for at in random.uniform(-0.8, 0.75, random.integers(2, 5)):
        foot, high = base - 0.1, base - random.uniform(0.4, 0.9)
        lean, thick = random.uniform(-0.4, 0.3), random.uniform(0.06, 0.14)
        straps.append(
            (
                np.array(
                    [
                        (at, foot),
                        (at + lean, high),
                        (at + lean + thick, high),
                        (at + thick, foot),
                    ]
                ),
                1.0,
                random.uniform(-0.2, 0.2),
            )
        )
    return [(sole, 1, -0.1), *straps]


def _shirt(random: Random) -> Drawing:
    body, bottom = _shirt_like(random, (0.3, 1.4))
    line = random.uniform(-0.03, 0.03)
    tone = random.choice([-1, 1]) * random.uniform(0.3, 0.6)
    collar = _mirrored(
        (0.0, -0.62),
        (random.uniform(0.2, 0.3), -0.8),
        (0.1, -0.92),
        (0.0, -0.75),
    )
    return [
        (body, 1, 0),
        (collar, 1, tone),
        (_box(line - 0.05, -0.65, line + 0.05, bottom), 0, tone),
    ]


def _shoe(random: Random, shaft: float) -> Polygon:
    """From the side, toe to the right; shaft: how high above the foot."""
    ankle = random.uniform(-0.25, 0.1)
    instep = random.uniform(-0.12, 0.12)
    return np.array(
        [
            (-0.88, -shaft),
            (ankle, -shaft),
            (ankle + 0.12, instep - 0.08),
            (0.6, 0.12 + instep / 2),
            (0.92, 0.3),
            (0.92, 0.5),
            (-0.9, 0.5),
        ]
    )


def _sneaker(random: Random) -> Drawing:
    thick = random.uniform(0.08, 0.2)
    stripe = random.uniform(-0.5, 0.3)
    return [
        (_shoe(random, random.uniform(0.05, 0.35)), 1, 0),
        (_box(-0.92, 0.5 - thick, 0.94, 0.52), 1, random.uniform(-0.4, 0.4)),
        (_box(stripe, -0.05, stripe + 0.12, 0.35), 0, 0.3),
    ]


def _bag(random: Random) -> Drawing:
    top, wide = random.uniform(-0.45, 0.1), random.uniform(0.55, 0.9)
    base = wide + random.uniform(-0.15, 0.1)
    handle, high = random.uniform(0.2, 0.5), top - random.uniform(0.15, 0.5)
    outer = _mirrored((0.0, high), (handle * 0.7, high), (handle, top + 0.02))
    inner = _mirrored(
        (0.0, high + 0.1),
        (handle * 0.7 - 0.08, high + 0.1),
        (handle - 0.1, top + 0.02),
    )
    body = _mirrored((0.0, top), (wide, top), (base, 0.75), (0.0, 0.8))
    flap = _box(-wide, top + 0.2, wide, top + 0.28)
    return [
        (outer, 1, 0),
        (inner, -1, 0),
        (body, 1, 0),
        (flap, 0, random.uniform(-0.4, 0.2)),
    ]


def _boot(random: Random) -> Drawing:
    heel = random.uniform(0.0, 0.3)
    return [
        (_shoe(random, random.uniform(0.4, 0.9)), 1, 0),
        (_box(-0.9, 0.48, -0.5, 0.5 + heel), 1, -0.2),
        (_box(-0.9, 0.44, 0.92, 0.54), 1, random.uniform(-0.4, 0.2)),
    ]


# In the order of Fashion-MNIST's classes
KINDS: tuple[Callable[[Random], Drawing], ...] = (
    _t_shirt,
    _trousers,
    _pullover,
    _dress,
    _coat,
    _sandal,
    _shirt,
    _sneaker,
    _bag,
    _boot,
)
