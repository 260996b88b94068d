// sage-music eval continuation, unconditional, instrument, infill, accompany: a model writes, its
// outputs are scored.
#include <memory>

#include "apps/eval/commands.h"
#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/report_outputs.h"
#include "apps/shared/sampler_options.h"
#include "base/file.h"
#include "eval/generation.h"
#include "eval/journal.h"

namespace sage::cli {
namespace {

struct Options {
  ModelChoice model;
  std::string data, output, name = "model";
  GenerationOptions generation;
  std::size_t limit = 0;
  std::size_t takes = 1;
  std::string plan;             // file; empty: a plan of our own
  std::uint64_t hole_seed = 0;  // of that
  ReportOptions report;
};

/// The holes of a task that has some: those of a plan, or new ones.
Result<void> take_plan(Options& options, ScoringTask& task) {
  const auto holes = holes_of(options.generation.task);
  if (!holes) return {};
  std::size_t& bars = options.generation.scope.bars;
  auto plan = options.plan.empty() ? make_plan(task.references, *holes, bars, options.hole_seed,
                                               options.generation.jobs,
                                               PieceProgress("made holes", options.report.json))
                                   : read_plan(options.plan, *holes);
  end_progress();
  if (!plan) return tl::unexpected(plan.error());
  bars = plan->bars;
  task.plan = options.generation.plan = *std::move(plan);
  return {};
}

/// Writes every take of every reference: the first into the output folder, the others below it.
Result<Generated> generate_takes(const std::shared_ptr<const Engine>& engine,
                                 const std::vector<PieceFile>& references, const Options& options) {
  Generated all;
  for (std::size_t take = 1; take <= options.takes; ++take) {
    GenerationOptions generation = options.generation;
    generation.seed += take - 1;
    std::filesystem::path folder = options.output;
    if (take > 1) folder /= take_folder(take);
    const std::string what = take > 1 ? "take " + std::to_string(take) + ": wrote" : "wrote";
    auto generated = generate_outputs(engine, references, folder, generation,
                                      PieceProgress(what, options.report.json));
    end_progress();
    if (!generated) return generated;
    all.made += generated->made;
    all.kept += generated->kept;
    for (const Skipped& failed : generated->failed) all.failed.push_back(failed);
  }
  return all;
}

Result<void> act(const Cli& cli, Options& options) {
  auto references = list_folder(options.data);
  if (!references) return tl::unexpected(references.error());
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  install_stop_handler();
  ScoringTask task;
  task.references = thin(references->pieces, options.limit);
  task.skipped_references = references->skipped;
  task.scope = options.generation.scope;
  const GenerationTask kind = options.generation.task;
  task.instruments_asked = kind == GenerationTask::kInstrument;
  task.paired = !task.instruments_asked && kind != GenerationTask::kUnconditional;
  task.seed = options.generation.seed;
  task.threads = options.generation.jobs;
  options.generation.threads = options.model.threads;
  if (auto ok = take_plan(options, task); !ok) return ok;
  auto generated = generate_takes(*engine, task.references, options);
  if (!generated) return tl::unexpected(generated.error());
  if (task.plan)
    if (auto ok =
            write_text(std::filesystem::path(options.output) / "plan.json", plan_text(*task.plan));
        !ok)
      return ok;
  for (const Skipped& failed : generated->failed)
    note("no output for " + printable(failed.name) + ": " + failed.why);
  auto outputs = list_folder(options.output);
  if (!outputs) return tl::unexpected(outputs.error());
  auto takes = split_takes(*outputs);
  takes.resize(std::min(takes.size(), options.takes - 1));  // of a run with more of them
  // A folder may hold more than this run asked for, from a run with a larger limit.
  std::erase_if(outputs->pieces, [&](const PieceFile& file) {
    return std::none_of(task.references.begin(), task.references.end(),
                        [&](const PieceFile& reference) { return reference.name == file.name; });
  });
  task.systems = {{options.name, options.output, *std::move(outputs), std::move(takes)}};
  auto scores = score_systems(task, PieceProgress("scored", options.report.json));
  end_progress();
  if (!scores) return tl::unexpected(scores.error());
  auto probes =
      run_probes(*engine, options.generation, PieceProgress("probed", options.report.json));
  end_progress();
  if (!probes) return tl::unexpected(probes.error());
  scores->systems[0].probes = *std::move(probes);
  std::vector<Latency> latencies;
  if (auto latency = read_latency(options.output, options.name))
    latencies.push_back(*std::move(latency));
  if (options.report.name.empty())
    options.report.name = (std::filesystem::path(options.output) / "report").string();
  return publish(cli, "SAGE-Music benchmark: " + std::string(to_string(kind)),
                 describe(kind, options.generation.scope), task, *std::move(scores),
                 std::move(latencies), options.report);
}

Result<void> check(const Options& options) {
  if (auto ok = validate(options.generation.sampler); !ok) return ok;
  return check_outside(options.output, options.data);
}

void add_task(CLI::App& eval, Cli& cli, GenerationTask task, const std::string& summary) {
  auto options = std::make_shared<Options>();
  GenerationOptions& generation = options->generation;
  generation.task = task;
  generation.jobs = default_jobs();
  if (task != GenerationTask::kContinuation) generation.scope.skip = 0;
  const auto holes = holes_of(task);
  if (holes) generation.scope.bars = default_bars(*holes);
  const std::string name(to_string(task));
  CLI::App* command = add_command(
      eval, cli, name, summary,
      "  sage-music eval " + name + " --data held_out_folder --limit 100 -o out/" + name +
          "\nA stopped run continues where it stopped. Use --jobs 1 to measure latency.",
      [&cli, options] { return act(cli, *options); });
  add_model_options(*command, options->model);
  command->add_option("--data", options->data, "folder of held-out MIDI files")->required();
  command->add_option("-o,--output", options->output, "folder for the outputs and the report")
      ->required();
  command->add_option("--name", options->name, "name of the model in tables")
      ->capture_default_str();
  if (task == GenerationTask::kContinuation)
    command->add_option("--prompt-bars", generation.scope.skip, "bars of the prompt")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
  CLI::Option* bars =
      command
          ->add_option("--bars", generation.scope.bars, holes ? "bars of a hole" : "bars to write")
          ->check(CLI::Range(1, 10'000))
          ->capture_default_str();
  if (holes) {
    CLI::Option* seed = command->add_option("--hole-seed", options->hole_seed, "seed of the holes")
                            ->check(not_negative())
                            ->capture_default_str();
    command
        ->add_option("--plan", options->plan,
                     "holes to fill: plan.json of `eval holes` or of an earlier run")
        ->check(CLI::ExistingFile)
        ->excludes(bars)
        ->excludes(seed);
  }
  if (task == GenerationTask::kContinuation || holes)
    command
        ->add_option(
            "--takes", options->takes,
            "outputs for each piece, for the energy score; take k has the seed SEED + k - 1")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
  command->add_option("--limit", options->limit, "maximum number of pieces (approximate); 0: all")
      ->check(CLI::Range(0, 10'000'000));
  command->add_option("--jobs", generation.jobs, "pieces in parallel")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command
      ->add_option("-s,--seed", generation.seed, "random seed; the same seed gives the same music")
      ->check(not_negative())
      ->capture_default_str();
  add_sampler_options(*command, generation.sampler);
  check_usage(*command, [options] { return check(*options); });
  if (knows_presence(task)) add_presence_option(*command, generation.presence);
  add_report_options(*command, options->report);
}

}  // namespace

void add_eval_generation(CLI::App& eval, Cli& cli) {
  add_task(eval, cli, GenerationTask::kContinuation,
           "Let a model continue held-out pieces; compare with the originals");
  add_task(eval, cli, GenerationTask::kUnconditional,
           "Let a model write from nothing; compare distributions with held-out pieces");
  add_task(eval, cli, GenerationTask::kInstrument,
           "Let a model write for given instruments; compare distributions");
  add_task(eval, cli, GenerationTask::kInfill,
           "Let a model fill holes in held-out pieces; compare with the originals");
  add_task(eval, cli, GenerationTask::kAccompany,
           "Let a model add instruments to a given part; compare with the originals");
}

}  // namespace sage::cli
