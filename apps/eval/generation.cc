// sage-music eval continuation, unconditional, instrument, infill, accompany: a model writes, its
// outputs are scored.
#include <memory>

#include "apps/eval/commands.h"
#include "apps/eval/task_run.h"
#include "apps/shared/files.h"
#include "apps/shared/sampler_options.h"

namespace sage::cli {
namespace {

Result<void> check(const TaskRun& options) {
  if (auto ok = validate(options.generation.sampler); !ok) return ok;
  return check_outside(options.output, options.data);
}

void add_task(CLI::App& eval, Cli& cli, GenerationTask task, const std::string& summary) {
  auto options = std::make_shared<TaskRun>(usual_run(task));
  GenerationOptions& generation = options->generation;
  const auto holes = holes_of(task);
  const std::string name(to_string(task));
  CLI::App* command = add_command(
      eval, cli, name, summary,
      "  sage-music eval " + name + " --data held_out_folder --limit 100 -o out/" + name +
          "\nA stopped run continues where it stopped. Use --jobs 1 to measure latency.",
      [&cli, options] { return run_task(cli, *options); });
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
