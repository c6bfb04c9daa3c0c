"""Makes the cases of element types: Cast between all of them (rounding to the nearest, of two to the even one; NaN,
infinity, denormal numbers; numbers that an integer cannot hold), and half and bfloat16 moved about.

    python tests/cases/exact_types.py OUT_FOLDER

Where TensorFlow's answer for a number depends on its place, since vectors are converted by other instructions than
single elements, that number is not asked for.
"""
import sys

from case_writer import Case, np, tf

SMALL = (tf.float16, tf.bfloat16)
FLOATS = (tf.float32, tf.float64) + SMALL
INTEGERS = (tf.int32, tf.int64, tf.uint8, tf.int8, tf.uint16, tf.int16, tf.uint32, tf.uint64)
BITS = {1: tf.uint8, 2: tf.uint16, 4: tf.int32, 8: tf.int64}
REPEAT = 64  # a row that is all vectors

# The last places of half and bfloat16 in the fraction of a float32, and what lies next to halves of them.
FRACTIONS = (0, 1, 0xFFF, 0x1000, 0x1001, 0x2000, 0x3000, 0x3001, 0x7FFF, 0x8000, 0x8001, 0x18000, 0x155555, 0x400000,
             0x7FEFFF, 0x7FF000, 0x7FFFFF)  # fmt: skip
# Zero and denormal, the smallest, the subnormal halves, 1, the largest halves, the largest, infinity and NaN.
EXPONENTS = (0, 1, 2, *range(101, 116), 127, 128, 135, 141, 142, 143, 150, 253, 254, 255)
WHOLE = (0, 1, 2, 127, 128, 255, 256, 257, 258, 259, 300, 2047, 2048, 2049, 2050, 2051, 4097, 32767, 32768, 65504, 65519,
         65520, 65521, 65535, 65536, 100000, 2**24 + 1, 2**24 + 3, 2**30 + 2**22 + 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32,
         2**32 + 5000, 2**40 + 2**16 + 1, 2**53 + 1, 2**62 + 2**38, 2**63 - 1, 2**63, 2**63 + 2**39 + 1, 2**64 - 1)  # fmt: skip


def values(dtype):
    """What is cast from a type."""
    if dtype == tf.bool:
        return np.array([False, True])
    numpy = dtype.as_numpy_dtype
    if dtype.is_integer:
        limits = np.iinfo(numpy)
        return np.array([s * n for n in WHOLE for s in (1, -1) if limits.min <= s * n <= limits.max], numpy)
    if dtype in SMALL:
        bits = np.arange(0, 2**16, 71, np.uint16)
        limits = [0, 1, 0x3FF, 0x400, 0x7B, 0x7BFF, 0x7C00, 0x7E00, 0x7F, 0x80, 0x7F7F, 0x7F80, 0x7FC0]
        bits = np.concatenate([bits, np.array(limits, np.uint16), np.array(limits, np.uint16) | 0x8000]).view(numpy)
    else:
        bits = np.array([e << 23 | f for e in EXPONENTS for f in FRACTIONS], np.uint32).view(np.float32)
        with np.errstate(invalid="ignore"):
            bits = np.concatenate([bits, -bits]).astype(numpy)
    whole = np.array([float(s * n) for n in WHOLE + (2**65, 10**25) for s in (1, -1)])
    with np.errstate(over="ignore"):
        parts = [bits, whole.astype(numpy), (whole + np.sign(whole) / 2).astype(numpy)]
        if dtype == tf.float64:  # between two float32
            parts.append(bits * (1 + 2.0**-30))
    return np.concatenate(parts)


def cast(x, dtype, truncate):
    y = tf.raw_ops.Cast(x=x, DstT=dtype, Truncate=truncate)
    return y if dtype == tf.bool else tf.bitcast(y, BITS[dtype.size])


def same_everywhere(run, x):
    """Which elements have one answer, alone and in vectors."""
    rows = run(np.repeat(x, REPEAT)).reshape(-1, REPEAT)
    alone = np.concatenate([run(x[i : i + 1]) for i in range(len(x))])
    return np.all(rows == alone[:, None], axis=1)


def write_casts(folder, source, truncate=False):
    targets = FLOATS if truncate else FLOATS + INTEGERS + (tf.bool,)
    with tf.Graph().as_default():
        x = tf.placeholder(source, [None], "x")
        ys = [tf.identity(cast(x, target, truncate), target.name) for target in targets]
        case = Case(f"casts.{source.name}{'.truncated' if truncate else ''}")
        with tf.Session() as session:
            asked, groups = values(source), {}
            for y in ys:
                same = same_everywhere(session.make_callable(y, [x]), asked)
                groups.setdefault(same.tobytes(), []).append(y)
            for same, group in groups.items():
                case.ask(session, group, {x: asked[np.frombuffer(same, bool)]})
        case.save(folder)


def moved(x, constant):
    """What only moves elements."""
    return [
        tf.reshape(x, [3, 2]), tf.transpose(x), tf.concat([x, constant], 1), tf.slice(x, [0, 1], [2, 2]), x[:, ::2],
        tf.gather(x, [1, 0, 1]), tf.gather_nd(x, [[1, 0]]), tf.stack([x, constant]), tf.unstack(x)[1], tf.split(x, 3, 1)[2],
        tf.tile(x, [2, 2]), tf.expand_dims(x, 0), tf.pad(x, [[1, 0], [0, 2]]), tf.fill([2, 2], x[0, 0]), tf.zeros_like(x),
        tf.ones_like(x), tf.reverse(x, [1]), tf.reverse_sequence(x, [2, 3], 1, 0), tf.broadcast_to(x, [2, 2, 3]),
        tf.roll(x, 1, 1), tf.one_hot([1, 0], 3, x[0, 0], x[1, 0]), tf.dynamic_stitch([[1], [0]], [x[:1], x[1:]]),
        tf.cond(tf.shape(x)[0] > 1, lambda: x, lambda: constant), tf.map_fn(lambda row: tf.reverse(row, [0]), x),
        tf.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, tf.roll(y, 1, 1)), [0, x])[1],
    ]  # fmt: skip


def write_moved(folder, dtype, version):
    (tf.enable_control_flow_v2 if version == 2 else tf.disable_control_flow_v2)()
    bits = np.array([[1, 0x8000, 0x7BFF], [0xFC00, 0x3C01, 0xFE00]], np.uint16)
    fed, constant = bits.view(dtype.as_numpy_dtype), (bits + 64).view(dtype.as_numpy_dtype)
    with tf.Graph().as_default():
        x = tf.placeholder(dtype, fed.shape, "x")
        variable = tf.get_variable("v", initializer=tf.zeros(fed.shape, dtype), use_resource=version == 2)
        ys = [tf.bitcast(y, tf.uint16, f"y{k}") for k, y in enumerate(moved(x, tf.constant(constant)))]
        same = tf.identity(x, "same")
        read = tf.bitcast(variable.read_value(), tf.uint16, "read")
        assign = tf.assign(variable, x).op
        start = tf.global_variables_initializer()
        case = Case(f"moved.{dtype.name}.v{version}")
        with tf.Session() as session:
            case.ask(session, ys + [same], {x: fed})
            case.ask(session, targets=[start])
            case.ask(session, [read])
            case.ask(session, targets=[assign], feeds={x: fed})
            case.ask(session, [read])
        case.save(folder)


if __name__ == "__main__":
    for source in FLOATS + INTEGERS + (tf.bool,):
        write_casts(sys.argv[1], source)
    for source in FLOATS[:2]:
        write_casts(sys.argv[1], source, truncate=True)
    for dtype in SMALL:
        for version in (1, 2):
            write_moved(sys.argv[1], dtype, version)
