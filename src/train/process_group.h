// The processes that train one model together, each with a copy of it: libtorch's c10d, over Gloo
// (CPU) or NCCL (GPU). Internal to train.
//
// A group of one does nothing, and does it on every build. All calls block until every process has
// made them, in the same order; one that is lost makes the others throw std::runtime_error.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "ops/torch_compat.h"
#include "train/train_options.h"

namespace sage {

/// Where a process computes.
torch::Device device_of(const Placement& placement, TrainDevice device);

class ProcessGroup {
 public:
  /// Meets the other processes at the address of the placement. Fails where they do not come within
  /// a minute, and where this build has no backend for the device.
  static Result<ProcessGroup> join(const Placement& placement, TrainDevice device);

  int rank() const { return placement_.rank; }
  int size() const { return placement_.processes; }
  bool is_first() const { return placement_.rank == 0; }

  /// The sum over all processes, in place.
  void sum(torch::Tensor tensor) const;
  /// The first process's value, in place.
  void broadcast(torch::Tensor tensor) const;
  /// The largest of all processes' values.
  double largest(double value) const;

 private:
  struct Backend;
  ProcessGroup(const Placement& placement, torch::Device device);

  Placement placement_;
  torch::Device device_;
  std::shared_ptr<Backend> backend_;  // null in a group of one
};

}  // namespace sage
