// sage-music eval all: every task of the benchmark for one model, and one page of it.
#include <memory>

#include "apps/eval/commands.h"
#include "apps/eval/task_run.h"
#include "apps/shared/files.h"
#include "base/file.h"
#include "eval/sheet.h"
#include "generate/likelihood.h"
#include "midi/reader.h"

namespace sage::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kTakes = 4;

struct AllOptions {
  ModelChoice model;
  std::string data, output;
  std::size_t limit = 0;
  int jobs = default_jobs();
  std::uint64_t seed = 0;
  bool json = false;
};

/// Nats and notes of every piece, as add_likelihood() reads them.
Result<Json> likelihood_of(const AllOptions& options) {
  auto folder = list_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  Workspace workspace((*engine)->model().config(), {.threads = options.jobs});
  Json pieces = Json::object();
  const auto files = thin(folder->pieces, options.limit);
  const PieceProgress progress("read", options.json);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!progress(i, files.size())) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto read = read_midi_file(files[i].path);
    if (!read) continue;  // the reports of the tasks name it
    const auto ids = (*engine)->tokenizer().encode(read->score);
    if (!ids) continue;
    const auto one = likelihood(**engine, *ids, workspace);
    if (one && one->notes > 0) pieces[files[i].name] = {{"nats", one->nats}, {"notes", one->notes}};
  }
  end_progress();
  return Json{{"model", (*engine)->weights().hash()}, {"pieces", pieces}};
}

Result<void> act(const Cli& cli, const AllOptions& options) {
  const fs::path output = options.output;
  install_stop_handler();
  Sheet sheet;
  for (const auto task :
       {GenerationTask::kContinuation, GenerationTask::kInfill, GenerationTask::kAccompany}) {
    TaskRun run = usual_run(task);
    run.model = options.model;
    run.data = options.data;
    run.output = (output / to_string(task)).string();
    run.generation.jobs = options.jobs;
    run.generation.seed = options.seed;
    run.limit = options.limit;
    if (task == GenerationTask::kContinuation) run.takes = kTakes;
    if (!options.json) note("task " + std::string(to_string(task)));
    if (auto ok = run_task(cli, run); !ok) return ok;
    const auto report = read_report(fs::path(run.output) / "report.json");
    if (!report) return tl::unexpected(report.error());
    if (auto ok = add_report(*report, sheet); !ok) return ok;
  }
  const auto nats = likelihood_of(options);
  if (!nats) return tl::unexpected(nats.error());
  if (auto ok = write_text(output / "likelihood.json", nats->dump(1) + "\n"); !ok) return ok;
  if (auto ok = add_likelihood(*nats, sheet); !ok) return ok;
  const std::string title = "SAGE-Music benchmark on one page";
  if (auto ok = write_text(output / "all.md", sheet_markdown(sheet, title)); !ok) return ok;
  if (auto ok = write_text(output / "all.html", sheet_html(sheet, title)); !ok) return ok;
  say(sheet_markdown(sheet, title));
  say("wrote " + (output / "all.html").string() + " and all.md; each task's own report is below");
  return {};
}

}  // namespace

void add_eval_all(CLI::App& eval, Cli& cli) {
  auto options = std::make_shared<AllOptions>();
  CLI::App* command = add_command(
      eval, cli, "all", "Run every task of the benchmark for one model, onto one page",
      "  sage-music eval all --data held_out_folder -o out/small\n"
      "Continuation with four takes, infill, accompany, likelihood. A stopped run continues where\n"
      "it stopped. `sage-music eval compare` compares two such folders.",
      [&cli, options] { return act(cli, *options); });
  add_model_options(*command, options->model);
  command->add_option("--data", options->data, "folder of held-out MIDI files")->required();
  command->add_option("-o,--output", options->output, "folder for the outputs and the reports")
      ->required();
  command->add_option("--limit", options->limit, "maximum number of pieces (approximate); 0: all")
      ->check(CLI::Range(0, 10'000'000));
  command->add_option("--jobs", options->jobs, "pieces in parallel")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("-s,--seed", options->seed, "random seed")
      ->check(not_negative())
      ->capture_default_str();
  check_usage(*command, [options] { return check_outside(options->output, options->data); });
}

}  // namespace sage::cli
