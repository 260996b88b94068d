#include "nn/attention/shared.h"

namespace sage {
namespace {

class AttributeEverywhere final : public AttentionFamily {
 public:
  std::string_view name() const override { return "as-kvhs-all"; }
  std::string_view summary() const override {
    return "G shared K/V heads; Q, K, V and O projected by the bank of the attribute of the token";
  }
  Result<AttentionSpec> make(int query_heads, int kv_heads, int attributes) const override {
    (void)attributes;
    auto spec = even_groups(query_heads, kv_heads == 0 ? 1 : kv_heads);
    if (spec) spec->query_banks = spec->kv_banks = true;
    return spec;
  }
};

}  // namespace

const AttentionFamily& as_kvhs_all_attention() {
  static const AttributeEverywhere family;
  return family;
}

}  // namespace sage
