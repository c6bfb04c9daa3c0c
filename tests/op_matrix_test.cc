// The matrix of ops (op_matrix.h): planned and interpreted answers are equal, and those that
// TensorFlow gave.
#include "tests/op_matrix.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "ops/register_all.h"
#include "proto/meta_graph.pb.h"
#include "tests/paths.h"

#if defined(__SANITIZE_ADDRESS__)
// As the limit below, which the address sanitizer's own memory exceeds.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1:max_allocation_size_mb=1024";
}
constexpr bool kLimitMemory = false;
#else
constexpr bool kLimitMemory = true;
#endif

namespace graphrun::test {
namespace {

std::set<std::string> OpsOfTheTable() {
  std::set<std::string> ops;
  for (const OpCase& c : AllOpCases().cases) ops.insert(c.op);
  return ops;
}

// Calls fn(change, way) for all questions to a base, in the order of the recorded answers.
template <typename Fn>
void ForQuestions(const MatrixBase& base, const Fn& fn) {
  for (const Change& change : Changes(base)) {
    for (const Given given : WaysToGive(change)) fn(change, given);
  }
}

// ---- What TensorFlow answered -------------------------------------------------------------------

using Recorded = std::map<std::string, std::vector<std::string>>;  // by name of a base

// Lines "0-3 7<tab>answer" below each name; see op_matrix.py.
Recorded ReadRecorded(std::istream& in) {
  Recorded recorded;
  std::vector<std::string>* answers = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line[0] != '\t') {
      answers = &recorded[line];
      continue;
    }
    const size_t tab = line.find('\t', 1);
    std::istringstream ranges(line.substr(1, tab - 1));
    for (std::string range; ranges >> range;) {
      const size_t dash = range.find('-');
      const size_t first = std::stoul(range);
      const size_t last = dash == range.npos ? first : std::stoul(range.substr(dash + 1));
      if (answers->size() <= last) answers->resize(last + 1);
      for (size_t i = first; i <= last; ++i) (*answers)[i] = line.substr(tab + 1);
    }
  }
  return recorded;
}

const Recorded& TensorFlow() {
  static const Recorded* const kRecorded = [] {
    std::ifstream in(std::string(kSourceDir) + "/tests/golden/op_matrix.txt");
    return new Recorded(ReadRecorded(in));
  }();
  return *kRecorded;
}

// What was recorded for a base; nothing when the base is another one by now.
const std::vector<std::string>* AnswersTo(const MatrixBase& base) {
  const auto it = TensorFlow().find(RecordedName(base));
  return it == TensorFlow().end() ? nullptr : &it->second;
}

// ---- Agreement ----------------------------------------------------------------------------------

// Where we mean to answer otherwise than TensorFlow 2.15.
struct Difference {
  const char* op;      // the beginning of its name
  const char* change;  // a part of the change's name; "": any
  const char* why;
};
constexpr Difference kDifferences[] = {
    {"DenseBincount", "in0", "lets the lowest number pass, and -1 ends its process"},
    {"DynamicStitch", "", "leaves rows that nobody names as memory was"},
    {"InvGrad", "[1,3,7]", "compares numbers of elements, not shapes"},
    {"MatrixBandPart", "= min", "negates the lowest number"},
    {"MirrorPadGrad", "0", "refuses to pad an empty tensor by nothing"},
    {"Multinomial", "", "draws other numbers for each way to share the work"},
    {"ParallelDynamicStitch", "", "leaves rows that nobody names as memory was"},
    {"Polygamma", "in0[all] = inf", "casts infinity to an integer"},
    {"Qr", "in0 [3,2]", "has another rounding in what is zero, which decides the sign"},
    {"ReciprocalGrad", "[1,3,7]", "compares numbers of elements, not shapes"},
    {"ResourceGather", "", "reads beyond params when batch dimensions differ"},
    {"ResourceSparseApply", ",2]", "compares the gradient's first dimensions only"},
    {"RsqrtGrad", "[1,3,7]", "compares numbers of elements, not shapes"},
    {"SigmoidGrad", "[1,3,7]", "compares numbers of elements, not shapes"},
    {"SqrtGrad", "[1,", "compares numbers of elements, not shapes"},
    {"Stateless", "in2 [1]", "reads beyond a counter of one element"},
    {"TanhGrad", "[1,3,7]", "compares numbers of elements, not shapes"},
    {"TensorListElementShape", "", "knows of a list's elements only what was declared"},
    {"TensorListScatterIntoExistingList", "", "stacks elements that were never set as memory was"},
    {"TopKV2", "nan", "compares with NaN as it comes"},
};

bool MeantToDiffer(const std::string& op, const Change& change) {
  return std::ranges::any_of(kDifferences, [&](const Difference& d) {
    return op.starts_with(d.op) && change.name.find(d.change) != change.name.npos;
  });
}

bool Accepted(const std::string& answer) {
  return answer == "OK" || answer.find('[') != answer.npos;
}

// `theirs` are its answers to one change in all ways to give it.
bool Agrees(const std::string& ours, const std::string& theirs, const Change& change,
            const std::set<std::string>& theirs_otherwise) {
  const bool refused = !Accepted(ours);
  // It ended, gave up after a while, or has the op no more.
  if (theirs == "CRASH" || theirs == "DEADLINE_EXCEEDED" || theirs == "UNIMPLEMENTED") return true;
  // A type that we do not have in this place, whether TensorFlow has it or not.
  if (ours == "UNIMPLEMENTED") return theirs == "INVALID_ARGUMENT" || change.of_type;
  // What is too much depends on the memory.
  if (refused && (ours == "RESOURCE_EXHAUSTED" || theirs == "RESOURCE_EXHAUSTED")) {
    return !Accepted(theirs);
  }
  if (theirs == "INTERNAL") return refused;
  // Its kernel does not check what its shape function does, or the other way round.
  return std::ranges::any_of(theirs_otherwise,
                             [&](const std::string& other) { return SameAnswer(ours, other); });
}

class Counts {
 public:
  void Add(const std::string& ours, bool recorded) {
    ++by_status_[Accepted(ours) ? "OK" : ours];
    ++questions_;
    recorded_ += recorded;
  }
  void Print(const std::string& what) const {
    std::cout << "[ counts   ] " << what << ": " << questions_ << " questions, " << recorded_
              << " recorded;";
    for (const auto& [status, n] : by_status_) std::cout << " " << status << " " << n;
    std::cout << std::endl;
  }
  int questions() const { return questions_; }

 private:
  std::map<std::string, int> by_status_;
  int questions_ = 0, recorded_ = 0;
};

// Prints the counts of all ops that this process tried.
class AllCounts : public testing::Environment {
 public:
  static Counts& Get() {
    static Counts counts;
    return counts;
  }
  void TearDown() override {
    if (Get().questions() > 0) Get().Print("all ops");
  }
};
const auto* const kAllCounts = testing::AddGlobalTestEnvironment(new AllCounts);

class OpMatrix : public testing::TestWithParam<std::string> {
 protected:
  // What asks for more than a gigabyte is refused, by TensorFlow too when its answers were
  // recorded.
  void SetUp() override {
    if (!kLimitMemory) return;
    getrlimit(RLIMIT_AS, &before_);
    rlimit limit = before_;
    std::ifstream statm("/proc/self/statm");
    rlim_t pages = 0;
    statm >> pages;
    limit.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (rlim_t{1} << 30);
    setrlimit(RLIMIT_AS, &limit);
  }
  void TearDown() override {
    if (kLimitMemory) setrlimit(RLIMIT_AS, &before_);
  }

 private:
  rlimit before_{};
};

TEST_P(OpMatrix, AnswersAsTensorFlow) {
  Counts counts;
  for (const MatrixBase& base : Bases(GetParam())) {
    const std::vector<std::string>* recorded = AnswersTo(base);
    size_t number = 0;
    for (const Change& change : Changes(base)) {
      const std::vector<Given> ways = WaysToGive(change);
      std::set<std::string> theirs_of_all_ways;
      if (recorded) {
        for (size_t i = 0; i < ways.size(); ++i) theirs_of_all_ways.insert((*recorded)[number + i]);
      }
      for (const Given given : ways) {
        const Question question = Ask(base, change, given);
        const std::string where = base.name + ", " + change.name + ", " + Name(given);
        const std::string planned = Answer(question, /*interpret=*/false);
        const std::string interpreted = Answer(question, /*interpret=*/true);
        EXPECT_TRUE(SameAnswer(planned, interpreted))
            << where << "\n  planned      " << planned << "\n  interpreted  " << interpreted;
        const bool broken = planned.starts_with("INTERNAL");
        EXPECT_TRUE(!broken || (recorded && (*recorded)[number] == planned))
            << where << ": " << planned;
        if (recorded) {
          EXPECT_TRUE(Agrees(planned, (*recorded)[number], change, theirs_of_all_ways) ||
                      MeantToDiffer(base.op, change))
              << where << "\n  here        " << planned << "\n  TensorFlow  "
              << (*recorded)[number];
        }
        counts.Add(planned, recorded != nullptr);
        AllCounts::Get().Add(planned, recorded != nullptr);
        ++number;
      }
    }
  }
  counts.Print(GetParam());
}

std::string OpName(const testing::TestParamInfo<std::string>& tested) { return tested.param; }

INSTANTIATE_TEST_SUITE_P(Op, OpMatrix, testing::ValuesIn(OpsOfTheTable()), OpName);

TEST(OpMatrixTable, EveryOpHasAnAcceptedBase) {
  for (const std::string& op : OpsOfTheTable()) {
    bool accepted = false;
    for (const MatrixBase& base : Bases(op)) {
      const auto* recorded = AnswersTo(base);
      accepted = accepted || (recorded && Accepted(recorded->front()));
    }
    const bool gone = op == "TopK";  // TensorFlow has no kernel for it any more
    EXPECT_TRUE(accepted || gone) << op << ": no row was recorded; see cases/op_matrix.py";
  }
}

// For cases/op_matrix.py: one case for each question, with its length before it.
TEST(OpMatrixTable, WritesItsQuestions) {
  const char* path = std::getenv("GRAPHRUN_MATRIX");
  if (path == nullptr) GTEST_SKIP() << "GRAPHRUN_MATRIX names no file";
  std::ofstream out(path, std::ios::binary);
  for (const std::string& op : OpsOfTheTable()) {
    for (const MatrixBase& base : Bases(op)) {
      const std::string recorded_name = RecordedName(base);
      ForQuestions(base, [&](const Change& change, Given given) {
        const Question question = Ask(base, change, given);
        pb::MetaGraphDef meta;
        *meta.mutable_graph_def() = question.graph;
        Case c{.name = recorded_name + "\t" + change.name + "\t" + Name(given),
               .meta_graph = meta.SerializeAsString()};
        CaseRun run{.feeds = question.feeds};
        for (const std::string& name : question.fetches) {
          if (name.find(':') == name.npos) {
            run.targets.push_back(name);
          } else {
            run.fetches.push_back({name, {}});
          }
        }
        c.runs.push_back(run);
        const std::string bytes = SerializeCase(c);
        for (size_t n = bytes.size();; n >>= 7) {
          out.put(static_cast<char>(n > 127 ? (n & 127) | 128 : n));
          if (n <= 127) break;
        }
        out << bytes;
      });
    }
  }
}

}  // namespace
}  // namespace graphrun::test
