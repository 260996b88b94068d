#include "apps/eval/task_run.h"

#include <algorithm>

#include "apps/shared/files.h"
#include "base/file.h"
#include "eval/journal.h"

namespace sage::cli {
namespace {

/// The holes of a task that has some: those of a plan, or new ones.
Result<void> take_plan(TaskRun& options, ScoringTask& task) {
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
                                 const std::vector<PieceFile>& references, const TaskRun& options) {
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

}  // namespace

TaskRun usual_run(GenerationTask task) {
  TaskRun run;
  run.generation.task = task;
  run.generation.jobs = default_jobs();
  if (task != GenerationTask::kContinuation) run.generation.scope.skip = 0;
  if (const auto holes = holes_of(task)) run.generation.scope.bars = default_bars(*holes);
  return run;
}

Result<void> run_task(const Cli& cli, TaskRun options) {
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

}  // namespace sage::cli
