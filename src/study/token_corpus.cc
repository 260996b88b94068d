#include "study/token_corpus.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "midi/reader.h"

namespace sage {
namespace {

/// Whether an onset is where a score would put it.
bool on_grid(std::int64_t ticks, int ticks_per_quarter) {
  const double quarters = static_cast<double>(ticks) / ticks_per_quarter;
  const auto near = [&](double steps) {
    return std::abs(quarters * steps - std::round(quarters * steps)) <= 0.005 * steps;
  };
  return near(6.0) || near(8.0);
}

/// One file, read.
struct Reading {
  MusicKind kind = MusicKind::kOther;
  std::vector<std::uint16_t> tokens;
  std::uint32_t notes = 0;
  double quarters = 0;
  std::string sha256;
  std::string dropped;  // why; empty: it was not
  std::string remark;   // what the reader could not read
};

Reading read_one(const std::filesystem::path& path, const Tokenizer& tokenizer,
                 std::size_t max_bars) {
  Reading reading;
  const auto bytes = read_file(path);
  const auto midi = bytes ? read_midi(*bytes) : Result<MidiRead>(tl::unexpected(bytes.error()));
  if (!midi) {
    reading.dropped = "unreadable";
    reading.remark = to_string(midi.error());
    return reading;
  }
  if (midi->warning_count > 0)
    reading.remark = "byte " + std::to_string(midi->warnings.front().offset) + ": " +
                     midi->warnings.front().message;
  reading.sha256 = sha256_hex(*bytes);
  const auto piece = tokenizer.quantise(midi->score, {.max_bars = max_bars});
  if (!piece || piece->bars.empty()) {
    reading.dropped = piece ? "no notes" : "too many bars";
    return reading;
  }
  reading.kind = classify(midi->score);
  const auto ids = tokenizer.write(*piece);
  reading.tokens.assign(ids.begin(), ids.end());
  reading.notes = static_cast<std::uint32_t>(note_count(piece->score));
  reading.quarters = static_cast<double>(piece->bars.back().end().count) /
                     static_cast<double>(tokenizer.config().grid);
  return reading;
}

void append(const Reading& reading, TokenCorpus& corpus) {
  corpus.pieces.push_back({corpus.tokens.size(), static_cast<std::uint32_t>(reading.tokens.size()),
                           reading.notes, reading.quarters});
  corpus.tokens.insert(corpus.tokens.end(), reading.tokens.begin(), reading.tokens.end());
  corpus.notes += reading.notes;
  corpus.quarters += reading.quarters;
}

}  // namespace

std::string_view music_kind_name(MusicKind kind) {
  static constexpr std::array<std::string_view, kMusicKindCount> kNames = {
      "piano scores", "piano performances", "multi-track", "other"};
  return kNames[static_cast<std::size_t>(kind)];
}

MusicKind classify(const Score& score) {
  std::array<bool, kProgramCount> seen = {};
  std::size_t notes = 0, exact = 0;
  for (const Track& track : score.tracks) {
    if (track.notes.empty()) continue;
    seen[static_cast<std::size_t>(track.program_or_drum())] = true;
    for (const Note& note : track.notes)
      exact += on_grid(note.onset.count, score.ticks_per_quarter);
    notes += track.notes.size();
  }
  const auto programs = std::count(seen.begin(), seen.end(), true);
  if (programs > 1) return MusicKind::kMultitrack;
  const bool piano = std::find(seen.begin(), seen.begin() + 8, true) != seen.begin() + 8;
  if (!piano) return MusicKind::kOther;
  return 2 * exact < notes ? MusicKind::kPianoPerformance : MusicKind::kPianoScore;
}

Result<SortedCorpora> read_corpora(std::span<const std::filesystem::path> files,
                                   const Tokenizer& tokenizer, const CorpusOptions& options) {
  std::vector<Reading> readings(files.size());
  std::atomic<std::size_t> next{0}, done{0};
  const auto stopped = [&] { return options.stop != nullptr && options.stop->load(); };
  const auto work = [&](bool reports) {
    for (std::size_t i; !stopped() && (i = next.fetch_add(1)) < files.size();) {
      readings[i] = read_one(files[i], tokenizer, options.max_bars);
      const std::size_t count = done.fetch_add(1) + 1;
      if (reports && options.progress) options.progress(count, files.size());
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < options.threads; ++t) others.emplace_back(work, false);
  work(true);
  for (std::thread& other : others) other.join();
  if (stopped()) return fail(ErrorCode::kInterrupted, "interrupted");

  SortedCorpora corpora;
  Sha256 hash;
  std::array<std::uint64_t, kMusicKindCount> notes = {}, seen = {};
  for (const Reading& reading : readings) {
    notes[static_cast<std::size_t>(reading.kind)] += reading.notes;
    hash.update(reading.sha256 + "\n");
  }
  for (std::size_t i = 0; i < readings.size(); ++i) {
    Reading& reading = readings[i];
    if (!reading.remark.empty())
      corpora.remarks.push_back((reading.dropped.empty() ? "" : "left out: ") + files[i].string() +
                                ": " + reading.remark);
    if (!reading.dropped.empty()) {
      ++corpora.dropped[reading.dropped];
      continue;
    }
    // Evenly over the files: a piece is taken when it brings the share taken up to the wanted one.
    const auto kind = static_cast<std::size_t>(reading.kind);
    TokenCorpus& corpus = corpora.kinds[kind];
    seen[kind] += reading.notes;
    const double share =
        options.max_notes == 0 || notes[kind] == 0
            ? 1.0
            : static_cast<double>(options.max_notes) / static_cast<double>(notes[kind]);
    if (share >= 1.0 || static_cast<double>(corpus.notes + reading.notes) <=
                            share * static_cast<double>(seen[kind]))
      append(reading, corpus);
    reading = {};  // its memory is needed
  }
  corpora.sha256 = hash.hex();
  return corpora;
}

TokenCorpus joined(SortedCorpora corpora) {
  TokenCorpus all;
  for (TokenCorpus& corpus : corpora.kinds) {
    for (CorpusPiece piece : corpus.pieces) {
      piece.first_token += all.tokens.size();
      all.pieces.push_back(piece);
    }
    all.tokens.insert(all.tokens.end(), corpus.tokens.begin(), corpus.tokens.end());
    all.notes += corpus.notes;
    all.quarters += corpus.quarters;
    corpus = {};
  }
  return all;
}

}  // namespace sage
