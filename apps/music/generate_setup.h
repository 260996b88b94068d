// What `generate` makes ready before any music is written, and the file that it makes of new bars.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/music/generate_options.h"
#include "apps/shared/playing_options.h"
#include "generate/continuing.h"
#include "generate/new_bars.h"

namespace sage::cli {

/// A file to continue, and who is to play.
struct Song {
  midi::Document document;
  Players players;
};

/// Who writes, what is continued, and who plays what was written.
struct Setup {
  std::shared_ptr<const Engine> engine;
  std::optional<Song> song;
  Rendition rendition;
};

/// Completes the options' request. What can go wrong with outputs is found here.
Result<Setup> open_setup(GenerateOptions& options);

/// A file of new bars.
struct Written {
  std::vector<std::uint8_t> bytes;
  std::vector<WrittenPart> parts;
  std::vector<std::string> silent;  // of those that were asked for by name
};

Result<Written> written_by(const GenerateOptions& options, const Setup& setup, const NewBars& bars,
                           std::uint64_t seed);

/// "instruments: Piano, Bass".
std::string instruments_line(const Score& score);

}  // namespace sage::cli
