// A fixed team of threads that goes through the steps of a job together, step after step, tens of
// thousands of times a second.
//
// A step has items, which whoever is free claims one by one; the step ends when all are finished.
// No thread has to be there: where the machine runs other programs on our processors, the others,
// or the caller alone, do the work of the one that waits for its turn. Between jobs the team spins
// briefly and then sleeps. One job at a time; knows nothing of what the items are.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace sage {

class Team {
 public:
  /// A team of `threads` in all, the caller included; 1 starts none.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  static constexpr int kMaxItems = (1 << 12) - 1;

  /// Runs steps 0 to `steps` - 1 of a job and returns when all are done. job.items(step) says how
  /// many items a step has, 0 to kMaxItems, and is asked once, when all before it is done;
  /// job.run(step, item, thread) does one. What an item writes is visible to all later steps.
  /// Neither may throw. Allocates nothing.
  template <class Job>
  void run(Job& job, int steps) {
    go({[](void* j, int step) { return static_cast<Job*>(j)->items(step); },
        [](void* j, int step, int item, int thread) {
          static_cast<Job*>(j)->run(step, item, thread);
        },
        &job, steps});
  }

 private:
  struct Job {
    int (*items)(void* job, int step) = nullptr;
    void (*run)(void* job, int step, int item, int thread) = nullptr;
    void* object = nullptr;
    int steps = 0;
  };

  void go(const Job& job);
  void go_alone();
  void work(int thread);
  bool claim(std::uint64_t state, int thread);
  std::uint64_t at(std::uint64_t step);

  std::vector<std::thread> workers_;
  Job job_;
  std::uint64_t first_ = 0;  // number of the job's first step
  int alone_ = 0;            // jobs that the caller does without the others, see go()
  // The step at hand, counted through all jobs, its items, and how many of them are claimed.
  alignas(64) std::atomic<std::uint64_t> state_{0};
  alignas(64) std::atomic<int> finished_{0};  // items of that step
  alignas(64) std::atomic<int> sleeping_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace sage
