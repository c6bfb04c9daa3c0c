"""Makes the golden cases of this folder with real TensorFlow 2.15 (compat.v1).

    python tests/cases/make_cases.py OUT_FOLDER [--filter TEXT]

Each program is a function that builds a graph from placeholders and returns what to fetch. A case
(proto/case.proto) holds the exported MetaGraphDef, the runs with TensorFlow's answers, and what
TensorFlow says the gradients are; NAME.tfgrad has TensorFlow's own gradient graph as well.
"""
import argparse
import os

from case_writer import Case, np, tf
import tensorflow as tensorflow_2

PROGRAMS = {}


def program(*feeds, **options):
    """Registers a program; each of `feeds` is a list of arrays for one run, of the same dtypes."""
    def register(build):
        PROGRAMS[build.__name__] = (build, feeds, options)
        return build
    return register


def numbers(*shape, seed=0, low=-1.0, high=1.0):
    return np.random.RandomState(seed + sum(shape)).uniform(low, high, shape).astype(np.float32)


def i32(*values):
    return np.array(values[0] if len(values) == 1 else values, np.int32)


# --- loops

@program([numbers(3, 2), i32(4)], [numbers(5, 2), i32(0)], [numbers(2, 2), i32(7)])
def loop_with_running_length(x, n):
    return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.tanh(y) * x), [0, x])


@program([numbers(2, 3), i32(3), i32(2)], [numbers(2, 3), i32(0), i32(2)], [numbers(2, 3), i32(4), i32(0)])
def loop_in_loop(x, outer, inner):
    w = tf.get_variable("w", initializer=numbers(3, 3, seed=4))

    def body(i, y):
        z = tf.while_loop(lambda j, z: j < inner + i, lambda j, z: (j + 1, tf.sin(tf.matmul(z, w)) + x), [0, y])[1]
        return i + 1, z * y
    return tf.while_loop(lambda i, y: i < outer, body, [0, x])[1]


@program([numbers(4), i32(5)], [numbers(4), i32(1)])
def cond_in_cond_in_loop(x, n):
    def body(i, y):
        y = tf.cond(tf.equal(i % 2, 0),
                    lambda: tf.cond(tf.reduce_sum(y) > 0, lambda: tf.exp(-y) * x, lambda: y - x),
                    lambda: tf.sin(y) * 2.0)
        return i + 1, y
    return tf.while_loop(lambda i, y: i < n, body, [0, x])[1]


@program([numbers(4), np.array(True), i32(3)], [numbers(4), np.array(False), i32(3)], [numbers(4), np.array(True), i32(0)])
def loop_in_cond(x, p, n):
    def loop():
        return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * tf.cos(x)), [0, x])[1]
    return tf.cond(p, loop, lambda: x * x)


@program([numbers(3, 2), i32(3)], [numbers(4, 2), i32(5)])
def growing_loop(x, n):
    return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.concat([y, y[:1] * 0.5], 0)), [0, x],
                         shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])])[1]


@program([numbers(3), i32(9)], [numbers(3), i32(2)])
def loop_with_maximum(x, n):
    return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * 1.5 + x), (0, x), maximum_iterations=4)


@program([numbers(3), i32(3)], gradient=False)
def loop_that_swaps(x, n):
    return tf.while_loop(lambda i, a, b: i < n, lambda i, a, b: (i + 1, b, a + b), [0, x, 2.0 * x])


@program([numbers(2, 3, seed=1), i32(3)], gradient=False)
def counted_by_an_array(x, n):
    total = tf.while_loop(lambda v: tf.reduce_sum(v) < tf.cast(n, tf.float32) * 10, lambda v: [v * 2.0 + 1.0], [tf.abs(x)])
    return total


@program([numbers(3, 4), i32(2)], [numbers(3, 4), i32(0)])
def two_loops_that_share(x, n):
    w = tf.get_variable("w", initializer=numbers(4, 4, seed=2))
    a = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.tanh(tf.matmul(y, w))), [0, x])[1]
    b = tf.while_loop(lambda i, y: i < n + 1, lambda i, y: (i + 1, tf.matmul(y, w) * a), [0, x])[1]
    return a, b


@program([numbers(5, 3)], [numbers(2, 3)])
def arrays_read_twice(x):
    n = tf.shape(x)[0]
    rows = tf.TensorArray(tf.float32, n, clear_after_read=False).unstack(x)
    out = tf.TensorArray(tf.float32, n)
    out = tf.while_loop(lambda i, o: i < n,
                        lambda i, o: (i + 1, o.write(i, rows.read(i) * rows.read(n - 1 - i))), [0, out])[1]
    return out.stack()


@program([numbers(4, 3)], [numbers(2, 3)])
def array_of_pieces(x):
    n = tf.shape(x)[0]
    out = tf.TensorArray(tf.float32, n, infer_shape=False)
    out = tf.while_loop(lambda i, o: i < n, lambda i, o: (i + 1, o.write(i, x[:i + 1] * 2.0)), [0, out])[1]
    return out.concat()


@program([numbers(6, 2)])
def array_split(x):
    parts = tf.TensorArray(tf.float32, 3, infer_shape=False).split(x, [2, 1, 3])
    return parts.read(0), tf.exp(parts.read(2)), parts.read(1)


@program([numbers(4)], gradient=False)
def array_that_grows(x):
    out = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    out = tf.while_loop(lambda i, o: i < 4, lambda i, o: (i + 1, o.write(i, x * tf.cast(i, tf.float32))), [0, out])[1]
    return out.stack(), out.size()


@program([numbers(4, 3, 2)], [numbers(2, 3, 2)])
def nested_map(x):
    return tf.map_fn(lambda row: tf.map_fn(lambda v: tf.reduce_sum(v * v) * v, row), x)


@program([numbers(5, 2), numbers(5, 2, seed=3)])
def scan_of_two(x, y):
    return tf.scan(lambda a, e: (a[0] * e[0] + a[1], tf.sin(a[1]) + e[1]), (x, y), (x[0], y[0]))


@program([numbers(5, 2)])
def fold_right(x):
    return tf.foldr(lambda a, e: tf.tanh(a) + e * a, x)


@program([numbers(3), i32(4)], run_only=True)
def loop_with_effects(x, n):
    total = tf.get_variable("total", initializer=np.zeros(3, np.float32))

    def body(i):
        with tf.control_dependencies([total.assign_add(x * tf.cast(i + 1, tf.float32))]):
            return tf.identity(i) + 1
    end = tf.while_loop(lambda i: i < n, body, [0], parallel_iterations=1)
    with tf.control_dependencies([end]):
        return end, total + 0.0


@program([numbers(3), np.array(True)], [numbers(3), np.array(False)], [numbers(3), np.array(True)], run_only=True)
def cond_with_effects(x, p):
    a = tf.get_variable("a", initializer=np.ones(3, np.float32))
    b = tf.get_variable("b", initializer=np.ones(3, np.float32))
    out = tf.cond(p, lambda: tf.identity(a.assign_add(x)), lambda: tf.identity(b.assign_sub(2 * x)))
    with tf.control_dependencies([out]):
        return out, a * 1.0, b * 1.0


@program([numbers(3)], [numbers(3)], run_only=True, initialize=False)
def initialized_when_first_used(x):
    v = tf.get_variable("v", initializer=np.array([1, 2, 3], np.float32))
    value = tf.cond(tf.is_variable_initialized(v), v.read_value, lambda: v.initial_value)
    doubled = value * 2.0
    with tf.control_dependencies([doubled]):
        keep = v.assign(value + x)
    return doubled, keep


@program([numbers(2, 3)], run_only=True)
def reads_around_writes(x):
    v = tf.get_variable("v", initializer=numbers(2, 3, seed=9))
    flat = tf.reshape(v, [3, 2])
    before = v * 2.0
    with tf.control_dependencies([before]):
        write = tf.assign(v, v + x)
    with tf.control_dependencies([write]):
        after = v * 2.0
        late = flat * 1.0
    with tf.control_dependencies([after, late]):
        twice = tf.assign_add(v, x)
    return before, after, late, twice


# --- conds

@program([numbers(3), i32(0)], [numbers(3), i32(1)], [numbers(3), i32(2)], [numbers(3), i32(5)])
def case_of_three(x, k):
    return tf.case([(tf.equal(k, 0), lambda: x * x), (tf.equal(k, 1), lambda: tf.exp(x)), (tf.equal(k, 2), lambda: x + 1.0)],
                   default=lambda: tf.sin(x), exclusive=True)


@program([numbers(3), np.array(True)], [numbers(3), np.array(False)])
def chain_of_conds(x, p):
    a = tf.cond(p, lambda: x * 2.0, lambda: x * x)
    b = tf.cond(tf.reduce_sum(a) > 0, lambda: a + x, lambda: a * x)
    c, d = tf.cond(p, lambda: (tf.tanh(b), b), lambda: (b * x, x))
    return c, d * a


@program([numbers(4), np.array(True)], [numbers(4), np.array(False)])
def branches_of_other_shapes(x, p):
    return tf.cond(p, lambda: x[:2] * 3.0, lambda: tf.reshape(x, [2, 2]) * x[:2])


@program([numbers(3), numbers(3, seed=5), np.array(True)], [numbers(3), numbers(3, seed=5), np.array(False)])
def guarded_by_asserts(x, y, p):
    with tf.control_dependencies([tf.debugging.assert_less(x, 5.0), tf.debugging.assert_equal(tf.shape(x), tf.shape(y))]):
        z = x * y
    return tf.cond(p, lambda: z, lambda: x / (y + 2.0))


@program([numbers(2, 4), np.array(True), np.array(False)], [numbers(2, 4), np.array(False), np.array(False)],
         [numbers(2, 4), np.array(True), np.array(True)])
def cond_on_the_same_twice(x, p, q):
    w = tf.get_variable("w", initializer=numbers(4, 3, seed=8))
    def outer():
        inner = tf.cond(q, lambda: tf.matmul(x, w), lambda: tf.sin(tf.matmul(x, 2.0 * w)))
        return tf.cond(q, lambda: inner * inner, lambda: inner + 1.0)
    return tf.cond(p, outer, lambda: tf.matmul(tf.exp(x), w))


# --- recurrent networks

def run_rnn(cell, x, lengths=None):
    outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
    return [outputs] + [s for s in tensorflow_2.nest.flatten(state)]


@program([numbers(3, 5, 2), i32([2, 5, 0])], [numbers(2, 3, 2), i32([3, 1])])
def lstm_of_lengths(x, lengths):
    return run_rnn(tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True, num_proj=3, initializer=tf.glorot_uniform_initializer(seed=1)), x, lengths)


@program([numbers(3, 4, 2)])
def deep_gru(x):
    init = tf.glorot_uniform_initializer(seed=2)
    cells = [tf.nn.rnn_cell.GRUCell(n, kernel_initializer=init) for n in (3, 4)]
    return run_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), x)


@program([numbers(2, 4, 3), i32([3, 4])])
def both_directions(x, lengths):
    init = tf.glorot_uniform_initializer(seed=3)
    cells = [tf.nn.rnn_cell.BasicRNNCell(n) for n in (4, 2)]
    with tf.variable_scope("r", initializer=init):
        outputs, states = tf.nn.bidirectional_dynamic_rnn(*cells, x, lengths, dtype=tf.float32)
    return list(outputs) + list(states)


@program([numbers(3, 4, 2), np.array(True)], [numbers(3, 4, 2), np.array(False)])
def rnn_in_cond(x, p):
    cell = tf.nn.rnn_cell.BasicRNNCell(3)
    cell.build([3, 2])
    with tf.variable_scope("r"):
        return tf.cond(p, lambda: tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)[0], lambda: tf.zeros([3, 4, 3]) + x[:, :, :1])


@program([numbers(4, 2, 3)], gradient=False)
def decoder_of_own_choice(x):
    lengths = tf.constant([4, 2])
    cell = tf.nn.rnn_cell.BasicLSTMCell(3)
    rows = tf.TensorArray(tf.float32, 4).unstack(x)

    def step(time, output, state, loop_state):
        done = time >= lengths
        end = tf.reduce_all(done)
        row = tf.cond(end, lambda: tf.zeros([2, 3]), lambda: rows.read(time))
        return done, row, (cell.zero_state(2, tf.float32) if output is None else state), output, None
    with tf.variable_scope("d", initializer=tf.glorot_uniform_initializer(seed=4)):
        outputs, state, _ = tf.nn.raw_rnn(cell, step)
    return outputs.stack(), state.h


# --- training

@program([numbers(4, 3), i32([1, 0, 2, 1])], [numbers(4, 3, seed=6), i32([2, 2, 0, 1])], run_only=True)
def training_with_moving_averages(x, labels):
    w = tf.get_variable("w", initializer=numbers(3, 3, seed=5))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=tf.matmul(x, w)))
    step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(0.5, step, 2, 0.5, staircase=True)
    grads, _ = tf.clip_by_global_norm(tf.gradients(loss, [w]), 0.3)
    train = tf.train.AdamOptimizer(rate).apply_gradients([(grads[0], w)], step)
    average = tf.train.ExponentialMovingAverage(0.9, step)
    with tf.control_dependencies([train]):
        update = average.apply([w])
    with tf.control_dependencies([update]):
        return loss, tf.identity(step), average.average(w) + 0.0


@program([numbers(3, 2)], [numbers(3, 2)], [numbers(3, 2)], run_only=True)
def noise_that_goes_on(x):
    a = tf.random_normal([3, 2], seed=3) + tf.nn.dropout(x, rate=0.4, seed=5)
    b = tf.truncated_normal([2, 2], stddev=0.5, seed=7)
    c = tf.random_uniform([4], 3, 90, tf.int32, seed=1)
    d = tf.random.categorical(tf.log(tf.abs(x) + 0.1), 5, seed=2)
    e = tf.random_shuffle(tf.range(6), seed=11)
    return a, b, c, d, e


@program([numbers(2, 3)], [numbers(2, 3)], run_only=True, apart=True)
def graph_imported_twice(x):
    with tf.Graph().as_default() as g:
        y = tf.placeholder(tf.float32, [2, 3], "y")
        out = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 0.5 + y), [0, y])[1]
        tf.identity(out, "out")
    a, = tf.import_graph_def(g.as_graph_def(), {"y": x}, ["out:0"], name="a")
    b, = tf.import_graph_def(g.as_graph_def(), {"y": tf.tanh(x)}, ["out:0"], name="b")
    return a, b


# --- writing

def write(folder, name, build, runs, version, gradient=True, run_only=False, initialize=True, apart=False):
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    full_name = f"{name}.v{version}"
    with tf.Graph().as_default(), tf.variable_scope("", use_resource=version == 2):
        tf.set_random_seed(17)
        shapes = [[d if all(r[k].shape[j] == d for r in runs) else None for j, d in enumerate(runs[0][k].shape)]
                  for k in range(len(runs[0]))]
        xs = [tf.placeholder(v.dtype, shapes[k], f"x{k}") for k, v in enumerate(runs[0])]
        ys = build(*xs)
        ys = [tf.identity(y, f"y{k}") for k, y in enumerate(ys if isinstance(ys, (list, tuple)) else [ys])]
        init = tf.global_variables_initializer()
        case = Case(full_name)
        outs, dxs = [y for y in ys if y.dtype.is_floating], []
        if gradient and not run_only:
            wanted = [x for x in xs if x.dtype.is_floating] + tf.trainable_variables()
            dys = [tf.fill(tf.shape(y), np.float32(np.cos(k)), f"dy{k}") for k, y in enumerate(outs)]
            pairs = [(x, tf.convert_to_tensor(g)) for x, g in zip(wanted, tf.gradients(outs, wanted, dys)) if g is not None]
            dxs = [tf.identity(g, f"dx{k}") for k, (_, g) in enumerate(pairs)]
            with_gradient = Case(full_name + ".tfgrad")
        session = tf.Session()
        if tf.global_variables() and initialize:
            session.run(init)
            case.run(targets=[init.name])
            if dxs:
                with_gradient.run(targets=[init.name])
        for run in runs:
            feeds = [(x.name, v) for x, v in zip(xs, run)]
            # TensorFlow refuses a run of two loops that share a frame's name.
            for group in [[y] for y in ys] if apart else [ys]:
                case.run(feeds, list(zip([y.name for y in group], session.run(group, dict(feeds)))))
            if dxs:
                values = session.run([dys, dxs], dict(feeds))
                with_gradient.run(feeds, list(zip([d.name for d in dxs], values[1])), tolerance=1e-4)
                if not tf.global_variables():
                    case.gradient([y.name for y in outs], values[0], [x.name for x, _ in pairs], feeds, values[1])
        case.save(folder)
        if dxs:
            with_gradient.save(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--filter", default="")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    for name, (build, runs, options) in PROGRAMS.items():
        if args.filter not in name:
            continue
        for version in (1, 2):
            try:
                write(args.out, name, build, runs, version, **options)
            except Exception as e:  # TensorFlow itself refuses some
                print(f"{name}, control flow version {version}: {type(e).__name__}: {str(e)[:300]}")


if __name__ == "__main__":
    main()
