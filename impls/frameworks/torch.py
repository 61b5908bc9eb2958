"""PyTorch: parameters, steps, objectives and optimisers, written once."""

import importlib
from contextlib import contextmanager
from zlib import crc32

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from impls import init
from impls.exchange import (
    check_params,
    check_setting,
    check_targets,
    memory,
    static,
)
from impls.frameworks._torch import LAYOUT, canonical
from impls.interface import Batch, masks, trained
from impls.training.layers import Layers, check_frozen, check_masks

MODES = ("eager", "compiled")


class Runner:
    """One model and its optimiser on one device: `interface.Runner`."""

    def __init__(self, model_class, spec, setting):
        check_setting(setting, MODES)
        self.setting = setting
        self.device = _device(setting)
        double = setting.precision == "float64"
        self.dtype = torch.float64 if double else torch.float32
        torch.manual_seed(setting.seed)
        self.model = model_class(spec).to(self.device, self.dtype)
        self.shapes, self.masks = spec.shapes(), masks(spec)
        self.tensors = dict(_canonical(self.model))
        self.layers = Layers(self.model.named_modules())
        self.program, self.compiled = self.model, 0
        if setting.mode == "compiled":
            _compile_all()
            self.program = torch.compile(self.model, backend=self._inductor)
        self.load(init.draw(spec, setting.seed))

    def load(self, params):
        check_params(params, self.shapes)
        with torch.no_grad():
            for name, (tensor, axes) in self.tensors.items():
                value = torch.from_numpy(np.array(params[name]))
                tensor.permute(axes).copy_(value)
        moving = [t for t, _ in self.tensors.values() if t.requires_grad]
        self.optimiser = _optimiser(moving, self.setting)
        self.steps = 0

    def params(self):
        return {
            name: _numpy(tensor.permute(axes))
            for name, (tensor, axes) in self.tensors.items()
        }

    def freeze(self, names):
        check_frozen(names, self.shapes)
        for name in trained(self.shapes):
            self.tensors[name][0].requires_grad_(name not in names)
        self.layers.freeze(names)
        self.load(self.params())

    def place(self, batch):
        check_targets(batch, self.setting.objective)
        check_masks(batch, self.masks)
        inputs = tuple(self._put(array) for array in batch.inputs)
        targets, weights = self._put(batch.targets), self._put(batch.weights)
        if self.setting.objective != "reconstruction":
            targets = targets.long()
        drops = batch.masks and {
            k: self._put(m) for k, m in batch.masks.items()
        }
        return Batch(inputs, targets, weights, drops)

    def scores(self, batch):
        self.layers.evaluate()
        with torch.inference_mode():
            return _numpy(self._forward(batch))

    def gradients(self, batch):
        with self._unmoved():
            loss, _ = self._backward(batch)
        gradients = {
            name: _numpy(tensor.grad.permute(axes))
            for name, (tensor, axes) in self.tensors.items()
            if tensor.requires_grad
        }
        self.optimiser.zero_grad(set_to_none=True)
        return loss.item(), gradients

    def train_step(self, batch):
        loss, accuracy = self._backward(batch)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.steps += 1
        return torch.stack((loss.detach(), accuracy))

    def eval_step(self, batch):
        self.layers.evaluate()
        with torch.inference_mode():
            return torch.stack(self._objective(batch))

    def fetch(self, steps):
        return torch.stack(steps).double().cpu().numpy()

    def compile(self, batch):
        if self.setting.mode == "compiled":
            self.gradients(batch)

    def compilations(self):
        return self.compiled if self.setting.mode == "compiled" else None

    def memory(self):
        if self.device.type != "cuda":
            return memory(reason="torch counts no memory of a CPU")
        return memory(
            torch.cuda.max_memory_allocated(self.device),
            torch.cuda.max_memory_reserved(self.device),
        )

    def static_bytes(self):
        if self.setting.mode == "compiled":
            return static(reason="torch.compile allocates while it runs")
        return static(reason="eager: nothing is compiled")

    def matmul(self, size):
        low = self.setting.precision == "bfloat16"
        dtype = torch.bfloat16 if low else self.dtype
        square = torch.ones(size, size, dtype=dtype, device=self.device)

        def product():
            torch.matmul(square, square)
            self.wait()

        return product

    def versions(self):
        return {"torch": torch.__version__}

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _forward(self, batch):
        low = self.setting.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=low):
            return self.program(*batch.inputs)

    def _backward(self, batch):
        """Gradients of a training pass. Its dropout follows from the step."""
        self.layers.train(batch.masks)
        if self.layers.dropouts and batch.masks is None:
            text = f"{self.setting.seed} {self.steps}"
            _stream(self.device).manual_seed(crc32(text.encode()))
        loss, accuracy = self._objective(batch)
        loss.backward()
        return loss, accuracy

    @contextmanager
    def _unmoved(self):
        """Statistics are put back afterwards."""
        moving = [(n, n.clone()) for norm in self.layers.norms.values()
                  for n in (norm.mean, norm.variance)]  # fmt: skip
        yield
        for statistic, before in moving:
            statistic.copy_(before)

    def _objective(self, batch):
        """Loss and accuracy: weighted means over valid targets."""
        scores, targets = self._forward(batch).to(self.dtype), batch.targets
        if self.setting.objective == "reconstruction":
            losses = (scores - targets).square().flatten(1).mean(1)
            right = torch.full_like(losses, torch.nan)  # has no accuracy
        elif self.setting.objective == "classes":
            losses = functional.cross_entropy(scores, targets, reduction="none")
            right = scores.argmax(-1) == targets
        else:
            scores = scores[..., 0]
            losses = functional.binary_cross_entropy_with_logits(
                scores, targets.to(scores.dtype), reduction="none"
            )
            right = (scores > 0) == (targets > 0)
        weights, total = batch.weights, batch.weights.sum()
        accuracy = (right * weights).sum() / total
        return (losses * weights).sum() / total, accuracy

    def _put(self, array):
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        if tensor.is_floating_point():
            return tensor.to(self.device, self.dtype)
        return tensor.to(self.device)

    def _inductor(self, graph, inputs):
        """torch's own compiler, counted."""
        from torch._inductor.compile_fx import compile_fx

        self.compiled += 1
        return compile_fx(graph, inputs)


def _canonical(model):
    """Yield (canonical name, (tensor, axes)) of every parameter.

    torch adds a second recurrent bias. The chapter has one, so the second
    is zero and frozen: else their sum would move twice per step.
    """
    for path, module in model.named_modules():
        kinds = [kind for kind in type(module).__mro__ if kind in LAYOUT]
        layout = LAYOUT[kinds[0]] if kinds else {}
        own_tensors = (
            *module.named_parameters(recurse=False),
            *(module.named_buffers(recurse=False)),
        )
        for own, tensor in own_tensors:
            if own.startswith("bias_hh"):
                nn.init.zeros_(tensor).requires_grad_(False)
                continue
            leaf, axes = layout[own]
            if not getattr(module, "bidirectional", False):
                leaf = leaf.removeprefix("forward.")
            yield f"{canonical(path)}.{leaf}", (tensor, axes)


def _optimiser(tensors, setting):
    """torch adds Adam's epsilon after bias correction, as the paper does.

    Fused: one kernel over all parameters, three times faster on a CPU.
    """
    if not tensors:
        raise ValueError("every parameter is frozen: nothing to train")
    if setting.optimiser == "sgd":
        return torch.optim.SGD(tensors, setting.rate, momentum=0)
    return torch.optim.Adam(
        tensors,
        setting.rate,
        (setting.beta1, setting.beta2),
        setting.epsilon,
        weight_decay=0,
        fused=True,
    )


def _device(setting):
    if setting.device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device 'cuda': torch sees no GPU; use device=cpu")
    torch.use_deterministic_algorithms(setting.deterministic)
    # Else every empty tensor is filled with NaN first, to find bugs.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    return torch.device(setting.device)


def _compile_all():
    """torch gives up a model at its ninth program, and runs it eagerly.

    Training, evaluation and every set of frozen names is a program, of each
    Runner in a process.
    """
    config = importlib.import_module("torch._dynamo").config
    config.recompile_limit = config.accumulated_recompile_limit = 4096
    config.fail_on_recompile_limit_hit = True


def _stream(device):
    """What dropout draws from; `torch.manual_seed` takes 0.1 ms for all."""
    if device.type == "cuda":
        return torch.cuda.default_generators[torch.cuda.current_device()]
    return torch.default_generator


def _numpy(tensor):
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:  # NumPy has none
        tensor = tensor.float()
    return tensor.cpu().numpy().copy()


def last_states(x):
    """Both ends of a bidirectional layer, where each has read it all.

    (batch, time, feature) -> (batch, feature)
    """
    hidden = x.shape[-1] // 2
    return torch.cat([x[:, -1, :hidden], x[:, 0, hidden:]], -1)
