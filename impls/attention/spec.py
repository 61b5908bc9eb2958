"""Sizes of the encoder and decoder with attention (slide 25)."""

from dataclasses import dataclass
from typing import ClassVar

from impls.seq2seq import spec as plain


@dataclass(frozen=True)
class Spec(plain.Spec):
    """As without attention; `combine` reads the context as well."""

    attention: ClassVar[bool] = True

    @property
    def combined(self) -> int:
        """Features that `combine` reads: the decoder's state, the context."""
        return 2 * self.hidden

    def flops(self) -> int:
        """Two more products: scores, and the sum of states weighted."""
        products = 2 * self.source_time * self.target_time * self.hidden
        return super().flops() + 2 * products
