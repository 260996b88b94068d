// sage-music data feel: the table of feels, from drummers' performances.
#include <algorithm>
#include <filesystem>
#include <memory>

#include "apps/data/commands.h"
#include "base/file.h"
#include "data/manifest.h"
#include "feel/learn.h"
#include "midi/reader.h"

namespace sage::cli {
namespace {

struct DataFeelOptions {
  std::string folder, output, licence;
};

std::string cell(const ManifestRow& row, const std::string& column) {
  const auto at = row.find(column);
  return at == row.end() ? "" : at->second;
}

/// Whole beats in four quarters: fills have no bar to stand in.
bool is_usable(const ManifestRow& row) {
  const std::string meter = cell(row, "time_signature"), type = cell(row, "beat_type");
  return (meter == "4/4" || meter == "4-4") && (type.empty() || type == "beat");
}

Result<void> act(const DataFeelOptions& options) {
  const auto rows = read_manifest(options.folder);
  std::vector<Feel> learnt;
  for (const FeelKind& kind : feel_kinds()) {
    FeelLearner learner(std::string(kind.name), kind.swung);
    for (const ManifestRow& row : rows) {
      const std::string style = cell(row, "style");
      const bool fits = std::find(kind.styles.begin(), kind.styles.end(),
                                  style.substr(0, style.find('/'))) != kind.styles.end();
      if (!fits || !is_usable(row)) continue;
      const auto read = read_midi_file(std::filesystem::path(options.folder) / cell(row, "file"));
      if (!read) return tl::unexpected(read.error());
      learner.add(read->score);
    }
    learnt.push_back(learner.learn());
    const Feel& feel = learnt.back();
    if (feel.performances == 0)
      return fail(ErrorCode::kInvalidArgument,
                  options.folder + ": no performance in 4/4 for the feel '" + feel.name +
                      "'; its MANIFEST.tsv must have the columns file, style and time_signature");
    say(feel.name + ": " + std::to_string(feel.performances) + " performances, offbeat at " +
        fixed(feel.offbeat, 3) + " of a quarter, steadiness " + fixed(feel.steady, 2));
  }
  const std::string licence = options.licence.empty() ? "" : "# " + options.licence + "\n";
  if (auto written = write_text(options.output, licence + write_feels(learnt)); !written)
    return written;
  say("wrote " + options.output);
  return {};
}

}  // namespace

void add_data_feel(CLI::App& data, Cli& cli) {
  auto options = std::make_shared<DataFeelOptions>();
  CLI::App* command = add_command(data, cli, "feel", "Learn the feels of drummers for --feel",
                                  "  sage-music data feel train_groove -o models/feel.tsv",
                                  [options] { return act(*options); });
  command->add_option("folder", options->folder, "drum performances with their MANIFEST.tsv")
      ->required();
  command->add_option("--licence", options->licence, "a line on the source for the table's head");
  command->add_option("-o,--output", options->output, "table to write")->required();
}

}  // namespace sage::cli
