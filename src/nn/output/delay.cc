#include "nn/output_spec.h"

namespace sage {
namespace {

class Delay final : public OutputFamily {
 public:
  std::string_view name() const override { return "delay"; }
  std::string_view summary() const override {
    return "the fields of neighbouring steps at once, field s of a step s steps later";
  }
  OutputSpec spec() const override { return {.compound = true, .shifted = true}; }
};

}  // namespace

const OutputFamily& delay_output() {
  static const Delay family;
  return family;
}

}  // namespace sage
