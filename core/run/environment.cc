#include "core/run/environment.h"

#include <functional>
#include <random>

#include "core/base/error.h"
#include "core/graph/op_def.h"

namespace graphrun {

RandomStream* Environment::Stream(const std::string& path) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<RandomStream>& stream = streams_[path];
  if (!stream) {
    uint64_t seed = 0, seed2 = 0;
    if (seed_) {
      // A hash of the path that is the same everywhere (FNV-1a), so that each node has a stream of
      // its own.
      seed = static_cast<uint64_t>(*seed_);
      seed2 = 0xcbf29ce484222325u;
      for (unsigned char c : path) seed2 = (seed2 ^ c) * 0x100000001b3u;
    } else {
      std::random_device device;
      seed = static_cast<uint64_t>(device()) << 32 | device();
      seed2 = static_cast<uint64_t>(device()) << 32 | device();
    }
    stream = std::make_unique<RandomStream>(seed, seed2);
  }
  return stream.get();
}

void Environment::CheckTrips(const Node& loop, int64_t trips) const {
  if (!max_steps_ || trips < *max_steps_) return;
  throw Error(Code::kResourceExhausted, "loop '" + loop.name + "' made " + std::to_string(trips) +
                                            " trips, as many as max_steps allows, and is not done");
}

std::string DescribeNode(const Node& node, std::span<Tensor* const> inputs) {
  std::string out = "'" + node.name + "' (" + node.op->name + ")";
  for (size_t i = 0; i < inputs.size(); ++i) {
    out += (i ? ", " : " of ") + std::string(DTypeName(inputs[i]->dtype())) +
           inputs[i]->shape().ToString();
  }
  return out;
}

}  // namespace graphrun
