// sage-music eval score: folders of MIDI files, of any origin, against a folder of references.
#include <memory>

#include "apps/eval/commands.h"
#include "apps/shared/report_outputs.h"
#include "eval/journal.h"

namespace sage::cli {
namespace {

struct EvalScoreOptions {
  std::vector<std::string> outputs;
  std::string references;
  std::string plan;
  std::size_t skip_bars = 0, bars = 0, limit = 0;
  bool unpaired = false;
  std::uint64_t seed = 0;
  int jobs = default_jobs();
  ReportOptions report;
};

std::string setting(const Latency& latency, const char* key) {
  const auto at = latency.settings.find(key);
  if (at == latency.settings.end()) return "";
  return at->is_string() ? at->get<std::string>() : at->dump();
}

/// Outputs with a journal state their settings: a hint if they would be scored differently.
void hint_at_scope(const Latency& latency, const EvalScoreOptions& options,
                   const ScoringTask& task) {
  if (setting(latency, "bars").empty()) return;  // no journal of ours
  const std::string planned = task.plan ? std::string(to_string(task.plan->task)) : "";
  const std::string made_for =
      setting(latency, "hole_seed").empty() ? "" : setting(latency, "task");
  if (made_for != planned ||
      (task.plan && setting(latency, "hole_seed") != std::to_string(task.plan->seed))) {
    note("note: " + latency.system + " was made for " +
         (made_for.empty()  ? "no plan of holes"
          : planned.empty() ? "a plan of holes; name it with --plan"
                            : "another plan of holes"));
    return;
  }
  const std::string prompt = setting(latency, "prompt_bars"), bars = setting(latency, "bars");
  if (!task.plan &&
      (prompt != std::to_string(options.skip_bars) || bars != std::to_string(options.bars)))
    note("note: " + latency.system + " was made for --skip-bars " + printable(prompt) + " --bars " +
         printable(bars));
}

std::string sentence_of(const EvalScoreOptions& options, const ScoringTask& task) {
  if (task.plan) return describe(task.plan->task, task.plan->bars);
  std::string sentence = options.unpaired
                             ? "The distributions of outputs and references are compared"
                             : "Outputs are compared with the references of the same name";
  if (options.skip_bars > 0)
    sentence += ", after the first " + std::to_string(options.skip_bars) + " bars";
  if (options.bars > 0) sentence += ", " + std::to_string(options.bars) + " bars at most";
  return sentence + ".";
}

Result<void> act(const Cli& cli, const EvalScoreOptions& options) {
  auto references = list_folder(options.references);
  if (!references) return tl::unexpected(references.error());
  auto systems = parse_systems(options.outputs);
  if (!systems) return tl::unexpected(systems.error());
  install_stop_handler();
  ScoringTask task;
  task.references = thin(references->pieces, options.limit);
  task.skipped_references = references->skipped;
  task.systems = *std::move(systems);
  task.scope = {options.skip_bars, options.bars};
  task.paired = !options.unpaired;
  task.seed = options.seed;
  task.threads = options.jobs;
  if (!options.plan.empty()) {
    auto plan = read_plan(options.plan);
    if (!plan) return tl::unexpected(plan.error());
    task.plan = *std::move(plan);
  }
  std::vector<Latency> latencies;
  for (const SystemFiles& system : task.systems)
    if (auto latency = read_latency(system.folder, system.name)) {
      hint_at_scope(*latency, options, task);
      latencies.push_back(*std::move(latency));
    }
  auto scores = score_systems(task, PieceProgress("scored", options.report.json));
  end_progress();
  if (!scores) return tl::unexpected(scores.error());
  return publish(cli, "SAGE-Music benchmark: scores", sentence_of(options, task), task,
                 *std::move(scores), std::move(latencies), options.report);
}

}  // namespace

void add_eval_score(CLI::App& eval, Cli& cli) {
  auto options = std::make_shared<EvalScoreOptions>();
  CLI::App* command = add_command(
      eval, cli, "score", "Score folders of MIDI files against references, with a league table",
      "  sage-music eval score --outputs theirs --references test --skip-bars 4 --bars 16\n"
      "  sage-music eval score --outputs A=out/a --outputs B=out/b --references test --report ab\n"
      "  sage-music eval score --outputs theirs --references test --plan out/holes/plan.json\n"
      "Outputs are paired with references by their names below the folder, without extension.\n"
      "A missing or broken output scores 0 and stays in the denominator.",
      [&cli, options] { return act(cli, *options); });
  command
      ->add_option("--outputs", options->outputs, "folder of outputs, DIR or NAME=DIR; repeatable")
      ->required();
  command->add_option("--references", options->references, "folder of references")->required();
  CLI::Option* skip =
      command->add_option("--skip-bars", options->skip_bars, "bars of the prompt to exclude")
          ->check(CLI::Range(0, 100'000));
  CLI::Option* bars =
      command->add_option("--bars", options->bars, "number of bars to compare; 0: all")
          ->check(CLI::Range(0, 100'000));
  CLI::Option* unpaired =
      command->add_flag("--unpaired", options->unpaired,
                        "outputs have no reference each: compare distributions only");
  command
      ->add_option("--plan", options->plan,
                   "score the notes inside these holes (`eval holes`), and check that all others "
                   "are unchanged")
      ->check(CLI::ExistingFile)
      ->excludes(skip)
      ->excludes(bars)
      ->excludes(unpaired);
  command
      ->add_option("--limit", options->limit, "maximum number of references (approximate); 0: all")
      ->check(CLI::Range(0, 10'000'000));
  command->add_option("--jobs", options->jobs, "pieces in parallel")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "seed of intervals, tests and random pieces")
      ->check(not_negative())
      ->capture_default_str();
  add_report_options(*command, options->report);
}

}  // namespace sage::cli
