"""Makes cases of reference variables and of feeds, with real TensorFlow 2.15 (compat.v1).

    python tests/cases/exact_variables.py OUT_FOLDER

A fetch of a reference variable shares its memory, so it shows the value after all writes of the run; a loop reads what
it wrote the trip before; a variable, what hands on its memory, and a constant can be fed. What TensorFlow answers
differently from time to time is not kept.
"""
import sys

from case_writer import Case, np, tf

V123 = np.array([1., 2., 3.], np.float32)
CASES = {}


def case(v1=True, v2=True, resource=(False,)):
    """Registers a program: it builds a graph for a version of control flow and of variables, and returns the runs:
    (fetches, feeds, targets)."""
    def register(build):
        for res in resource:
            for version, wanted in (("v1", v1), ("v2", v2)):
                if wanted:
                    name = build.__name__ + (".resource" if res else "") + ("." + version if v1 and v2 else "")
                    CASES[name] = (build, version == "v2", res)
        return build
    return register


def write(name, build, v2, res, folder):
    (tf.enable_control_flow_v2 if v2 else tf.disable_control_flow_v2)()
    texts = set()
    for _ in range(5):
        with tf.Graph().as_default():
            def variable(value=V123, name="v", **more):
                return tf.Variable(value, name=name, use_resource=res, **more)
            steps = build(variable)
            init = tf.group(tf.global_variables_initializer(), name="init_all")
            made = Case(name)
            with tf.Session() as session:
                made.ask(session, targets=[init])
                for step in steps:
                    fetches, feeds, targets = (step + ({}, ()))[:3] if len(step) < 3 else step
                    made.ask(session, fetches, feeds, targets)
            texts.add(made.parts)
    if len(texts) > 1:
        print(name, "is not kept: TensorFlow answers differently")
        return
    made.save(folder)


def updates(v):
    return dict(assign=lambda: tf.assign(v, [4., 5., 7.]), assign_add=lambda: tf.assign_add(v, [1., 1., 2.]),
                scatter=lambda: tf.scatter_sub(v, [0, 2], [1., 5.]),
                sgd=lambda: tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduce_sum(v * v)),
                momentum=lambda: tf.train.MomentumOptimizer(0.5, 0.9).minimize(tf.reduce_sum(v * v)),
                adam=lambda: tf.train.AdamOptimizer(0.5).minimize(tf.reduce_sum(v * v)))


# --- fetches beside updates

def beside(kind):
    def build(variable):
        v = variable()
        handed_on = [tf.identity(v), tf.identity(tf.identity(v)), tf.reshape(v, [3, 1]), tf.expand_dims(v, 0),
                     tf.stop_gradient(v), v.value()]
        computed = v + 1.0
        with tf.control_dependencies([computed]):  # else it may see either
            update = updates(v)[kind]()
        if isinstance(update, tf.Tensor):
            update = update.op
        fetches = ([v] if v.dtype._is_ref_dtype else []) + handed_on + [computed]
        return [([f], {}, [update]) for f in fetches] + [(fetches, {}, [update])]
    build.__name__ = "fetch_beside_" + kind
    return build


for kind in updates(None):
    case(v2=False)(beside(kind))


@case(v2=False, resource=(False, True))
def fetch_beside_global_step(variable):
    step = variable(np.int64(5), name="step", trainable=False)
    v = variable()
    train = tf.train.GradientDescentOptimizer(0.25).minimize(tf.reduce_sum(v * v), global_step=step)
    fetches = [step, v] if step.dtype._is_ref_dtype else []
    return [(fetches, {}, [train]), (fetches, {}, [train]), ([], {}, [train]), ([step.read_value(), v.read_value()], {}, ())]


@case(v2=False)
def fetch_beside_update_in_cond(variable):
    v = variable()
    p = tf.placeholder(tf.bool, [])
    done = tf.cond(p, lambda: tf.assign_add(v, V123), lambda: tf.assign_sub(v, V123 * 3))
    alias = tf.identity(v)
    return [([v, alias, done], {p: True}), ([alias], {p: False}, [done.op]), ([v], {p: True}, [done.op])]


@case(v2=False)
def fetch_beside_update_in_loop(variable):
    v = variable()
    n = tf.placeholder(tf.int32, [])

    def body(i):
        with tf.control_dependencies([tf.assign_add(v, V123)]):
            return i + 1
    done = tf.while_loop(lambda i: i < n, body, [0], parallel_iterations=1)
    alias = tf.identity(v)
    return [([v, alias, done], {n: 3}), ([alias, done], {n: 0}), ([v], {n: 2}, [done.op])]


@case()
def fetch_of_either_variable(variable):
    v, w = variable(), variable(V123 * 10, name="w")
    p = tf.placeholder(tf.bool, [])
    either = tf.cond(p, lambda: v, lambda: w)
    other = tf.cond(p, lambda: tf.zeros([3]), lambda: tf.identity(w))
    add = tf.group(tf.assign_add(v, V123), tf.assign_add(w, V123))
    return [([either, other], {p: p_value}, [add]) for p_value in (True, False)] + [([either, other, v, w], {p: True})]


@case(v2=False)
def fetch_what_writes_return(variable):
    v = variable()
    a, b = tf.assign_add(v, V123), tf.assign_add(v, V123 * 4)
    with tf.control_dependencies([a]):
        between = v + 0.5
    with tf.control_dependencies([between]):
        last = tf.assign(v, V123 * 100)
    return [([a, b], {}), ([a, between, last], {}), ([v], {}), ([between, last], {}, [last.op])]


@case(v2=False)
def fetch_of_another_size(variable):
    v = variable(V123, validate_shape=False)
    read = v.value()
    with tf.control_dependencies([read]):
        grow = tf.assign(v, tf.ones([2, 2]), validate_shape=False)
    with tf.control_dependencies([read]):
        same = tf.assign(v, [[7., 8.], [9., 10.]], validate_shape=False)
    return [([grow], {}), ([v], {}), ([read, same], {}), ([tf.shape(v)], {})]


# --- loops that read what they wrote

@case(v2=False)
def loop_squares_its_variable(variable):
    v = variable(np.float32(2), name="v")
    read = v.value()

    def body(i):
        with tf.control_dependencies([i]):
            square = tf.square(read)
        with tf.control_dependencies([tf.assign(v, square)]):
            return i + 1
    done = tf.while_loop(lambda i: i < 3, body, [tf.constant(0)], parallel_iterations=1)
    return [([done], {}), ([v], {}), ([done], {}), ([v], {})]


@case(v2=False)
def loop_in_loop_doubles(variable):
    v, w = variable(V123), variable(V123 * 5, name="w")
    fixed = tf.identity(v) * 1.0

    def inner(j, s):
        with tf.control_dependencies([j]):
            twice = v * 2.0
        with tf.control_dependencies([tf.assign(v, twice)]):
            return j + 1, s + tf.identity(w)

    def outer(i, s):
        with tf.control_dependencies([i]):
            j, s = tf.while_loop(lambda j, s: j < 2, inner, [tf.constant(0), s], parallel_iterations=1)
        with tf.control_dependencies([j, s]):
            more = tf.scatter_add(w, [1], [1.0])
        with tf.control_dependencies([more]):
            return i + 1, s + tf.identity(v)
    with tf.control_dependencies([fixed]):
        i, s = tf.while_loop(lambda i, s: i < 3, outer, [tf.constant(0), tf.zeros([3])], parallel_iterations=1)
    return [([i, s], {}), ([v, w, tf.identity(v)], {}), ([fixed, i], {})]


@case(v2=False)
def loop_with_cond_that_writes(variable):
    v = variable(V123)

    def body(i, s):
        with tf.control_dependencies([i]):
            total = tf.reduce_sum(v)
        done = tf.cond(total < 20, lambda: tf.assign_add(v, tf.identity(v) * 0.5), lambda: tf.scatter_sub(v, [0, 2], [1., 2.]))
        with tf.control_dependencies([done]):
            return i + 1, s + total
    i, s = tf.while_loop(lambda i, s: i < 5, body, [tf.constant(0), 0.0], parallel_iterations=1)
    return [([i, s], {}), ([v], {}), ([s], {}), ([v], {})]


@case(v2=False)
def loop_until_its_variable_is_large(variable):
    v = variable(np.float32(1.5), name="v")
    read = v.value()

    def cond(i):
        with tf.control_dependencies([i]):
            return read * 1.0 < 30.0

    def body(i):
        with tf.control_dependencies([tf.assign(v, read * 2.0)]):
            return i + 1
    done = tf.while_loop(cond, body, [tf.constant(0)], parallel_iterations=1)
    return [([done], {}), ([v], {})]


# --- feeds

@case(resource=(False, True))
def feed_a_read(variable):
    v = variable()
    n = tf.placeholder_with_default(2, [])
    read, other = v.value(), v.read_value()
    loop = tf.while_loop(lambda i, x: i < n, lambda i, x: (i + 1, x + read), [0, tf.zeros([3])])[1]
    chosen = tf.cond(n > 1, lambda: read * 2.0, lambda: other)
    fetches = [read * 2.0, other + 1.0, loop, chosen]
    fed = V123 * 7
    return [(fetches, {}), (fetches, {read: fed}), (fetches, {other: fed}), (fetches, {other: fed, n: 1})]


@case()
def feed_a_reference(variable):
    v = variable()
    n = tf.placeholder_with_default(2, [])
    loop = tf.while_loop(lambda i, x: i < n, lambda i, x: (i + 1, x + v), [0, tf.zeros([3])])[1]
    chosen = tf.cond(n > 1, lambda: v * 2.0, lambda: tf.identity(v))
    fetches = [v.value() * 2.0, v.read_value(), loop, chosen, tf.gather(v, [2, 0]), v]
    fed = V123 * 7
    write = tf.assign_add(v, V123)
    ref = v._ref()
    return [(fetches, {}), (fetches, {ref: fed}), (fetches, {ref: fed, n: 1}), (fetches, {}), ([write], {ref: fed}),
            ([v], {})]


@case(v2=False)
def feed_a_variable_without_value(variable):
    v = variable()
    w = variable(V123 * 2, name="w", collections=[])
    return [([w.value() + 1.0], {w._ref(): V123}), ([w.value() + v], {}), ([w.value() + v], {w.value(): V123})]


@case(resource=(False, True))
def feed_constants(variable):
    n, step = tf.constant(2, name="n"), tf.constant(3, name="step")
    shape, axis, perm = tf.constant([2, 3]), tf.constant(0), tf.constant([1, 0])
    x = tf.placeholder_with_default(np.arange(6, dtype=np.float32), [6])
    y = tf.reshape(x, shape)
    v = variable()
    loop = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + step), [0, 0])[1]

    def outer(i, s):
        inner = tf.while_loop(lambda j, t: j < step, lambda j, t: (j + 1, t + step), [0, s])[1]
        return i + 1, tf.cond(step > 3, lambda: inner - n, lambda: inner + step)
    nested = tf.while_loop(lambda i, s: i < n, outer, [0, step])[1]
    chosen = tf.cond(n > 2, lambda: tf.fill([step], 1.5), lambda: tf.cast(tf.range(step), tf.float32) * v[0])
    fetches = [loop, nested, chosen, y, tf.reduce_sum(y, axis), tf.transpose(y, perm), tf.fill(shape, 2.5), tf.range(n, step * 4)]
    return [(fetches, {}), (fetches, {step: 5}), (fetches, {n: 4}), (fetches, {n: 0, step: 4}), (fetches, {shape: [3, 2]}),
            (fetches, {axis: 1}), (fetches, {perm: [0, 1], axis: -1}), (fetches, {shape: [6, 1], axis: 1, step: 2})]


@case()
def feed_constants_of_gradients(variable):
    n, step = tf.constant(2, name="n"), tf.constant(0.5, name="step")
    x = tf.placeholder(tf.float32, [6])
    z = tf.while_loop(lambda i, z: i < n, lambda i, z: (i + 1, z * z + step * x), [0, x])[1]
    y = tf.cond(n > 2, lambda: tf.square(x) * step, lambda: x / step)
    d = [tf.gradients(z, [x, step])[0], tf.gradients(y, x)[0]]
    fed = {x: np.array([1., 2., -1., 3., 0.5, 1.5], np.float32)}
    return [(d, fed), (d, {**fed, step: 2.0}), (d, {**fed, n: 3}), (d, {**fed, n: 0, step: -1.0})]


if __name__ == "__main__":
    for case_name, (program, v2, res) in CASES.items():
        write(case_name, program, v2, res, sys.argv[1])
