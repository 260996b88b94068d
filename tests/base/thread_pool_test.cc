#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

namespace sage {
namespace {

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, EveryIndexRunsOnceAJob) {
  ThreadPool pool(GetParam());
  ASSERT_EQ(pool.size(), GetParam());
  std::vector<int> runs(static_cast<std::size_t>(pool.size()));
  for (int job = 1; job <= 2000; ++job) {
    pool.run([&](int index, int count) {
      if (count == pool.size()) ++runs[static_cast<std::size_t>(index)];
    });
    for (const int n : runs) ASSERT_EQ(n, job);
  }
}

TEST_P(ThreadPoolTest, ResultsAreSeenByTheCaller) {
  ThreadPool pool(GetParam());
  std::vector<std::int64_t> values(10'000);
  std::iota(values.begin(), values.end(), 0);
  std::vector<std::int64_t> sums(static_cast<std::size_t>(pool.size()));
  pool.run([&](int index, int count) {
    for (std::size_t i = static_cast<std::size_t>(index); i < values.size();
         i += static_cast<std::size_t>(count))
      sums[static_cast<std::size_t>(index)] += values[i];
  });
  EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), std::int64_t{0}), 49'995'000);
}

TEST_P(ThreadPoolTest, WorkersThatSleepWakeUp) {
  ThreadPool pool(GetParam());
  for (int job = 0; job < 3; ++job) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    std::atomic<int> ran{0};
    pool.run([&](int, int) { ++ran; });
    EXPECT_EQ(ran.load(), pool.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolTest, testing::Values(1, 2, 3, 8));

TEST(ThreadPool, AnIdlePoolStopsAtOnce) {
  for (int i = 0; i < 50; ++i) ThreadPool pool(3);
}

}  // namespace
}  // namespace sage
