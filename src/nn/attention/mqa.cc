#include "nn/attention/shared.h"

namespace sage {
namespace {

class MultiQuery final : public AttentionFamily {
 public:
  std::string_view name() const override { return "mqa"; }
  std::string_view summary() const override {
    return "multi-query attention: one K/V head for all query heads";
  }
  Result<AttentionSpec> make(int query_heads, int kv_heads, int attributes) const override {
    (void)attributes;
    if (kv_heads > 1)
      return fail(ErrorCode::kInvalidArgument, "mqa has one K/V head; use gqa for more");
    return even_groups(query_heads, 1);
  }
};

}  // namespace

const AttentionFamily& mqa_attention() {
  static const MultiQuery family;
  return family;
}

}  // namespace sage
