// A bounded queue from one thread to another: neither side waits, locks or allocates.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace sage::plugin {

template <class T, std::size_t kCapacity>
class SpscQueue {
 public:
  /// False where it is full.
  bool push(const T& value) noexcept {
    const std::size_t at = written_.load(std::memory_order_relaxed);
    if (at - read_.load(std::memory_order_acquire) == kCapacity) return false;
    values_[at % kCapacity] = value;
    written_.store(at + 1, std::memory_order_release);
    return true;
  }

  /// False where it is empty.
  bool pop(T& value) noexcept {
    const std::size_t at = read_.load(std::memory_order_relaxed);
    if (at == written_.load(std::memory_order_acquire)) return false;
    value = values_[at % kCapacity];
    read_.store(at + 1, std::memory_order_release);
    return true;
  }

 private:
  std::array<T, kCapacity> values_{};
  alignas(64) std::atomic<std::size_t> written_{0};
  alignas(64) std::atomic<std::size_t> read_{0};
};

}  // namespace sage::plugin
