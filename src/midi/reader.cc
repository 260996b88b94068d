#include "midi/reader.h"

#include "base/file.h"
#include "midi/chunks.h"
#include "midi/view.h"

namespace sage {

Result<MidiRead> read_midi(std::span<const std::uint8_t> bytes, const MidiLimits& limits) {
  MidiRead out;
  const auto file = midi::read_events(bytes, limits, out);
  if (!file) return tl::unexpected(file.error());
  midi::view_events(*file, bytes, out, nullptr);
  return out;
}

Result<MidiRead> read_midi_file(const std::filesystem::path& path, const MidiLimits& limits) {
  const auto bytes = read_file(path, limits.max_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  auto read = read_midi(*bytes, limits);
  if (!read) return fail(path.string(), read.error());
  return read;
}

}  // namespace sage
