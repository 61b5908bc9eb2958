"""Networks of the library `transformers`, with random parameters of ours.

The reference has their logits in float64; the parity checks tie all
implementations to the reference.
"""

import numpy as np
import pytest

import impls
from impls.gpt import reference as gpt
from tests.support.implementations import importorskip

transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed: extra `test`"
)
BOUND = 1e-9
# Linear layers of a block of theirs -> of a unit of ours
KERNELS = {
    "attn.c_attn": "attention.qkv.kernel",
    "attn.c_proj": "attention.merge.kernel",
    "mlp.c_fc": "feed_forward.inner.kernel",
    "mlp.c_proj": "feed_forward.outer.kernel",
}
NORMS = {"ln_1": "norms.0.scale", "ln_2": "norms.1.scale"}


def spec():
    """Theirs has no key width and no factor of logits."""
    sizes = {"vocab": 23, "time": 9, "width": 15, "heads": 3, "inner": 19}
    return impls.spec("gpt")(**sizes, layers=2)


def theirs(spec, params, activation="gelu"):
    """GPT-2 with our parameters; its biases are zero."""
    importorskip("torch")
    import torch

    config = transformers.GPT2Config(
        vocab_size=spec.vocab,
        n_positions=spec.time,
        n_embd=spec.width,
        n_head=spec.heads,
        n_inner=spec.inner,
        n_layer=spec.layers,
        activation_function=activation,
        layer_norm_epsilon=1e-5,
        attn_implementation="eager",
        bos_token_id=0,
        eos_token_id=0,
    )
    model = transformers.GPT2LMHeadModel(config).double().eval()
    names = {
        "wte.weight": "embedding.embedding",
        "wpe.weight": "position.embedding",
        "ln_f.weight": "norm.scale",
    }
    for number in range(spec.layers):
        for part, leaf in (KERNELS | NORMS).items():
            names[f"h.{number}.{part}.weight"] = f"units.{number}.{leaf}"
    tensors = dict(model.transformer.named_parameters())
    with torch.no_grad():
        for name, tensor in tensors.items():
            if name.endswith("bias"):
                tensor.zero_()
            else:
                tensor.copy_(torch.from_numpy(params[names.pop(name)]))
    assert not names
    return model


def logits(model, tokens):
    import torch

    with torch.inference_mode():
        return model(torch.from_numpy(tokens.astype(np.int64))).logits.numpy()


@pytest.fixture(scope="module")
def ours():
    random = np.random.default_rng(0)
    return {
        name: random.normal(size=shape) * 0.5
        for name, shape in spec().shapes().items()
    }


def test_gpt_has_the_logits_of_gpt_2(ours):
    (tokens,) = spec().example(5).inputs
    expected = logits(theirs(spec(), ours), tokens)
    actual = gpt.logits(spec(), ours, tokens)
    assert np.abs(expected).max() > 1
    assert np.abs(actual - expected).max() < BOUND * np.abs(expected).max()


def test_the_bound_tells_gelu_from_its_approximation(ours):
    (tokens,) = spec().example(5).inputs
    model = theirs(spec(), ours, "gelu_new")
    actual = gpt.logits(spec(), ours, tokens)
    apart = np.abs(logits(model, tokens) - actual).max()
    assert apart > 1e3 * BOUND * np.abs(actual).max()


def test_gpt_2_continues_a_prompt_as_a_cache_does(ours):
    """Greedy, within the context: their own cache, and our reference."""
    import torch

    (tokens,) = spec().example(5).inputs
    model, prompt = theirs(spec(), ours), tokens[:, :3]
    continued = model.generate(
        torch.from_numpy(prompt.astype(np.int64)),
        attention_mask=torch.ones(prompt.shape, dtype=torch.long),
        max_new_tokens=6,
        min_new_tokens=6,
        do_sample=False,
        pad_token_id=0,
        eos_token_id=None,
    ).numpy()
    token, state = gpt.start(spec(), ours, prompt)
    for time in range(6):
        rows, state = gpt.step(spec(), ours, token, state)
        token = rows.argmax(-1)
        np.testing.assert_array_equal(token, continued[:, 3 + time])
