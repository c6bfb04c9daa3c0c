// SourceLocation: where a function was called, as std::source_location, which clang 14 lacks.
#ifndef GRAPHRUN_CORE_BASE_SOURCE_LOCATION_H_
#define GRAPHRUN_CORE_BASE_SOURCE_LOCATION_H_

namespace graphrun {

// As a default argument, Current() is the caller's place.
struct SourceLocation {
  static constexpr SourceLocation Current(const char* file = __builtin_FILE(),
                                          int line = __builtin_LINE()) {
    return {file, line};
  }
  const char* file;
  int line;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_SOURCE_LOCATION_H_
