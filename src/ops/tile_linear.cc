#include <ATen/Parallel.h>

#include <algorithm>

#include "ops/tile_memory.h"
#include "ops/tile_ops.h"

namespace sage::ops::tiled {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

// Blocks that leave room in a second-level cache of a megabyte or two.
constexpr std::int64_t kRowBlock = 128;    // rows of x whose products are taken together
constexpr std::int64_t kTokenBlock = 256;  // tokens that a gradient's sum takes in at once
constexpr std::int64_t kOutBlock = 384;    // rows of a weight whose gradient is summed at once

/// Rows of a weight's gradient, `out` in all, that one thread sums at once.
std::int64_t rows_a_thread(std::int64_t out) {
  constexpr std::int64_t kStep = 2 * kTileOuter;
  const std::int64_t threads = at::get_num_threads();
  const std::int64_t share = (out + threads - 1) / threads;
  return std::clamp((share + kStep - 1) / kStep * kStep, kStep, kOutBlock);
}

/// The rows of x that go through one bank.
struct Bank {
  const std::int32_t* index = nullptr;  // null: all rows in order
  std::int64_t first = 0;               // where there is no index
  std::int64_t count = 0;
  std::int64_t number = 0;

  const std::int32_t* from(std::int64_t row) const {
    return index == nullptr ? nullptr : index + row;
  }
};

std::vector<Bank> rows_by_bank(const Tensor& rows, const std::vector<std::int64_t>& counts,
                               std::int64_t all) {
  if (!rows.defined()) return {{nullptr, 0, all, 0}};
  std::vector<Bank> banks;
  const auto* index = rows.data_ptr<std::int32_t>();
  for (std::size_t a = 0; a < counts.size(); ++a) {
    if (counts[a] > 0) banks.push_back({index, 0, counts[a], static_cast<std::int64_t>(a)});
    index += counts[a];
  }
  return banks;
}

/// y = x w^T for the rows of a bank: w (out, in) of f32 as it lies, or, of kByInner, (in, out).
void multiply(const Tensor& x, const float* weight, Stored stored, std::int64_t out,
              const Bank& bank, const Tensor& y) {
  const TileKernels& kernels = *tiles();
  const std::int64_t in = x.size(1);
  PackArgs pack;
  pack.from = weight;
  pack.type = DType::kF32;
  pack.stride = stored == Stored::kByOuter ? in : out;
  pack.stored = stored;
  pack.outer = out;
  pack.inner = in;
  TileMemory right(out, in);
  pack.to = right.get();
  kernels.pack_right(pack);
  const std::int64_t blocks = (bank.count + kRowBlock - 1) / kRowBlock;
  at::parallel_for(0, blocks, 1, [&](std::int64_t first, std::int64_t last) {
    TileMemory left(kRowBlock, in);
    for (std::int64_t block = first; block < last; ++block) {
      const std::int64_t row = block * kRowBlock;
      const std::int64_t rows = std::min(kRowBlock, bank.count - row);
      const std::int64_t base = bank.index == nullptr ? row : 0;
      PackArgs some;
      some.from = halves(x) + base * in;
      some.stride = in;
      some.index = bank.from(row);
      some.outer = rows;
      some.inner = in;
      some.to = left.get();
      kernels.pack_left(some);
      TileProductArgs product;
      product.left = left.get();
      product.right = right.get();
      product.rows = rows;
      product.columns = out;
      product.inner = in;
      product.out = halves(y) + base * out;
      product.type = DType::kBf16;
      product.stride = out;
      product.index = bank.from(row);
      kernels.product(product);
    }
  });
}

/// dw (out, in) = dy^T x over the rows of a bank.
void sum_gradient(const Tensor& dy, const Tensor& x, const Bank& bank, float* dw) {
  const TileKernels& kernels = *tiles();
  const std::int64_t out = dy.size(1), in = x.size(1);
  const std::int64_t block_rows = rows_a_thread(out);
  const std::int64_t blocks = (out + block_rows - 1) / block_rows;
  at::parallel_for(0, blocks, 1, [&](std::int64_t first, std::int64_t last) {
    TileMemory left(block_rows, kTokenBlock), right(in, kTokenBlock);
    for (std::int64_t block = first; block < last; ++block) {
      const std::int64_t row = block * block_rows;
      const std::int64_t rows = std::min(block_rows, out - row);
      for (std::int64_t token = 0; token < bank.count; token += kTokenBlock) {
        const std::int64_t tokens = std::min(kTokenBlock, bank.count - token);
        const std::int64_t base = bank.index == nullptr ? token : 0;
        PackArgs pack;
        pack.index = bank.from(token);
        pack.stored = Stored::kByInner;
        pack.inner = tokens;
        pack.from = halves(dy) + base * out + row;
        pack.stride = out;
        pack.outer = rows;
        pack.to = left.get();
        kernels.pack_left(pack);
        pack.from = halves(x) + base * in;
        pack.stride = in;
        pack.outer = in;
        pack.to = right.get();
        kernels.pack_right(pack);
        TileProductArgs product;
        product.left = left.get();
        product.right = right.get();
        product.rows = rows;
        product.columns = in;
        product.inner = tokens;
        product.out = dw + row * in;
        product.stride = in;
        product.accumulate = token > 0;
        kernels.product(product);
      }
    }
  });
}

struct Linear : Function<Linear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x_in, const Tensor& weight_in,
                        const c10::optional<Tensor>& rows,
                        const std::vector<std::int64_t>& counts) {
    const Tensor x = x_in.contiguous(), weight = weight_in.contiguous();
    const std::int64_t out = weight.size(-2), in = weight.size(-1);
    Tensor y = torch::empty({x.size(0), out}, x.options());
    for (const Bank& bank : rows_by_bank(rows.value_or(Tensor()), counts, x.size(0)))
      multiply(x, weight.data_ptr<float>() + bank.number * out * in, Stored::kByOuter, out, bank,
               y);
    ctx->save_for_backward({x, weight, rows.value_or(Tensor())});
    ctx->saved_data["counts"] = counts;
    return y;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    const auto counts = ctx->saved_data["counts"].toIntVector();
    const Tensor dy = grads[0].contiguous();
    const std::int64_t out = weight.size(-2), in = weight.size(-1);
    const auto banks = rows_by_bank(saved[2], counts, x.size(0));
    Tensor dx = torch::empty_like(x);
    const bool all_written = weight.dim() == 2 && x.size(0) > 0;
    Tensor dw = all_written ? torch::empty_like(weight) : torch::zeros_like(weight);
    for (const Bank& bank : banks) {
      const std::int64_t at = bank.number * out * in;
      multiply(dy, weight.data_ptr<float>() + at, Stored::kByInner, in, bank, dx);
      sum_gradient(dy, x, bank, dw.data_ptr<float>() + at);
    }
    return {dx, dw, Tensor(), Tensor()};
  }
};

}  // namespace

const TileKernels* tiles() {
  static const TileKernels* const chosen = fast_tile_kernels();
  return chosen;
}

bool takes(const Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kBFloat16 && tiles() != nullptr;
}

Tensor linear(const Tensor& x, const Tensor& weight, const Banks* banks) {
  TORCH_INTERNAL_ASSERT(x.dim() == 2 && weight.dim() == (banks == nullptr ? 2 : 3));
  static const std::vector<std::int64_t> none;
  if (banks == nullptr) return Linear::apply(x, weight, c10::optional<Tensor>(), none);
  return Linear::apply(x, weight, c10::optional<Tensor>(banks->rows), banks->counts);
}

}  // namespace sage::ops::tiled
