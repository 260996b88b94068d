// Tiles in plain loops: the truth that the other sets are compared with.
#include <algorithm>

#include "kernels/tile_kernels.h"

namespace sage {
namespace {

/// Element (o, k) of a packed operand, whichever way its tiles are laid out: both ways keep pairs
/// of inner elements together.
std::int64_t left_place(std::int64_t o, std::int64_t k) { return o * kTileInner + k; }
std::int64_t right_place(std::int64_t o, std::int64_t k) {
  return k / 2 * (2 * kTileOuter) + 2 * o + k % 2;
}

template <class Place>
Bf16& element(Bf16* packed, std::int64_t inner, std::int64_t o, std::int64_t k, Place place) {
  const std::int64_t inner_tiles = (inner + kTileInner - 1) / kTileInner;
  const std::int64_t tile = o / kTileOuter * inner_tiles + k / kTileInner;
  return packed[tile * kTileOuter * kTileInner + place(o % kTileOuter, k % kTileInner)];
}

template <class Place>
void pack(const PackArgs& args, Place place) {
  std::fill_n(args.to, packed_size(args.outer, args.inner), Bf16{0});
  for (std::int64_t o = 0; o < args.outer; ++o)
    for (std::int64_t k = 0; k < args.inner; ++k) {
      std::int64_t row = args.stored == Stored::kByOuter ? o : k;
      const std::int64_t column = args.stored == Stored::kByOuter ? k : o;
      if (args.index != nullptr) row = args.index[row];
      const std::int64_t at = row * args.stride + column;
      element(args.to, args.inner, o, k, place) =
          args.type == DType::kF32 ? to_bf16(static_cast<const float*>(args.from)[at])
                                   : static_cast<const Bf16*>(args.from)[at];
    }
}

void pack_left(const PackArgs& args) noexcept { pack(args, left_place); }
void pack_right(const PackArgs& args) noexcept { pack(args, right_place); }

void product(const TileProductArgs& args) noexcept {
  auto* left = const_cast<Bf16*>(args.left);  // element() serves writers, too
  auto* right = const_cast<Bf16*>(args.right);
  const std::int64_t right_inner = std::max(args.inner, args.right_inner);
  for (std::int64_t i = 0; i < args.rows; ++i)
    for (std::int64_t j = 0; j < args.columns; ++j) {
      float sum = 0;
      for (std::int64_t k = 0; k < args.inner; ++k)
        sum += to_float(element(left, args.inner, i, k, left_place)) *
               to_float(element(right, right_inner, j, k, right_place));
      const std::int64_t row = args.index != nullptr ? args.index[i] : i;
      const std::int64_t at = row * args.stride + j;
      if (args.type == DType::kBf16)
        static_cast<Bf16*>(args.out)[at] = to_bf16(sum);
      else if (args.accumulate)
        static_cast<float*>(args.out)[at] += sum;
      else
        static_cast<float*>(args.out)[at] = sum;
    }
}

}  // namespace

const TileKernels& portable_tiles() {
  static constexpr TileKernels table = {"portable", [] { return true; }, pack_left, pack_right,
                                        product};
  return table;
}

}  // namespace sage
