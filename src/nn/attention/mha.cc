#include "nn/attention/shared.h"

namespace sage {
namespace {

class MultiHead final : public AttentionFamily {
 public:
  std::string_view name() const override { return "mha"; }
  std::string_view summary() const override {
    return "multi-head attention: a K/V head for every query head";
  }
  Result<AttentionSpec> make(int query_heads, int kv_heads, int attributes) const override {
    (void)attributes;
    if (kv_heads != 0 && kv_heads != query_heads)
      return fail(ErrorCode::kInvalidArgument,
                  "mha has as many K/V heads as query heads; use gqa for fewer");
    return even_groups(query_heads, query_heads);
  }
};

}  // namespace

const AttentionFamily& mha_attention() {
  static const MultiHead family;
  return family;
}

}  // namespace sage
