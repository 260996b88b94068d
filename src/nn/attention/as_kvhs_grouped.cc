#include <algorithm>

#include "nn/attention/attribute_groups.h"

namespace sage {
namespace {

class AttributeGrouped final : public AttentionFamily {
 public:
  std::string_view name() const override { return "as-kvhs-grouped"; }
  std::string_view summary() const override {
    return "query heads partitioned by attribute group, each group with a K/V head of its own";
  }
  Result<AttentionSpec> make(int query_heads, int kv_heads, int attributes) const override {
    const int groups = std::min(query_heads, attributes);
    return attribute_groups(query_heads, kv_heads == 0 ? groups : kv_heads);
  }
};

}  // namespace

const AttentionFamily& as_kvhs_grouped_attention() {
  static const AttributeGrouped family;
  return family;
}

}  // namespace sage
