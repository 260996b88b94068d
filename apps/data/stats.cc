// sage-music data stats: what is in prepared data.
#include <algorithm>
#include <memory>

#include "apps/data/commands.h"
#include "base/file.h"
#include "data/charts.h"
#include "data/stats.h"
#include "score/program_names.h"

namespace sage::cli {

namespace {

struct DataStatsOptions {
  std::string folder, output;
  bool json = false;
  int threads = 2;
};

Json to_json(const DataCount& c) {
  return {{"pieces", c.pieces},
          {"notes", c.notes},
          {"bars", c.bars},
          {"tokens", c.tokens},
          {"pieces_with_drums", c.with_drums}};
}

Json to_json(const Bins& bins) {
  Json middles = Json::array();
  for (std::size_t i = 0; i < bins.counts.size(); ++i) middles.push_back(bins.at(i));
  return {{"middles", middles}, {"counts", bins.counts}};
}

Json to_json(const PartStats& part) {
  Json json = to_json(part.total);
  json["sources"] = Json::array();
  for (const auto& [source, total] : part.sources) {
    Json row = {{"repo", source.repo}, {"licence", source.licence}};
    row.update(to_json(total));
    json["sources"].push_back(row);
  }
  for (int program = 0; program < kProgramCount; ++program)
    if (const auto notes = part.programs[static_cast<std::size_t>(program)]; notes > 0)
      json["notes_by_program"][std::string(program_name(program))] = notes;
  json["notes_by_pitch"] = part.pitches;
  json["notes_by_drum"] = part.drums;
  json["bars_by_meter"] = part.meters;
  json["tokens_by_kind"] = part.kinds;
  json["bars_by_tempo"] = to_json(part.tempos);
  json["pieces_by_notes"] = to_json(part.piece_notes);
  json["pieces_by_bars"] = to_json(part.piece_bars);
  json["pieces_by_notes_a_bar"] = to_json(part.notes_a_bar);
  json["pieces_by_range"] = to_json(part.pitch_range);
  return json;
}

/// "4/4 61.0 %, 3/4 20.1 %, ..."
template <class Counts>
std::string shares(const Counts& counts, std::size_t most) {
  std::vector<std::pair<std::string, std::uint64_t>> rows(counts.begin(), counts.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::uint64_t all = 0;
  for (const auto& row : rows) all += row.second;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, rows.size()); ++i) {
    if (rows[i].second * 2000 < all) return text + ", ...";  // 0.0 %
    text += (i == 0 ? "" : ", ") + printable(rows[i].first) + " " +
            fixed(100 * static_cast<double>(rows[i].second) / static_cast<double>(all), 1) + " %";
  }
  return rows.size() > most ? text + ", ..." : text;
}

void say_part(const std::string& name, const PartStats& part) {
  const DataCount& total = part.total;
  say(name + ": " + grouped(total.pieces) + " pieces (" + grouped(total.with_drums) +
      " with drums), " + grouped(total.notes) + " notes, " + grouped(total.bars) + " bars, " +
      grouped(total.tokens) + " tokens");
  if (total.pieces == 0) return;
  std::map<std::string, std::uint64_t> repos, licences, programs;
  for (const auto& [source, counted] : part.sources) {
    repos[source.repo] += counted.notes;
    licences[source.licence] += counted.notes;
  }
  for (int program = 0; program < kProgramCount; ++program)
    if (const auto notes = part.programs[static_cast<std::size_t>(program)]; notes > 0)
      programs[std::string(program_name(program))] = notes;
  say("  notes by source: " + shares(repos, 8));
  say("  notes by licence: " + shares(licences, 6));
  say("  notes by instrument: " + shares(programs, 10));
  say("  bars by meter: " + shares(part.meters, 8));
  say("  tokens by kind: " + shares(part.kinds, 12));
}

/// A page where the name ends in .html, else a folder of SVG files.
Result<void> write(const DataStats& stats, const DataStatsOptions& given) {
  if (given.output.ends_with(".html")) {
    if (auto written = write_text(given.output, data_page(stats, "Data in " + given.folder));
        !written)
      return written;
  } else {
    for (const NamedChart& chart : data_charts(stats))
      if (auto written =
              write_text(std::filesystem::path(given.output) / (chart.name + ".svg"), chart.svg);
          !written)
        return written;
  }
  if (!given.json) say("wrote " + given.output);
  return {};
}

Result<void> act(const DataStatsOptions& given) {
  install_stop_handler();
  auto stats = data_stats(given.folder, given.threads, [](std::size_t done, std::size_t all) {
    show_progress(grouped(done) + " of " + grouped(all) + " pieces");
    return !stop_requested();
  });
  end_progress();
  if (!stats) return tl::unexpected(stats.error());
  if (given.json) {
    say_json({{"tokenizer", describe(stats->tokenizer)},
              {"train", to_json(stats->train)},
              {"valid", to_json(stats->valid)},
              {"dropped", stats->dropped}});
  } else {
    say(describe(stats->tokenizer));
    say_part("train", stats->train);
    say_part("valid", stats->valid);
    for (const auto& [reason, files] : stats->dropped)
      say("excluded: " + grouped(files) + " files, " + printable(reason));
  }
  return given.output.empty() ? Result<void>{} : write(*stats, given);
}

}  // namespace

void add_data_stats(CLI::App& data, Cli& cli) {
  auto options = std::make_shared<DataStatsOptions>();
  CLI::App* command = add_command(data, cli, "stats", "Show statistics of prepared data",
                                  "  sage-music data stats prepared\n"
                                  "  sage-music data stats prepared -o out/data.html",
                                  [options] { return act(*options); });
  command->add_option("folder", options->folder, "folder from `data prepare`")->required();
  command->add_flag("--json", options->json, "print all counts as JSON");
  command->add_option("-o,--output", options->output,
                      "charts: a page (name.html) or a folder of SVG files");
  command->add_option("--threads", options->threads, "threads")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
}

}  // namespace sage::cli
