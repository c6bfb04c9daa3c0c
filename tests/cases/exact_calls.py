"""Makes cases of what calls, conds and folded constants wait for, with real TensorFlow 2.15 (compat.v1).

    python tests/cases/exact_calls.py OUT_FOLDER

What TensorFlow answers differently from time to time is not kept.
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
    texts = set()
    for _ in range(4):
        with tf.Graph().as_default():
            v = tf.Variable(np.float32(1), name="v", use_resource=True)
            steps = build(v)
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


def scalar(value=2.0):
    return tf.placeholder_with_default(np.float32(value), [])


def function(body, *dtypes):
    """A graph function of version 2, as calls have it."""
    return tensorflow_2.function(body, autograph=False, input_signature=[tf.TensorSpec([], t) for t in dtypes] if dtypes else None)


FUNCTIONS = dict(
    twice=lambda: function(lambda x: x * 2.0, tf.float32), same=lambda: function(lambda x: tf.identity(x), tf.float32),
    constant=lambda: function(lambda x: tf.constant(3.0), tf.float32),
    inner=lambda: function(lambda x: FUNCTIONS["constant"]()(x) + FUNCTIONS["same"]()(x), tf.float32))


def calls_after_an_effect(kind):
    def build(v):
        x, p = scalar(), tf.placeholder_with_default(True, [])
        f = FUNCTIONS[kind]()
        with tf.control_dependencies([v.assign_add(x)]):
            y = f(x)
        with tf.control_dependencies([tf.debugging.Assert(p, [x])]):
            z = f(x)
        with tf.control_dependencies([y]):
            after = v.read_value()
        return [([y], {}), ([v.read_value()], {}), ([after, y], {}), ([z], {}), ([z], {p: False}), ([y, z], {p: False}),
                ([], {}, [y.op]), ([v.read_value()], {})]
    build.__name__ = "call_of_" + kind + "_after_an_effect"
    return build


for kind in FUNCTIONS:
    case(calls_after_an_effect(kind))


@case
def cond_of_constant_after_an_effect(v):
    x, p = scalar(), tf.placeholder_with_default(True, [])
    with tf.control_dependencies([tf.debugging.Assert(p, [x])]):
        yes = tf.constant(True)
        a = tf.cond(yes, lambda: tf.constant(2.0), lambda: tf.constant(4.0))
        b = tf.cond(yes, lambda: x, lambda: x + 1.0)
    with tf.control_dependencies([v.assign_add(x)]):
        c = tf.cond(tf.constant(False), lambda: tf.constant([2.0, 1.0]), lambda: tf.constant([4.0, 3.0]))
    with tf.control_dependencies([c]):
        d = v.read_value()
    return [([a, b], {}), ([a], {p: False}), ([b], {p: False}), ([c], {}), ([v.read_value()], {}), ([d], {})]


@case
def loop_without_trips_after_an_effect(v):
    x, p = scalar(), tf.placeholder_with_default(True, [])
    with tf.control_dependencies([v.assign_add(x)]):
        i, s = tf.while_loop(lambda i, s: i < 0, lambda i, s: (i + 1, s * 2.0), [tf.constant(0), tf.constant(5.0)])
    with tf.control_dependencies([tf.debugging.Assert(p, [x])]):
        t = tf.while_loop(lambda i, t: i < 0, lambda i, t: (i + 1, t * x), [tf.constant(0), x])[1]
    return [([s], {}), ([v.read_value()], {}), ([i], {}), ([v.read_value()], {}), ([t], {}), ([t], {p: False})]


@case
def shape_of_what_waits(v):
    x, p = tf.placeholder_with_default(np.ones((2, 3), np.float32), [2, 3]), tf.placeholder_with_default(True, [])
    with tf.control_dependencies([tf.debugging.Assert(p, [v.value()])]):
        checked = tf.identity(x)
    shape = tf.raw_ops.Shape(input=checked)
    filled = tf.fill(shape, 2.5)
    with tf.control_dependencies([v.assign_add(1.0)]):
        counted = tf.identity(x)
    rank = tf.cast(tf.raw_ops.Rank(input=counted), tf.float32)
    with tf.control_dependencies([rank]):
        later = v.read_value()
    return [([shape, filled], {}), ([shape], {p: False}), ([filled], {p: False}), ([tf.reshape(tf.zeros([6]), shape)], {p: False}),
            ([rank], {}), ([v.read_value()], {}), ([later], {}), ([], {}, [tf.group(rank)]), ([v.read_value()], {}),
            ([v.read_value()], {})]


@case
def what_only_waits_does_not_fail(v):
    i, n = tf.placeholder_with_default(9, []), tf.placeholder_with_default(0, [])
    bad = tf.gather(tf.constant([1.0, 2.0]), i)
    unfed = tf.placeholder(tf.float32, [])

    def after(*ops):
        with tf.control_dependencies(ops):
            return scalar() + 1.0
    with tf.control_dependencies([bad]):
        write = v.assign_add(2.0)
    checked = tf.check_numerics(scalar() / tf.cast(n, tf.float32), "no number")
    cond = tf.cond(n < 1, lambda: tf.gather([1.0, 2.0], i), lambda: 0.0)
    loop = tf.while_loop(lambda k: k < 2, lambda k: k + tf.gather([1, 2], i), [0])
    return [([after(bad)], {}), ([after(bad * 2.0, unfed)], {}), ([after(bad), bad], {}), ([write], {}), ([after(checked)], {}),
            ([after(cond)], {}), ([after(loop)], {}), ([after(tf.group(bad))], {}), ([v.read_value()], {}), ([], {}, [bad.op])]


@case
def reads_before_a_variable_has_a_value(v):
    ref = tf.Variable(np.ones((2, 3), np.float32), name="ref", use_resource=False, collections=[])
    res = tf.Variable(np.ones((2, 3), np.float32), name="res", use_resource=True, collections=[])

    def after(op):
        with tf.control_dependencies([op]):
            return scalar() + 1.0
    steps = []
    for w in (ref.value(), res.value(), ref.value() + 1.0, res.value() + 1.0):
        steps += [([tf.raw_ops.Shape(input=w)], {}), ([tf.raw_ops.Rank(input=w)], {}), ([tf.raw_ops.Size(input=w)], {}),
                  ([after(w)], {}), ([w], {}), ([], {}, [w.op])]
    steps += [([after(res.read_value())], {}), ([after(ref.read_value())], {})]
    return steps


@case
def initialized_or_not(v):
    steps = []
    variables = [tf.Variable(np.float32(k), name="w%d" % k, use_resource=k % 2 > 0, collections=["mine"]) for k in range(3)]
    is_set = [tf.is_variable_initialized(w) for w in variables]
    report = tf.report_uninitialized_variables(variables)
    check = tf.assert_variables_initialized(variables)
    steps = [([report] + is_set, {}), ([check], {})]
    for k in (1, 0, 2):
        steps += [([], {}, [variables[k].initializer]), ([report] + is_set, {}), ([check], {}), ([], {}, [check.op])]
    return steps


@case
def draws_in_branches_and_loops(v):
    """Nodes of both branches, and of a loop's condition and body, have the same names in version 2."""
    p, n = tf.placeholder_with_default(True, []), tf.placeholder_with_default(2, [])

    def draw(seed):
        return lambda: tf.random_uniform([], seed=seed)
    both = tf.cond(p, draw(5), draw(6))
    one_of = tf.switch_case(n % 3, [draw(1), draw(2), draw(3)])
    known = tf.cond(tf.constant(False), draw(7), draw(8))
    nested = tf.cond(n > 1, lambda: tf.cond(p, draw(9), draw(10)), lambda: tf.cond(p, draw(11), draw(12)))
    loop = tf.while_loop(lambda i, s: tf.logical_and(i < n, draw(13)() < 0.9),
                         lambda i, s: (i + 1, 2.0 * s + tf.cond(i < 1, draw(14), draw(15))), [0, 0.0], parallel_iterations=1)[1]
    fetches = [both, one_of, known, nested, loop]
    feeds = [{p: p_value, n: k} for p_value in (True, False) for k in range(4)]
    return [step for feed in feeds for step in [([f], feed) for f in fetches] + [(fetches, feed)]]


@case
def a_fed_constant_waits_for_its_feed(v):
    p = tf.placeholder_with_default(False, [])
    with tf.control_dependencies([tf.debugging.Assert(p, [v.value()])]):
        k = tf.constant(5.0, name="k")
    with tf.control_dependencies([k]):
        y = scalar() + 1.0
    return [([k + 1.0], {}), ([k + 1.0], {k: 3.0}), ([y], {}), ([y], {k: 3.0}), ([k + 1.0, y], {k: 3.0, p: True})]


@case
def calls_of_calls(v):
    """Ten functions, each of which calls the next twice: once on the same, once on what the first gave."""
    def level(n, compose):
        if n == 0:
            return function(lambda x: x * 0.999 + 0.01, tf.float32)
        inner = level(n - 1, compose)
        body = (lambda x: inner(inner(x))) if compose else (lambda x: inner(x) + inner(x) * 0.5)
        return function(body, tf.float32)
    x = scalar(1.5)
    return [([level(8, True)(x)], {}), ([level(8, False)(x)], {})]


if __name__ == "__main__":
    for case_name, (program, v2) in CASES.items():
        write(case_name, program, v2, sys.argv[1])
