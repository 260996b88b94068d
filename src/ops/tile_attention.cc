#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "ops/row_kernels.h"
#include "ops/tile_memory.h"
#include "ops/tile_ops.h"

namespace sage::ops::tiled {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

/// Scores that are alive at once, so that they stay in the second-level cache.
constexpr std::int64_t kScores = 64 * 1024;

/// One sequence and one K/V head, with the memory of both ways: pages that a way does not touch
/// cost nothing. Rows are queries, the R heads of a position one after another.
class Sequence {
 public:
  Sequence(std::int64_t time, std::int64_t heads, std::int64_t dim)
      : time_(time),
        heads_(heads),
        dim_(dim),
        positions_(std::clamp<std::int64_t>(kScores / time / heads, 1, time)),
        scores_(block_rows() * stride_of(time)),
        gradients_(block_rows() * stride_of(time)),
        weights_(block_rows() * stride_of(time)),
        score_gradients_(block_rows() * stride_of(time)),
        block_(block_rows(), std::max(time, dim)),
        transposed_(time, block_rows()),
        keys_(time, dim),
        values_(time, dim),
        keys_by_inner_(dim, time),
        values_by_inner_(dim, time),
        right_(dim, block_rows()),
        sums_(block_rows() * dim) {}

  /// q, out (T * R, dh), k, v (T, dh); log_sums (T * R).
  void forward(const Bf16* q, const Bf16* k, const Bf16* v, Bf16* out, float* log_sums) {
    pack_right(k, Stored::kByOuter, time_, dim_, keys_);
    pack_right(v, Stored::kByInner, dim_, time_, values_by_inner_);
    LineMemory<float> denominators(block_rows());
    for_blocks([&](std::int64_t row, std::int64_t rows, std::int64_t end) {
      const std::int64_t stride = stride_of(end);
      score(q + row * dim_, rows, end);
      for (std::int64_t i = 0; i < rows; ++i)
        denominators.get()[i] =
            rows::softmax_weights(scores_.get() + i * stride, factor_, visible(row + i), end,
                                  raw(weights_.get() + i * stride), log_sums + row + i);
      pack_left(weights_.get(), stride, Stored::kByOuter, rows, end, block_);
      multiply(block_, values_by_inner_, rows, dim_, end, time_, sums_.get(), dim_);
      for (std::int64_t i = 0; i < rows; ++i)
        rows::scaled(sums_.get() + i * dim_, 1.0f / denominators.get()[i], dim_,
                     raw(out + (row + i) * dim_));
    });
  }

  void backward(const Bf16* q, const Bf16* k, const Bf16* v, const Bf16* out, const Bf16* dout,
                const float* log_sums, Bf16* dq, Bf16* dk, Bf16* dv) {
    pack_right(k, Stored::kByOuter, time_, dim_, keys_);
    pack_right(v, Stored::kByOuter, time_, dim_, values_);
    pack_right(k, Stored::kByInner, dim_, time_, keys_by_inner_);
    LineMemory<float> key_sums(time_ * dim_), value_sums(time_ * dim_);
    std::fill_n(key_sums.get(), time_ * dim_, 0.0f);
    std::fill_n(value_sums.get(), time_ * dim_, 0.0f);
    for_blocks([&](std::int64_t row, std::int64_t rows, std::int64_t end) {
      const std::int64_t stride = stride_of(end);
      score(q + row * dim_, rows, end);
      pack_left(dout + row * dim_, dim_, Stored::kByOuter, rows, dim_, block_);
      multiply(block_, values_, rows, end, dim_, 0, gradients_.get(), stride);
      for (std::int64_t i = 0; i < rows; ++i) {
        const std::int64_t at = (row + i) * dim_;
        rows::attention_gradient(scores_.get() + i * stride, gradients_.get() + i * stride, factor_,
                                 log_sums[row + i], rows::dot(raw(out + at), raw(dout + at), dim_),
                                 visible(row + i), end, raw(weights_.get() + i * stride),
                                 raw(score_gradients_.get() + i * stride));
      }
      pack_left(score_gradients_.get(), stride, Stored::kByOuter, rows, end, block_);
      multiply(block_, keys_by_inner_, rows, dim_, end, time_, sums_.get(), dim_);
      narrow(sums_.get(), rows * dim_, dq + row * dim_);
      pack_left(score_gradients_.get(), stride, Stored::kByInner, end, rows, transposed_);
      pack_right(q + row * dim_, Stored::kByInner, dim_, rows, right_);
      multiply(transposed_, right_, end, dim_, rows, 0, key_sums.get(), dim_, true);
      pack_left(weights_.get(), stride, Stored::kByInner, end, rows, transposed_);
      pack_right(dout + row * dim_, Stored::kByInner, dim_, rows, right_);
      multiply(transposed_, right_, end, dim_, rows, 0, value_sums.get(), dim_, true);
    });
    narrow(key_sums.get(), time_ * dim_, dk);
    narrow(value_sums.get(), time_ * dim_, dv);
  }

 private:
  static rows::Bf16* raw(Bf16* p) { return reinterpret_cast<rows::Bf16*>(p); }
  static const rows::Bf16* raw(const Bf16* p) { return reinterpret_cast<const rows::Bf16*>(p); }

  std::int64_t block_rows() const { return positions_ * heads_; }
  /// Elements from row to row of what has a column a key. An odd number of cache lines (of
  /// bfloat16): were it a power of two, the rows would drive each other out of the cache.
  static std::int64_t stride_of(std::int64_t keys) { return ((keys + 31) / 32 | 1) * 32; }
  std::int64_t visible(std::int64_t row) const { return row / heads_ + 1; }

  /// body(first row, rows, keys that the last of them sees)
  template <class Body>
  void for_blocks(const Body& body) const {
    for (std::int64_t begin = 0; begin < time_; begin += positions_) {
      const std::int64_t end = std::min(begin + positions_, time_);
      body(begin * heads_, (end - begin) * heads_, end);
    }
  }

  static PackArgs packing(const Bf16* from, std::int64_t stride, Stored stored, std::int64_t outer,
                          std::int64_t inner, const TileMemory& to) {
    PackArgs args;
    args.from = from;
    args.stride = stride;
    args.stored = stored;
    args.outer = outer;
    args.inner = inner;
    args.to = to.get();
    return args;
  }
  void pack_left(const Bf16* from, std::int64_t stride, Stored stored, std::int64_t outer,
                 std::int64_t inner, const TileMemory& to) const {
    kernels_.pack_left(packing(from, stride, stored, outer, inner, to));
  }
  /// Of q, k, v and dout, whose rows are heads.
  void pack_right(const Bf16* from, Stored stored, std::int64_t outer, std::int64_t inner,
                  const TileMemory& to) const {
    kernels_.pack_right(packing(from, dim_, stored, outer, inner, to));
  }

  void multiply(const TileMemory& left, const TileMemory& right, std::int64_t rows,
                std::int64_t columns, std::int64_t inner, std::int64_t right_inner, float* out,
                std::int64_t stride, bool accumulate = false) const {
    TileProductArgs args;
    args.left = left.get();
    args.right = right.get();
    args.rows = rows;
    args.columns = columns;
    args.inner = inner;
    args.right_inner = right_inner;
    args.out = out;
    args.stride = stride;
    args.accumulate = accumulate;
    kernels_.product(args);
  }

  /// scores_ (rows, end) = q k^T
  void score(const Bf16* q, std::int64_t rows, std::int64_t end) const {
    pack_left(q, dim_, Stored::kByOuter, rows, dim_, block_);
    multiply(block_, keys_, rows, end, dim_, 0, scores_.get(), stride_of(end));
  }

  static void narrow(const float* from, std::int64_t count, Bf16* to) {
    rows::scaled(from, 1.0f, count, raw(to));
  }

  const TileKernels& kernels_ = *tiles();
  std::int64_t time_, heads_, dim_;
  std::int64_t positions_;  // whose queries are taken together
  float factor_ = 1.0f / std::sqrt(static_cast<float>(dim_));
  LineMemory<float> scores_, gradients_;        // (block rows, stride_of(T))
  LineMemory<Bf16> weights_, score_gradients_;  // (block rows, stride_of(T))
  TileMemory block_, transposed_;               // of these, or of q and dout
  TileMemory keys_, values_;                    // of all positions
  TileMemory keys_by_inner_, values_by_inner_;  // the same, to be summed over positions
  TileMemory right_;                            // q or dout of a block
  LineMemory<float> sums_;                      // (block rows, dh)
};

struct Attention : Function<Attention> {
  static Tensor forward(AutogradContext* ctx, const Tensor& q_in, const Tensor& k_in,
                        const Tensor& v_in) {
    const Tensor q = q_in.contiguous(), k = k_in.contiguous(), v = v_in.contiguous();
    const std::int64_t time = q.size(1), heads = q.size(2), dim = q.size(3);
    const std::int64_t queries = time * heads;
    Tensor out = torch::empty_like(q);
    Tensor log_sums = torch::empty({q.size(0), queries}, q.options().dtype(torch::kFloat32));
    at::parallel_for(0, q.size(0), 1, [&](std::int64_t first, std::int64_t last) {
      Sequence sequence(time, heads, dim);
      for (std::int64_t b = first; b < last; ++b)
        sequence.forward(halves(q) + b * queries * dim, halves(k) + b * time * dim,
                         halves(v) + b * time * dim, halves(out) + b * queries * dim,
                         log_sums.data_ptr<float>() + b * queries);
    });
    ctx->save_for_backward({q, k, v, out, log_sums});
    return out;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3];
    const Tensor &log_sums = saved[4], dout = grads[0].contiguous();
    const std::int64_t time = q.size(1), heads = q.size(2), dim = q.size(3);
    const std::int64_t queries = time * heads;
    Tensor dq = torch::empty_like(q), dk = torch::empty_like(k), dv = torch::empty_like(v);
    at::parallel_for(0, q.size(0), 1, [&](std::int64_t first, std::int64_t last) {
      Sequence sequence(time, heads, dim);
      for (std::int64_t b = first; b < last; ++b) {
        const std::int64_t of_q = b * queries * dim, of_k = b * time * dim;
        sequence.backward(halves(q) + of_q, halves(k) + of_k, halves(v) + of_k, halves(out) + of_q,
                          halves(dout) + of_q, log_sums.data_ptr<float>() + b * queries,
                          halves(dq) + of_q, halves(dk) + of_k, halves(dv) + of_k);
      }
    });
    return {dq, dk, dv};
  }
};

}  // namespace

Tensor causal_attention(const Tensor& q, const Tensor& k, const Tensor& v) {
  return Attention::apply(q, k, v);
}

}  // namespace sage::ops::tiled
