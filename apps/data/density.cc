// sage-music data density: how many notes a bar instruments play in real music, for the words of
// --density.
#include <array>
#include <map>
#include <memory>

#include "apps/data/commands.h"
#include "apps/shared/files.h"
#include "midi/reader.h"
#include "score/program_names.h"
#include "score/timeline.h"
#include "statistics/quantiles.h"

namespace sage::cli {
namespace {

struct DataDensityOptions {
  std::vector<std::string> folders;
  int limit = 0;
  bool json = false;
};

constexpr std::array kLevels = {0.1, 0.3, 0.5, 0.7, 0.9};
constexpr int kDrums = 16, kAll = 17;  // behind the sixteen families of General MIDI

int family_of(int program) { return program == kDrumProgram ? kDrums : program / 8; }

std::string family_name(int family) {
  if (family == kAll) return "all";
  return family == kDrums ? "drums" : std::string(program_name(8 * family)) + " ...";
}

/// Notes in each bar in which an instrument plays.
using Counts = std::map<int, std::vector<double>>;

Result<void> count(const Score& score, Counts& counts) {
  auto bars = bars_of(score, end_of(score));
  if (!bars) return tl::unexpected(bars.error());
  std::map<int, std::map<std::size_t, double>> parts;  // program: bar: notes
  for (const Track& track : score.tracks) {
    std::size_t bar = 0;
    for (const Note& note : track.notes) {
      while (bar + 1 < bars->size() && (*bars)[bar].end() <= note.onset) ++bar;
      ++parts[track.program_or_drum()][bar];
    }
  }
  for (const auto& [program, played] : parts)
    for (const auto& [bar, notes] : played)
      for (const int family : {family_of(program), kAll}) counts[family].push_back(notes);
  return {};
}

Result<void> act(const DataDensityOptions& options) {
  auto files = midi_files(options.folders);
  if (!files) return tl::unexpected(files.error());
  install_stop_handler();
  Counts counts;
  std::size_t read = 0, skipped = 0;
  for (const auto& file : thin(*files, options.limit)) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto piece = read_midi_file(file);
    if (piece && count(piece->score, counts))
      ++read;
    else
      ++skipped;
    show_progress(std::to_string(read) + " files");
  }
  end_progress();
  Json rows = Json::array();
  for (const auto& [family, notes] : counts) {
    Json row = {{"family", family}, {"name", family_name(family)}, {"bars", notes.size()}};
    for (const double level : kLevels) row["notes"].push_back(quantile(notes, level));
    rows.push_back(row);
  }
  if (options.json) {
    say_json({{"files", read}, {"skipped", skipped}, {"families", rows}});
    return {};
  }
  say(std::to_string(read) +
      " files, notes in the bars in which an instrument plays, 10th to 90th "
      "percentile:");
  for (const Json& row : rows) {
    std::string line =
        row["name"].get<std::string>() + " (" + grouped(row["bars"].get<long long>()) + " bars):";
    for (const Json& level : row["notes"]) line += " " + fixed(level.get<double>(), 0);
    say(line);
  }
  return {};
}

}  // namespace

void add_data_density(CLI::App& data, Cli& cli) {
  auto options = std::make_shared<DataDensityOptions>();
  CLI::App* command = add_command(
      data, cli, "density", "Count notes a bar of the instruments in MIDI files",
      "  sage-music data density music --limit 2000\n"
      "By families of General MIDI; the words of generate --density are these percentiles.",
      [options] { return act(*options); });
  command->add_option("folders", options->folders, "folders or MIDI files")->required();
  command->add_option("--limit", options->limit, "maximum number of files, approximately; 0: all")
      ->check(not_negative());
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
