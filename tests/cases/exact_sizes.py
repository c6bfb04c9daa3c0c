"""Writes cases of sizes and positions at and beyond their limits: python exact_sizes.py FOLDER

Shapes are static and values fed, so that nothing but the run itself can find what is wrong with them.
"""
import sys

import numpy as np
from case_writer import Case, tf

raw = tf.raw_ops
MAX, MIN = 2**63 - 1, -2**63  # of int64
HIGH, LOW = 2**31 - 1, -2**31  # of int32


def long(*values):
    return np.array(values, np.int64)


def ints(*values):
    return np.array(values, np.int32)


def scalar(value, dtype=np.int64):
    return np.array(value, dtype)


row = np.array([1, 2, 3, 4], np.float32)
matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
band = np.arange(12, dtype=np.float32).reshape(3, 4)
three = np.array([5, 6, 7], np.float32)
one = np.float32(7)


def reserve(shape, n=3):
    return raw.TensorListReserve(element_shape=shape, num_elements=n, element_dtype=tf.float32)


def get(values, index, shape):
    return raw.TensorListGetItem(input_handle=values, index=index, element_shape=shape, element_dtype=tf.float32)


def put(values, index, item, grow=False):
    return raw.TensorListSetItem(input_handle=values, index=index, item=item, resize_if_index_out_of_bounds=grow)


def push(values, item):
    return raw.TensorListPushBack(input_handle=values, tensor=item)


def length(values):
    return raw.TensorListLength(input_handle=values)


def pop(shape, element_shape):
    values = push(raw.EmptyTensorList(element_shape=shape, max_num_elements=3, element_dtype=tf.float32), tf.ones([2]))
    return raw.TensorListPopBack(input_handle=values, element_shape=element_shape, element_dtype=tf.float32)[1]


# Name, outputs of the fed placeholders, and what they are fed with, run by run.
TABLE = [
    ("slice_begin", lambda x, b: tf.slice(x, b, tf.constant([2], tf.int64)),
     [(row, long(b)) for b in (2, 3, 100, 4, -1, MAX, MIN)]),
    ("slice_size", lambda x, s: tf.slice(x, tf.constant([1], tf.int64), s),
     [(row, long(s)) for s in (3, -1, 0, 4, 100, -2, MIN)]),
    ("slice_both", lambda x, b, s: tf.slice(x, b, s),
     [(row, long(b), long(s)) for b, s in ((1, 2), (4, -1), (4, 0), (5, 0), (5, -1), (MAX, MAX), (MAX, 1), (MIN, -1))]),
    ("strided_slice", lambda x, b, e, s: raw.StridedSlice(input=x, begin=b, end=e, strides=s),
     [(row, long(b), long(e), long(s)) for b, e, s in (
         (0, 4, 0), (MAX, MIN, -1), (MIN, MAX, 1), (0, 4, MAX), (3, MIN, MIN), (MAX, MIN, MIN), (0, 0, 1), (MIN, MIN, 1),
         (3, 0, MAX), (1, 4, MAX), (0, 4, MIN))]),
    ("strided_slice_index", lambda x, b, e, s: raw.StridedSlice(input=x, begin=b, end=e, strides=s, shrink_axis_mask=1),
     [(row, long(b), long(e), long(s)) for b, e, s in (
         (-1, 0, 1), (4, 5, 1), (-5, -4, 1), (MAX, MIN, 1), (MIN, MIN, 1), (1, 2, -1), (1, 2, 2), (1, 2, 0))]),
    ("strided_slice_grad", lambda n, b, e, s, dy: raw.StridedSliceGrad(shape=n, begin=b, end=e, strides=s, dy=dy),
     [(long(n), long(b), long(e), long(s), np.array([8, 9], np.float32)) for n, b, e, s in (
         (4, 1, 3, 1), (4, 0, 4, 2), (4, 3, 5, 1), (4, 1, 4, 1), (2**61, 1, 3, 1), (MAX, 1, 3, 1), (-1, 1, 3, 1),
         (MIN, 1, 3, 1), (4, 0, 4, 0), (4, MAX, MIN, -1), (1, 0, 2, 1))]),
    ("matrix_set_diag", lambda x, d, k: raw.MatrixSetDiagV3(input=x, diagonal=d, k=k),
     [(band, three, scalar(k, np.int32)) for k in (0, 1, 2, -1, 5, -4, HIGH, LOW)]),
    ("matrix_set_diags", lambda x, d, k: raw.MatrixSetDiagV2(input=x, diagonal=d, k=k),
     [(band, matrix, ints(*k)) for k in ((0, 1), (-1, 0), (1, 0), (2, 3), (LOW, HIGH), (HIGH, LOW), (-3, -2), (0, 5))]),
    ("matrix_diag_part", lambda x, k, p: raw.MatrixDiagPartV3(input=x, k=k, padding_value=p),
     [(band, ints(*k), one) for k in ((0, 1), (-1, 0), (2, 3), (1, 0), (LOW, HIGH), (HIGH, HIGH), (-3, -2), (0, 5), (LOW, LOW))]),
    ("matrix_diag", lambda d, k, r, c, p: raw.MatrixDiagV3(diagonal=d, k=k, num_rows=r, num_cols=c, padding_value=p),
     [(three, *(scalar(v, np.int32) for v in krc), one) for krc in (
         (0, -1, -1), (0, 3, 3), (1, -1, -1), (0, HIGH, HIGH), (0, 2, 2), (1, -1, 3), (0, LOW, LOW), (HIGH, HIGH, HIGH),
         (-1, -2, -2), (0, 0, 0))]),
    ("fill", tf.fill, [(long(*d), one) for d in ((2, 3), (2**61, 8), (2**62, 2), (2**31, 2**32), (-1, 3), (MIN, 3), (0, -1))]),
    ("fill_vector", tf.fill, [(long(d), one) for d in (3, 2**61, MAX, -1, MIN)]),
    ("reshape", tf.reshape, [(matrix, long(*d)) for d in (
        (3, 2), (-1, 2), (2**61, 8), (2**62, 4), (-1, 2**62), (-1, -1), (-2, 3), (3, -2), (MAX, MAX), (0, -1), (-1, 4),
        (2**32, 2**32))]),
    ("reshape_empty", tf.reshape, [(np.zeros((0, 3), np.float32), long(*d)) for d in ((-1, 0), (-1, 3), (2**62, 4), (7, 0))]),
    ("tile", tf.tile, [(matrix, long(*d)) for d in (
        (2, 1), (0, 0), (2**61, 2), (2**62, 1), (MAX, 1), (-1, 2), (MIN, MIN), (2**31, 2**31))]),
    ("pad", tf.pad, [(row, long(p)) for p in ((1, 2), (MAX, 0), (0, MAX), (-1, 0), (MIN, MIN), (2**62, 2**62))]),
    ("pad_with", lambda x, p: raw.PadV2(input=x, paddings=p, constant_values=one),
     [(row, long(p)) for p in ((1, 2), (MAX, 0), (0, MAX), (-1, 0), (MIN, MIN), (2**62, 2**62))]),
    ("pad_matrix", tf.pad, [(matrix, long(*p)) for p in (((1, 0), (0, 2)), ((2**61, 0), (2**61, 0)))]),
    ("mirror_pad", lambda x, p: raw.MirrorPad(input=x, paddings=p, mode="SYMMETRIC"),
     [(row, long(p)) for p in ((1, 2), (4, 4), (5, 0), (MAX, 0), (0, MAX), (MAX, MAX), (-1, 0), (MIN, MIN), (2**62, 2**62))]),
    ("mirror_pad_reflect", lambda x, p: raw.MirrorPad(input=x, paddings=p, mode="REFLECT"),
     [(row, long(p)) for p in ((3, 3), (4, 0), (MAX, 0), (MIN, 0))]),
    ("mirror_pad_grad", lambda x, p: raw.MirrorPadGrad(input=x, paddings=p, mode="SYMMETRIC"),
     [(row, long(p)) for p in (
         (1, 1), (2, 0), (3, 0), (4, 0), (2, 2), (2, 3), (MAX, 0), (0, MAX), (MAX, MAX), (-1, 0), (MIN, MIN))]),
    ("split_sizes", lambda x, s: raw.SplitV(value=x, size_splits=s, axis=0, num_split=2),
     [(row, long(*s)) for s in (
         (1, 3), (4, 0), (2, 3), (MAX, MAX), (MAX, 4 - MAX), (-1, MAX), (-1, -1), (-1, 5), (5, -1), (-2, 6), (MIN, MIN),
         (2**62, 2**62))]),
    ("split_sizes_axis", lambda x, a: raw.SplitV(value=x, size_splits=[1, 3], axis=a, num_split=2),
     [(row, scalar(a, np.int32)) for a in (0, -1, 1, -2, HIGH, LOW)]),
    ("split_axis", lambda x, a: raw.Split(axis=a, value=x, num_split=2),
     [(row, scalar(a, np.int32)) for a in (0, -1, 1, -2, HIGH, LOW)]),
    ("concat_axis", lambda x, a: raw.ConcatV2(values=[x, x], axis=a),
     [(row, scalar(a, np.int32)) for a in (0, -1, 1, -2, HIGH, LOW)]),
    ("concat_offset", lambda a, x, y: raw.ConcatOffset(concat_dim=a, shape=[x, y]),
     [(scalar(a, np.int32), ints(*x), ints(*y)) for a, x, y in (
         (0, (2, 3), (4, 3)), (-1, (2, 3), (2, 7)), (2, (2, 3), (4, 3)), (-3, (2, 3), (2, 3)), (0, (2, 3), (4, 5)),
         (1, (2, HIGH), (2, 5)))]),
    ("concat_offset_lengths", lambda a, x, y: raw.ConcatOffset(concat_dim=a, shape=[x, y]),
     [(scalar(0, np.int32), ints(2, 3), ints(2))]),
    ("concat_offset_long", lambda a, x, y: raw.ConcatOffset(concat_dim=a, shape=[x, y]),
     [(scalar(0, np.int32), ints(2), ints(2, 3))]),
    ("concat_offset_scalars", lambda a, x, y: raw.ConcatOffset(concat_dim=a, shape=[x, y]),
     [(scalar(0, np.int32), ints(), ints())]),
    ("range", tf.range, [tuple(scalar(v) for v in abc) for abc in (
        (1, 6, 2), (3, 3, 1), (0, MAX, 1), (0, 5, 0), (0, 5, -1), (5, 0, 1), (0, MAX, MAX), (0, 10, MAX))]),
    ("range_float", tf.range, [tuple(scalar(v, np.float32) for v in abc) for abc in (
        (1, 6, 2), (0, 1, np.inf), (0, 1e30, 1), (0, np.inf, 1), (0, np.nan, 1), (np.nan, 1, 1), (0, 1, np.nan), (0, 1, 1e-30),
        (-np.inf, 1, 1), (0, np.inf, np.inf))]),
    ("lin_space", lambda n: raw.LinSpace(start=2.0, stop=3.0, num=n), [(scalar(n),) for n in (3, 1, 0, -1, MAX, MIN, 2**61)]),
    ("empty", lambda d: raw.Empty(shape=d, dtype=tf.float32, init=True),
     [(ints(*d),) for d in ((2, 0, 3), (HIGH, HIGH, HIGH), (2, -1, 3), (2, LOW, 3))]),
    ("broadcast_to", lambda x, d: tf.broadcast_to(x, d),
     [(matrix[:1], long(*d)) for d in ((2, 3), (0, 3), (2**61, 3), (2**62, 3), (-1, 3), (MIN, 3), (2, 4))]),
    ("broadcast_args", lambda x, y: raw.BroadcastArgs(s0=x, s1=y),
     [(long(*x), long(*y)) for x, y in (
         ((2, 3), (1, 3)), ((2, 3), (2, 4)), ((2, 3), (-1, 3)), ((-1, 3), (-1, 3)), ((MIN, 3), (1, 3)), ((0, 3), (1, 3)),
         ((0, 3), (2, 3)))]),
    ("one_hot", lambda x, d: tf.one_hot(x, d), [(long(0, 1, -1), scalar(d, np.int32)) for d in (3, 0, -1, LOW)]),
    ("one_hot_ids", lambda x: tf.one_hot(x, 3), [(long(*x),) for x in ((0, -1, 2), (MAX, MIN, 3))]),
    ("expand_dims", tf.expand_dims, [(row, scalar(a)) for a in (-1, 0, 1, -2, 2, -3, HIGH, LOW, MAX, MIN)]),
    ("transpose", tf.transpose, [(matrix, long(*p)) for p in ((1, 0), (0, 0), (2, 0))]),
    ("roll", tf.roll, [(matrix, scalar(s), scalar(a)) for s, a in ((5, 0), (1, -1), (MAX, 0), (1, 2), (1, -3))]),
    ("reverse", tf.reverse, [(matrix, long(a)) for a in (0, -1, 2, -3, MAX, MIN)]),
    ("reverse_sequence", lambda x, n: raw.ReverseSequence(input=x, seq_lengths=n, seq_dim=1, batch_dim=0),
     [(matrix, long(*n)) for n in ((1, 2), (4, 0), (-1, 0), (MAX, MIN))]),
    ("invert_permutation", tf.math.invert_permutation, [(long(*p),) for p in ((1, 0), (0, 0), (2, 0), (-1, 0), (MAX, MIN))]),
    ("band_part", tf.linalg.band_part, [(band, scalar(a), scalar(b)) for a, b in (
        (1, 2), (-1, 0), (3, 0), (0, 4), (4, 0), (0, 5), (MAX, MAX), (MIN, MIN))]),
    ("list_get", lambda n, i, s: get(reserve(n), i, s),
     [(ints(n), scalar(i, np.int32), ints(s)) for n, i, s in (
         (2, 0, 2), (-1, 0, 3), (2, 0, 3), (-1, 0, -1), (2, 3, 2), (2, -1, 2), (2, HIGH, 2), (2, LOW, 2), (2, 1, -2))]),
    ("list_get_what_was_set", lambda n, i, s: get(put(reserve(n), 0, tf.ones([2])), i, s),
     [(ints(n), scalar(i, np.int32), ints(s)) for n, i, s in ((2, 0, 2), (2, 0, -1), (-1, 1, 2), (-1, 1, 3), (2, 1, 3), (3, 0, 3))]),
    ("list_reserve", lambda s, n: length(reserve(s, n)),
     [(ints(s), scalar(n, np.int32)) for s, n in ((2, 3), (2, -1), (-2, 3), (2, LOW))]),
    ("list_stack", lambda n, s: raw.TensorListStack(input_handle=reserve([2], n), element_shape=s, element_dtype=tf.float32),
     [(scalar(n, np.int32), ints(s)) for n, s in ((3, 2), (3, -1), (3, 3), (0, 2))]),
    ("list_pop", pop, [(ints(n), ints(s)) for n, s in ((2, 2), (-1, 2), (3, 3), (2, -2), (2, 3))]),
    ("list_push", lambda n, s: length(push(raw.EmptyTensorList(element_shape=n, max_num_elements=s, element_dtype=tf.float32),
                                           tf.ones([2]))),
     [(ints(n), scalar(s, np.int32)) for n, s in ((2, -1), (2, 0), (2, LOW), (-2, 1), (3, 1))]),
    ("list_resize", lambda n: length(raw.TensorListResize(input_handle=reserve([2]), size=n)),
     [(scalar(n, np.int32),) for n in (2, 0, -1, LOW)]),
    ("list_set", lambda i: length(put(reserve([2]), i, tf.ones([2]))), [(scalar(i, np.int32),) for i in (0, 3, -1, HIGH, LOW)]),
    ("list_set_grow", lambda i: length(put(reserve([2]), i, tf.ones([2]), True)), [(scalar(i, np.int32),) for i in (0, 3)]),
    ("list_split", lambda x, s, n: length(raw.TensorListSplit(tensor=x, element_shape=s, lengths=n)),
     [(row, ints(s), long(*n)) for s, n in ((-1, (1, 3)), (2, (2, 2)), (-1, (1, 5)), (2, (1, 3)))]),
    ("list_from_tensor", lambda x, s: length(raw.TensorListFromTensor(tensor=x, element_shape=s)),
     [(matrix, ints(s)) for s in (3, -1, 2, -2)]),
    ("list_gather", lambda i, s: raw.TensorListGather(input_handle=reserve([2]), indices=i, element_shape=s, element_dtype=tf.float32),
     [(ints(*i), ints(s)) for i, s in (((0, 2), 2), ((0, 3), 2), ((-1, 0), 2), ((LOW, HIGH), 2), ((0, 1), 3))]),
    ("list_scatter", lambda i: length(raw.TensorListScatterIntoExistingList(input_handle=reserve([3]), tensor=tf.ones([2, 3]), indices=i)),
     [(ints(*i),) for i in ((0, 2), (4, 1))]),
    ("list_concat", lambda s, n: raw.TensorListConcatV2(
        input_handle=reserve([-1, 2], 2), element_shape=s, leading_dims=n, element_dtype=tf.float32),
     [(ints(*s), long(*n)) for s, n in (((-1, 2), (1, 3)), ((-1, 3), (1, 1)))]),
]


def tables(folder):
    for name, outputs, runs in TABLE:
        tf.reset_default_graph()
        fed = [tf.placeholder(v.dtype, np.shape(v)) for v in runs[0]]
        out = outputs(*fed)
        out = list(out) if isinstance(out, (list, tuple)) else [out]
        case = Case("size." + name)
        with tf.Session() as session:
            for values in runs:
                case.ask(session, out, dict(zip(fed, values)))
        case.save(folder)


# The same where nothing is seen from outside: in a loop and in a cond, of frames and of functions.
def nested(folder):
    for version in ("v1", "v2"):
        tf.reset_default_graph()
        (tf.enable_control_flow_v2 if version == "v2" else tf.disable_control_flow_v2)()
        begin, size, taken = tf.placeholder(tf.int32, []), tf.placeholder(tf.int32, [2]), tf.placeholder(tf.bool, [])
        x = tf.constant(row)
        total = tf.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s + tf.slice(x, [i + begin], [2])), [0, tf.zeros([2])])[1]
        cut = tf.cond(taken, lambda: tf.slice(x, [begin], [3]), lambda: tf.zeros([3]))
        made = tf.cond(taken, lambda: tf.reduce_sum(tf.fill(size, 2.0)), lambda: tf.constant(-1.0))
        case = Case("size.nested." + version)
        with tf.Session() as session:
            for at in (0, 1, -1, 2, HIGH, LOW):
                case.ask(session, [total], {begin: at})
                for t in (True, False):
                    case.ask(session, [cut], {begin: at, taken: t})
            for dims in ((2, 3), (HIGH, HIGH), (-1, 3), (LOW, LOW)):
                for t in (True, False):
                    case.ask(session, [made], {size: dims, taken: t})
        case.save(folder)
    tf.disable_control_flow_v2()


# Ranks above eight: what moves no data, and what does where TensorFlow does.
def ranks(folder):
    tf.reset_default_graph()
    x = tf.placeholder(tf.float32, [2, 3])
    axes = [5 - i for i in range(6)] + [6, 7, 9, 8]
    wide = tf.reshape(x, [1, 2] + [1] * 10 + [3] + [1] * 7)
    deep = tf.reshape(tf.range(48.0), [2, 1, 3, 1, 1, 2, 1, 2, 1, 2]) * 0.5
    outs = [
        x[(None,) * 9], tf.reshape(x, [1] * 100 + [2] + [1] * 100 + [3]), tf.shape(tf.reshape(x, [1] * 252 + [2, 3])),
        tf.squeeze(wide, [0, 2]), tf.size(wide), wide + 1.0, tf.expand_dims(wide, -1), tf.reduce_sum(wide, [1, 5]),
        tf.reduce_max(deep, [1, 3, 9], keepdims=True), tf.transpose(deep, axes), tf.stack([wide, wide], 3),
        tf.concat([wide, wide], 12), tf.gather(deep, [1, 0, 1], axis=0),
    ]
    outs.append(tf.gradients([tf.square(wide), tf.squeeze(wide), x[(None,) * 9], tf.reduce_sum(wide, [1, 5])], x)[0])
    flat = [tf.reshape(out, [-1]) for out in outs]  # NumPy has 32 dimensions
    shape = tf.placeholder(tf.int32, [None])  # unknown when the graph is built
    total = tf.reduce_sum(tf.reshape(x, shape))
    case = Case("size.ranks")
    with tf.Session() as session:
        for out in flat:
            case.ask(session, [out], {x: matrix + 0.25})
        for dims in ([1] * 60 + [6], [6] + [1] * 252, [6] + [1] * 254):
            case.ask(session, [total], {x: matrix, shape: dims})
    case.save(folder)


# Shapes that a run brings do not fit a branch or a body: an error only where it gets there.
def late(folder):
    for version in ("v1", "v2"):
        tf.reset_default_graph()
        (tf.enable_control_flow_v2 if version == "v2" else tf.disable_control_flow_v2)()
        x, n, taken = tf.placeholder(tf.float32), tf.placeholder(tf.int32, []), tf.placeholder(tf.bool, [])
        size, w = tf.placeholder(tf.int32, [2]), tf.constant(band)

        def loop():
            return tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, a + tf.reduce_sum(tf.matmul(x, w))), [0, 1.0])[1]

        plain = loop()
        inner = tf.cond(taken, loop, lambda: 5.0)
        shaped = tf.cond(taken, lambda: tf.reduce_sum(tf.reshape(x, size)), lambda: tf.reduce_sum(x))
        case = Case("size.late." + version)
        with tf.Session() as session:
            for shape in ((2, 3), (2, 5), (3,)):
                feeds = {x: np.ones(shape)}
                for trips in (0, 2):
                    case.ask(session, [plain], {**feeds, n: trips})
                    for t in (True, False):
                        case.ask(session, [inner], {**feeds, n: trips, taken: t})
                for t in (True, False):
                    case.ask(session, [shaped], {**feeds, size: (3, 2), taken: t})
        case.save(folder)
    tf.disable_control_flow_v2()


if __name__ == "__main__":
    late(sys.argv[1])
    ranks(sys.argv[1])
    tables(sys.argv[1])
    nested(sys.argv[1])
