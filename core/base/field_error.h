// FieldError: an error about one field that the caller sets, of a plan or of a request.
#ifndef GRAPHRUN_CORE_BASE_FIELD_ERROR_H_
#define GRAPHRUN_CORE_BASE_FIELD_ERROR_H_

#include <string>
#include <utility>

#include "core/base/error.h"

namespace graphrun {

// "sampler.temperature: 0 is not above 0". Who lets people set the field under another name, as a
// flag, says that name in its place.
class FieldError final : public Error {
 public:
  FieldError(std::string field, std::string problem, Code code = Code::kInvalidArgument)
      : Error(code, field + ": " + problem),
        field_(std::move(field)),
        problem_(std::move(problem)) {}
  const std::string& field() const { return field_; }
  const std::string& problem() const { return problem_; }

 private:
  std::string field_, problem_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_FIELD_ERROR_H_
