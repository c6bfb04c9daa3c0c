// FlushDenormals: floating-point numbers below the smallest normal one count as zero.
#ifndef GRAPHRUN_CORE_BASE_DENORMALS_H_
#define GRAPHRUN_CORE_BASE_DENORMALS_H_

namespace graphrun {

// While it lives, the calling thread and the workers of its ParallelFor loops take and give zero
// for denormal numbers, as TensorFlow's threads do: the reciprocal of one is infinite, and none
// slows a loop down. Copies keep their bits. Does nothing on other processors than x86.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

  // Whether the calling thread does, and a worker's change to its caller's mode: a few cycles.
  static bool Active();
  static void Follow(bool active);
  // Before a library's own parallel loop: changes workers of this thread that do not flush, since
  // they were started before it did or had a part in a ParallelFor since. Later ones inherit its
  // mode. Takes a parallel loop when there may be such workers, else nothing.
  static void ChangeWorkers();

 private:
  unsigned before_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_DENORMALS_H_
