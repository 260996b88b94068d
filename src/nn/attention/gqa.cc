#include "nn/attention/shared.h"

namespace sage {
namespace {

class GroupedQuery final : public AttentionFamily {
 public:
  std::string_view name() const override { return "gqa"; }
  std::string_view summary() const override {
    return "grouped-query attention: G K/V heads, each read by h/G query heads";
  }
  Result<AttentionSpec> make(int query_heads, int kv_heads, int attributes) const override {
    (void)attributes;
    return even_groups(query_heads, kv_heads == 0 ? (query_heads % 2 == 0 ? 2 : 1) : kv_heads);
  }
};

}  // namespace

const AttentionFamily& gqa_attention() {
  static const GroupedQuery family;
  return family;
}

}  // namespace sage
