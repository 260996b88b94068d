// The products of the model on a processor's matrix unit (kernels/tile_kernels.h), with their
// gradients written out: linear layers, banked or not, and attention that never writes its scores
// to memory. Private to this layer; torch_ops.h chooses.
#pragma once

#include "train/torch_compat.h"
#include "train/torch_ops.h"

namespace sage::ops::tiled {

/// Whether products of x go here: bfloat16 on a processor that has the unit.
bool takes(const torch::Tensor& x);

/// As ops::linear. Precondition: takes(x).
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const Banks* banks);

/// As ops::causal_attention. Precondition: takes(q).
torch::Tensor causal_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v);

}  // namespace sage::ops::tiled
