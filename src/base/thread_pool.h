// Fork-join over a fixed team of threads, for work that lasts microseconds.
//
// Workers spin briefly between jobs and then sleep, so a decode loop pays no wake-up and an idle
// program uses no processor. One job at a time; the calling thread takes part as index 0.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace sage {

class ThreadPool {
 public:
  /// A team of `threads` in all, the caller included; 1 starts none.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls body(index, size()) on every thread of the team and returns when all have finished.
  /// The body must not throw. Allocates nothing.
  template <class Body>
  void run(const Body& body) {
    if (workers_.empty()) {
      body(0, 1);
      return;
    }
    start([](const void* b, int index, int count) { (*static_cast<const Body*>(b))(index, count); },
          &body);
  }

 private:
  using Call = void (*)(const void* body, int index, int count);
  void start(Call call, const void* body);
  void work(int index);

  std::vector<std::thread> workers_;
  Call call_ = nullptr;
  const void* body_ = nullptr;
  alignas(64) std::atomic<std::uint64_t> epoch_{0};
  alignas(64) std::atomic<int> pending_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace sage
