// Products from tiles against plain sums, for every way in which operands may lie.
#include <algorithm>
#include <numeric>

#include "kernel_fixture.h"
#include "kernels/tile_kernels.h"

namespace sage::test {
namespace {

class Tiles : public testing::TestWithParam<const TileKernels*> {
 protected:
  void SetUp() override {
    if (!GetParam()->supported()) GTEST_SKIP() << "this processor has no " << GetParam()->name;
  }

  struct Operand {
    std::vector<float> stored;        // as written in memory, with more rows than are used
    std::vector<std::int32_t> index;  // empty: the first ones
    std::vector<float> values;        // (outer, inner), rounded to bfloat16
    std::vector<Bf16> memory;
    Bf16* packed = nullptr;
  };

  /// 64 bytes aligned.
  static Bf16* aligned(std::vector<Bf16>& memory, std::int64_t size) {
    memory.resize(static_cast<std::size_t>(size) + 32);
    auto at = reinterpret_cast<std::uintptr_t>(memory.data());
    return reinterpret_cast<Bf16*>((at + 63) / 64 * 64);
  }

  Operand operand(std::int64_t outer, std::int64_t inner, Stored stored, DType type, bool indexed,
                  bool left) {
    const std::int64_t rows = stored == Stored::kByOuter ? outer : inner;
    const std::int64_t width = stored == Stored::kByOuter ? inner : outer;
    const std::int64_t stride = width + 3;
    Operand result;
    for (std::int64_t i = 0; i < 2 * rows * stride; ++i)
      result.stored.push_back(static_cast<float>(2 * random_.uniform() - 1));
    if (indexed)
      for (std::int64_t i = 0; i < rows; ++i)
        result.index.push_back(static_cast<std::int32_t>(2 * ((i * 7) % rows) + i % 2));
    std::vector<Bf16> narrow;
    for (const float value : result.stored) narrow.push_back(to_bf16(value));
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t k = 0; k < inner; ++k) {
        std::int64_t row = stored == Stored::kByOuter ? o : k;
        const std::int64_t column = stored == Stored::kByOuter ? k : o;
        if (indexed) row = result.index[static_cast<std::size_t>(row)];
        result.values.push_back(to_float(narrow[static_cast<std::size_t>(row * stride + column)]));
      }
    result.packed = aligned(result.memory, packed_size(outer, inner));
    PackArgs args;
    args.from = type == DType::kF32 ? static_cast<const void*>(result.stored.data())
                                    : static_cast<const void*>(narrow.data());
    args.type = type;
    args.stride = stride;
    args.index = indexed ? result.index.data() : nullptr;
    args.stored = stored;
    args.outer = outer;
    args.inner = inner;
    args.to = result.packed;
    (left ? GetParam()->pack_left : GetParam()->pack_right)(args);
    return result;
  }

  Random random_{3};
};

struct Size {
  std::int64_t rows, columns, inner;
};

constexpr Size kSizes[] = {{1, 1, 1},    {16, 16, 32}, {32, 32, 64},   {17, 5, 33},
                           {5, 40, 100}, {70, 33, 31}, {100, 129, 257}};

TEST_P(Tiles, ProductOfAllWaysToLie) {
  for (const auto [rows, columns, inner] : kSizes)
    for (const Stored left_stored : {Stored::kByOuter, Stored::kByInner})
      for (const Stored right_stored : {Stored::kByOuter, Stored::kByInner})
        for (const DType type : {DType::kF32, DType::kBf16})
          for (const bool indexed : {false, true}) {
            const Operand left = operand(rows, inner, left_stored, type, indexed, true);
            const Operand right = operand(columns, inner, right_stored, type, !indexed, false);
            const std::int64_t stride = columns + 2;
            std::vector<float> out(static_cast<std::size_t>(rows * stride), 0.5f);
            TileProductArgs args;
            args.left = left.packed;
            args.right = right.packed;
            args.rows = rows;
            args.columns = columns;
            args.inner = inner;
            args.out = out.data();
            args.stride = stride;
            args.accumulate = indexed;
            GetParam()->product(args);
            for (std::int64_t i = 0; i < rows; ++i)
              for (std::int64_t j = 0; j < stride; ++j) {
                double sum = indexed || j >= columns ? 0.5 : 0.0;
                for (std::int64_t k = 0; j < columns && k < inner; ++k)
                  sum += left.values[static_cast<std::size_t>(i * inner + k)] *
                         right.values[static_cast<std::size_t>(j * inner + k)];
                ASSERT_NEAR(out[static_cast<std::size_t>(i * stride + j)], sum, 1e-4)
                    << rows << " x " << columns << " x " << inner << " at " << i << ", " << j;
              }
          }
}

TEST_P(Tiles, ScattersRowsAndRoundsThem) {
  constexpr std::int64_t kRows = 45, kColumns = 50, kInner = 40;
  const Operand left = operand(kRows, kInner, Stored::kByOuter, DType::kBf16, false, true);
  const Operand right = operand(kColumns, kInner, Stored::kByOuter, DType::kBf16, false, false);
  std::vector<std::int32_t> index(kRows);
  std::iota(index.rbegin(), index.rend(), 0);
  std::vector<Bf16> narrow(kRows * kColumns);
  std::vector<float> wide(kRows * kColumns);
  TileProductArgs args;
  args.left = left.packed;
  args.right = right.packed;
  args.rows = kRows;
  args.columns = kColumns;
  args.inner = kInner;
  args.stride = kColumns;
  args.out = wide.data();
  GetParam()->product(args);
  args.out = narrow.data();
  args.type = DType::kBf16;
  args.index = index.data();
  GetParam()->product(args);
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t j = 0; j < kColumns; ++j)
      ASSERT_EQ(narrow[(kRows - 1 - i) * kColumns + j].bits, to_bf16(wide[i * kColumns + j]).bits);
}

INSTANTIATE_TEST_SUITE_P(Sets, Tiles,
                         testing::ValuesIn(tiles_registry().begin(), tiles_registry().end()),
                         [](const auto& set) { return std::string(set.param->name); });

}  // namespace
}  // namespace sage::test
