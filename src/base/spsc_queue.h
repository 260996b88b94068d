// A queue between two threads: one pushes, one pops. Lock-free and wait-free, of fixed capacity.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>

namespace sage {

template <class T>
class SpscQueue {
 public:
  /// Holds at least `capacity` items. The only allocation there is.
  explicit SpscQueue(std::size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1), items_(std::make_unique<T[]>(mask_ + 1)) {}

  /// False where the queue is full: nothing was pushed.
  bool push(const T& item) noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) > mask_) return false;
    items_[tail & mask_] = item;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  bool pop(T& item) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    item = items_[head & mask_];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }
  /// How many items wait; a snapshot.
  std::size_t size() const noexcept {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire);
  }

 private:
  static constexpr std::size_t kLine = 64;  // bytes that two threads should not share
  const std::size_t mask_;
  std::unique_ptr<T[]> items_;
  alignas(kLine) std::atomic<std::size_t> head_{0};
  alignas(kLine) std::atomic<std::size_t> tail_{0};
};

}  // namespace sage
