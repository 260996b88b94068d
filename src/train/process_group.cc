#include "train/process_group.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#ifdef SAGE_HAS_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef SAGE_HAS_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#endif

namespace sage {

#ifdef SAGE_HAS_GLOO

namespace {

#if TORCH_VERSION_MAJOR >= 2
using Communicator = c10d::Backend;
#else
using Communicator = c10d::ProcessGroup;
#endif

constexpr std::chrono::seconds kMeetingTime{60};

c10::intrusive_ptr<Communicator> connect(const Placement& placement, TrainDevice device) {
  c10d::TCPStoreOptions options;
  options.port = placement.port;
  options.isServer = placement.rank == 0 && !placement.store_is_running;
  options.numWorkers = static_cast<std::size_t>(placement.processes);
  options.waitWorkers = false;
  options.timeout = kMeetingTime;
  const auto tcp = c10::make_intrusive<c10d::TCPStore>(placement.address, options);
  const c10::intrusive_ptr<c10d::Store> store =
      c10::make_intrusive<c10d::PrefixStore>("sage-music", tcp);
#ifdef SAGE_HAS_NCCL
  if (device == TrainDevice::kCuda)
    return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, placement.rank, placement.processes);
#else
  (void)device;
#endif
  // Processes may come late, but a step lasts no half hour: who is silent for so long is lost.
  auto gloo = c10d::ProcessGroupGloo::Options::create(std::chrono::minutes(30));
  gloo->threads = 2;
  // On one machine its own name need not resolve.
  const bool local = placement.address == "127.0.0.1" || placement.address == "localhost";
  gloo->devices.push_back(local ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                : c10d::ProcessGroupGloo::createDefaultDevice());
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, placement.rank, placement.processes,
                                                     gloo);
}

}  // namespace

struct ProcessGroup::Backend {
  c10::intrusive_ptr<Communicator> communicator;

  void reduce(const torch::Tensor& tensor, c10d::ReduceOp::RedOpType operation) const {
    std::vector<torch::Tensor> tensors = {tensor};
    c10d::AllreduceOptions options;
    options.reduceOp = operation;
    communicator->allreduce(tensors, options)->wait();
  }
  void broadcast(const torch::Tensor& tensor) const {
    std::vector<torch::Tensor> tensors = {tensor};
    communicator->broadcast(tensors)->wait();
  }
};

#else

struct ProcessGroup::Backend {};

#endif

torch::Device device_of(const Placement& placement, TrainDevice device) {
  if (device == TrainDevice::kCpu) return torch::kCPU;
  const auto count = std::max<std::size_t>(1, torch::cuda::device_count());
  return {torch::kCUDA,
          static_cast<c10::DeviceIndex>(static_cast<std::size_t>(placement.local_rank) % count)};
}

ProcessGroup::ProcessGroup(const Placement& placement, torch::Device device)
    : placement_(placement), device_(device) {}

Result<ProcessGroup> ProcessGroup::join(const Placement& placement, TrainDevice device) {
  ProcessGroup group(placement, device_of(placement, device));
  if (placement.processes == 1) return group;
#ifndef SAGE_HAS_GLOO
  return fail(ErrorCode::kUnsupported,
              "this program was built without Gloo, and cannot train in several processes; install "
              "libgloo-dev and build it again");
#else
#ifndef SAGE_HAS_NCCL
  if (device == TrainDevice::kCuda)
    return fail(ErrorCode::kUnsupported,
                "this libtorch has no NCCL, and several processes cannot train on GPUs");
#endif
  try {
    group.backend_ = std::make_shared<Backend>(Backend{connect(placement, device)});
    return group;
  } catch (const std::exception&) {
    return fail(ErrorCode::kIo, "process " + std::to_string(placement.rank) + " of " +
                                    std::to_string(placement.processes) +
                                    " could not meet the others at " + placement.address + ":" +
                                    std::to_string(placement.port) +
                                    "; are all started, and is the port free?");
  }
#endif
}

void ProcessGroup::sum([[maybe_unused]] torch::Tensor tensor) const {
#ifdef SAGE_HAS_GLOO
  if (backend_) backend_->reduce(tensor, c10d::ReduceOp::SUM);
#endif
}

void ProcessGroup::broadcast([[maybe_unused]] torch::Tensor tensor) const {
#ifdef SAGE_HAS_GLOO
  if (backend_) backend_->broadcast(tensor);
#endif
}

double ProcessGroup::largest(double value) const {
#ifdef SAGE_HAS_GLOO
  if (backend_) {
    const torch::Tensor shared = torch::full({1}, value, torch::kFloat64).to(device_);
    backend_->reduce(shared, c10d::ReduceOp::MAX);
    return shared.item<double>();
  }
#endif
  return value;
}

}  // namespace sage
