// What this machine can do: the roof over the rates of a profile.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_MACHINE_RATES_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_MACHINE_RATES_H_

#include <utility>
#include <vector>

namespace graphrun {

// Measured in about half a second, with the threads that the calling thread may use.
class MachineRates {
 public:
  MachineRates();
  double flops() const { return flops_; }  // a second, of a large product in float32
  // Bytes a second, read and written, of copying so much that `bytes` are read and written: caches
  // are faster than memory.
  double bandwidth(double bytes) const;
  double cache_bandwidth() const;   // the fastest
  double memory_bandwidth() const;  // of the largest copy
  // The least time of work that has `flops` operations and moves `bytes`.
  double Roof(double flops, double bytes) const;

 private:
  double flops_ = 0;
  std::vector<std::pair<double, double>> copies_;  // bytes -> rate, rising
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_MACHINE_RATES_H_
