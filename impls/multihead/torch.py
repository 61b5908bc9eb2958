"""Multi-head attention (slides 26, 27 and 29) in PyTorch."""

from torch import arange, nn, where
from torch.nn import functional
from torch.nn.functional import linear, pad, scaled_dot_product_attention

from impls.multihead import EPSILON


class SelfAttention(nn.Module):
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

    def forward(self, x, keep=None, past=None):
        """(batch, time, width) -> (batch, time, width), (keys, values)"""
        q, k, v = split(self.qkv(x), self.heads, self.depths)
        k, v, keep = extended(k, v, keep, past)
        x = join(attention(q, k, v, self.scale, keep))
        return self.merge(x), (k, v)


class SourceAttention(nn.Module):
    """Of each symbol of the target a mean over the source (slide 30)."""

    def __init__(self, spec):
        super().__init__()
        self.heads, self.scale = spec.heads, spec.scale
        self.depths = spec.key, spec.value
        width, joined = spec.width, spec.heads * spec.value
        self.q = dense(width, spec.heads * spec.key)
        self.kv = dense(width, spec.heads * sum(self.depths))
        self.merge = dense(joined, width)

    def forward(self, x, k, v, keep):
        """(batch, step, width) -> (batch, step, width)"""
        (q,) = split(self.q(x), self.heads, self.depths[:1])
        x = attention(q, k, v, self.scale, keep)
        return self.merge(join(x))

    def memory(self, x):
        """Keys and values of what the encoder gives."""
        return split(self.kv(x), self.heads, self.depths)


def dense(inputs, outputs):
    """A product with a kernel, without a bias."""
    return nn.Linear(inputs, outputs, bias=False)


def norm(width):
    """Mean 0 and variance 1 of each symbol's features, then scaled."""
    return nn.LayerNorm(width, eps=EPSILON, bias=False)


def gelu(x):
    """x times the normal distribution's P(X <= x) (Hendrycks 2016)."""
    return functional.gelu(x)


def tied(x, embedding):
    """Logits: the products of x with the embeddings of all symbols."""
    return linear(x, embedding.weight)


def attention(q, k, v, scale, keep=None):
    """softmax(q k^T scale) v (Vaswani 2017, equation 1).

    q (batch, head, query, depth), k (batch, head, key, depth), v likewise.
    keep (batch, key): which keys; None: of each query those up to it.
    """
    mask = None if keep is None else keep[:, None, None]
    return scaled_dot_product_attention(
        q, k, v, mask, is_causal=keep is None, scale=scale
    )


def split(x, heads, depths):
    """x (batch, time, feature): (batch, head, time, depth) of each depth.

    The columns are those of q, k and v, each of them head by head.
    """
    parts = x.split([heads * depth for depth in depths], -1)
    return [part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in parts]


def join(x):
    """The heads side by side: (batch, time, feature)."""
    return x.transpose(1, 2).flatten(2)


def extended(k, v, keep, past):
    """Keys and values with those of the past, and which of them to keep.

    past: None, or the position (batch,) of the symbol that is read, and keys
    and values (batch, head, time, depth) of the symbols before it.
    """
    if past is None:
        return k, v, keep
    position, *before = past
    time = arange(before[0].shape[2], device=k.device)
    here = (time == position[:, None])[:, None, :, None]
    k, v = (where(here, *pair) for pair in zip((k, v), before, strict=True))
    return k, v, time <= position[:, None]


def extend(x, time):
    """Places for `time` symbols in (batch, head, time, depth)."""
    return pad(x, (0, 0, 0, time - x.shape[2]))
