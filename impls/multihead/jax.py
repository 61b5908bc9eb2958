"""Multi-head attention (slides 26, 27 and 29) in JAX."""

from flax import nnx
from jax.numpy import arange, pad, where
from jax.numpy import split as cut

from impls.multihead import EPSILON
from impls.sequences.jax import attend


class SelfAttention(nnx.Module):
    """Of each symbol the mean of what it attends to, in several heads.

    Queries, keys and values of all heads are one product.
    """

    def __init__(self, spec, *, rngs):
        self.heads, self.scale = spec.heads, spec.scale
        self.depths = spec.key, spec.key, spec.value
        width, joined = spec.width, spec.heads * spec.value
        self.qkv = dense(width, spec.heads * sum(self.depths), rngs=rngs)
        self.merge = dense(joined, width, rngs=rngs)

    def __call__(self, x, keep=None, past=None):
        """(batch, time, width) -> (batch, time, width), (keys, values)"""
        q, k, v = split(self.qkv(x), self.heads, self.depths)
        k, v, keep = extended(k, v, keep, past)
        x = join(attention(q, k, v, self.scale, keep))
        return self.merge(x), (k, v)


class SourceAttention(nnx.Module):
    """Of each symbol of the target a mean over the source (slide 30)."""

    def __init__(self, spec, *, rngs):
        self.heads, self.scale = spec.heads, spec.scale
        self.depths = spec.key, spec.value
        width, joined = spec.width, spec.heads * spec.value
        self.q = dense(width, spec.heads * spec.key, rngs=rngs)
        self.kv = dense(width, spec.heads * sum(self.depths), rngs=rngs)
        self.merge = dense(joined, width, rngs=rngs)

    def __call__(self, x, k, v, keep):
        """(batch, step, width) -> (batch, step, width)"""
        (q,) = split(self.q(x), self.heads, self.depths[:1])
        x = attention(q, k, v, self.scale, keep)
        return self.merge(join(x))

    def memory(self, x):
        """Keys and values of what the encoder gives."""
        return split(self.kv(x), self.heads, self.depths)


def dense(inputs, outputs, *, rngs):
    """A product with a kernel, without a bias."""
    return nnx.Linear(inputs, outputs, use_bias=False, rngs=rngs)


def norm(width, *, rngs):
    """Mean 0 and variance 1 of each symbol's features, then scaled."""
    exact = {"use_bias": False, "use_fast_variance": False}
    return nnx.LayerNorm(width, epsilon=EPSILON, **exact, rngs=rngs)


def gelu(x):
    """x times the normal distribution's P(X <= x) (Hendrycks 2016)."""
    return nnx.gelu(x, approximate=False)


def tied(x, embedding):
    """Logits: the products of x with the embeddings of all symbols."""
    return embedding.attend(x)


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
    return attend(q * scale @ k.mT, mask) @ v


def split(x, heads, depths):
    """x (batch, time, feature): (batch, head, time, depth) of each depth.

    The columns are those of q, k and v, each of them head by head.
    """
    ends = [heads * sum(depths[:n]) for n in range(1, len(depths))]
    parts, shape = cut(x, ends, -1), (*x.shape[:2], heads, -1)
    return [part.reshape(shape).swapaxes(1, 2) for part in parts]


def join(x):
    """The heads side by side: (batch, time, feature)."""
    x = x.swapaxes(1, 2)
    return x.reshape(*x.shape[:2], -1)


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
