// sage-music eval holes: held-out pieces with holes in them, for systems of any origin to fill.
#include <memory>

#include "apps/eval/commands.h"
#include "apps/shared/files.h"
#include "apps/shared/report_outputs.h"
#include "base/file.h"
#include "eval/hole_plan.h"
#include "midi/reader.h"
#include "midi/writer.h"

namespace sage::cli {
namespace {

struct EvalHolesOptions {
  std::string data, output, task;
  std::size_t bars = 0, limit = 0;  // bars 0: the task's own
  std::uint64_t seed = 0;
  int jobs = default_jobs();
};

/// The piece as a system is given it.
Result<void> write_piece(const PieceFile& file, const PieceHole& hole,
                         const std::filesystem::path& path) {
  const auto read = read_midi_file(file.path);
  const auto piece = load_piece(file);
  if (!read || !piece) return tl::unexpected(read ? piece.error() : read.error());
  return write_midi_file(with_hole(read->score, *piece, hole), path);
}

Result<void> act(const EvalHolesOptions& options) {
  auto folder = list_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  const HoleTask task = hole_task(options.task).value();
  const std::size_t bars = options.bars > 0 ? options.bars : default_bars(task);
  install_stop_handler();
  const auto files = thin(folder->pieces, options.limit);
  auto plan =
      make_plan(files, task, bars, options.seed, options.jobs, PieceProgress("made holes", false));
  end_progress();
  if (!plan) return tl::unexpected(plan.error());
  if (plan->holes.empty())
    return fail(ErrorCode::kInvalidArgument, "none of the " + std::to_string(files.size()) +
                                                 " pieces can be given a hole" +
                                                 name_the_first(plan->skipped));
  const std::filesystem::path output = options.output;
  PieceProgress progress("wrote", false);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!progress(i, files.size())) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto planned = plan->holes.find(files[i].name);
    if (planned == plan->holes.end()) continue;
    if (auto ok = write_piece(files[i], planned->second.hole,
                              output / "pieces" / (files[i].name + ".mid"));
        !ok)
      return ok;
  }
  end_progress();
  for (const Skipped& s : plan->skipped) note("no hole in " + printable(s.name) + ": " + s.why);
  if (auto ok = write_text(output / "plan.json", plan_text(*plan)); !ok) return ok;
  say((output / "plan.json").string() + ": " + std::to_string(plan->holes.size()) + " of " +
      std::to_string(files.size()) + " pieces; the pieces with holes are in " +
      (output / "pieces").string());
  return {};
}

}  // namespace

void add_eval_holes(CLI::App& eval, Cli& cli) {
  auto options = std::make_shared<EvalHolesOptions>();
  CLI::App* command = add_command(
      eval, cli, "holes", "Export pieces with holes, for any system to fill",
      "  sage-music eval holes --task infill --data test -o out/holes\n"
      "writes out/holes/plan.json (the holes) and the pieces with holes. Write a MIDI file of the\n"
      "same name for each piece, and score the folder:\n"
      "  sage-music eval score --outputs mine --references test --plan out/holes/plan.json",
      [options] { return act(*options); });
  command->add_option("--task", options->task, "infill or accompany")
      ->required()
      ->check(CLI::IsMember({"infill", "accompany"}));
  command->add_option("--data", options->data, "folder of MIDI files")->required();
  command->add_option("-o,--output", options->output, "folder to write to")->required();
  command->add_option("--bars", options->bars, "bars of a hole (default: 4, accompany 16)")
      ->check(CLI::Range(1, 10'000));
  command->add_option("--limit", options->limit, "maximum number of pieces (approximate); 0: all")
      ->check(CLI::Range(0, 10'000'000));
  command->add_option("--seed", options->seed, "seed of the holes")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("--jobs", options->jobs, "pieces in parallel")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  check_usage(*command, [options]() -> Result<void> {
    if (auto ok = check_outside(options->output, options->data); !ok) return ok;
    // Where the pieces go may be the folder read from though the output itself is not.
    return check_outside((std::filesystem::path(options->output) / "pieces").string(),
                         options->data);
  });
}

}  // namespace sage::cli
