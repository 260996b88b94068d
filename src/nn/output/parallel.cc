#include "nn/output_spec.h"

namespace sage {
namespace {

class Parallel final : public OutputFamily {
 public:
  std::string_view name() const override { return "parallel"; }
  std::string_view summary() const override {
    return "the fields of a step at once, from the state alone";
  }
  OutputSpec spec() const override { return {.compound = true}; }
};

}  // namespace

const OutputFamily& parallel_output() {
  static const Parallel family;
  return family;
}

}  // namespace sage
