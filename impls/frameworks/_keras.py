"""Where a Keras model keeps its layers and parameters, by our names."""

import keras

# How Keras names what the chapter's formulas call otherwise.
_PARTS = {
    "cell": "",
    "forward_layer": "forward",
    "backward_layer": "backward",
}
_LEAVES = {"embeddings": "embedding"}


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
    """Yield (path, layer) of a layer and all that it has."""
    yield path, layer
    for name, child in _children(layer).items():
        part = _PARTS.get(name, name)
        yield from walk(child, f"{path}.{part}".strip("."))


def _children(layer):
    """Attribute -> layer; `hidden.0` of a list."""
    found = {}
    for name, child in vars(layer).items():
        some = enumerate(child) if isinstance(child, list) else ()
        found[name] = child
        found |= {f"{name}.{number}": one for number, one in some}
    if isinstance(layer, keras.layers.Bidirectional):
        found = {k: v for k, v in found.items() if k in _PARTS}
    return {
        name: child
        for name, child in found.items()
        if isinstance(child, keras.Layer) and not name.startswith("_")
    }
