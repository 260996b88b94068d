#include "base/thread_pool.h"

#include "base/relax.h"

namespace sage {
namespace {

// About 20-50 microseconds: longer than the gap between two matrix products of one decode step.
constexpr int kSpins = 4000;

}  // namespace

ThreadPool::ThreadPool(int threads) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_.store(true);
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::start(Call call, const void* body) {
  call_ = call;
  body_ = body;
  pending_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard lock(mutex_);
    wake_.notify_all();
  }
  call(body, 0, size());
  // Yield now and then: with more threads than processors a worker may need ours.
  for (int spin = 0; pending_.load(std::memory_order_acquire) > 0; ++spin) {
    if (spin % kSpins == kSpins - 1) std::this_thread::yield();
    relax();
  }
}

void ThreadPool::work(int index) {
  std::uint64_t seen = 0;
  for (;;) {
    for (int spin = 0; epoch_.load(std::memory_order_acquire) == seen; ++spin) {
      if (spin < kSpins) {
        relax();
        if (!stop_.load(std::memory_order_relaxed)) continue;
      }
      std::unique_lock lock(mutex_);
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return stop_.load() || epoch_.load() != seen; });
      sleeping_.fetch_sub(1, std::memory_order_relaxed);
      if (stop_.load()) return;
    }
    ++seen;
    call_(body_, index, size());
    pending_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace sage
