// Which tensors a model has: the one place that knows their names and shapes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/config.h"

namespace sage {

/// B is 1, or A where the config says that the weights are chosen by attribute; then and only then
/// the leading bank dimension is written. G may differ from layer to layer.
///
///   embed.weight             (V, d)
///   layers.I.attn_norm.weight (d)
///   layers.I.attn.q.weight   ([B,] h*dh, d)      layers.I.attn.o.weight ([B,] d, h*dh)
///   layers.I.attn.k.weight   ([B,] G*dh, d)      layers.I.attn.v.weight ([B,] G*dh, d)
///   layers.I.ff_norm.weight  (d)
///   layers.I.ff.gate.weight  ([B,] f, d)  SwiGLU only
///   layers.I.ff.up.weight    ([B,] f, d)         layers.I.ff.down.weight ([B,] d, f)
///   final_norm.weight        (d)
///   head.weight              (V, d)  untied only
///   fields.norm.weight       (d)     chained outputs only
///   fields.up.weight         (S, d, d)           fields.down.weight (S, d, d)  compound outputs
///   only
///
/// A layer computes  x += O(attention(rope(Q n), rope(K n), V n)),  n = rmsnorm(x);
///                   x += down(silu(gate m) * up m)  or  down(gelu(up m)),  m = rmsnorm(x).
/// rmsnorm(x) = weight * x / sqrt(mean(x^2) + eps). gelu is the exact one (erf). No biases.
/// x begins as the sum of the embeddings of the step's ids. Where weights are chosen by attribute,
/// it is that of the step's last field. With h = rmsnorm(x) after the last layer, the logits of a
/// flat model are head h. Those of field s of a compound model are
///   head (h + down_s gelu(up_s u)),  u = h, or where chained h + rmsnorm(sum_{r<s} embed[id_r])
/// with the ids of the step that is being written; a softmax is over the whole vocabulary, as in a
/// flat model.
/// Rotary positions pair element i with i + dh/2 of a head; angle = position * theta^(-2i/dh).
struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  bool matrix = true;  // false: a norm's weight, kept in f32 in every file
};

std::vector<TensorSpec> tensor_specs(const ModelConfig& config);

std::int64_t parameter_count(const ModelConfig& config);

}  // namespace sage
