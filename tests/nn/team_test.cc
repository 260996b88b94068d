// Every item of every step once, steps in their order, whoever takes part.
#include "nn/team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace sage::test {
namespace {

/// Each item adds one to its cell, and demands that all of the step before is done.
struct Counting {
  explicit Counting(int step_count, int most)
      : most_items(most), done(static_cast<std::size_t>(step_count)) {
    for (int step = 0; step < step_count; ++step)
      cells.emplace_back(static_cast<std::size_t>(items(step)));
  }
  int items(int step) const { return (step * 7 + 3) % (most_items + 1); }  // none at times
  void run(int step, int item, int thread) {
    ++cells[static_cast<std::size_t>(step)][static_cast<std::size_t>(item)];
    if (thread < 0 || thread >= threads) early = true;
    if (step > 0 && done[static_cast<std::size_t>(step - 1)].load() != items(step - 1))
      early = true;
    ++done[static_cast<std::size_t>(step)];
  }

  int most_items, threads = 1;
  std::vector<std::vector<int>> cells;
  std::vector<std::atomic<int>> done;
  std::atomic<bool> early{false};
};

TEST(Team, DoesEveryItemOnceAndStepsInOrder) {
  for (const int threads : {1, 2, 3, 5}) {
    Team team(threads);
    EXPECT_EQ(team.size(), threads);
    for (int round = 0; round < 200; ++round) {
      const int steps = 1 + round % 13;
      Counting job(steps, 1 + round % 9);
      job.threads = threads;
      team.run(job, steps);
      EXPECT_FALSE(job.early);
      for (int step = 0; step < steps; ++step)
        for (const int count : job.cells[static_cast<std::size_t>(step)]) ASSERT_EQ(count, 1);
    }
  }
}

TEST(Team, AJobWithoutItemsIsDone) {
  Team team(2);
  struct {
    int items(int) { return 0; }
    void run(int, int, int) {}
  } nothing;
  for (int i = 0; i < 100; ++i) team.run(nothing, 5);
}

TEST(Team, TakesTurnsWithASleep) {
  Team team(2);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the worker is asleep by now
    Counting job(20, 6);
    job.threads = 2;
    team.run(job, 20);
    EXPECT_EQ(job.done.back(), job.items(19));
  }
}

}  // namespace
}  // namespace sage::test
