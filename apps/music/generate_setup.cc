#include "apps/music/generate_setup.h"

#include <algorithm>
#include <utility>

#include "apps/shared/model_choice.h"
#include "apps/shared/music_file.h"
#include "apps/shared/part_report.h"
#include "apps/shared/provenance.h"
#include "apps/shared/render_outputs.h"
#include "apps/shared/wish_options.h"
#include "midi/parts.h"
#include "midi/writer.h"
#include "score/program_names.h"

namespace sage::cli {
namespace {

Result<std::optional<Song>> open_song(GenerateOptions& options) {
  if (options.prompt.empty()) return std::optional<Song>();
  auto document = read_editable(options.prompt);
  if (!document) return tl::unexpected(document.error());
  auto parts = midi::parts_named(document->music(), options.parts);
  if (!parts) return tl::unexpected(parts.error());
  auto chosen = midi::choose_instruments(document->music(), options.instruments);
  if (!chosen) return tl::unexpected(chosen.error());
  parts->insert(parts->end(), chosen->parts.begin(), chosen->parts.end());
  std::sort(parts->begin(), parts->end());
  parts->erase(std::unique(parts->begin(), parts->end()), parts->end());
  auto players =
      players_of(*document, *std::move(parts), chosen->programs, options.request.prompt_bars);
  if (!players) return tl::unexpected(players.error());
  ask_players(*document, *players, options.request);
  return std::optional<Song>({*std::move(document), *std::move(players)});
}

/// What can go wrong with outputs is found here, before any music is written.
Result<void> check_outputs(const GenerateOptions& options) {
  for (int take = 1; take <= options.takes; ++take) {
    const auto [midi, renderings] = outputs_of(options, take);
    if (auto ok = check_output(midi); !ok) return ok;
    if (auto ok = check_renderings(renderings); !ok) return ok;
  }
  return {};
}

std::string signature(const GenerateOptions& options, const Engine& engine, std::uint64_t seed) {
  if (options.no_provenance) return {};
  return provenance(engine, "generate", seed, options.request.wishes, options.form);
}

Result<Written> continued(const GenerateOptions& options, const Setup& setup, const NewBars& bars,
                          std::uint64_t seed) {
  ContinueOptions how;
  how.only_new = options.only_new;
  how.signature = signature(options, *setup.engine, seed);
  how.play = [&](Score& score, const Score& kept, Tick from) {
    return setup.rendition.play(score, kept, from, seed);
  };
  auto file = continue_document(setup.song->document, setup.song->players, bars, how);
  if (!file) return tl::unexpected(file.error());
  Written written;
  written.bytes = std::move(file->bytes);
  written.parts = std::move(file->parts);
  if (!options.parts.empty() || !options.instruments.empty())
    written.silent = silent_titles(written.parts);
  return written;
}

}  // namespace

Result<Setup> open_setup(GenerateOptions& options) {
  auto song = open_song(options);
  if (!song) return tl::unexpected(song.error());
  auto wishes = wishes_of(options.wishes, options.request.programs);
  if (!wishes) return tl::unexpected(wishes.error());
  options.request.wishes = *std::move(wishes);
  if (auto ok = check_outputs(options); !ok) return tl::unexpected(ok.error());
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  auto rendition = Rendition::open(options.playing, **engine);
  if (!rendition) return tl::unexpected(rendition.error());
  return Setup{*std::move(engine), *std::move(song), *std::move(rendition)};
}

Result<Written> written_by(const GenerateOptions& options, const Setup& setup, const NewBars& bars,
                           std::uint64_t seed) {
  if (setup.song) return continued(options, setup, bars, seed);
  Score score = bars.music;
  for (Track& track : score.tracks) untangle(track.notes, 0);
  if (auto played = setup.rendition.play(score, Score{}, Tick{0}, seed); !played)
    return tl::unexpected(played.error());
  Written written;
  for (const Track& track : score.tracks)
    written.parts.push_back({std::nullopt, std::string(program_name(track.program_or_drum())),
                             track.program_or_drum(), 0, track.notes.size()});
  for (const int program : options.request.programs)
    if (std::none_of(score.tracks.begin(), score.tracks.end(), [&](const Track& track) {
          return track.program_or_drum() == program && !track.notes.empty();
        }))
      written.silent.emplace_back(program_name(program));
  sign(score, signature(options, *setup.engine, seed));
  written.bytes = write_midi(score);
  return written;
}

std::string instruments_line(const Score& score) {
  std::string names;
  for (const Track& track : score.tracks)
    names += (names.empty() ? "" : ", ") + std::string(program_name(track.program_or_drum()));
  return "instruments: " + names;
}

}  // namespace sage::cli
