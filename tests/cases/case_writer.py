"""Writes case files (proto/case.proto): a graph, runs of it, and what TensorFlow answered."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def varint(n):
    return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])


def field(number, value):
    if isinstance(value, float):
        return varint(number << 3 | 5) + np.float32(value).tobytes()
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def named(number, pairs):
    return b"".join(field(number, field(1, name) + field(2, tf.make_tensor_proto(value).SerializeToString()))
                    for name, value in pairs)


class Case:
    """The default graph, or `meta` (a MetaGraphDef), under a name; parts are added in the order of the runs."""

    def __init__(self, name, meta=None):
        self.name = name
        meta = meta or tf.train.export_meta_graph(clear_extraneous_savers=True)
        meta.meta_info_def.ClearField("stripped_op_list")  # most of the bytes
        self.graph = meta.SerializeToString()
        self.parts = b""

    def run(self, feeds=(), fetches=(), targets=(), tolerance=1e-5, error=""):
        """feeds, fetches: (name, value); targets: names. With `error`, a canonical code, the run must fail."""
        self.parts += field(3, b"".join(field(1, t) for t in targets) + named(2, feeds) + named(3, fetches) +
                            field(4, float(tolerance)) + field(5, float(tolerance)) + (field(6, error) if error else b""))

    def ask(self, session, fetches=(), feeds=None, targets=(), tolerance=1e-5):
        """Runs it in TensorFlow and keeps what it answers, the code of an error too. Returns the values."""
        feeds = feeds or {}
        fetches = [session.graph.as_graph_element(f) for f in fetches]
        targets = [session.graph.as_graph_element(t) for t in targets]
        fed = [(k.name, np.asarray(v, k.dtype.base_dtype.as_numpy_dtype)) for k, v in feeds.items()]
        try:
            values = session.run([fetches, targets], feeds)[0]
        except tf.errors.OpError as e:
            codes = {v: k for k, v in vars(tf.errors).items() if k.isupper() and isinstance(v, int)}
            self.parts += field(3, b"".join(field(1, t.name) for t in targets) + named(2, fed) +
                                b"".join(field(3, field(1, f.name)) for f in fetches) + field(6, codes[e.error_code]))
            return None
        self.run(fed, [(f.name, v) for f, v in zip(fetches, values)], [t.name for t in targets], tolerance)
        return values

    def gradient(self, ys, dys, xs, feeds, wanted, tolerance=1e-4):
        """Our own reverse mode is asked for d(sum of y * dy)/dx. ys, xs: names; feeds: (name, value)."""
        self.parts += field(4, b"".join(field(1, y) for y in ys) + named(2, zip(ys, dys)) + b"".join(field(3, x) for x in xs) +
                            named(4, feeds) + named(5, zip(xs, wanted)) + field(6, float(tolerance)) +
                            field(7, float(tolerance) / 10))

    def save(self, folder):
        with open(os.path.join(folder, self.name + ".case.pb"), "wb") as f:
            f.write(field(1, self.name) + field(2, self.graph) + self.parts)
