// sage-music eval degrade: real pieces made worse in known ways, to judge a measure by.
#include <memory>

#include "apps/eval/commands.h"
#include "apps/shared/files.h"
#include "apps/shared/report_outputs.h"
#include "base/hash.h"
#include "eval/degrade.h"
#include "midi/reader.h"
#include "midi/writer.h"

namespace sage::cli {
namespace {

struct EvalDegradeOptions {
  std::string data, output, how;
  std::size_t skip_bars = 0, limit = 0;
  std::uint64_t seed = 0;
};

const Degradation& chosen(const std::string& name) {
  const auto all = degradations();
  return *std::find_if(all.begin(), all.end(),
                       [&](const Degradation& d) { return d.name == name; });
}

Result<void> act(const EvalDegradeOptions& options) {
  auto folder = list_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  install_stop_handler();
  const auto files = thin(folder->pieces, options.limit);
  PieceProgress progress("wrote", false);
  std::size_t written = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!progress(i, files.size())) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto read = read_midi_file(files[i].path);
    const auto seed =
        options.seed ^ std::stoull(Sha256().update(files[i].name).hex().substr(0, 13), nullptr, 16);
    auto score = read ? degrade(read->score, chosen(options.how), options.skip_bars, seed)
                      : Result<Score>(tl::unexpected(read.error()));
    if (!score) {
      note("skipped " + printable(files[i].name) + ": " + to_string(score.error()));
      continue;
    }
    const auto path = std::filesystem::path(options.output) / (files[i].name + ".mid");
    if (auto ok = write_midi_file(*score, path); !ok) return ok;
    ++written;
  }
  end_progress();
  say(options.output + ": " + std::to_string(written) + " of " + std::to_string(files.size()) +
      " pieces, " + options.how);
  return {};
}

}  // namespace

void add_eval_degrade(CLI::App& eval, Cli& cli) {
  auto options = std::make_shared<EvalDegradeOptions>();
  std::string list;
  std::vector<std::string> names;
  for (const Degradation& d : degradations()) {
    names.emplace_back(d.name);
    list += "\n  " + std::string(d.name) + ": " + std::string(d.description);
  }
  CLI::App* command = add_command(
      eval, cli, "degrade", "Damage pieces in a known way, to test measures",
      "  sage-music eval degrade --data test --how jittered --skip-bars 4 -o out/jittered\n"
      "Ways:" +
          list,
      [options] { return act(*options); });
  command->add_option("--data", options->data, "folder of MIDI files")->required();
  command->add_option("--how", options->how, "kind of damage")
      ->required()
      ->check(CLI::IsMember(names));
  command->add_option("-o,--output", options->output, "folder to write to")->required();
  command->add_option("--skip-bars", options->skip_bars, "number of bars to leave unchanged")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--limit", options->limit, "maximum number of pieces (approximate); 0: all")
      ->check(CLI::Range(0, 10'000'000));
  command->add_option("--seed", options->seed, "random seed")->check(not_negative());
  check_usage(*command, [options] { return check_outside(options->output, options->data); });
}

}  // namespace sage::cli
