"""torch's own Transformer, with random parameters of ours.

Encoder and decoder of `torch.nn`, norm first, have the output of the
reference in float64. Embeddings, positions and the head are ours.
"""

import numpy as np

from impls.transformer import reference
from tests.support.implementations import case, importorskip

BOUND = 1e-12


def tensors(params, name):
    """torch's names of a unit's parameters -> ours, transposed."""
    unit = {k.removeprefix(name): v.T for k, v in params.items()}
    found = {
        "self_attn.in_proj_weight": unit["attention.qkv.kernel"],
        "self_attn.out_proj.weight": unit["attention.merge.kernel"],
        "linear1.weight": unit["feed_forward.inner.kernel"],
        "linear2.weight": unit["feed_forward.outer.kernel"],
        "norm1.weight": unit["norms.0.scale"],
        "norm2.weight": unit["norms.1.scale"],
    }
    if "source.q.kernel" in unit:
        parts = [unit[f"source.{part}.kernel"] for part in ("q", "kv")]
        found |= {
            "multihead_attn.in_proj_weight": np.concatenate(parts),
            "multihead_attn.out_proj.weight": unit["source.merge.kernel"],
            "norm2.weight": unit["source_norm.scale"],
            "norm3.weight": unit["norms.1.scale"],
        }
    return found


def loaded(kind, spec, params, side):
    """torch's encoder or decoder with our parameters."""
    import torch

    layer = getattr(torch.nn, f"Transformer{kind}Layer")(
        spec.width, spec.heads, spec.inner, 0.0, "gelu", 1e-5,
        batch_first=True, norm_first=True, bias=False,
    )  # fmt: skip
    norm = torch.nn.LayerNorm(spec.width, 1e-5, bias=False)
    stack = getattr(torch.nn, f"Transformer{kind}")
    nested = {"enable_nested_tensor": False} if kind == "Encoder" else {}
    model = stack(layer, spec.layers, norm, **nested).double()
    state = {"norm.weight": params[f"{side}_norm.scale"]}
    for number in range(spec.layers):
        unit = tensors(params, f"{side}.{number}.")
        state |= {f"layers.{number}.{k}": v for k, v in unit.items()}
    model.load_state_dict(
        {k: torch.from_numpy(np.array(v)) for k, v in state.items()}
    )
    return model


def test_encoder_and_decoder_are_those_of_torch():
    importorskip("torch")
    import torch

    point = case("transformer")
    spec, params = point.spec, point.smooth
    source, lengths, target = point.batch(0).inputs

    def embedded(side, tokens):
        x = params[f"{side}.embedding"][tokens] * np.sqrt(spec.width)
        waves = reference.positions(tokens.shape[1], spec.width)
        return torch.from_numpy(x + waves)

    hidden = torch.from_numpy(np.arange(source.shape[1]) >= lengths[:, None])
    later = torch.ones(target.shape[1], target.shape[1]).triu(1).bool()
    with torch.inference_mode():
        memory = loaded("Encoder", spec, params, "encoder")(
            embedded("source", source), src_key_padding_mask=hidden
        )
        x = loaded("Decoder", spec, params, "decoder")(
            embedded("target", target),
            memory,
            tgt_mask=later,
            memory_key_padding_mask=hidden,
        ).numpy()
    expected = x @ params["target.embedding"].T
    actual = point.logits(params, point.batch(0))
    assert np.abs(expected).max() > 1
    assert np.abs(actual - expected).max() < BOUND * np.abs(expected).max()
