// A barrier for threads that meet every few microseconds: spins, and yields when the wait is long,
// as it is when there are more threads than processors.
#pragma once

#include <atomic>
#include <thread>

namespace sage {

class SpinBarrier {
 public:
  /// Returns when `count` threads have arrived; everything that they wrote before is visible then.
  void arrive_and_wait(int count) {
    if (count == 1) return;
    const int phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    for (int spins = 1; phase_.load(std::memory_order_acquire) == phase; ++spins) {
      if (spins % kSpinsBeforeYield == 0) std::this_thread::yield();
#if defined(__x86_64__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      asm volatile("yield");
#endif
    }
  }

 private:
  static constexpr int kSpinsBeforeYield = 2000;

  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<int> phase_{0};
};

}  // namespace sage
