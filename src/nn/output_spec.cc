#include "nn/output_spec.h"

#include <string>

namespace sage {

Result<OutputSpec> make_output(std::string_view name) {
  std::string names;
  for (const OutputFamily* family : output_registry()) {
    if (family->name() == name) return family->spec();
    names += (names.empty() ? "" : ", ") + std::string(family->name());
  }
  return fail(ErrorCode::kInvalidArgument,
              "no output is called '" + std::string(name) + "'; there are " + names);
}

}  // namespace sage
