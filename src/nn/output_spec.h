// How a model writes a step, as data: one description, one implementation in the engine and one in
// the trainer.
//
// A flat model's step is one id. A compound model's step is S ids, its fields: their embeddings are
// summed, the decoder computes one state, and each field has a head of its own. The members differ
// in what a head knows of the other fields; each is a file in output/, named by one word in this
// layer's CMake list.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"

namespace sage {

struct OutputSpec {
  bool compound = false;  // steps of S >= 2 fields
  bool chained = false;   // a head sees the fields before its own of the step that it writes
  bool shifted = false;   // field s of a step is written s steps later, see shift_fields()
};

class OutputFamily {
 public:
  virtual ~OutputFamily() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;  // one line for listings
  virtual OutputSpec spec() const = 0;
};

std::span<const OutputFamily* const> output_registry();

/// Looks a member up by name; the error lists the names there are.
Result<OutputSpec> make_output(std::string_view name);

/// The id of a field that says nothing: the other fields of a step that is one token, and what
/// stands where a shifted field has not begun. It follows from the step's first field, so it is
/// never scored as a target.
inline constexpr std::int32_t kPadId = 0;

/// How a shifted model sees a string of steps, the delay pattern of MusicGen (Copet et al. 2023):
///   rows[t][s] = steps[t - s][s],  kPadId where t < s.
/// Both are (steps, fields), one after another; the last fields of the last steps are cut off.
template <class Id>
void shift_fields(std::span<const Id> steps, std::size_t fields, std::span<Id> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t back = i % fields * fields;
    rows[i] = i / fields < i % fields ? static_cast<Id>(kPadId) : steps[i - back];
  }
}

}  // namespace sage
