// Feeds bytes to the MIDI reader. What it accepts has to survive writing and reading again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "midi/reader.h"
#include "midi/writer.h"
#include "score/timeline.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = sage::read_midi({data, size});
  if (!read) return 0;
  (void)sage::bars_of(read->score, sage::end_of(read->score));
  (void)sage::duration_seconds(read->score);
  const auto again = sage::read_midi(sage::write_midi(read->score));
  if (!again || !(again->score == read->score) || again->warning_count != 0) std::abort();
  return 0;
}
