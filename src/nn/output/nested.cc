#include "nn/output_spec.h"

namespace sage {
namespace {

class Nested final : public OutputFamily {
 public:
  std::string_view name() const override { return "nested"; }
  std::string_view summary() const override {
    return "field after field, each head sees the fields before it";
  }
  OutputSpec spec() const override { return {.compound = true, .chained = true}; }
};

}  // namespace

const OutputFamily& nested_output() {
  static const Nested family;
  return family;
}

}  // namespace sage
