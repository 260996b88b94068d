// sage-music eval continuation, unconditional, instrument: a model writes, its outputs are scored.
#include <memory>

#include "eval/generation.h"
#include "eval_commands.h"
#include "model_choice.h"
#include "sampler_options.h"

namespace sage::cli {
namespace {

struct Options {
  ModelChoice model;
  std::string data, output, name = "model";
  GenerationOptions generation;
  std::size_t limit = 0;
  ReportOptions report;
};

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
  task.paired = options.generation.task == GenerationTask::kContinuation;
  task.seed = options.generation.seed;
  task.threads = options.generation.jobs;
  options.generation.threads = options.model.threads;
  auto generated = generate_outputs(*engine, task.references, options.output, options.generation,
                                    PieceProgress("wrote", options.report.json));
  end_progress();
  if (!generated) return tl::unexpected(generated.error());
  for (const Skipped& failed : generated->failed)
    note("no output for " + printable(failed.name) + ": " + failed.why);
  auto outputs = list_folder(options.output);
  if (!outputs) return tl::unexpected(outputs.error());
  // A folder may hold more than this run asked for, from a run with a larger limit.
  std::erase_if(outputs->pieces, [&](const PieceFile& file) {
    return std::none_of(task.references.begin(), task.references.end(),
                        [&](const PieceFile& reference) { return reference.name == file.name; });
  });
  task.systems = {{options.name, options.output, *std::move(outputs)}};
  auto scores = score_systems(task, PieceProgress("scored", options.report.json));
  end_progress();
  if (!scores) return tl::unexpected(scores.error());
  std::vector<Latency> latencies;
  if (auto latency = read_latency(options.output, options.name))
    latencies.push_back(*std::move(latency));
  if (options.report.name.empty())
    options.report.name = (std::filesystem::path(options.output) / "report").string();
  return publish(cli, "SAGE-Music benchmark: " + std::string(to_string(options.generation.task)),
                 describe(options.generation.task, options.generation.scope), task,
                 *std::move(scores), std::move(latencies), options.report);
}

void add_sampling(CLI::App& command, SamplerOptions& sampler) {
  add_sampler_options(command, sampler);
  check_usage(command, [&sampler] { return validate(sampler); });
}

void add_task(CLI::App& eval, Cli& cli, GenerationTask task, const std::string& summary) {
  auto options = std::make_shared<Options>();
  GenerationOptions& generation = options->generation;
  generation.task = task;
  generation.jobs = default_jobs();
  if (task != GenerationTask::kContinuation) generation.scope.skip = 0;
  const std::string name(to_string(task));
  CLI::App* command = add_command(
      eval, cli, name, summary,
      "  sage-music eval " + name + " --data held_out_folder --limit 100 -o out/" + name +
          "\nStopped runs go on where they stopped; --jobs 1 measures latency alone.",
      [&cli, options] { return act(cli, *options); });
  add_model_options(*command, options->model);
  command->add_option("--data", options->data, "folder of held-out MIDI files")->required();
  command->add_option("-o,--output", options->output, "folder for the outputs and the report")
      ->required();
  command->add_option("--name", options->name, "of the model in tables")->capture_default_str();
  if (task == GenerationTask::kContinuation)
    command->add_option("--prompt-bars", generation.scope.skip, "bars of the prompt")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
  command->add_option("--bars", generation.scope.bars, "bars to write")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--limit", options->limit, "about so many of the pieces; 0: all")
      ->check(CLI::Range(0, 10'000'000));
  command->add_option("--jobs", generation.jobs, "pieces at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("-s,--seed", generation.seed, "the same seed gives the same music")
      ->check(not_negative())
      ->capture_default_str();
  add_sampling(*command, generation.sampler);
  add_report_options(*command, options->report);
}

}  // namespace

void add_eval_generation(CLI::App& eval, Cli& cli) {
  add_task(eval, cli, GenerationTask::kContinuation,
           "A model continues held-out pieces; compare with what their composers wrote");
  add_task(eval, cli, GenerationTask::kUnconditional,
           "A model writes from nothing; compare distributions with held-out pieces");
  add_task(eval, cli, GenerationTask::kInstrument,
           "A model writes for the instruments of held-out pieces; compare distributions");
}

}  // namespace sage::cli
