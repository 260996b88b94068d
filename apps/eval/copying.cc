// sage-music eval copying: how long a run of notes outputs share with a training set.
#include <algorithm>
#include <memory>

#include "apps/eval/commands.h"
#include "apps/shared/report_outputs.h"
#include "base/file.h"
#include "eval/copying.h"
#include "score/program_names.h"
#include "statistics/quantiles.h"

namespace sage::cli {
namespace {

struct EvalCopyingOptions {
  std::vector<std::string> outputs, train;
  std::size_t skip_bars = 0, bars = 0;
  int jobs = default_jobs();
  std::string save;
  bool json = false;
};

constexpr double kShares[] = {0.5, 0.9, 0.95, 1.0};
constexpr const char* kShareNames[] = {"p50", "p90", "p95", "max"};

std::vector<double> lengths(const CopyingSet& set) {
  std::vector<double> values;
  for (const CopiedRun& run : set.pieces) values.push_back(static_cast<double>(run.longest));
  return values;
}

Json to_json(const CopyingSet& set) {
  Json json = {{"name", set.name}, {"pieces", set.pieces.size()}};
  const auto values = lengths(set);
  for (std::size_t k = 0; k < std::size(kShares) && !values.empty(); ++k)
    json["longest_shared_run_notes"][kShareNames[k]] = quantile(values, kShares[k]);
  json["runs"] = Json::array();
  for (const CopiedRun& run : set.pieces)
    json["runs"].push_back({{"piece", run.piece},
                            {"pitched_notes", run.notes},
                            {"longest", run.longest},
                            {"program", program_name(run.program)},
                            {"first_note", run.first_note},
                            {"source", run.source}});
  json["skipped"] = Json::array();
  for (const Skipped& s : set.skipped)
    json["skipped"].push_back({{"name", s.name}, {"why", s.why}});
  return json;
}

void tell(const CopyingResult& result) {
  say("Longest run of notes that an output shares with " +
      grouped(static_cast<long long>(result.training_pieces)) + " training pieces (" +
      grouped(static_cast<long long>(result.training_notes)) + " pitched notes), in any key:\n");
  say("| set | pieces | p50 | p90 | p95 | max | share of the piece, p50 | skipped |");
  say("|---|---:|---:|---:|---:|---:|---:|---:|");
  for (const CopyingSet& set : result.sets) {
    const auto values = lengths(set);
    std::vector<double> shares;
    for (const CopiedRun& run : set.pieces)
      shares.push_back(static_cast<double>(run.longest) / static_cast<double>(run.notes));
    std::string line = "| " + set.name + " | " + std::to_string(set.pieces.size()) + " |";
    for (const double share : kShares) line += " " + fixed(quantile(values, share), 0) + " |";
    say(line + " " + fixed(100 * median(shares), 1) + " % | " + std::to_string(set.skipped.size()) +
        " |");
  }
  for (const CopyingSet& set : result.sets)
    for (const Skipped& s : set.skipped)
      note("skipped " + printable(set.name + "/" + s.name) + ": " + s.why);
  for (const Skipped& s : result.skipped_training)
    note("skipped for training " + printable(s.name) + ": " + s.why);
  for (const CopyingSet& set : result.sets) {
    const auto most =
        std::max_element(set.pieces.begin(), set.pieces.end(),
                         [](const auto& a, const auto& b) { return a.longest < b.longest; });
    if (most != set.pieces.end() && most->longest > 0)
      say("\n" + set.name + ", longest: " + printable(most->piece) + ", " +
          std::string(program_name(most->program)) + ", " + std::to_string(most->longest) +
          " notes from note " + std::to_string(most->first_note + 1) + ", as in " +
          printable(most->source));
  }
}

Result<void> act(const EvalCopyingOptions& options) {
  CopyingTask task;
  auto sets = parse_systems(options.outputs);
  if (!sets) return tl::unexpected(sets.error());
  task.sets = *std::move(sets);
  for (const std::string& folder : options.train) {
    auto listed = list_folder(folder);
    if (!listed) return tl::unexpected(listed.error());
    task.training.insert(task.training.end(), listed->pieces.begin(), listed->pieces.end());
  }
  task.scope = {options.skip_bars, options.bars};
  task.threads = options.jobs;
  install_stop_handler();
  auto result = find_copies(task, PieceProgress("compared", options.json));
  end_progress();
  if (!result) return tl::unexpected(result.error());
  Json json = {{"training_pieces", result->training_pieces},
               {"training_notes", result->training_notes},
               {"training_hash", hash_of(task.training)},
               {"skip_bars", options.skip_bars},
               {"bars", options.bars},
               {"sets", Json::array()},
               {"skipped_training", Json::array()}};
  for (const CopyingSet& set : result->sets) json["sets"].push_back(to_json(set));
  for (const Skipped& s : result->skipped_training)
    json["skipped_training"].push_back({{"name", s.name}, {"why", s.why}});
  if (!options.save.empty()) {
    const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
    if (auto ok = write_text(options.save, text); !ok) return ok;
  }
  if (options.json)
    say_json(json);
  else
    tell(*result);
  return {};
}

}  // namespace

void add_eval_copying(CLI::App& eval, Cli& cli) {
  auto options = std::make_shared<EvalCopyingOptions>();
  CLI::App* command = add_command(
      eval, cli, "copying", "Find the longest run of notes shared with a training set",
      "  sage-music eval copying --outputs out/continuation --outputs held-out=test --train train "
      "--skip-bars 4 --bars 16\n"
      "Parts are compared one by one, in any key and tempo, without drums. Add held-out pieces\n"
      "as a set of their own to see how much unrelated music shares.",
      [options] { return act(*options); });
  command->add_option("--outputs", options->outputs, "folder, DIR or NAME=DIR; repeatable")
      ->required();
  command->add_option("--train", options->train, "folders of training pieces")->required();
  command->add_option("--skip-bars", options->skip_bars, "bars of the prompt to exclude")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--bars", options->bars, "bars of each piece; 0: all")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--jobs", options->jobs, "pieces in parallel")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--save", options->save, "also write JSON to this file");
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
