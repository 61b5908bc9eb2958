"""Keras's layers by our names; objectives and optimizers, written once."""

import keras
import numpy as np
import tensorflow as tf

from impls.interface import decayed

# Keras's names -> those of the chapter's formulas
_PARTS = {
    "cell": "",
    "forward_layer": "forward",
    "backward_layer": "backward",
}
_LEAVES = {"embeddings": "embedding", "gamma": "scale"}


def canonical(model):
    """Yield (canonical name, variable) of every parameter, by attribute.

    Keras names variables after layers, so the walk follows attributes.
    """
    for path, layer in walk(model):
        inner = {id(v) for child in _children(layer).values()
                 for v in child.weights}  # fmt: skip
        for variable in layer.weights:
            if id(variable) not in inner:
                leaf = _LEAVES.get(variable.name, variable.name)
                yield f"{path}.{leaf}".removeprefix("."), variable.value


def walk(layer, path=""):
    """Yield (path, layer) of a layer and all its sublayers."""
    yield path, layer
    for name, child in _children(layer).items():
        part = _PARTS.get(name, name)
        yield from walk(child, f"{path}.{part}".strip("."))


def _children(layer):
    """Attribute -> layer; `hidden.0` of a list."""
    children = {}
    for name, child in vars(layer).items():
        items = enumerate(child) if isinstance(child, list) else ()
        children[name] = child
        children |= {f"{name}.{number}": item for number, item in items}
    if isinstance(layer, keras.layers.Bidirectional):
        children = {k: v for k, v in children.items() if k in _PARTS}
    return {
        name: child
        for name, child in children.items()
        if isinstance(child, keras.Layer) and not name.startswith("_")
    }


def objective(kind, logits, batch, smoothing=0.0):
    """Loss and accuracy: weighted means over valid targets.

    smoothing: share of a label spread over all classes (Szegedy 2016).
    """
    targets = batch.targets
    if kind == "mse":
        squares = (logits - targets) ** 2
        losses = tf.reduce_mean(tf.reshape(squares, (len(squares), -1)), 1)
        right = tf.fill(tf.shape(losses), np.nan)  # has no accuracy
    elif kind == "cross_entropy":
        losses = _cross_entropy(targets, logits, smoothing)
        best = tf.argmax(logits, -1, targets.dtype)
        right = best == targets
    else:
        logits = logits[..., 0]
        losses = tf.nn.sigmoid_cross_entropy_with_logits(
            tf.cast(targets, logits.dtype), logits
        )
        right = (logits > 0) == (targets > 0)
    weights, total = batch.weights, tf.reduce_sum(batch.weights)
    right = tf.cast(right, logits.dtype)
    accuracy = tf.reduce_sum(right * weights) / total
    return tf.reduce_sum(losses * weights) / total, accuracy


def _cross_entropy(targets, logits, smoothing):
    """One fused kernel in either case: it has no sparse form for smoothing."""
    if not smoothing:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    classes = logits.shape[-1]
    low = smoothing / classes
    high = 1 - smoothing + low
    labels = tf.one_hot(targets, classes, high, low, dtype=logits.dtype)
    return tf.nn.softmax_cross_entropy_with_logits(labels, logits)


def clipped(gradients, longest):
    """Scaled down to a common norm (Pascanu 2013, algorithm 1)."""
    if longest is None:
        return gradients
    squares = [tf.reduce_sum(g**2) for g in gradients]
    scale = tf.minimum(longest / tf.sqrt(tf.add_n(squares)), 1)
    return [g * scale for g in gradients]


def sgd(rate, variables, gradients):
    """Plain gradient descent."""
    for variable, gradient in zip(variables, gradients, strict=True):
        variable.assign_sub(rate * gradient)


def adamw(setting, rate, step, variables, moments, gradients):
    """One step of AdamW (Loshchilov 2019); without weight decay, of Adam.

    variables: by canonical name. TensorFlow's fused kernel of Adam adds
    epsilon before bias correction. Scaled by the root of the correction it
    is the paper's (Kingma 2015, section 2).
    """
    decay = setting.weight_decay
    kept = 1 - rate * decay if decay else 1
    power1, power2 = setting.beta1**step, setting.beta2**step
    epsilon = setting.epsilon * tf.sqrt(1 - power2)
    triples = zip(variables.items(), moments, gradients, strict=True)
    for (name, variable), (mean, square), gradient in triples:
        if decay and decayed(name):
            variable.assign(variable * kept)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=mean.handle,
            v=square.handle,
            beta1_power=power1,
            beta2_power=power2,
            lr=rate,
            beta1=tf.constant(setting.beta1, step.dtype),
            beta2=tf.constant(setting.beta2, step.dtype),
            epsilon=epsilon,
            grad=gradient,
        )


def compiled(function, mode):
    """The compiled program of a function; in mode `eager`, itself."""
    if mode == "eager":
        return function
    return tf.function(function, jit_compile=mode == "xla")


def device(setting):
    """Configure the process by the setting; returns the device's name."""
    precision = setting.precision
    keras.config.set_floatx("float64" if precision == "float64" else "float32")
    low = precision == "bfloat16"
    policy = "mixed_bfloat16" if low else keras.config.floatx()
    keras.config.set_dtype_policy(policy)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    # `max_pool` reads it; functions outside mode `xla` are not affected
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
