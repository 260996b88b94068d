#include "ops/torch_ops.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "ops/row_kernels.h"
#include "ops/tile_ops.h"
#include "ops/torch_compat.h"

namespace sage::ops {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

constexpr std::int64_t kQueryBlock = 128;  // queries whose products share one range of keys

bool is_fused(const Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16);
}

float* floats(const Tensor& x) { return x.data_ptr<float>(); }
rows::Bf16* halves(const Tensor& x) { return reinterpret_cast<rows::Bf16*>(x.data_ptr()); }

/// Calls body with the tensor's elements as float* or Bf16*.
template <class Body>
void with_elements(const Tensor& x, const Body& body) {
  if (x.scalar_type() == torch::kFloat32) {
    body(floats(x));
  } else {
    body(halves(x));
  }
}

/// A tensor's elements as the same type that another pointer has.
float* like(const float*, const Tensor& x) { return floats(x); }
rows::Bf16* like(const rows::Bf16*, const Tensor& x) { return halves(x); }

/// x as libtorch is to multiply it. Without kernels of bfloat16 it would take one number at a time,
/// and round every partial sum.
Tensor operand(const Tensor& x) {
  const bool slow = x.scalar_type() == torch::kBFloat16 && !has_fast_bf16(x.device());
  return slow ? x.to(torch::kFloat32) : x;
}

std::int64_t grain(std::int64_t width) { return std::max<std::int64_t>(1, 16'384 / width); }

/// The norm of x, or where there is a delta the sum x + delta and its norm.
struct RmsNorm : Function<RmsNorm> {
  static tensor_list forward(AutogradContext* ctx, const Tensor& x_in,
                             const c10::optional<Tensor>& delta_in, const Tensor& weight,
                             double eps, torch::ScalarType dtype) {
    const Tensor x = x_in.contiguous();
    const Tensor delta = delta_in ? delta_in->contiguous() : Tensor();
    const std::int64_t width = x.size(-1), count = x.numel() / width;
    Tensor sum = delta.defined() ? torch::empty_like(x) : x;
    Tensor out = torch::empty(x.sizes(), x.options().dtype(dtype));
    Tensor scale = torch::empty({count}, x.options());
    with_elements(out, [&](auto* to) {
      at::parallel_for(0, count, grain(width), [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = begin * width;
        if (delta.defined())
          rows::add_rms_norm(floats(x) + at, like(to, delta) + at, floats(weight),
                             static_cast<float>(eps), end - begin, width, floats(sum) + at, to + at,
                             floats(scale) + begin);
        else
          rows::rms_norm(floats(x) + at, floats(weight), static_cast<float>(eps), end - begin,
                         width, to + at, floats(scale) + begin);
      });
    });
    ctx->save_for_backward({sum, weight, scale});
    ctx->saved_data["adds"] = delta.defined();
    ctx->saved_data["dtype"] = dtype;
    ctx->set_materialize_grads(false);
    return delta.defined() ? tensor_list{out, sum} : tensor_list{out};
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &scale = saved[2];
    const bool adds = ctx->saved_data["adds"].toBool();
    if (!grads[0].defined())  // the sum alone was used
      return {grads[1], grads[1].to(ctx->saved_data["dtype"].toScalarType()), Tensor(), Tensor(),
              Tensor()};
    const Tensor dout = grads[0].contiguous();
    const Tensor carried = adds && grads[1].defined() ? grads[1].contiguous() : Tensor();
    const std::int64_t width = x.size(-1), count = x.numel() / width;
    Tensor dx = torch::empty_like(x);
    Tensor ddelta = adds && dout.scalar_type() != torch::kFloat32 ? torch::empty_like(dout) : dx;
    // A fixed number of parts, so that the sum does not depend on the number of threads.
    constexpr std::int64_t kParts = 16;
    Tensor dweight = torch::zeros({kParts, width}, x.options());
    with_elements(dout, [&](const auto* d) {
      at::parallel_for(0, kParts, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t part = first; part < last; ++part) {
          const std::int64_t begin = count * part / kParts, end = count * (part + 1) / kParts;
          const std::int64_t at = begin * width;
          rows::rms_norm_backward(floats(x) + at, floats(weight), floats(scale) + begin, d + at,
                                  carried.defined() ? floats(carried) + at : nullptr, end - begin,
                                  width, floats(dx) + at,
                                  adds && !ddelta.is_same(dx) ? halves(ddelta) + at : nullptr,
                                  floats(dweight) + part * width);
        }
      });
    });
    return {dx, adds ? ddelta : Tensor(), dweight.sum(0), Tensor(), Tensor()};
  }
};

struct SwiGlu : Function<SwiGlu> {
  static Tensor forward(AutogradContext* ctx, const Tensor& gate_up_in) {
    const Tensor gate_up = gate_up_in.contiguous();
    auto sizes = gate_up.sizes().vec();
    const std::int64_t width = sizes.back() /= 2;
    Tensor out = torch::empty(sizes, gate_up.options());
    with_elements(out, [&](auto* to) {
      const auto* from = like(to, gate_up);
      at::parallel_for(0, out.numel() / width, grain(width), [&](auto begin, auto end) {
        rows::swiglu(from + begin * 2 * width, end - begin, width, to + begin * width);
      });
    });
    ctx->save_for_backward({gate_up});
    return out;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const Tensor gate_up = ctx->get_saved_variables()[0];
    const Tensor dout = grads[0].contiguous();
    const std::int64_t width = dout.size(-1);
    Tensor dgate_up = torch::empty_like(gate_up);
    with_elements(dout, [&](auto* d) {
      const auto* from = like(d, gate_up);
      auto* to = like(d, dgate_up);
      at::parallel_for(0, dout.numel() / width, grain(width), [&](auto begin, auto end) {
        rows::swiglu_backward(from + begin * 2 * width, d + begin * width, end - begin, width,
                              to + begin * 2 * width);
      });
    });
    return {dgate_up};
  }
};

Tensor rotated(const Tensor& x, const Tensor& cosine, const Tensor& sine, float direction) {
  const std::int64_t time = x.size(1), heads = x.size(2), half = x.size(3) / 2;
  const std::int64_t width = heads * 2 * half;
  Tensor out = torch::empty_like(x);
  with_elements(x, [&](auto* from) {
    auto* to = like(from, out);
    at::parallel_for(0, x.size(0) * time, grain(width), [&](auto begin, auto end) {
      for (auto row = begin; row < end; ++row)
        rows::rotate(from + row * width, floats(cosine) + row % time * half,
                     floats(sine) + row % time * half, heads, half, direction, to + row * width);
    });
  });
  return out;
}

struct Rope : Function<Rope> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& cosine,
                        const Tensor& sine) {
    ctx->save_for_backward({cosine, sine});
    return rotated(x.contiguous(), cosine, sine, 1.0f);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    return {rotated(grads[0].contiguous(), saved[0], saved[1], -1.0f), Tensor(), Tensor()};
  }
};

/// body(row, visible) for every row of scores (B, block * R, width) whose first query is at
/// `begin`.
template <class Body>
void for_score_rows(std::int64_t batch, std::int64_t row_count, std::int64_t heads,
                    std::int64_t begin, std::int64_t width, const Body& body) {
  at::parallel_for(0, batch * row_count, grain(width), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row)
      body(row * width, begin + row % row_count / heads + 1);
  });
}

struct CausalAttention : Function<CausalAttention> {
  static Tensor forward(AutogradContext* ctx, const Tensor& q_in, const Tensor& k_in,
                        const Tensor& v_in) {
    const std::int64_t batch = q_in.size(0), time = q_in.size(1), heads = q_in.size(2);
    const std::int64_t dim = q_in.size(3);
    const Tensor q = q_in.contiguous().view({batch, time * heads, dim});
    const Tensor k = k_in.contiguous(), v = v_in.contiguous();
    const float factor = 1.0f / std::sqrt(static_cast<float>(dim));
    Tensor out = torch::empty_like(q);
    tensor_list saved = {q, k, v};
    for (std::int64_t begin = 0; begin < time; begin += kQueryBlock) {
      const std::int64_t end = std::min(begin + kQueryBlock, time);
      Tensor scores =
          at::bmm(q.slice(1, begin * heads, end * heads), k.slice(1, 0, end).transpose(1, 2));
      with_elements(scores, [&](auto* s) {
        for_score_rows(
            batch, (end - begin) * heads, heads, begin, end,
            [&](auto offset, auto visible) { rows::softmax(s + offset, factor, visible, end); });
      });
      out.slice(1, begin * heads, end * heads).copy_(at::bmm(scores, v.slice(1, 0, end)));
      saved.push_back(scores);
    }
    ctx->save_for_backward(saved);
    return out.view({batch, time, heads, dim});
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2];
    const std::int64_t batch = k.size(0), time = k.size(1), dim = k.size(2);
    const std::int64_t heads = q.size(1) / time;
    const float factor = 1.0f / std::sqrt(static_cast<float>(dim));
    const Tensor dout = grads[0].contiguous().view(q.sizes());
    Tensor dq = torch::empty_like(q), dk = torch::zeros_like(k), dv = torch::zeros_like(v);
    for (std::size_t block = 3; block < saved.size(); ++block) {
      const std::int64_t begin = static_cast<std::int64_t>(block - 3) * kQueryBlock;
      const std::int64_t end = std::min(begin + kQueryBlock, time);
      const Tensor& p = saved[block];
      const Tensor d = dout.slice(1, begin * heads, end * heads);
      dv.slice(1, 0, end).add_(at::bmm(p.transpose(1, 2), d));
      Tensor ds = at::bmm(d, v.slice(1, 0, end).transpose(1, 2));
      with_elements(ds, [&](auto* s) {
        const auto* probability = like(s, p);
        for_score_rows(
            batch, (end - begin) * heads, heads, begin, end, [&](auto offset, auto visible) {
              rows::softmax_backward(probability + offset, s + offset, factor, visible, end);
            });
      });
      dk.slice(1, 0, end).add_(at::bmm(ds.transpose(1, 2), q.slice(1, begin * heads, end * heads)));
      dq.slice(1, begin * heads, end * heads).copy_(at::bmm(ds, k.slice(1, 0, end)));
    }
    return {dq.view({batch, time, heads, dim}), dk, dv};
  }
};

struct CrossEntropySum : Function<CrossEntropySum> {
  static Tensor forward(AutogradContext* ctx, const Tensor& logits, const Tensor& targets,
                        bool gradient) {
    const std::int64_t count = logits.size(0), width = logits.size(1);
    Tensor losses = torch::empty({count}, logits.options().dtype(torch::kFloat32));
    with_elements(logits, [&](auto* row) {
      const auto* target = targets.data_ptr<std::int64_t>();
      at::parallel_for(0, count, grain(width), [&](auto begin, auto end) {
        for (auto i = begin; i < end; ++i) {
          auto* const logit = row + i * width;
          const bool scored = target[i] != kIgnored;
          floats(losses)[i] =
              scored ? rows::cross_entropy(logit, width, target[i], gradient) : 0.0f;
          if (!scored && gradient) std::fill(logit, logit + width, 0.0f);
        }
      });
    });
    ctx->save_for_backward({logits.detach()});
    return losses.sum(torch::kFloat64).to(torch::kFloat32);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const Tensor dlogits = ctx->get_saved_variables()[0];
    return {dlogits.mul_(grads[0].item<float>()), Tensor(), Tensor()};
  }
};

/// Rows of x (N, C) in the order of `order`; `inverse` is the inverse permutation.
struct PermuteRows : Function<PermuteRows> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& order,
                        const Tensor& inverse) {
    ctx->save_for_backward({inverse});
    return x.index_select(0, order);
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grads) {
    const Tensor inverse = ctx->get_saved_variables()[0];
    return {grads[0].index_select(0, inverse), Tensor(), Tensor()};
  }
};

}  // namespace

bool has_fast_bf16(const torch::Device& device) {
  return !device.is_cpu() || tiled::tiles() != nullptr;
}

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps, torch::ScalarType dtype) {
  return is_fused(x) ? RmsNorm::apply(x, c10::optional<Tensor>(), weight, eps, dtype)[0]
                     : composed::rms_norm(x, weight, eps, dtype);
}

Normed add_rms_norm(const Tensor& x, const Tensor& delta, const Tensor& weight, double eps,
                    torch::ScalarType dtype) {
  if (!is_fused(x)) return composed::add_rms_norm(x, delta, weight, eps, dtype);
  const tensor_list results = RmsNorm::apply(x, c10::optional<Tensor>(delta), weight, eps, dtype);
  return {results[1], results[0]};
}

Banks banks_of(const Tensor& bank, std::int64_t count) {
  Banks banks;
  banks.order = bank.argsort(std::int64_t{0});
  banks.inverse = torch::empty_like(banks.order);
  banks.inverse.index_copy_(0, banks.order,
                            torch::arange(banks.order.numel(), banks.order.options()));
  banks.rows = banks.order.to(torch::kInt32);
  const Tensor counts = torch::bincount(bank, {}, count).cpu();
  banks.counts.assign(counts.data_ptr<std::int64_t>(),
                      counts.data_ptr<std::int64_t>() + counts.numel());
  return banks;
}

Tensor linear(const Tensor& x, const Tensor& weight, const Banks* banks) {
  return tiled::takes(x) ? tiled::linear(x, weight, banks) : composed::linear(x, weight, banks);
}

Tensor swiglu(const Tensor& gate_up) {
  return is_fused(gate_up) ? SwiGlu::apply(gate_up) : composed::swiglu(gate_up);
}

Tensor rope(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
  return is_fused(x) ? Rope::apply(x, cosine, sine) : composed::rope(x, cosine, sine);
}

Tensor causal_attention(const Tensor& q, const Tensor& k, const Tensor& v) {
  if (tiled::takes(q)) return tiled::causal_attention(q, k, v);
  if (is_fused(q))
    return CausalAttention::apply(operand(q), operand(k), operand(v)).to(q.scalar_type());
  if (!kTorchHasFusedAttention) return composed::causal_attention(q, k, v);
  // (B, T, R, dh) -> (B, R, T, dh); the shared K/V head is expanded, not copied.
  const Tensor queries = q.transpose(1, 2);
  const Tensor out = fused_causal_attention(queries, k.unsqueeze(1).expand_as(queries),
                                            v.unsqueeze(1).expand_as(queries));
  return out.transpose(1, 2);
}

Tensor cross_entropy_sum(const Tensor& logits, const Tensor& targets) {
  const bool gradient = torch::GradMode::is_enabled() && logits.requires_grad();
  return is_fused(logits) ? CrossEntropySum::apply(logits, targets, gradient)
                          : composed::cross_entropy_sum(logits, targets);
}

namespace composed {

Tensor rms_norm(const Tensor& x, const Tensor& weight, double eps, torch::ScalarType dtype) {
  const Tensor scale = torch::rsqrt(x.square().mean(-1, /*keepdim=*/true) + eps);
  return (x * scale * weight).to(dtype);
}

Normed add_rms_norm(const Tensor& x, const Tensor& delta, const Tensor& weight, double eps,
                    torch::ScalarType dtype) {
  const Tensor sum = x + delta;
  return {sum, rms_norm(sum, weight, eps, dtype)};
}

/// The rows sorted by bank, each group times its own, and back.
Tensor linear(const Tensor& x, const Tensor& weight, const Banks* banks) {
  const Tensor narrowed = operand(weight.to(x.scalar_type()));
  const auto product = [&](const Tensor& rows, const Tensor& matrix) {
    return torch::linear(operand(rows), matrix).to(x.scalar_type());
  };
  if (banks == nullptr) return product(x, narrowed);
  const auto groups =
      PermuteRows::apply(x, banks->order, banks->inverse).split_with_sizes(banks->counts, 0);
  const auto matrices = narrowed.unbind(0);
  std::vector<Tensor> outputs;
  for (std::size_t a = 0; a < groups.size(); ++a)
    if (banks->counts[a] > 0) outputs.push_back(product(groups[a], matrices[a]));
  return PermuteRows::apply(torch::cat(outputs, 0), banks->inverse, banks->order);
}

Tensor swiglu(const Tensor& gate_up) {
  const auto halves_of = gate_up.chunk(2, -1);
  return torch::silu(halves_of[0]) * halves_of[1];
}

Tensor rope(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
  const auto parts = x.to(torch::kFloat32).chunk(2, -1);
  const Tensor c = cosine.unsqueeze(1), s = sine.unsqueeze(1);  // (T, 1, dh/2)
  return torch::cat({parts[0] * c - parts[1] * s, parts[1] * c + parts[0] * s}, -1)
      .to(x.scalar_type());
}

Tensor causal_attention(const Tensor& q, const Tensor& k, const Tensor& v) {
  const std::int64_t time = q.size(1);
  return masked_attention(
      q, k, v,
      torch::ones({1, time, time}, q.options().dtype(torch::kBool).requires_grad(false)).tril());
}

Tensor masked_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& visible) {
  const double factor = 1.0 / std::sqrt(static_cast<double>(q.size(3)));
  Tensor scores =
      torch::einsum("btrd,bsd->brts", {operand(q), operand(k)}).to(torch::kFloat32) * factor;
  const Tensor hidden = visible.logical_not().unsqueeze(1);  // (B or 1, 1, T, T)
  scores = scores.masked_fill(hidden, -1e30);
  // Where everything is hidden the softmax is uniform: filling with zero afterwards makes it
  // nothing.
  const Tensor p = torch::softmax(scores, -1).masked_fill(hidden, 0.0).to(v.scalar_type());
  return torch::einsum("brts,bsd->btrd", {operand(p), operand(v)}).to(v.scalar_type());
}

Tensor cross_entropy_sum(const Tensor& logits, const Tensor& targets) {
  return torch::cross_entropy_loss(logits.to(torch::kFloat32), targets, {}, at::Reduction::Sum);
}

}  // namespace composed
}  // namespace sage::ops
