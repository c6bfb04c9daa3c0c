"""Makes cases of feeds of what is computed from a placeholder that nobody feeds, with real TensorFlow 2.15 (compat.v1).

    python tests/cases/exact_inner_feeds.py OUT_FOLDER

What is fed is not computed, so neither is what only it needs.
"""
import sys

from case_writer import Case, np, tf
import tensorflow as tensorflow_2

CASES = {}


def case(build):
    for version in ("v1", "v2"):
        CASES[build.__name__ + "." + version] = (build, version == "v2")
    return build


def write(name, build, v2, folder):
    (tf.enable_control_flow_v2 if v2 else tf.disable_control_flow_v2)()
    with tf.Graph().as_default():
        v = tf.Variable(np.float32(1), name="v", use_resource=v2)
        steps = build(v)
        init = tf.group(tf.global_variables_initializer(), name="init_all")
        made = Case(name)
        with tf.Session() as session:
            made.ask(session, targets=[init])
            for fetches, feeds in steps:
                made.ask(session, fetches, feeds)
    made.save(folder)


def call(body, n):
    return tensorflow_2.function(body, autograph=False, input_signature=[tf.TensorSpec([], tf.float32)] * n)


@case
def feed_between(v):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.multiply(x, 2.0, name="y")
    checked = tf.check_numerics(y, "no number", name="checked")
    both, other = tf.split(tf.stack([checked, x]), 2, name="parts")
    shape = tf.shape(both)
    z = tf.reshape(both, []) + 1.0
    with tf.control_dependencies([v.assign_add(x)]):
        written = tf.identity(y, name="written")
    reads = v.value() + 0.0
    return [([z], {}), ([z], {y: 3.0}), ([z], {both: [5.0]}), ([z, shape], {both: [5.0]}), ([z, other], {both: [5.0]}),
            ([z, other], {both: [5.0], x: 4.0}), ([y, z], {y: 3.0}), ([z], {checked: 7.0}), ([shape], {}), ([written * 2.0], {written: 3.0}),
            ([reads], {}), ([written, reads], {written: 3.0, y: 1.0})]


@case
def feed_what_conds_take(v):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.multiply(x, 2.0, name="y")
    p = tf.greater(y, 1.0, name="p")
    a = tf.cond(p, lambda: y * 3.0, lambda: v.value() + 1.0)
    b = tf.cond(p, lambda: (tf.identity(y), x), lambda: (y + 1.0, x * x))
    c = tf.cond(tf.greater(v, 0.0), lambda: tf.cond(p, lambda: y + 2.0, lambda: v + y), lambda: x)
    z = tf.multiply(a, 2.0, name="z")
    return [([a], {y: 3.0}), ([a], {p: False}), ([a], {p: True}), ([a], {p: True, y: 3.0}), ([b[0]], {y: 3.0}), ([b[1]], {y: 3.0}),
            ([c], {y: 3.0}), ([c], {p: False, y: 2.0}), ([z], {a: 4.0}), ([z, a], {a: 4.0}), ([c, z], {a: 4.0, y: 1.0}),
            ([b[0] + 1.0], {b[0]: 2.0})]


@case
def feed_what_loops_take(v):
    x = tf.placeholder(tf.float32, [], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    y, m = tf.multiply(x, 2.0, name="y"), tf.add(n, 1, name="m")
    r = tf.while_loop(lambda i, s, t: i < m, lambda i, s, t: (i + 1, s + y, t * x), [0, tf.identity(y), 1.0])
    i, s, t = r
    nested = tf.while_loop(lambda i, s: i < m, lambda i, s: (i + 1, tf.cond(s > 5.0, lambda: s + y, lambda: s + v)), [0, 1.0])[1]
    after = tf.multiply(s, 2.0, name="after")
    return [([s], {y: 3.0, m: 2}), ([i], {m: 4}), ([t], {y: 3.0, m: 2}), ([s, i], {y: 3.0, m: 3}), ([nested], {y: 2.0, m: 9}),
            ([after], {s: 2.0}), ([after, i], {s: 2.0, m: 1}), ([after], {y: 1.0}), ([after], {y: 1.0, n: 1})]


@case
def feed_what_calls_take(v):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.multiply(x, 2.0, name="y")
    one = call(lambda a: a * 2.0, 1)(y)
    two = call(lambda a, b: (a * 2.0, b + 1.0), 2)(y, x)
    deep = call(lambda a, b: call(lambda c: c * a, 1)(b) + 2.0, 2)(y, y)
    last = tf.multiply(one, 3.0, name="last")
    return [([one], {y: 3.0}), ([two[0] * 2.0], {y: 3.0}), ([two[1] * 2.0], {x: 3.0}), ([deep], {y: 3.0}), ([last], {one: 3.0}),
            ([last, one], {one: 3.0}), ([two[0] * two[1]], {y: 3.0}), ([two[0] * two[1]], {two[1]: 3.0, y: 1.0})]


@case
def feed_what_gradients_take(v):
    x = tf.placeholder(tf.float32, [3], name="x")
    y = tf.sin(x, name="y")
    loss = tf.reduce_sum(y * y * v, name="loss")
    dx, dy, dv = tf.gradients(loss, [x, y, v.value() if isinstance(v, tf.Tensor) else v])
    given = np.float32([1.0, 2.0, 3.0])
    return [([dy], {y: given}), ([loss], {y: given}), ([dv], {y: given}), ([dx], {y: given}), ([dx], {y: given, x: given})]


if __name__ == "__main__":
    for case_name, (program, v2) in CASES.items():
        write(case_name, program, v2, sys.argv[1])
