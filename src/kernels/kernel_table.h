// The numerical kernels of one instruction set, as a table of functions.
//
// Every set computes the same formulas from one source (isa/kernels.h). Inside a set, an output
// element depends on its own inputs alone: not on how many rows or tokens a call has, nor on the
// thread. So prefill and decoding, and one thread and many, agree bit for bit. All kernels are
// pure, noexcept and free of allocation; they know nothing of models. Pointers need only the
// alignment of their elements; panels (panels.h) do best at a multiple of kLineBytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "kernels/dtype.h"
#include "kernels/panels.h"

namespace sage {

/// A row of activations as int8: value = scale * element.
struct RowScale {
  float scale = 0;
  std::int32_t sum = 0;  // of the elements
};

/// y[i][r - row_begin] = sum_k weight[r][k] * x[i][k]  for r in [row_begin, row_end), i in
/// index[0..tokens).
///
/// F32 and BF16: weights are widened to f32 exactly, sums are f32, in the order of k. I8: the sum
/// is an integer and exact, the same in every set; it is then multiplied by scale[r] and by x's
/// scale. I4: the sum over each group of columns is, and is multiplied by the group's scale; these
/// are added in f32, in order.
struct MatmulArgs {
  const void* weight = nullptr;       // (rows, in) in panels
  const float* scale = nullptr;       // (rows, filled up to whole panels); I8 only
  const Bf16* group_scale = nullptr;  // (rows, group_count(in)) in panels; I4 only
  std::int64_t in = 0;
  std::int64_t row_begin = 0;
  std::int64_t row_end = 0;
  const std::int32_t* index = nullptr;  // (tokens): which rows of x and y
  std::int64_t tokens = 0;
  const void* x = nullptr;    // (any, in) of f32; I8, I4: of int8, as quantise() leaves them
  std::int64_t x_stride = 0;  // elements from row to row
  const RowScale* x_scale = nullptr;  // (any); I8, I4 only
  const std::int32_t* group_sums =
      nullptr;                // (any, group_count(in)) of x, see sum_groups(); I4 only
  float* y = nullptr;         // (any, row_end - row_begin)
  std::int64_t y_stride = 0;  // floats from row to row
  bool accumulate = false;    // y += instead of y =
};

/// The keys and values that one attend() call can take: a page of the K/V cache.
inline constexpr int kPageTokens = 64;

/// What attend() leaves of a query: a weighted sum of values (part_width floats, of which head_dim
/// matter), the maximum of its scores and the sum of its weights.
constexpr int part_width(int head_dim) {
  return (head_dim + kPanelRows - 1) / kPanelRows * kPanelRows;
}

/// Attention of several queries over the keys [begin, end) of one page of one K/V head, not
/// normalised yet. With s_j = q . k_j:
///   m = max s_j,  out = [ sum_j exp(s_j - m) v_j | m | sum_j exp(s_j - m) ].
/// Keys and values outside [begin, end) have no influence, as long as values are finite. I8: scores
/// and weighted sums of values are exact sums of integers; for the latter a query's weights, times
/// the values' scales, are rounded to steps of 1/255 of their maximum in the page.
struct AttendArgs {
  const void* keys = nullptr;          // (kPageTokens, head_dim) in panels
  const void* values = nullptr;        // (head_dim, kPageTokens) in panels
  const float* key_scale = nullptr;    // (kPageTokens); I8 only
  const float* value_scale = nullptr;  // (kPageTokens); I8 only
  int head_dim = 0;
  int begin = 0;  // 0 <= begin < end <= kPageTokens
  int end = 0;
  int queries = 0;
  const void* const* query = nullptr;  // (queries) of (head_dim), already scaled: f32; I8: int8
  const RowScale* const* query_scale = nullptr;  // (queries); I8 only
  float* const* out = nullptr;                   // (queries) of (part_width + 2)
  bool extend = false;  // out holds the result over other keys, to be extended by these
  /// Bytes from these keys and values to those that will be wanted next, which are prefetched; 0:
  /// not known.
  std::int64_t ahead = 0;
};

struct KernelTable {
  std::string_view name;
  bool (*supported)();  // by the processor and the operating system at hand

  void (*matmul_f32)(const MatmulArgs&) noexcept;
  void (*matmul_bf16)(const MatmulArgs&) noexcept;
  void (*matmul_i8)(const MatmulArgs&) noexcept;
  void (*matmul_i4)(const MatmulArgs&) noexcept;
  void (*attend_f32)(const AttendArgs&) noexcept;
  void (*attend_bf16)(const AttendArgs&) noexcept;
  void (*attend_i8)(const AttendArgs&) noexcept;
  /// Joins the results of attend() over disjoint keys: the softmax-weighted mean of all values.
  /// Zeros for count 0 (a query that sees no key). Each part has part_width + 2 floats, out
  /// head_dim.
  void (*merge)(const float* const* parts, std::int64_t count, int head_dim, float* out) noexcept;
  /// out = weight * x / sqrt(mean(x^2) + eps)
  void (*rms_norm)(const float* x, const float* weight, std::int64_t n, float eps,
                   float* out) noexcept;
  /// Rotary position of one head: out[i] = a (x[i] c[i] - x[i+n/2] s[i]) and
  /// out[i+n/2] = a (x[i+n/2] c[i] + x[i] s[i]) for i < n/2; out may be x.
  void (*rotate)(const float* x, const float* cosine, const float* sine, std::int64_t n, float a,
                 float* out) noexcept;
  /// gate[i] = silu(gate[i]) * up[i],  silu(x) = x / (1 + exp(-x))
  void (*swiglu)(float* gate, const float* up, std::int64_t n) noexcept;
  /// x[i] = x[i] (1 + erf(x[i] / sqrt 2)) / 2, erf by Abramowitz and Stegun 7.1.26 (|error| < 2e-7)
  void (*gelu)(float* x, std::int64_t n) noexcept;
  /// To the nearest bfloat16, ties to even.
  void (*narrow)(const float* x, std::int64_t n, Bf16* out) noexcept;
  /// To int8, with scale = max |x| / 127, to the nearest, ties to even; the same bits in every set.
  /// out has n elements and zeros up to a multiple of eight.
  void (*quantise)(const float* x, std::int64_t n, std::int8_t* out, RowScale* scale) noexcept;
  /// The sums of each group of kGroupColumns of n elements, which products with I4 need.
  void (*sum_groups)(const std::int8_t* x, std::int64_t n, std::int32_t* sums) noexcept;
  /// Reads memory as the other functions do, whole lines of kLineBytes, and returns some number:
  /// what remains of a kernel without its work, for measuring how near the others come to it.
  std::int32_t (*read)(const void* memory, std::int64_t bytes) noexcept;

  auto matmul(DType type) const {
    return type == DType::kF32    ? matmul_f32
           : type == DType::kBf16 ? matmul_bf16
           : type == DType::kI8   ? matmul_i8
                                  : matmul_i4;
  }
  auto attend(DType type) const {
    return type == DType::kF32 ? attend_f32 : type == DType::kBf16 ? attend_bf16 : attend_i8;
  }
};

/// Every set that this program was built with, the slowest first; not all need be supported.
std::span<const KernelTable* const> kernels_registry();

/// Those that this processor supports, in the same order. Never empty: scalar needs nothing.
std::vector<const KernelTable*> supported_kernels();

/// The set that the environment variable SAGE_ISA names, or the fastest supported one. Refuses
/// names that do not exist and sets that this processor lacks. Programs call this first and print
/// the error.
Result<const KernelTable*> select_kernels();

/// select_kernels(), or the fastest supported set where SAGE_ISA names none that can be used.
const KernelTable& default_kernels();

}  // namespace sage
