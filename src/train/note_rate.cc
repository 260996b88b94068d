#include "train/note_rate.h"

#include <vector>

namespace sage {

Result<double> notes_per_example(const Dataset& data, int context, int fields, int examples) {
  const auto first = static_cast<std::size_t>(fields);  // no target: the step that is given
  std::vector<std::uint16_t> example(static_cast<std::size_t>(context + 1) * first);
  std::uint64_t notes = 0;
  Random random(0);
  for (int i = 0; i < examples; ++i) {
    if (auto drawn = data.sample(random, example); !drawn)
      return tl::unexpected<Error>(drawn.error());
    for (std::size_t k = first; k < example.size(); ++k) notes += data.notes_written()[example[k]];
  }
  return static_cast<double>(notes) / examples;
}

}  // namespace sage
