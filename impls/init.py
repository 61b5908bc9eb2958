"""Initial parameters, drawn once in NumPy for all frameworks.

The distributions are those of the chapter's library (Keras): Glorot
uniform kernels, orthogonal recurrent kernels, zero biases with a forget
gate of one, embeddings uniform within 0.05. A Spec may say otherwise: all
of its parameters uniform within one `limit` (Luong 2015, section 4.1),
embeddings within `embedding_limit`, or single parameters normal with the
standard deviation that `deviations` gives.
"""

from zlib import crc32

import numpy as np

from impls.exchange import check_names
from impls.interface import Params, Shape, Spec


def draw(spec: Spec, seed: int) -> Params:
    """Canonical name -> float64 array, a function of (name, shape, seed).

    Every parameter has a stream of its own, so that adding a layer
    leaves the others as they were. What the model is given at first is not
    drawn. Raises ValueError where it is given what it does not have.
    """
    shapes, given, normal = spec.shapes(), spec.initial(), spec.deviations()
    limits = spec.limit, spec.embedding_limit
    check_names([*given, *normal], shapes)
    params = {}
    for name, shape in shapes.items():
        random = np.random.default_rng((seed, crc32(name.encode())))
        if name in given:
            params[name] = _given(name, given[name], shape)
        elif name in normal:
            params[name] = random.normal(0, normal[name], shape)
        else:
            params[name] = _parameter(name, shapes, random, *limits)
    return params


def _given(name: str, value: np.ndarray, shape: Shape) -> np.ndarray:
    if np.shape(value) != shape:
        raise ValueError(
            f"parameter {name!r} {np.shape(value)}: expected {shape}; "
            "mend `initial` of its Spec"
        )
    return np.array(value, np.float64)


def _parameter(
    name: str,
    shapes: dict[str, Shape],
    random: np.random.Generator,
    within: float | None,
    embeddings: float,
) -> np.ndarray:
    layer, _, leaf = name.rpartition(".")
    shape = shapes[name]
    if within is not None:
        return random.uniform(-within, within, shape)
    if leaf == "kernel":
        return glorot(shape, random)
    if leaf == "recurrent_kernel":
        return orthogonal(shape, random)
    if leaf == "embedding":
        return random.uniform(-embeddings, embeddings, shape)
    if leaf in ("scale", "variance"):
        return np.ones(shape)
    if leaf in ("bias", "mean"):
        return _bias(shape, shapes.get(f"{layer}.recurrent_kernel"))
    raise ValueError(
        f"parameter {name!r}: no initial distribution for {leaf!r}; "
        "add one to impls/init.py"
    )


def glorot(shape: Shape, random: np.random.Generator) -> np.ndarray:
    """Uniform within sqrt(6 / (fan in + fan out)) (Glorot 2010, eq. 16)."""
    field = int(np.prod(shape[:-2]))  # positions of a convolution's filter
    limit = np.sqrt(6 / (field * (shape[-2] + shape[-1])))
    return random.uniform(-limit, limit, shape)


def orthogonal(shape: Shape, random: np.random.Generator) -> np.ndarray:
    """Orthonormal rows or columns (Saxe 2014), whichever are fewer."""
    rows, columns = shape
    normal = random.normal(size=(max(shape), min(shape)))
    q, r = np.linalg.qr(normal)
    q = q * np.sign(np.diag(r))  # else not uniform over rotations
    return q if rows >= columns else q.T


def _bias(shape: Shape, recurrent: Shape | None) -> np.ndarray:
    bias = np.zeros(shape)
    if recurrent and recurrent[1] == 4 * recurrent[0]:  # LSTM: i f c o
        hidden = recurrent[0]
        bias[hidden : 2 * hidden] = 1  # remember at first (Jozefowicz 2015)
    return bias
