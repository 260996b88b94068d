// The trainer's own operations use every thread they are given. Compares the processor time of the
// threads of one operation, not speed: a busy machine does not change it.
#include <gtest/gtest.h>
#include <time.h>

#include <thread>

#include "ops/torch_ops.h"

namespace sage {
namespace {

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

TEST(Threads, OperationsShareTheirWork) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one processor";
  torch::NoGradGuard no_gradient;
  const int before = torch::get_num_threads();
  torch::set_num_threads(2);
  const torch::Tensor x = torch::randn({4096, 1024}), weight = torch::ones({1024});
  const auto run = [&] { ops::rms_norm(x, weight, 1e-5, torch::kFloat32); };
  run();  // starts the threads
  const double all = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  const double own = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  while (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - all < 0.5) run();
  const double total = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - all;
  const double share = (seconds_of(CLOCK_THREAD_CPUTIME_ID) - own) / total;
  torch::set_num_threads(before);
  EXPECT_LT(share, 0.8) << "the calling thread did nearly all of the work";
}

}  // namespace
}  // namespace sage
