// Reference variables: when they are read, what their nodes can be fetched as, what writes them.
#include "tests/import_fixture.h"

namespace graphrun {
namespace {

using Values = std::vector<double>;

// A variable v = 10 with its initialiser and its snapshot.
const char* const kVariable =
    "v = VariableV2.f []\n"
    "v/init = Const.f 10\n"
    "v/Assign = Assign.f v v/init validate_shape=true use_locking=true\n"
    "v/read = Identity.f v\n";

TEST(ImportVariables, InitialiseThenTrain) {
  Imported f(std::string(kVariable) +
             "g = Placeholder.f []\nrate = Const.f 0.5\n"
             "train = ApplyGradientDescent.f v rate g\n"
             "y = Neg.f v/read\n");
  EXPECT_EQ(f.CountOnTop("VarHandleOp"), 1);
  const Error e = f.RunError({}, {"y"});
  EXPECT_EQ(e.code(), Code::kFailedPrecondition);
  EXPECT_NE(Text(e).find("v"), std::string::npos);
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.Run({}, {"y", "v", "v/read", "v:0"}), Values({-10, 10, 10, 10}));
  // The read is before the write unless a path leads from the write to it.
  EXPECT_EQ(f.Run({{"g", F(4)}}, {"y"}, {"train"}), Values({-10}));
  EXPECT_EQ(f.Run({}, {"y"}), Values({-8}));
  EXPECT_EQ(f.Run({{"g", F(2)}}, {"train", "train:0"}), Values({7, 7})) << "the value after it";
  EXPECT_EQ(f.Run({}, {"v/Assign"}), Values({10}));
}

TEST(ImportVariables, ReadsAfterWritesByPaths) {
  Imported f(std::string(kVariable) +
             "one = Const.f 1\n"
             "add = AssignAdd.f v one\n"
             "before = Neg.f v/read\n"
             "by_control = Neg.f v/read ^add\n"  // the alias is read when its consumer runs
             "by_data = Neg.f add\n"
             "fresh = Identity.f v ^add\n"
             "late = NoOp ^by_control\n"
             "far = Neg.f v ^late\n");
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.Run({}, {"before", "by_control", "by_data", "fresh", "far"}),
            Values({-10, -11, -11, 11, -11}));
  EXPECT_EQ(f.Run({}, {"before"}), Values({-11})) << "nothing asked for the write";
  // v/read, v/Assign, add and fresh are reads; so is what others get through v/read, and through v,
  // after the write: who feeds one of these feeds no other.
  EXPECT_EQ(f.CountOnTop("ReadVariableOp"), 6);
}

TEST(ImportVariables, AliasesShareMemory) {
  Imported f(std::string(kVariable) +
             "shape = Const.i [1]\none = Const.f 1\n"
             "flat = Reshape.f v/read shape Tshape=DT_INT32\n"
             "stop = StopGradient.f v/read\n"
             "copy = Square.f v/read\n"
             "add = AssignAdd.f v one ^flat ^stop ^copy\n"
             "y = Neg.f flat ^add\n"
             "z = Neg.f stop ^add\n"
             "c = Neg.f copy ^add\n");
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.Run({}, {"y", "z", "c"}), Values({-11, -11, -100}));
}

TEST(ImportVariables, WritesInOrder) {
  Imported f(std::string(kVariable) +
             "two = Const.f 2\n"
             "a = AssignAdd.f v two\n"
             "b = Assign.f v two ^a\n"
             "c = AssignSub.f b two\n"
             "d = AssignAdd.f c two\n"
             "y = Neg.f v ^d\n"
             "mid = Square.f v ^a\n");
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.Run({}, {"y"}), Values({-2}));
  EXPECT_EQ(f.Run({}, {"mid"}), Values({16}));
  // IsVariableInitialized waits for the write whose output it looks at.
  Imported g(std::string(kVariable) + "is = IsVariableInitialized.f v/Assign\n");
  EXPECT_EQ(g.Run({}, {"is"}), Values({1}));
}

TEST(ImportVariables, AssignInALoop) {
  // Each trip adds 1 and reads; the sum of what was read is 11 + 12 + 13.
  Imported f(std::string(kVariable) +
             "n = Placeholder.i []\nzero = Const.f 0\none = Const.f 1\n"
             "w/v = RefEnter.f v frame_name='w' is_constant=true\n"
             "w/add = AssignAdd.f w/v w/step\n"
             "w/step = Const.f 1 ^w/i/in\n"
             "w/get = Identity.f w/v ^w/add\n"
             "w/s/plus = AddV2.f w/s/in w/get\n" +
             CountedLoop("w", "n") + LoopVar("w", "w/s", 'f', "zero", "w/s/plus") +
             "after = Neg.f v ^w/s/exit\n"
             "before = Neg.f v/read\n");
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.CountOnTop("While"), 1);
  EXPECT_EQ(f.Run({{"n", I(3)}}, {"w/s/exit", "after", "before"}), Values({36, -13, -10}));
  EXPECT_EQ(f.Run({{"n", I(0)}}, {"w/s/exit", "after"}), Values({0, -13}));
}

TEST(ImportVariables, ReadInALoopThatDoesNotWrite) {
  Imported f(std::string(kVariable) +
             "n = Placeholder.i []\nzero = Const.f 0\n"
             "w/v = Enter.f v/read frame_name='w' is_constant=true\n"
             "w/s/plus = AddV2.f w/s/in w/v\n" +
             CountedLoop("w", "n") + LoopVar("w", "w/s", 'f', "zero", "w/s/plus"));
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.CountOnTop("ReadVariableOp"), 2) << "v/read and v/Assign";
  EXPECT_EQ(f.Count("ReadVariableOp"), 2) << "none in the body";
  EXPECT_EQ(f.Run({{"n", I(3)}}, {"w/s/exit"}), Values({30}));
}

TEST(ImportVariables, AssignInACond) {
  Imported f(std::string(kVariable) +
             "p = Placeholder.b []\nx = Const.f 3\n"
             "vs = RefSwitch.f v p\nxs = Switch.f x p\n"
             "then = AssignAdd.f vs:1 xs:1\n"
             "get = Identity.f then\n"
             "else = Neg.f xs\n"
             "m = Merge.f else get N=2\n"
             "after = Neg.f v ^m\n");
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.CountOnTop("If"), 1);
  EXPECT_EQ(f.Run({{"p", B(false)}}, {"m", "after"}), Values({-3, -10}));
  EXPECT_EQ(f.Run({{"p", B(true)}}, {"m", "after"}), Values({13, -13}));
}

TEST(ImportVariables, AWriteComesBeforeWhatItsOutputIsFor) {
  // A cond and a loop read and write the variable through the output of an earlier write.
  Imported f(std::string(kVariable) +
             "p = Placeholder.b []\nn = Placeholder.i []\none = Const.f 1\nzero = Const.f 0\n"
             "add = AssignAdd.f v one\n"
             "vs = RefSwitch.f add p\n"
             "then = Square.f vs:1\n"
             "else = Neg.f vs\n"
             "m = Merge.f else then N=2\n"
             "w/v = RefEnter.f add frame_name='w' is_constant=true\n"
             "w/step = Const.f 1 ^w/i/in\n"
             "w/add = AssignAdd.f w/v w/step\n"
             "w/get = Identity.f w/add\n"
             "w/s/plus = AddV2.f w/s/in w/get\n" +
             CountedLoop("w", "n") + LoopVar("w", "w/s", 'f', "zero", "w/s/plus"));
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.Run({{"p", B(true)}}, {"m"}), Values({121}));
  EXPECT_EQ(f.Run({{"p", B(false)}}, {"m"}), Values({-12}));
  EXPECT_EQ(f.Run({{"n", I(2)}}, {"w/s/exit"}), Values({14 + 15}));
}

TEST(ImportVariables, IsVariableInitializedReadsNothing) {
  Imported f(std::string(kVariable) +
             "is = IsVariableInitialized.f v\n"
             "not = LogicalNot is\n");
  EXPECT_EQ(f.Run({}, {"is", "not"}), Values({0, 1}));
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.Run({}, {"is", "not"}), Values({1, 0}));
}

TEST(ImportVariables, AnInitialisationReadsNothing) {
  // initialized_value(): v unless it has none, then its initial value.
  Imported f(std::string(kVariable) +
             "u = VariableV2.f []\n"
             "is = IsVariableInitialized.f v\n"
             "vs = RefSwitch.f v is\nis/f = Switch.b is is\nno = Identity.b is/f:0\n"
             "init = Switch.f v/init is\n"
             "value = Merge.f init vs:1 N=2\n"
             "u/Assign = Assign.f u value\n"
             "u/read = Identity.f u\n");
  EXPECT_EQ(f.Run({}, {"u/Assign"}), Values({10}));
  f.Run({}, {}, {"v/Assign", "u/Assign"});
  EXPECT_EQ(f.Run({}, {"u/read", "v/read"}), Values({10, 10}));
}

TEST(ImportVariables, SlotsAreVariablesToo) {
  Imported f(
      "v = VariableV2.f [2]\nm = VariableV2.f [2]\n"
      "init = Const.f [1,2]\nzero = Const.f [0,0]\n"
      "v/Assign = Assign.f v init\nm/Assign = Assign.f m zero\n"
      "init_all = NoOp ^v/Assign ^m/Assign\n"
      "g = Placeholder.f [2]\nrate = Const.f 0.5\nmomentum = Const.f 0.5\n"
      "train = ApplyMomentum.f v m rate g momentum\n"
      "m/read = Identity.f m ^train\nold = Neg.f m\n");
  f.Run({}, {}, {"init_all"});
  const Tensor g = Tensor::Vector<float>({2, 4});
  EXPECT_EQ(f.Run({{"g", g}}, {"train", "m/read"}), Values({0, 0, 2, 4}));
  EXPECT_EQ(f.Run({{"g", g}}, {"train", "m/read", "old"}), Values({-1.5, -3, 3, 6, -2, -4}));
}

TEST(ImportVariables, ScatterAdd) {
  Imported f(
      "v = VariableV2.f [3]\ninit = Const.f [1,2,3]\nv/Assign = Assign.f v init\n"
      "at = Const.i [2,0]\nby = Const.f [10,20]\n"
      "add = ScatterAdd.f v at by Tindices=DT_INT32\n"
      "y = Neg.f add\n");
  f.Run({}, {}, {"v/Assign"});
  EXPECT_EQ(f.Run({}, {"y"}), Values({-21, -2, -13}));
  EXPECT_EQ(f.Run({}, {"v"}), Values({21, 2, 13}));
}

TEST(ImportVariables, AWriteOfNoVariableIsAnError) {
  Imported f("a = Const.f 1\nb = Assign.f a a\ny = Neg.f a\n");
  EXPECT_EQ(f.Run({}, {"y"}), Values({-1}));
  const Error e = f.RunError({}, {"b"});
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_NE(Text(e).find("'b'"), std::string::npos) << Text(e);
}

}  // namespace
}  // namespace graphrun
