"""Multi-head attention (slides 26, 27 and 29) in TensorFlow."""

from math import sqrt

from keras import layers
from keras.ops import erf, swapaxes
from tensorflow import cast, matmul, pad, reshape, where
from tensorflow import range as arange
from tensorflow import split as cut

from impls.multihead import EPSILON
from impls.sequences.tensorflow import attend


class SelfAttention(layers.Layer):
    """Of each symbol the mean of what it attends to, in several heads.

    Queries, keys and values of all heads are one product.
    """

    def __init__(self, spec):
        super().__init__()
        self.heads, self.scale = spec.heads, spec.scale
        self.depths = spec.key, spec.key, spec.value
        width, joined = spec.width, spec.heads * spec.value
        self.qkv = dense(width, spec.heads * sum(self.depths))
        self.merge = dense(joined, width)

    def call(self, x, keep=None, past=None):
        """(batch, time, width) -> (batch, time, width), (keys, values)"""
        q, k, v = split(self.qkv(x), self.heads, self.depths)
        k, v, keep = extended(k, v, keep, past)
        x = join(attention(q, k, v, self.scale, keep))
        return self.merge(x), (k, v)


class SourceAttention(layers.Layer):
    """Of each symbol of the target a mean over the source (slide 30)."""

    def __init__(self, spec):
        super().__init__()
        self.heads, self.scale = spec.heads, spec.scale
        self.depths = spec.key, spec.value
        width, joined = spec.width, spec.heads * spec.value
        self.q = dense(width, spec.heads * spec.key)
        self.kv = dense(width, spec.heads * sum(self.depths))
        self.merge = dense(joined, width)

    def call(self, x, k, v, keep):
        """(batch, step, width) -> (batch, step, width)"""
        (q,) = split(self.q(x), self.heads, self.depths[:1])
        x = attention(q, k, v, self.scale, keep)
        return self.merge(join(x))

    def memory(self, x):
        """Keys and values of what the encoder gives."""
        return split(self.kv(x), self.heads, self.depths)


def dense(inputs, outputs):
    """A product with a kernel, without a bias."""
    return layers.Dense(outputs, use_bias=False)


def norm(width):
    """Mean 0 and variance 1 of each symbol's features, then scaled."""
    return layers.LayerNormalization(epsilon=EPSILON, center=False)


def gelu(x):
    """x times the normal distribution's P(X <= x) (Hendrycks 2016).

    TensorFlow's own has a root of two in float32, whatever x is.
    """
    return x * (1 + erf(x * sqrt(1 / 2))) / 2


def tied(x, embedding):
    """Logits: the products of x with the embeddings of all symbols."""
    kernel = cast(embedding.embeddings, x.dtype)
    return matmul(x, kernel, transpose_b=True)


def attention(q, k, v, scale, keep=None):
    """softmax(q k^T scale) v (Vaswani 2017, equation 1).

    q (batch, head, query, depth), k (batch, head, key, depth), v likewise.
    keep (batch, key): which keys; None: of each query those up to it.
    """
    if keep is None:
        time = arange(q.shape[2])
        mask = time[:, None] >= time
    else:
        mask = keep[:, None, None]
    return attend(matmul(q * scale, k, transpose_b=True), mask) @ v


def split(x, heads, depths):
    """x (batch, time, feature): (batch, head, time, depth) of each depth.

    The columns are those of q, k and v, each of them head by head.
    """
    parts = cut(x, [heads * depth for depth in depths], -1)
    shape = *x.shape[:2], heads, -1
    return [swapaxes(reshape(part, shape), 1, 2) for part in parts]


def join(x):
    """The heads side by side: (batch, time, feature)."""
    x = swapaxes(x, 1, 2)
    return reshape(x, (*x.shape[:2], x.shape[2] * x.shape[3]))


def extended(k, v, keep, past):
    """Keys and values with those of the past, and which of them to keep.

    past: None, or the position (batch,) of the symbol that is read, and keys
    and values (batch, head, time, depth) of the symbols before it.
    """
    if past is None:
        return k, v, keep
    position, *before = past
    time = arange(before[0].shape[2])
    here = (time == position[:, None])[:, None, :, None]
    k, v = (where(here, *pair) for pair in zip((k, v), before, strict=True))
    return k, v, time <= position[:, None]


def extend(x, time):
    """Places for `time` symbols in (batch, head, time, depth)."""
    return pad(x, ((0, 0), (0, 0), (0, time - x.shape[2]), (0, 0)))
