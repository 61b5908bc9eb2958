"""TensorFlow: parameters, steps, objectives and optimisers, written once.

Layers are native Keras; the step is our own, compiled by tf.function.
"""

import keras
import numpy as np
import tensorflow as tf

from impls import init
from impls.exchange import (
    check_names,
    check_params,
    check_setting,
    check_targets,
    memory,
    static,
)
from impls.interface import Batch

MODES = ("eager", "graph", "xla")

# How Keras names what the chapter's formulas call otherwise.
_PARTS = {
    "cell": "",
    "forward_layer": "forward.",
    "backward_layer": "backward.",
}
_LEAVES = {"embeddings": "embedding"}


class Runner:
    """One model and its optimiser on one device: `interface.Runner`."""

    def __init__(self, model_class, spec, setting):
        check_setting(setting, MODES)
        self.setting = setting
        self.device = _device(setting)
        self.dtype = keras.config.floatx()
        self.shapes = spec.shapes()
        with tf.device(self.device):
            self.model = model_class(spec)
            self.model(self.place(spec.example(1)).inputs[0])  # makes layers
            self.variables = dict(_canonical(self.model))
            self.updates = tf.Variable(0, dtype=tf.int64)
        self.freeze(())
        self.load(init.draw(spec, setting.seed))

    def load(self, params):
        check_params(params, self.shapes)
        for name, variable in self.variables.items():
            variable.assign(np.asarray(params[name], self.dtype))
        for moment in self.moments:
            moment.assign(tf.zeros_like(moment))
        self.updates.assign(0)

    def params(self):
        return {n: v.numpy().copy() for n, v in self.variables.items()}

    def freeze(self, names):
        check_names(names, self.shapes)
        self.trained = {
            name: variable
            for name, variable in self.variables.items()
            if name not in names
        }
        if not self.trained:
            raise ValueError("every parameter is frozen: nothing to train")
        count = 2 if self.setting.optimiser == "adam" else 0
        with tf.device(self.device):
            self.moments = [
                tf.Variable(tf.zeros_like(variable))
                for variable in self.trained.values()
                for _ in range(count)
            ]
        self.updates.assign(0)
        steps = self._step, self._metrics, self._loss_gradients, self._forward
        self.functions = [_compiled(s, self.setting.mode) for s in steps]

    def place(self, batch):
        check_targets(batch)
        with tf.device(self.device):
            inputs = tuple(self._put(array) for array in batch.inputs)
            targets = self._put(batch.targets)
            return Batch(inputs, targets, self._put(batch.weights))

    def scores(self, batch):
        return self.functions[3](batch).numpy().copy()

    def gradients(self, batch):
        metrics, gradients = self.functions[2](batch)
        pairs = zip(self.trained, gradients, strict=True)
        return float(metrics[0]), {n: g.numpy().copy() for n, g in pairs}

    def train_step(self, batch):
        return self.functions[0](batch)

    def eval_step(self, batch):
        return self.functions[1](batch)

    def fetch(self, steps):
        return tf.stack(steps).numpy().astype(np.float64)

    def compile(self, batch):
        if self.setting.mode == "graph":
            self.functions[0].get_concrete_function(batch)
        elif self.setting.mode == "xla":  # compiles only when it is called
            state = [*self.variables.values(), *self.moments, self.updates]
            before = [variable.numpy().copy() for variable in state]
            self.functions[0](batch)
            for variable, value in zip(state, before, strict=True):
                variable.assign(value)

    def compilations(self):
        if self.setting.mode == "eager":
            return None
        return sum(f.experimental_get_tracing_count() for f in self.functions)

    def memory(self):
        if self.setting.device != "cuda":
            return memory(reason="TensorFlow counts no memory of a CPU")
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
        reason = "TensorFlow does not say what its allocator reserves"
        return memory(peak, reason=reason)

    def static_bytes(self):
        if self.setting.mode == "xla":  # would compile once more to tell
            return static(reason="TensorFlow keeps XLA's plan to itself")
        reason = f"{self.setting.mode}: TensorFlow allocates while it runs"
        return static(reason=reason)

    def matmul(self, size):
        low = self.setting.precision == "bfloat16"
        with tf.device(self.device):
            square = tf.ones((size, size), "bfloat16" if low else self.dtype)
        return lambda: tf.matmul(square, square)[0, 0].numpy()

    def versions(self):
        return {"tensorflow": tf.__version__, "keras": keras.__version__}

    def wait(self):
        self.updates.numpy()  # every step writes it last
        if self.setting.device == "cuda":
            tf.test.experimental.sync_devices()

    def _put(self, array):
        array = np.asarray(array)
        if array.dtype.kind == "f":
            array = array.astype(self.dtype, copy=False)
        return tf.convert_to_tensor(array)

    def _forward(self, batch):
        return self.model(*batch.inputs, training=False)

    def _metrics(self, batch):
        return tf.stack(self._objective(self._forward(batch), batch))

    def _step(self, batch):
        metrics, gradients = self._loss_gradients(batch)
        self._update(gradients)
        return tf.stack(metrics)

    def _loss_gradients(self, batch):
        variables = list(self.trained.values())
        with tf.GradientTape() as tape:
            scores = self.model(*batch.inputs, training=True)
            metrics = self._objective(scores, batch)
        gradients = tape.gradient(metrics[0], variables)
        return metrics, [tf.convert_to_tensor(g) for g in gradients]

    def _objective(self, scores, batch):
        """Loss and accuracy: weighted means over valid targets."""
        scores, targets = tf.cast(scores, self.dtype), batch.targets
        if self.setting.objective == "classes":
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                targets, scores
            )
            best = tf.argmax(scores, -1, targets.dtype)
            right = best == targets
        else:
            scores = scores[..., 0]
            losses = tf.nn.sigmoid_cross_entropy_with_logits(
                tf.cast(targets, self.dtype), scores
            )
            right = (scores > 0) == (targets > 0)
        weights, total = batch.weights, tf.reduce_sum(batch.weights)
        right = tf.cast(right, self.dtype)
        accuracy = tf.reduce_sum(right * weights) / total
        return tf.reduce_sum(losses * weights) / total, accuracy

    def _update(self, gradients):
        """One optimiser step; Adam's epsilon after bias correction.

        TensorFlow's fused kernel adds epsilon before it. Scaled by the
        root of the correction it is the paper's (Kingma 2015, section 2).
        """
        setting = self.setting
        rate, updates = setting.rate, self.updates.assign_add(1)
        if setting.optimiser == "sgd":
            pairs = zip(self.trained.values(), gradients, strict=True)
            for variable, gradient in pairs:
                variable.assign_sub(rate * gradient)
            return
        power1 = setting.beta1 ** tf.cast(updates, self.dtype)
        power2 = setting.beta2 ** tf.cast(updates, self.dtype)
        epsilon = setting.epsilon * tf.sqrt(1 - power2)
        state = zip(self.trained.values(), self.moments[::2],
                    self.moments[1::2], gradients, strict=True)  # fmt: skip
        for variable, mean, square, gradient in state:
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=power1,
                beta2_power=power2,
                lr=tf.constant(rate, self.dtype),
                beta1=tf.constant(setting.beta1, self.dtype),
                beta2=tf.constant(setting.beta2, self.dtype),
                epsilon=epsilon,
                grad=gradient,
            )


def _canonical(layer, prefix=""):
    """Yield (canonical name, variable) of every parameter, by attribute.

    Keras names variables after layers, so the walk follows attributes.
    """
    children = {
        name: child
        for name, child in vars(layer).items()
        if isinstance(child, keras.Layer) and not name.startswith("_")
    }
    if isinstance(layer, keras.layers.Bidirectional):
        children = {k: v for k, v in children.items() if k in _PARTS}
    inner = {id(v) for child in children.values() for v in child.weights}
    for variable in layer.trainable_weights:
        if id(variable) not in inner:
            leaf = _LEAVES.get(variable.name, variable.name)
            yield prefix + leaf, variable.value
    for name, child in children.items():
        yield from _canonical(child, prefix + _PARTS.get(name, f"{name}."))


def _compiled(function, mode):
    if mode == "eager":
        return function
    return tf.function(function, jit_compile=mode == "xla")


def _device(setting):
    precision = setting.precision
    keras.config.set_floatx("float64" if precision == "float64" else "float32")
    low = precision == "bfloat16"
    policy = "mixed_bfloat16" if low else keras.config.floatx()
    keras.config.set_dtype_policy(policy)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    # Read by `max_pool`; what is not in a mode of XLA stays as it was
    tf.config.optimizer.set_jit(
        "autoclustering" if setting.mode == "xla" else False
    )
    keras.utils.set_random_seed(setting.seed)
    if setting.deterministic:
        tf.config.experimental.enable_op_determinism()
    if setting.device == "cuda":
        if not tf.config.list_physical_devices("GPU"):
            raise ValueError(
                "device 'cuda': TensorFlow sees no GPU; use device=cpu"
            )
        return "/GPU:0"
    return "/CPU:0"


def unrolled():
    """Whether a recurrent layer is faster written out step by step.

    On a CPU a loop in the graph takes half as long again. XLA would compile
    much longer, and a GPU has one kernel for the whole loop.
    """
    on_gpu = bool(tf.config.list_logical_devices("GPU"))
    return not (on_gpu or tf.config.optimizer.get_jit())
