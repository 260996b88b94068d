// Memory for numbers: aligned to a cache line, uninitialised, of fixed size. Pages that nobody has
// written to cost no physical memory, so it may be sized for the worst case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sage {

class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedBuffer() = default;
  /// Large ones ask the system for huge pages: weights and caches are read from end to end for
  /// every token, and would not fit the translation buffer in small ones.
  explicit AlignedBuffer(std::size_t bytes);
  static AlignedBuffer floats(std::size_t count) { return AlignedBuffer(count * sizeof(float)); }

  std::uint8_t* bytes() const { return data_.get(); }
  float* as_floats() const { return reinterpret_cast<float*>(data_.get()); }

 private:
  struct Free {
    std::size_t alignment;
    void operator()(std::uint8_t* p) const;
  };
  std::unique_ptr<std::uint8_t[], Free> data_;
};

}  // namespace sage
