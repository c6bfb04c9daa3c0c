"""Makes cases of variables that have no value yet, with real TensorFlow 2.15 (compat.v1).

    python tests/cases/exact_unset.py OUT_FOLDER

The code of the error depends on the op, and is another one for a reference variable.
"""
import sys

from case_writer import Case, np, tf
from tensorflow.python.framework import op_def_registry

RAW = tf.raw_ops
CASES = {}


def case(build):
    CASES[build.__name__] = build
    return build


def write(name, build, folder):
    """The ops of `build` before any variable has a value, and after each has got one."""
    with tf.Graph().as_default():
        runs, setters = build()
        made = Case(name)
        with tf.Session() as session:
            for setter in [None] + setters:
                if setter is not None:
                    made.ask(session, targets=[setter])
                for fetches, targets in runs:
                    made.ask(session, fetches, targets=targets)
    made.save(folder)


def fed(value):
    """Not a constant, which TensorFlow would look at beforehand."""
    value = np.asarray(value)
    return tf.placeholder_with_default(value.astype(np.float32) if value.dtype.kind == "f" else value.astype(np.int32), value.shape)


@case
def unset_resource():
    h = RAW.VarHandleOp(dtype=tf.float32, shape=[3], shared_name="h")
    one, row = fed([0]), fed([1.0])
    runs = [([RAW.ReadVariableOp(resource=h, dtype=tf.float32)], []), ([RAW.VarIsInitializedOp(resource=h)], []),
            ([RAW.VariableShape(input=h)], []), ([RAW.ResourceGather(resource=h, indices=one, dtype=tf.float32)], [])]
    writes = [RAW.AssignAddVariableOp(resource=h, value=fed([1.0, 2.0, 3.0])),
              RAW.AssignSubVariableOp(resource=h, value=fed([1.0, 2.0, 3.0])),
              RAW.ResourceScatterAdd(resource=h, indices=fed([7]), updates=row)]
    for kind in ("Update", "Add", "Sub", "Mul", "Div", "Min", "Max"):
        writes.append(getattr(RAW, "ResourceScatter" + kind)(resource=h, indices=one, updates=row))
    for kind in ("Update", "Add", "Sub", "Min", "Max"):
        writes.append(getattr(RAW, "ResourceScatterNd" + kind)(ref=h, indices=fed([[0]]), updates=row))
    writes.append(RAW.ResourceScatterAdd(resource=h, indices=fed(np.zeros(0, int)), updates=fed(np.zeros(0, float))))
    runs += [([], [w]) for w in writes]
    gone = RAW.DestroyResourceOp(resource=h, ignore_lookup_error=False)
    return runs + [([], [gone]), ([], [gone])], [RAW.AssignVariableOp(resource=h, value=fed([1.0, 2.0, 3.0]))]


def apply_ops(sparse):
    """One of each optimizer's op, on handles of its own for the number of slots."""
    shape = [2, 2] if sparse else [2]
    handles = [RAW.VarHandleOp(dtype=tf.float32, shape=shape, shared_name="slot%d" % k) for k in range(4)]
    setters = [RAW.AssignVariableOp(resource=h, value=np.ones(shape, np.float32)) for h in handles]
    runs = []
    for name in sorted(dir(RAW)):
        if not name.startswith("ResourceSparseApply" if sparse else "ResourceApply") or name.endswith("DA"):
            continue
        slots, args = iter(handles), {}
        for arg in op_def_registry.get(name).input_arg:
            if arg.type == tf.resource.as_datatype_enum:
                args[arg.name] = next(slots)
            elif arg.name in ("grad", "delta"):
                args[arg.name] = fed([[0.5, 1.0]] if sparse else [0.5, 1.0])
            elif arg.name == "lr_power":
                args[arg.name] = fed(-0.5)
            else:
                args[arg.name] = fed([1]) if arg.name == "indices" else fed(0.5)
        runs.append(([], [getattr(RAW, name)(**args)]))
    return runs, setters


@case
def unset_slots():
    return apply_ops(sparse=False)


@case
def unset_slots_of_rows():
    return apply_ops(sparse=True)


def reference(name, **more):
    return tf.Variable(np.ones(3, np.float32), name=name, use_resource=False, collections=[], **more)


@case
def unset_reference():
    v, m = reference("v"), reference("m")
    ref, slot = v._ref(), m._ref()
    row, grad = fed([1.0]), fed([1.0, 2.0, 3.0])
    writes = [tf.assign_add(v, grad), tf.assign_sub(v, grad), tf.scatter_add(v, [0], row), tf.scatter_update(v, [0], row),
              tf.scatter_mul(v, [0], row), tf.scatter_nd_add(v, [[0]], row), tf.scatter_nd_update(v, [[0]], row),
              RAW.ApplyGradientDescent(var=ref, alpha=fed(0.5), delta=grad),
              RAW.ApplyMomentum(var=ref, accum=slot, lr=fed(0.5), grad=grad, momentum=fed(0.5)),
              RAW.ApplyAdagrad(var=ref, accum=slot, lr=fed(0.5), grad=grad),
              RAW.SparseApplyMomentum(var=ref, accum=slot, lr=fed(0.5), grad=row, indices=fed([0]), momentum=fed(0.5))]
    reads = [tf.gather(v, [0]), v.value() + 1.0, tf.is_variable_initialized(v)]
    return [([], [w.op]) for w in writes] + [([r], []) for r in reads] + [([writes[0]], [])], [v.initializer, m.initializer]


@case
def shape_of_an_unset_reference():
    """The shape that the node declares needs no value; that of a read of it does."""
    v, w = reference("v"), reference("w", validate_shape=False)
    p = tf.placeholder_with_default(True, [])
    fetches = []
    for ref in (v._ref(), w._ref()):
        shape = RAW.Shape(input=ref)
        fetches += [shape, RAW.Size(input=ref), RAW.Rank(input=ref), shape + 1, tf.fill(shape, 2.0),
                    RAW.Shape(input=RAW.Identity(input=ref)), RAW.Shape(input=RAW.RefIdentity(input=ref)),
                    RAW.Shape(input=ref + 1.0), tf.cond(p, lambda: RAW.Shape(input=ref), lambda: tf.constant([1])),
                    RAW.Shape(input=tf.assign_add(ref, [1.0, 2.0, 3.0]))]
        with tf.control_dependencies([ref]):
            fetches.append(tf.add(1.0, 2.0))
    targets = [shape.op, RAW.Rank(input=v._ref()).op, RAW.Identity(input=v._ref()).op]
    return [([f], []) for f in fetches] + [([], [t]) for t in targets], [v.initializer, w.initializer]


if __name__ == "__main__":
    for case_name, program in CASES.items():
        write(case_name, program, sys.argv[1])
