"""Floating-point operations of every model, as PyTorch counts its own.

They are what the share of a machine's peak is computed from.
"""

import pytest

import impls
from benchmarks.parity.case import variants
from tests.support.implementations import case, importorskip


@pytest.mark.parametrize("name", variants())
def test_flops_are_those_of_the_products_that_are_computed(name):
    """Written out: layers step by step, attention without its kernel."""
    importorskip("torch")
    from torch import inference_mode
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    point = case(name)
    mode = "loop" if point.spec.unrolled else "eager"
    setting = point.setting(mode=mode)
    runner = impls.build(point.model, "torch", point.spec, setting)
    batch = point.batch(0)
    placed = runner.place(batch)
    runner.layers.evaluate()
    counter = FlopCounterMode(display=False)
    with counter, inference_mode(), sdpa_kernel(SDPBackend.MATH):
        runner._forward(placed)
    examples = point.size
    if point.spec.state():  # of a stream, each time step is an example
        examples *= batch.inputs[0].shape[1]
    assert counter.get_total_flops() == examples * point.spec.flops() > 0
