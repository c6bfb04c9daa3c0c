// graphrun::Error: the one exception type, with a canonical code and a chain of contexts.
#ifndef GRAPHRUN_CORE_BASE_ERROR_H_
#define GRAPHRUN_CORE_BASE_ERROR_H_

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graphrun {

// The canonical codes, with TensorFlow's names and numbers.
enum class Code {
  kCancelled = 1,
  kInvalidArgument = 3,
  kNotFound = 5,
  kAlreadyExists = 6,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kDataLoss = 15,
};

// "INVALID_ARGUMENT" and so on.
std::string_view CodeName(Code code);

// What went wrong in one line, then what was being done, innermost first ("while running 'x'
// (MatMul)").
class Error : public std::exception {
 public:
  Error(Code code, std::string message);
  // INTERNAL: an invariant of our own code does not hold.
  static Error Broken(std::string message);

  // Appends a context; returns *this so that a handler can write `throw e.While(...)`.
  Error& While(std::string context);

  Code code() const { return code_; }
  // Whether it is a fault of ours. Who makes something of an error of a graph or a run throws these
  // on; the code does not tell, since ops of TensorFlow fail with INTERNAL too.
  bool broken() const { return broken_; }
  const std::string& message() const { return message_; }
  const std::vector<std::string>& contexts() const { return contexts_; }
  // CODE: message, then one indented line for each context.
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  Code code_;
  bool broken_ = false;
  std::string message_;
  std::vector<std::string> contexts_;
  std::string what_;
};

// Runs fn; an Error that leaves it gains the context that describe() returns. Costs nothing when
// nothing is thrown.
template <typename Fn, typename Describe>
decltype(auto) WithContext(Describe&& describe, Fn&& fn) {
  try {
    return std::forward<Fn>(fn)();
  } catch (Error& e) {
    e.While(describe());
    throw;
  }
}

[[noreturn]] void ThrowInvalid(std::string message);   // INVALID_ARGUMENT
[[noreturn]] void ThrowNotFound(std::string message);  // NOT_FOUND
[[noreturn]] void ThrowInternal(std::string message);  // Error::Broken

// Checks an invariant of our own code, in release builds too; the message says which.
inline void Check(bool condition, const char* invariant) {
  if (!condition) ThrowInternal(invariant);
}

// Up to three of `candidates` nearest to `name` by edit distance, as "; did you mean 'a', 'b'?", or
// "".
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_ERROR_H_
