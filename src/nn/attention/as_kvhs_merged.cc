#include <algorithm>

#include "nn/attention/attribute_groups.h"

namespace sage {
namespace {

class Merged final : public AttentionFamily {
 public:
  std::string_view name() const override { return "as-kvhs-merged"; }
  std::string_view summary() const override {
    return "K/V heads of a trained mha merged where its heads attend alike; a table for every "
           "layer";
  }
  /// Without tables, as before anything was measured: neighbours share.
  Result<AttentionSpec> make(int query_heads, int kv_heads, int attributes) const override {
    (void)attributes;
    return attribute_groups(query_heads, kv_heads == 0 ? (query_heads + 1) / 2 : kv_heads);
  }
  Result<AttentionSpec> make(std::span<const int> kv_head_of) const override {
    if (kv_head_of.empty())
      return fail(ErrorCode::kInvalidArgument, "a layer needs at least one query head");
    AttentionSpec spec;
    spec.query_heads = static_cast<int>(kv_head_of.size());
    spec.kv_head_of.assign(kv_head_of.begin(), kv_head_of.end());
    spec.kv_heads = *std::max_element(kv_head_of.begin(), kv_head_of.end()) + 1;
    for (int head = 0; head < spec.kv_heads; ++head)
      if (std::count(kv_head_of.begin(), kv_head_of.end(), head) == 0)
        return fail(ErrorCode::kInvalidArgument,
                    "no query head reads K/V head " + std::to_string(head));
    if (*std::min_element(kv_head_of.begin(), kv_head_of.end()) < 0)
      return fail(ErrorCode::kInvalidArgument, "a query head reads a K/V head below 0");
    spec.keys.assign(static_cast<std::size_t>(spec.kv_heads), AttentionSpec::kAllAttributes);
    return spec;
  }
};

}  // namespace

const AttentionFamily& as_kvhs_merged_attention() {
  static const Merged family;
  return family;
}

}  // namespace sage
