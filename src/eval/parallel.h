// Work over many pieces on a few threads, with progress and a way to stop.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sage {

/// Calls body(i) for every i below `count`, each once, on `threads` threads; `progress` from the
/// calling thread, a few times a second. False when progress asked to stop: what had begun is done,
/// the rest is not. Neither may throw.
template <class Body, class Progress>
bool for_each_piece(std::size_t count, int threads, const Body& body, const Progress& progress) {
  std::atomic<std::size_t> next{0}, done{0};
  std::mutex mutex;
  std::condition_variable changed;
  int running = threads < 1 ? 1 : threads;
  const auto work = [&] {
    for (std::size_t i; (i = next.fetch_add(1)) < count;) {
      body(i);
      done.fetch_add(1);
    }
    const std::lock_guard lock(mutex);
    --running;
    changed.notify_one();
  };
  std::vector<std::thread> team;
  const int size = running;
  for (int k = 0; k < size; ++k) team.emplace_back(work);
  bool stopped = false;
  std::unique_lock lock(mutex);
  while (running > 0) {
    changed.wait_for(lock, std::chrono::milliseconds(200), [&] { return running == 0; });
    lock.unlock();
    if (!stopped && !progress(done.load(), count)) {
      stopped = true;
      next.store(count);
    }
    lock.lock();
  }
  lock.unlock();
  for (std::thread& thread : team) thread.join();
  return done.load() == count;
}

}  // namespace sage
