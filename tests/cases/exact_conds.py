"""Cases of conds and loops in one another, trained: what their gradients need from inside, and how Merges join them.

    python tests/cases/exact_conds.py OUT_FOLDER [--filter TEXT]

Each program makes a loss of placeholders; TensorFlow's gradients by the variables, and steps of an optimizer, are what
is asked for. The batch is known or not.
"""
import argparse
import os

from case_writer import Case, np, tf

PROGRAMS = []
BATCH, STEPS, WIDTH, UNITS, WORDS = 3, 4, 2, 5, 7


def program(*batches, optimizer=tf.train.GradientDescentOptimizer):
    """batches: whether the size of the batch is known."""
    def register(f):
        PROGRAMS.append((f, batches, optimizer))
        return f
    return register


def table(name="table", rows=WORDS, width=UNITS, seed=1):
    values = np.random.RandomState(seed).uniform(-1, 1, (rows, width)).astype(np.float32)
    return tf.get_variable(name, initializer=values)


def projection(seed=2):
    return table("projection", WIDTH, UNITS, seed)


@program(True, optimizer=tf.train.AdamOptimizer)
def gather_in_cond(x, ids, p):
    w = table()
    return tf.cond(p, lambda: tf.reduce_sum(tf.square(tf.gather(w, ids))), lambda: 0.25)


@program(True, optimizer=tf.train.AdamOptimizer)
def gather_on_both_sides(x, ids, p):
    v, w = table("v", seed=3), table("w", seed=4)
    rows = tf.cond(p, lambda: tf.gather(v, ids), lambda: tf.gather(w, ids + 1) + tf.gather(v, ids[:1]))
    return tf.reduce_sum(tf.square(rows))


@program(True, optimizer=tf.train.AdamOptimizer)
def gather_in_conds_in_a_loop(x, ids, p):
    w, out = table(), tf.matmul(x[:, 0], projection())

    def body(i, state, last):
        row = tf.cond(tf.logical_and(p, tf.equal(i % 2, 1)), lambda: tf.gather(w, ids[i % 3:i % 3 + 1]),
                      lambda: tf.reduce_mean(last, 0, keepdims=True))
        state = tf.tanh(state + row)
        return i + 1, state, state * 0.5
    return tf.reduce_sum(tf.while_loop(lambda i, *rest: i < STEPS, body, [0, out, out])[1])


@program(True, optimizer=tf.train.AdamOptimizer)
def gather_in_one_of_three(x, ids, p):
    v, w = table("v", seed=3), table("w", seed=4)
    n = tf.reduce_sum(ids)
    rows = tf.case([(tf.equal(n % 3, 0), lambda: tf.gather(v, ids)), (p, lambda: tf.gather(w, ids))],
                   default=lambda: tf.zeros([2, UNITS]) + 0.5, exclusive=False)
    return tf.reduce_sum(tf.square(rows + 1.0))


@program(True, False)
def map_in_cond(x, ids, p):
    w = projection()
    y = tf.cond(p, lambda: tf.map_fn(lambda row: tf.tanh(tf.matmul(row, w)), x), lambda: tf.tensordot(x, w, 1))
    return tf.reduce_sum(tf.square(y))


@program(False)
def map_in_cond_in_loop(x, ids, p):
    w = table("w", WIDTH, WIDTH)

    def body(i, y):
        y = tf.cond(tf.logical_or(p, i > 1), lambda: tf.map_fn(lambda row: tf.tanh(tf.matmul(row, w)), y), lambda: y * 0.5)
        return i + 1, y
    y = tf.while_loop(lambda i, y: i < 3, body, [0, x])[1]
    return tf.reduce_sum(tf.square(y))


@program(False)
def cond_in_map_in_cond(x, ids, p):
    w = projection()

    def one(row):
        return tf.cond(tf.reduce_sum(row) > 0, lambda: tf.reduce_sum(tf.tanh(tf.matmul(row, w))), lambda: tf.reduce_sum(row))
    return tf.reduce_sum(tf.cond(p, lambda: tf.map_fn(one, x), lambda: tf.map_fn(lambda row: tf.reduce_sum(row * row), x)))


@program(False)
def forward_algorithm(x, ids, p):
    """A linear-chain CRF's normaliser: one step, or a recurrence, as contrib.crf decides."""
    transitions = table("transitions", UNITS, UNITS)
    unary = tf.tensordot(x, projection(), 1)

    def step(state, inputs):
        return tf.reduce_logsumexp(state[:, :, None] + transitions[None], 1) + inputs

    class Cell(tf.nn.rnn_cell.RNNCell):
        state_size = output_size = UNITS

        def __call__(self, inputs, state, scope=None):
            state = step(state, inputs)
            return state, state

    def several():
        alphas = tf.nn.dynamic_rnn(Cell(), unary[:, 1:], initial_state=unary[:, 0], dtype=tf.float32)[1]
        return tf.reduce_logsumexp(alphas, 1)
    norm = tf.cond(tf.equal(tf.shape(unary)[1], 1), lambda: tf.reduce_logsumexp(unary[:, 0], 1), several)
    return tf.reduce_mean(norm) + tf.cond(p, lambda: tf.reduce_sum(transitions) * 0.01, lambda: 0.0)


def record(build, version, known, make_optimizer, folder):
    (tf.enable_control_flow_v2 if version == "v2" else tf.disable_control_flow_v2)()
    with tf.Graph().as_default(), tf.variable_scope("", use_resource=version == "v2"), tf.Session() as session:
        x = tf.placeholder(tf.float32, [BATCH if known else None, STEPS if known else None, WIDTH], "x")
        ids, p = tf.placeholder(tf.int32, [2], "ids"), tf.placeholder(tf.bool, [], "p")
        loss = tf.identity(build(x, ids, p), "loss")
        optimizer = make_optimizer(0.1)
        pairs = optimizer.compute_gradients(loss)
        grads = [tf.identity(tf.convert_to_tensor(g), "d%d" % k) for k, (g, _) in enumerate(pairs)]
        train = optimizer.apply_gradients(pairs, name="train")
        init = tf.group(tf.global_variables_initializer(), name="init")
        case = Case("conds.%s.%s.%s" % (build.__name__, "known" if known else "unknown", version))
        case.ask(session, targets=[init])
        values = np.random.RandomState(5).uniform(-1, 1, (BATCH, STEPS, WIDTH)).astype(np.float32)
        for step, taken in enumerate((True, False, True)):
            feeds = {x: values[:, :4 if known else 4 - step] * (step + 1), ids: [step, 4], p: taken}
            case.ask(session, [loss] + grads, feeds, tolerance=1e-4)
            case.ask(session, [], feeds, [train])
        case.ask(session, [loss], feeds, tolerance=2e-3)
        case.save(folder)


def folded(folder):
    """Predicates that were folded to constants, each Switch's to its own."""
    for value in (True, False):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            tf.disable_control_flow_v2()
            x, q = tf.placeholder(tf.float32, [2, 3], "x"), tf.placeholder(tf.bool, [], "q")
            p = tf.identity(tf.constant(value), "p")
            y = tf.cond(p, lambda: x + 1.0, lambda: x * 2.0)
            z = tf.cond(q, lambda: tf.cond(p, lambda: y * 3.0, lambda: -x), lambda: x - y)
            dx = tf.identity(tf.gradients(z, x)[0], "dx")
            y, z = tf.identity(y, "y"), tf.identity(z, "z")
            definition = graph.as_graph_def()
        for node in definition.node:
            if node.name == "p" or (node.op == "Identity" and node.input[0] == "p"):
                del node.input[:]
                node.op = "Const"
                node.attr.clear()
                node.attr["dtype"].type = tf.bool.as_datatype_enum
                node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        with tf.Graph().as_default() as graph, tf.Session() as session:
            tf.import_graph_def(definition, name="")
            case = Case("conds.folded.%s.v1" % str(value).lower())
            for taken in (True, False):
                feeds = {graph.get_tensor_by_name("x:0"): [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], graph.get_tensor_by_name("q:0"): taken}
                case.ask(session, ["y:0", "z:0", "dx:0"], feeds)
            case.save(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--filter", default="")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    for build, batches, optimizer in PROGRAMS:
        for version in ("v1", "v2"):
            for known in batches:
                if args.filter in build.__name__:
                    record(build, version, known, optimizer, args.out)
    if args.filter in "folded":
        folded(args.out)


if __name__ == "__main__":
    main()
