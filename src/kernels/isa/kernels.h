// The one source of all kernels. A file of isa/ defines Vec, the vectors of its instruction set, in
// the unnamed namespace, and then includes this, which leaves it a function make_table().
#pragma once

#include "kernels/isa/attention.h"
#include "kernels/isa/elementwise.h"
#include "kernels/isa/products.h"

namespace sage {
namespace {

constexpr KernelTable make_table(std::string_view name, bool (*supported)()) {
  return {name,
          supported,
          matmul<float>,
          matmul<Bf16>,
          matmul<std::int8_t>,
          matmul_i4,
          attend<float>,
          attend<Bf16>,
          attend<std::int8_t>,
          merge,
          rms_norm,
          rotate,
          swiglu,
          gelu,
          narrow,
          quantise,
          sum_groups,
          read};
}

}  // namespace
}  // namespace sage
