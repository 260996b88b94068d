// The products of the model from tiles (kernels/tile_kernels.h), with their gradients written out:
// linear layers, banked or not, and attention that never writes its scores to memory. Internal to
// ops; torch_ops.h chooses.
#pragma once

#include "kernels/tile_kernels.h"
#include "ops/banks.h"
#include "ops/torch_compat.h"

namespace sage::ops::tiled {

/// The set in use, chosen once; null if none.
const TileKernels* tiles();

/// Whether products of x go here: bfloat16 on a processor that has a set of tiles.
bool takes(const torch::Tensor& x);

/// As ops::linear. Precondition: takes(x).
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const Banks* banks);

/// As ops::causal_attention. Precondition: takes(q).
torch::Tensor causal_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v);

}  // namespace sage::ops::tiled
