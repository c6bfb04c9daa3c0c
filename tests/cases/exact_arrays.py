"""Makes the cases of TensorArrays and tensor lists: several uses whose gradients add up, elements that were never
written, what flows wait for.

    python tests/cases/exact_arrays.py tests/cases/exact
"""
import sys

from case_writer import Case, np, tf
from make_cases import i32, numbers, write

PROGRAMS = {}


def program(*runs, **options):
    def register(build):
        PROGRAMS[build.__name__] = (build, runs, options)
        return build
    return register


def array(size, **options):
    return tf.TensorArray(tf.float32, size, **{"clear_after_read": False, **options})


@program([numbers(6, 2), numbers(3)], [numbers(6, 2, seed=5), numbers(3, seed=4)])
def array_joined_and_stacked(x, w):
    a = array(3).split(x * x, [2, 2, 2])
    return a.concat(), tf.sin(a.stack()), a.concat() * 3.0, a.read(1) * w[0], a.read(1) * w[2]


@program([numbers(9, 2), i32(0)], [numbers(9, 2), i32(2)])
def array_joined_and_read(x, i):
    a = array(3, infer_shape=False).split(tf.exp(x), [2, 4, 3])
    return a.concat() * 0.5, tf.reduce_sum(a.read(i), 0), tf.reduce_sum(tf.sin(a.read(2)), 0)


@program([numbers(4, 3), i32(0, 2)], [numbers(4, 3), i32(3, 1)])
def array_gathered_twice(x, ids):
    a = array(4).unstack(x * 2.0)
    return a.gather(ids), tf.square(a.gather([2, 3, 0])), a.stack() * x, a.size()


@program([numbers(4, 3), i32(2, 0, 2, 2)], [numbers(4, 3), i32(1, 1, 1, 3)])
def array_gathered_with_repetitions(x, ids):
    a = array(4).unstack(x * 2.0)
    return a.gather(ids) * tf.constant([[1.0], [3.0], [5.0], [7.0]]), a.read(2)


@program([numbers(4, 3), i32(3)], [numbers(4, 3), i32(0)])
def array_read_in_loop_and_stacked(x, n):
    a = array(4).unstack(tf.tanh(x))
    total = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y * 0.5 + tf.reshape(a.read(i) * a.read(3 - i), [3])),
                          [0, tf.zeros([3])])[1]
    return total, a.stack(), a.read(3)


@program([numbers(4, 3), np.array(True)], [numbers(4, 3), np.array(False)])
def array_read_in_cond_and_joined(x, p):
    a = array(2, infer_shape=False)
    a = a.write(0, tf.sin(x[:3])).write(1, x[3:] * 2.0)
    side = tf.cond(p, lambda: tf.reduce_sum(a.read(0)) * 3.0, lambda: tf.reduce_sum(tf.square(a.concat())))
    return side, a.concat()


@program([numbers(5, 3), i32(2)], [numbers(5, 3), i32(0)])
def array_of_several_shapes(x, i):
    # Only some elements are read: the gradients of the others are zeros of their own shapes.
    a = array(4, infer_shape=False, clear_after_read=True)
    for k in range(4):
        a = a.write(k, x[:k + 2, :2] * (k + 1.0))
    return tf.reduce_sum(a.read(i), 0), tf.reduce_sum(a.read(3))


@program([numbers(4, 3)], [numbers(4, 3, seed=2)])
def array_half_written(x):
    a = array(4, element_shape=[3]).write(3, x[1] * 2.0).write(1, tf.exp(x[0]))
    return a.stack(), a.read(2), a.gather([1, 0, 3])


@program([numbers(6, 2)], [numbers(6, 2, seed=2)])
def array_that_grows_after_a_split(x):
    a = tf.TensorArray(tf.float32, 3, dynamic_size=True, infer_shape=False).split(x * x, [2, 1, 3])
    return a.write(3, x[:2] * 3.0).concat()


@program([numbers(3, 4)], [numbers(2, 4)])
def array_in_a_loop_for_each_trip(x):
    def body(i, y):
        a = array(2).write(0, tf.sin(y)).write(1, y * x[0])
        return i + 1, a.read(0) + a.stack()[1] * a.read(1)
    return tf.while_loop(lambda i, y: i < 3, body, [0, tf.reduce_sum(x, 0)])[1]


@program([numbers(2, 3), numbers(3, 2)], gradient=False)
def list_that_knows_rows_from_others(x, y):
    # Only lists do: v1 and v2 are the same here.
    empty = tf.raw_ops.TensorListReserve(element_shape=-1, num_elements=4, element_dtype=tf.float32)
    some = tf.raw_ops.TensorListSetItem(input_handle=empty, index=2, item=x)
    more = tf.raw_ops.TensorListSetItem(input_handle=some, index=0, item=x * 2.0)
    join = tf.raw_ops.TensorListConcatV2
    none = tf.constant([], tf.int64)
    return [*join(input_handle=more, element_shape=-1, leading_dims=none, element_dtype=tf.float32),
            *join(input_handle=some, element_shape=[-1, 3], leading_dims=[3, 1], element_dtype=tf.float32),
            *join(input_handle=more, element_shape=[2, 3], leading_dims=none, element_dtype=tf.float32)]


@program([numbers(5, 2)], gradient=False)
def list_of_pieces_with_other_rows(x):
    # The rows come from lengths, whatever element_shape says.
    pieces = tf.raw_ops.TensorListSplit(tensor=x, element_shape=[4, 2], lengths=[2, 3])
    return (tf.raw_ops.TensorListGetItem(input_handle=pieces, index=1, element_shape=-1, element_dtype=tf.float32),
            *tf.raw_ops.TensorListConcatV2(input_handle=pieces, element_shape=[-1, 2], leading_dims=tf.constant([], tf.int64),
                                           element_dtype=tf.float32))


def waits(name, version, build):
    """A case of effects that a flow waits for; build(v, add) returns what is fetched."""
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    with tf.Graph().as_default(), tf.variable_scope("", use_resource=version == 2):
        v = tf.get_variable("v", initializer=0.5)
        count = v.read_value() if version == 2 else v + 0.0
        outs, feeds = build(lambda n: v.assign_add(n))
        init = tf.global_variables_initializer()
        with tf.Session() as s:
            case = Case(f"{name}.v{version}")
            case.ask(s, targets=[init])
            for feed in feeds:
                for out in outs:
                    case.ask(s, [out], feed)
                    case.ask(s, [count])
        case.save(sys.argv[1])


def flow(a, *after):
    with tf.control_dependencies([op if isinstance(op, tf.Operation) else op.op for op in after]):
        f = tf.identity(a.flow)
    return tf.TensorArray(a.dtype, handle=a.handle, flow=f)


def flows_that_wait(add):
    a = array(2).unstack(tf.constant([[5.0, 7.0], [2.0, 3.0]]))
    waited = flow(a, add(1.0))
    again = flow(waited, add(10.0))
    return [a.read(0), waited.read(1), again.stack(), waited.size(), again.gather([1])], [{}]


def flows_into_conds_and_loops(add):
    p = tf.placeholder(tf.bool, [])
    a = flow(array(2).unstack(tf.constant([[5.0, 7.0], [2.0, 3.0]])), add(1.0))
    taken = tf.cond(p, lambda: a.read(1), lambda: tf.constant([8.0, 9.0]))
    total = tf.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, y + tf.reshape(a.read(i), [2])), [0, tf.zeros([2])])[1]
    return [taken, total], [{p: True}, {p: False}]


def refusals(name, version):
    """What TensorFlow refuses: elements that were never written and whose shape nothing tells."""
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [3, 2])
        a = array(4, infer_shape=False).write(1, x).write(2, x[:2])
        b = array(3, infer_shape=False).write(0, x[0])
        outs = [a.read(0), a.read(1), a.concat(), b.stack(), b.gather([0]), b.gather([0, 2]), b.read(1), array(2).read(0)]
        case = Case(f"{name}.v{version}")
        with tf.Session() as s:
            for out in outs:
                case.ask(s, [out], {x: numbers(3, 2)})
        case.save(sys.argv[1])


def written_twice(name, version):
    """An element of an array is written once; a list of version 2 takes a second value."""
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    with tf.Graph().as_default():
        x, i = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.int32, [])
        in_loop = tf.while_loop(lambda k, a: k < 3, lambda k, a: (k + 1, a.write(k * i, x)), [0, array(3)])[1]
        split = array(2).split(tf.concat([x, x], 0), [2, 2])
        outs = [array(3).write(0, x).write(i, x * 2.0).stack(), in_loop.stack(), split.write(1 + i, x).size(),
                array(1, dynamic_size=True).write(i, x).write(2, x).size(),
                array(2).unstack(tf.stack([x, x])).write(i, x).size()]
        case = Case(f"{name}.v{version}")
        with tf.Session() as s:
            for n in (0, 1, 2):
                for out in outs:
                    case.ask(s, [out], {x: numbers(2), i: n})
        case.save(sys.argv[1])


def asked(name, version, build):
    """Each output of build(x, p) is fetched alone, so that TensorFlow runs no writes that it does not wait for."""
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    with tf.Graph().as_default():
        x, p = tf.placeholder(tf.float32, [4, 3]), tf.placeholder(tf.bool, [])
        outs = build(x, p)
        case = Case(f"{name}.v{version}")
        with tf.Session() as s:
            for value in (True, False):
                for out in outs:
                    case.ask(s, [out], {x: numbers(4, 3), p: value})
        case.save(sys.argv[1])


def rows(size, **options):
    return array(size, **{"element_shape": [3], **options})


def array_writes_that_nobody_waits_for(x, p):
    a = rows(3)
    a.write(0, x[0]).mark_used()
    b = a.write(1, x[1])
    c = b.write(1, x[2])
    d = b.write(7, x[3])
    return a.stack(), b.stack(), b.size(), c.size(), d.size(), tf.gradients(b.stack() * x[:3], x)[0]


def array_written_in_two_ways(x, p):
    a = rows(3).write(0, x[0])
    b, c = a.write(1, x[1]), a.write(1, x[2])
    d = c.write(2, x[3])
    return (a.stack(), b.stack(), c.stack(), d.stack(), b.read(1), c.read(1),
            tf.gradients(d.stack() * x[:3], x)[0], tf.gradients(b.read(1) * 2.0, x)[0])


def array_read_in_cond_before_a_write(x, p):
    a = rows(3).write(0, x[0])
    b = tf.cond(p, lambda: a.write(1, x[1]), lambda: a.write(2, x[1]))
    c = a.write(1, x[3])
    return (a.stack(), b.stack(), c.stack(), tf.cond(p, lambda: a.read(1), lambda: a.read(0)),
            tf.cond(p, lambda: c.read(1), lambda: tf.reduce_sum(c.stack(), 0)))


def array_read_in_loop_before_a_write(x, p):
    def filled(times):
        return tf.while_loop(lambda i, t: i < 4, lambda i, t: (i + 1, t.write(i, x[i] * times)), [1, a])[1]

    def added(t):
        return tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y + t.read(i)), [0, x[0]])[1]

    a = rows(4).write(0, x[0])
    b, c = filled(1.0), filled(2.0)
    return (a.stack(), b.stack(), c.stack(), added(a), added(b), tf.gradients(added(c), x)[0], tf.gradients(added(a), x)[0],
            tf.gradients(c.stack() * x, x)[0])


def array_read_before_it_grows(x, p):
    a = rows(1, dynamic_size=True).write(0, x[0])
    b = a.write(3, x[1])
    c = b.write(5, x[2])
    return (a.stack(), b.stack(), c.stack(), a.size(), b.size(), c.size(), tf.gradients(a.stack() * 2.0, x)[0],
            tf.gradients(b.stack() * x, x)[0], tf.gradients(c.stack(), x)[0])


def array_split_into_more_and_fewer(x, p):
    def split(size, **options):
        return rows(size, **{"element_shape": [1, 3], **options}).split(x, [1, 1, 1, 1])
    a = split(1, dynamic_size=True)
    b = a.write(4, x[:1])
    return (a.concat(), b.concat(), b.size(), tf.gradients(b.concat() * 2.0, x)[0], split(4).concat(), split(3).read(0),
            split(5).read(0), split(6, dynamic_size=True).size())


def array_written_again(x, p):
    k = tf.cast(p, tf.int32)
    a = rows(4).write(1, x[0])
    b = tf.cond(p, lambda: a.write(1, x[2]), lambda: a.write(2, x[2]))
    pieces = rows(4, element_shape=[1, 3])
    return (a.write(k, x[1]).stack(), a.unstack(x).stack(), a.scatter([2, k], x[:2]).stack(), a.scatter([0, 0], x[:2]).stack(),
            b.stack(), pieces.split(x, [1] * 4).split(x, [1] * 4).read(0), rows(3).unstack(x).read(0),
            rows(3, dynamic_size=True).unstack(x).stack(), pieces.write(k, x[:1]).split(x, [1] * 4).read(0))


def array_of_the_shape_of_the_first(x, p):
    a = array(3).write(0, tf.boolean_mask(x[0], [True, False, p]))
    return (a.write(1, tf.boolean_mask(x[1], [True, False, p])).gather([0, 1]),
            a.write(1, tf.boolean_mask(x[1], [True, False, True])).gather([0]),
            a.scatter([2, 1], tf.boolean_mask(x[:2], [True, True, p], axis=1)).gather([0]))


def array_cleared_by_a_read_that_no_gradient_needs(x, p):
    a = rows(3, clear_after_read=True).unstack(x[:3])
    y = a.read(1) * 2.0 + tf.sin(a.read(1))
    return tf.gradients(y, x)[0], tf.gradients(a.read(0) * 3.0 + tf.reduce_sum(a.stack(), 0), x)[0]


def flows_that_are_fetched(x, p):
    """Of version 1: those of lists are the lists."""
    k = tf.where(p, 1, 4)
    a, b = rows(4), rows(4)
    c, d = a.unstack(x), a.write(k, x[0])
    looped = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a.write(i, x[i])), [0, b])[1]
    split = rows(4, element_shape=[1, 3]).split(x, [1] * 4)
    gradient = c.grad("asked").flow
    return a.flow, c.flow, d.flow, looped.flow, split.flow, gradient, c.flow + looped.flow


ASKED = [array_read_in_cond_and_joined, array_writes_that_nobody_waits_for, array_written_in_two_ways,
         array_read_in_cond_before_a_write, array_read_in_loop_before_a_write, array_read_before_it_grows,
         array_split_into_more_and_fewer, array_written_again, array_of_the_shape_of_the_first,
         array_cleared_by_a_read_that_no_gradient_needs]


def main():
    for name, (build, runs, options) in PROGRAMS.items():
        for version in (1, 2):
            write(sys.argv[1], name, build, runs, version, **options)
    waits("flows_that_wait", 1, flows_that_wait)
    waits("flows_into_conds_and_loops", 1, flows_into_conds_and_loops)
    asked("flows_that_are_fetched", 1, flows_that_are_fetched)
    for version in (1, 2):
        refusals("elements_of_unknown_shape", version)
        written_twice("array_written_twice", version)
        for build in ASKED:
            asked(build.__name__, version, build)


if __name__ == "__main__":
    main()
