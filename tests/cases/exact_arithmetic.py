"""Makes the cases of arithmetic that TensorFlow does in its own way: denormal numbers count as zero, sums of integers do
not wrap, sequences have the length of their rounded quotient, constants one after the other are joined.

    python tests/cases/exact_arithmetic.py OUT_FOLDER
"""
import sys

from case_writer import Case, np, tf

TINY = np.array([1e-39, -1e-39, 1e-30, -2.5e-38, 0.0, 3.0], np.float32)


def denormals(x):
    one = tf.constant(1.0, x.dtype)
    return [tf.sign(x), tf.floor(x), tf.ceil(x), tf.log(x), one / x, tf.rsqrt(x), tf.greater(x, 0), tf.equal(x, 0), tf.nn.relu(x),
            tf.cumsum(x), tf.reduce_prod(x[:3]), -tf.log(tf.nn.softmax(x * 1e2)), tf.maximum(x, 1e-40), tf.cast(x, tf.bool)]


def chains(x):
    tiny, huge = 1e-20, 1e20
    kept = x * tiny  # two uses: it stays
    return [x * tiny * huge, tiny * x * huge, huge * (tiny * x), x + huge - huge, huge - (huge - x), (huge + x) - huge,
            tf.div(tf.div(x, huge), tiny), tf.div(tiny, tf.div(tiny, x)), x * tiny * huge * 2.0 * 0.25, kept * huge + kept,
            x / huge / tiny, x * [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] * huge, (x * tiny + huge) * huge]


def chains_in_a_loop(x):
    return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * 1e-20 * 1e20 + x), [0, x])[1]


def chains_in_a_cond(x):
    return tf.cond(x[5] > 0, lambda: x * 1e-20 * 1e20, lambda: x - 1e20 + 1e20)


def means(x):
    n = tf.cast(tf.round(x), tf.int32) + (2**31 - 10)
    wide = tf.cast(n, tf.int64) * 2**31
    return [tf.reduce_mean(n), tf.reduce_mean(tf.reshape(n, [2, 3]), 0), tf.reduce_mean(wide), tf.reduce_mean(-n)]


def sequences(x):
    one = tf.round(x[5]) - 2.0
    return [tf.range(one * 0, 1.0, 0.1), tf.range(one, 0.0, -0.3), tf.range(one * 0, 0.3, 0.1), tf.range(one * 1e8, 1e8 + 20, 3.0),
            tf.linspace(one, 2.0, 7)]


def softmax_of_odd_rows(x):
    """Rows with infinity and NaN. Of longer rows TensorFlow's answer depends on the place."""
    inf, nan = np.inf, np.nan
    rows = tf.constant([[inf, nan, 1], [1, inf, nan], [nan, 1, 2], [-inf, nan, 1], [inf, inf, 1], [-inf, -inf, -inf], [-inf, 1, 2]])
    return [f(tf.cast(rows, t) + tf.cast(x[4], t)) for f in (tf.nn.softmax, tf.nn.log_softmax) for t in (tf.float32, tf.float64)]


def write(folder, build, version, dtype):
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    with tf.Graph().as_default():
        x = tf.placeholder(dtype, TINY.shape, "x")
        ys = build(x)
        ys = ys if isinstance(ys, list) else [ys]
        ys = [tf.identity(y, f"y{k}") for k, y in enumerate(ys)]
        case = Case(f"{build.__name__}.{dtype.name}.v{version}")
        with tf.Session() as session:
            for y in ys:
                case.ask(session, [y], {x: TINY})
        case.save(folder)


if __name__ == "__main__":
    for build in (denormals, chains, means, sequences, softmax_of_odd_rows):
        write(sys.argv[1], build, 1, tf.float32)
    for build in (chains_in_a_loop, chains_in_a_cond):
        for version in (1, 2):
            write(sys.argv[1], build, version, tf.float32)
