"""PyTorch: parameters, steps, objectives and optimizers, written once."""

import importlib
from contextlib import contextmanager
from zlib import crc32

import numpy as np
import torch

from impls import init
from impls.decoding import Rule
from impls.decoding.torch import decode
from impls.exchange import (
    check_generate,
    check_learning_rate,
    check_model,
    check_params,
    check_setting,
    check_targets,
    memory,
    static,
)
from impls.frameworks._torch import clip, objective, optimizer, parameters
from impls.interface import Batch, trained
from impls.sequences.torch import set_loops
from impls.training.layers import Layers, check_frozen, check_masks

MODES = ("eager", "compiled", "loop")


class Runner:
    """One model and its optimizer on one device: `interface.Runner`."""

    def __init__(self, model_class, spec, setting):
        check_setting(setting, MODES, spec)
        self.spec, self.setting = spec, setting
        self.device = _device(setting)
        double = setting.precision == "float64"
        self.dtype = torch.float64 if double else torch.float32
        torch.manual_seed(setting.seed)
        set_loops(setting.mode == "loop")
        self.model = model_class(spec).to(self.device, self.dtype)
        self.shapes, self.state_shapes = spec.shapes(), spec.state()
        self.tensors = dict(parameters(self.model))
        own = {n: t.permute(axes) for n, (t, axes) in self.tensors.items()}
        check_model({n: tuple(t.shape) for n, t in own.items()}, self.shapes)
        self.layers = Layers(self.model.named_modules())
        self.program, self.compiled = self.model, 0
        self.step = self.model.step if spec.decodes else None
        if setting.mode == "compiled":
            _compile_all()
            self.program = torch.compile(self.model, backend=self._inductor)
            if spec.decodes:
                self.step = torch.compile(self.step, backend=self._inductor)
        self.load(init.draw(spec, setting.seed))

    def load(self, params):
        check_params(params, self.shapes)
        with torch.no_grad():
            for name, (tensor, axes) in self.tensors.items():
                value = torch.from_numpy(np.array(params[name]))
                tensor.permute(axes).copy_(value)
        moving = {
            name: tensor
            for name, (tensor, _) in self.tensors.items()
            if tensor.requires_grad
        }
        self.optimizer = optimizer(moving, self.setting)
        self.steps, self.last_state = 0, ()

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
        check_masks(batch, self.spec.masks())
        inputs = tuple(self._put(array) for array in batch.inputs)
        targets, weights = self._put(batch.targets), self._put(batch.weights)
        if self.setting.objective != "mse":
            targets = targets.long()
        drops = batch.masks and {
            k: self._put(m) for k, m in batch.masks.items()
        }
        return Batch(inputs, targets, weights, drops)

    def logits(self, batch):
        self.layers.evaluate()
        with torch.inference_mode():
            return _numpy(self._forward(batch)[0])

    def generate(self, batch, length, width=1, noise=None):
        check_generate(self.spec, batch, length, width, noise)
        dtype = str(self.dtype).removeprefix("torch.")
        rule = Rule(length, width, self.spec.end, dtype=dtype)
        noise = None if noise is None else self._put(noise)
        self.layers.evaluate()
        with torch.inference_mode(), self._autocast():
            token, state = self.model.start(*self.spec.prompt(batch.inputs))
            return _numpy(decode(self._next, token, state, rule, noise))

    def gradients(self, batch):
        with self._unmoved():
            loss, *_ = self._backward(batch)
        gradients = {
            name: _numpy(tensor.grad.permute(axes))
            for name, (tensor, axes) in self.tensors.items()
            if tensor.requires_grad
        }
        self.optimizer.zero_grad(set_to_none=True)
        return loss.item(), gradients

    def train_step(self, batch):
        loss, accuracy, state = self._backward(batch)
        if self.setting.max_grad_norm is not None:
            tensors = [tensor for tensor, _ in self.tensors.values()]
            clip(tensors, self.setting.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1
        self.last_state = tuple(x.detach().to(self.dtype) for x in state)
        return torch.stack((loss.detach(), accuracy))

    def set_learning_rate(self, rate):
        check_learning_rate(rate)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def state(self):
        pairs = zip(self.state_shapes, self.last_state, strict=False)
        return {name: _numpy(tensor) for name, tensor in pairs}

    def eval_step(self, batch):
        self.layers.evaluate()
        with torch.inference_mode():
            loss, accuracy, state = self._objective(batch)
            metrics = torch.stack((loss, accuracy))
        # A training step cannot read tensors of the inference mode
        self.last_state = tuple(x.to(self.dtype, copy=True) for x in state)
        return metrics

    def fetch(self, steps):
        return torch.stack(steps).double().cpu().numpy()

    def compile(self, batch):
        if self.setting.mode == "compiled":
            self.gradients(batch)

    def compilations(self):
        return self.compiled if self.setting.mode == "compiled" else None

    def memory(self):
        if self.device.type != "cuda":
            return memory(reason="torch measures no CPU memory")
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

    def _autocast(self):
        low = self.setting.precision == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=low)

    def _forward(self, batch):
        """Logits, and the recurrent state."""
        with self._autocast():
            if not self.state_shapes:
                return self.program(*batch.inputs), ()
            return self.program(*batch.inputs, self._state_before(batch))

    def _state_before(self, batch):
        size = len(batch.inputs[0])
        if self.last_state and len(self.last_state[0]) == size:
            return self.last_state
        like = {"dtype": self.dtype, "device": self.device}
        shapes = self.state_shapes.values()
        return tuple(torch.zeros(size, *s, **like) for s in shapes)

    def _next(self, token, state):
        """One step of the decoder."""
        logits, state = self.step(token, state)
        return logits.to(self.dtype), state

    def _backward(self, batch):
        """Backward pass in training mode; the step's number seeds dropout."""
        self.layers.train(batch.masks)
        if self.layers.dropouts and batch.masks is None:
            text = f"{self.setting.seed} {self.steps}"
            _stream(self.device).manual_seed(crc32(text.encode()))
        smoothing = self.setting.label_smoothing
        loss, accuracy, state = self._objective(batch, smoothing)
        loss.backward()
        return loss, accuracy, state

    def _objective(self, batch, smoothing=0.0):
        logits, state = self._forward(batch)
        kind, logits = self.setting.objective, logits.to(self.dtype)
        return *objective(kind, logits, batch, smoothing), state

    @contextmanager
    def _unmoved(self):
        """Restore the running statistics afterwards."""
        moving = [(n, n.clone()) for norm in self.layers.norms.values()
                  for n in (norm.mean, norm.variance)]  # fmt: skip
        yield
        for statistic, before in moving:
            statistic.copy_(before)

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


def _device(setting):
    if setting.device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device 'cuda': torch sees no GPU; use device=cpu")
    torch.use_deterministic_algorithms(setting.deterministic)
    # Otherwise torch fills every empty tensor with NaN, to find bugs.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    return torch.device(setting.device)


def _compile_all():
    """Raise torch's limit of eight programs, after which it runs eagerly.

    Training, evaluation and every set of frozen names need a program each,
    in every Runner of a process.
    """
    config = importlib.import_module("torch._dynamo").config
    config.recompile_limit = config.accumulated_recompile_limit = 4096
    config.fail_on_recompile_limit_hit = True


def _stream(device):
    """The generator of dropout; `torch.manual_seed` seeds all in 0.1 ms."""
    if device.type == "cuda":
        return torch.cuda.default_generators[torch.cuda.current_device()]
    return torch.default_generator


def _numpy(tensor):
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:  # NumPy has none
        tensor = tensor.float()
    return tensor.cpu().numpy().copy()


def last_states(x):
    """The last state of each direction of a bidirectional layer.

    (batch, time, feature) -> (batch, feature)
    """
    hidden = x.shape[-1] // 2
    return torch.cat([x[:, -1, :hidden], x[:, 0, hidden:]], -1)
