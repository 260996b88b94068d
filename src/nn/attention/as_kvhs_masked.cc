#include <algorithm>

#include "nn/attention/attribute_groups.h"

namespace sage {
namespace {

class AttributeMasked final : public AttentionFamily {
 public:
  std::string_view name() const override { return "as-kvhs-masked"; }
  std::string_view summary() const override {
    return "as grouped, but every group except the first sees only keys of its own attributes";
  }
  Result<AttentionSpec> make(int query_heads, int kv_heads, int attributes) const override {
    const int groups = std::min(query_heads, attributes + 1);
    auto spec = attribute_groups(query_heads, kv_heads == 0 ? groups : kv_heads);
    if (!spec) return spec;
    if (spec->kv_heads < 2)
      return fail(ErrorCode::kInvalidArgument, "as-kvhs-masked needs at least two K/V heads");
    // Group 0 stays unmasked; the attributes are dealt out to the others in turn.
    const int masked = spec->kv_heads - 1;
    for (int group = 1; group < spec->kv_heads; ++group) {
      std::uint32_t keys = 0;
      for (int attribute = group - 1; attribute < attributes; attribute += masked)
        keys |= std::uint32_t{1} << attribute;
      spec->keys[static_cast<std::size_t>(group)] = keys;
    }
    return spec;
  }
};

}  // namespace

const AttentionFamily& as_kvhs_masked_attention() {
  static const AttributeMasked family;
  return family;
}

}  // namespace sage
