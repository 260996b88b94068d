// Scores of the C interface.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>

#include "capi/handles.h"
#include "capi/status.h"
#include "metrics/similarity.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/note_list.h"
#include "score/timeline.h"

namespace sage::capi {
namespace {

Result<void> hand_over(Result<MidiRead> read, sage_score** score) {
  if (!read) return tl::unexpected(read.error());
  *score = new sage_score{std::move(read->score)};
  return {};
}

Result<Features> features_of(const Score& score) {
  auto piece = on_grid(score);
  if (!piece) return tl::unexpected(piece.error());
  return sage::features_of(*piece);
}

}  // namespace
}  // namespace sage::capi

using namespace sage;        // NOLINT: the definitions below are C's
using namespace sage::capi;  // NOLINT

sage_status sage_score_create(const sage_note* notes, size_t count, int32_t ticks_per_quarter,
                              double bpm, sage_score** score) {
  return guarded([&]() -> Result<void> {
    if (score == nullptr) return missing("score");
    if (notes == nullptr && count > 0) return missing("notes");
    std::vector<ListedNote> listed(count);
    for (size_t i = 0; i < count; ++i) listed[i] = {notes[i].program, from_c(notes[i])};
    auto made = score_of_notes(listed, ticks_per_quarter, bpm);
    if (!made) return tl::unexpected(made.error());
    *score = new sage_score{*std::move(made)};
    return {};
  });
}

sage_status sage_score_read(const char* path, sage_score** score) {
  return guarded([&]() -> Result<void> {
    if (path == nullptr) return missing("path");
    if (score == nullptr) return missing("score");
    return hand_over(read_midi_file(path), score);
  });
}

sage_status sage_score_from_midi(const void* bytes, size_t size, sage_score** score) {
  return guarded([&]() -> Result<void> {
    if (score == nullptr) return missing("score");
    if (bytes == nullptr && size > 0) return missing("bytes");
    return hand_over(read_midi(std::span(static_cast<const std::uint8_t*>(bytes), size)), score);
  });
}

sage_status sage_score_write(const sage_score* score, const char* path) {
  return guarded([&]() -> Result<void> {
    if (score == nullptr) return missing("score");
    if (path == nullptr) return missing("path");
    return write_midi_file(score->score, path);
  });
}

sage_status sage_score_to_midi(const sage_score* score, uint8_t** bytes, size_t* size) {
  return guarded([&]() -> Result<void> {
    if (score == nullptr) return missing("score");
    if (bytes == nullptr) return missing("bytes");
    if (size == nullptr) return missing("size");
    const std::vector<std::uint8_t> written = write_midi(score->score);
    auto* copy = static_cast<uint8_t*>(std::malloc(written.size()));  // NOLINT: freed from C
    if (copy == nullptr) throw std::bad_alloc();
    std::memcpy(copy, written.data(), written.size());
    *bytes = copy;
    *size = written.size();
    return {};
  });
}

void sage_free_score(sage_score* score) { delete score; }

int32_t sage_score_ticks_per_quarter(const sage_score* score) {
  return score == nullptr ? 0 : score->score.ticks_per_quarter;
}

double sage_score_seconds(const sage_score* score) {
  return score == nullptr ? 0 : duration_seconds(score->score);
}

size_t sage_score_notes(const sage_score* score, sage_note* notes, size_t capacity) {
  if (score == nullptr) return 0;
  if (notes == nullptr || capacity == 0) return note_count(score->score);
  size_t written = 0;
  const sage_status done = guarded([&]() -> Result<void> {
    const std::vector<ListedNote> list = note_list(score->score);
    for (size_t i = 0; i < std::min(capacity, list.size()); ++i)
      notes[i] = to_c(list[i].program, list[i].note);
    written = list.size();
    return {};
  });
  return done == SAGE_OK ? written : 0;
}

sage_status sage_nmsi(const sage_score* a, const sage_score* b, double* nmsi) {
  return guarded([&]() -> Result<void> {
    if (a == nullptr || b == nullptr) return missing("score");
    if (nmsi == nullptr) return missing("nmsi");
    const auto first = capi::features_of(a->score), second = capi::features_of(b->score);
    if (!first) return tl::unexpected(first.error());
    if (!second) return tl::unexpected(second.error());
    *nmsi = similarity(*first, *second).nmsi();
    return {};
  });
}
