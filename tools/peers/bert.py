"""BERT's encoder in jax, with the functions that PUMA (2023) computes in place of GeLU and softmax.

Random weights of the right shape: neither the time nor the bytes of a secure run depend on values.
"""

import math

import jax.numpy as jnp
import numpy as np
from jax import lax


HEADS = 12


def sizes(layers):
    """BERT-base, with as many layers as asked for."""
    return dict(hidden=768, inner=3072, layers=layers, vocabulary=30522)


def random_weights(size, seq, seed=1):
    rng = np.random.default_rng(seed)
    h, f = size["hidden"], size["inner"]

    def matrix(*shape):
        return rng.normal(0, 0.02, shape).astype(np.float32)

    def norm():
        return dict(gamma=np.ones(h, np.float32), beta=np.zeros(h, np.float32))

    def dense(inputs, outputs):
        return dict(weight=matrix(inputs, outputs), bias=np.zeros(outputs, np.float32))

    def layer():
        return dict(
            query=dense(h, h), key=dense(h, h), value=dense(h, h), output=dense(h, h), norm=norm(),
            up=dense(h, f), down=dense(f, h), last_norm=norm(),
        )

    return dict(
        words=matrix(size["vocabulary"], h), positions=matrix(seq, h), norm=norm(),
        layers=[layer() for _ in range(size["layers"])],
    )


def one_hot(size, seq):
    ids = (np.arange(seq) * 7919 + 1) % size["vocabulary"]
    rows = np.zeros((seq, size["vocabulary"]), np.float32)
    rows[np.arange(seq), ids] = 1
    return rows


def gelu(x):
    """PUMA, section 4.1: 0, a cubic, a sextic, and the identity."""
    x2 = x * x
    x3 = x * x2
    x4 = x2 * x2
    x6 = x3 * x3
    left = -0.011034134030615728 * x3 - 0.11807612951181953 * x2
    left = left - 0.42226581151983866 * x - 0.5054031199708174
    middle = 0.0018067462606141187 * x6 - 0.037688200365904236 * x4
    middle = middle + 0.3603292692789629 * x2 + 0.5 * x + 0.008526321541038084
    low, mid, high = x < -4.0, x < -1.95, x > 3.0
    on_left = jnp.logical_xor(low, mid)
    inside = jnp.logical_xor(jnp.logical_xor(mid, high), jnp.ones_like(mid))
    return on_left * left + inside * middle + high * x


def softmax(x):
    """PUMA, section 4.2: (1 + x/32)^32 of x - max, 0 below -14."""
    x = x - jnp.max(x, axis=-1, keepdims=True)
    power = 1 + x / 32
    for _ in range(5):
        power = power * power
    power = power * (x > -14)
    return power / jnp.sum(power, axis=-1, keepdims=True)


def layer_norm(x, norm):
    x = x - jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.mean(x * x, axis=-1, keepdims=True)
    return x * lax.rsqrt(variance + 1e-12) * norm["gamma"] + norm["beta"]


def encode(rows, weights):
    """The last hidden states of one text, from its one-hot rows."""

    def dense(x, part):
        return x @ part["weight"] + part["bias"]

    x = rows @ weights["words"] + weights["positions"]
    x = layer_norm(x, weights["norm"])
    n, h = x.shape
    d = h // HEADS
    for layer in weights["layers"]:
        split = lambda part: dense(x, layer[part]).reshape(n, HEADS, d).transpose(1, 0, 2)
        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(d)
        context = (softmax(scores) @ value).transpose(1, 0, 2).reshape(n, h)
        x = layer_norm(x + dense(context, layer["output"]), layer["norm"])
        x = layer_norm(x + dense(gelu(dense(x, layer["up"])), layer["down"]), layer["last_norm"])
    return x
