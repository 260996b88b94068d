// Memory for packed operands, and libtorch's bfloat16 as the kernels': what the files of tile_ops.h
// share.
#pragma once

#include <cstdint>
#include <memory>
#include <new>

#include "kernels/tile_kernels.h"
#include "ops/torch_compat.h"

namespace sage::ops::tiled {

/// Uninitialised, at a multiple of a cache line.
template <class T>
class LineMemory {
 public:
  explicit LineMemory(std::int64_t count)
      : memory_(
            static_cast<T*>(::operator new(static_cast<std::size_t>(count) * sizeof(T), kLine))) {}
  T* get() const { return memory_.get(); }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Free {
    void operator()(T* memory) const { ::operator delete(memory, kLine); }
  };
  std::unique_ptr<T, Free> memory_;
};

/// Of an operand of `outer` rows or columns by `inner`.
struct TileMemory : LineMemory<Bf16> {
  TileMemory(std::int64_t outer, std::int64_t inner) : LineMemory(packed_size(outer, inner)) {}
};

inline Bf16* halves(const torch::Tensor& x) { return reinterpret_cast<Bf16*>(x.data_ptr()); }

}  // namespace sage::ops::tiled
