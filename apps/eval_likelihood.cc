// sage-music eval likelihood: how well a model knows held-out music.
#include <chrono>
#include <cmath>
#include <memory>
#include <numbers>

#include "eval_commands.h"
#include "files.h"
#include "generate/likelihood.h"
#include "midi/reader.h"
#include "model_choice.h"
#include "score/timeline.h"

namespace sage::cli {
namespace {

constexpr std::size_t kToldFiles = 10;  // by name, of those that were skipped

struct LikelihoodOptions {
  ModelChoice model;
  std::vector<std::string> data;
  int limit = 0;
  bool json = false;
};

Result<void> eval_likelihood(const LikelihoodOptions& options) {
  auto files = midi_files(options.data);
  if (!files) return tl::unexpected(files.error());
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  install_stop_handler();
  const auto chosen = thin(*std::move(files), options.limit);
  Workspace workspace((*engine)->model().config(), {.threads = options.model.threads});
  Likelihood total;
  double seconds = 0;
  std::size_t pieces = 0;
  std::vector<Skipped> refused;
  PieceProgress progress("read", options.json);
  std::size_t done = 0;
  for (const auto& path : chosen) {
    if (!progress(done++, chosen.size())) return fail(ErrorCode::kInterrupted, "interrupted");
    auto read = read_midi_file(path);
    auto piece = read ? (*engine)->tokenizer().quantise(read->score)
                      : Result<Quantised>(tl::unexpected(read.error()));
    if (!piece || piece->bars.empty()) {
      refused.push_back({path.string(), piece ? "no notes" : to_string(piece.error())});
      continue;
    }
    const Tokenizer& tokenizer = (*engine)->tokenizer();
    const auto ids = tokenizer.merge(tokenizer.write(*piece));
    auto one = likelihood(**engine, ids, workspace);
    if (!one) return fail(path.string(), one.error());
    total += *one;
    seconds += duration_seconds(piece->score);
    ++pieces;
  }
  end_progress();
  for (std::size_t i = 0; i < refused.size() && !options.json; ++i) {
    if (i == kToldFiles) {
      note("and " + std::to_string(refused.size() - i) + " more; --json names them all");
      break;
    }
    note("skipped " + printable(refused[i].name) + ": " + refused[i].why);
  }
  if (pieces == 0) return fail(ErrorCode::kInvalidArgument, "none of the files could be scored");
  const double notes = static_cast<double>(total.notes);
  const double tokens = static_cast<double>(total.tokens);
  const double bits = std::numbers::log2e;
  Json result = {{"model", (*engine)->weights().hash()},
                 {"pieces", pieces},
                 {"refused_files", refused.size()},
                 {"notes", total.notes},
                 {"tokens", total.tokens},
                 {"music_seconds", seconds},
                 {"nats_per_note", total.nats / notes},
                 {"bits_per_note", total.nats / notes * bits},
                 {"nats_per_token", total.nats / tokens},
                 {"bits_per_token", total.nats / tokens * bits},
                 {"nats_per_second", total.nats / seconds},
                 {"bits_per_second", total.nats / seconds * bits},
                 {"nats_per_note_under_grammar", total.nats_legal / notes}};
  if (options.json) {
    result["skipped"] = Json::array();
    for (const Skipped& s : refused)
      result["skipped"].push_back({{"name", printable(s.name)}, {"why", s.why}});
    say_json(result);
    return {};
  }
  for (const auto& [key, value] : result.items())
    say(key + ": " +
        (value.is_number_float() ? fixed(value, 4)
         : value.is_string()     ? value.get<std::string>()
                                 : value.dump()));
  return {};
}

}  // namespace

void add_eval_likelihood(CLI::App& eval, Cli& cli) {
  auto options = std::make_shared<LikelihoodOptions>();
  CLI::App* command = add_command(eval, cli, "likelihood",
                                  "Nats and bits a note, a token and a second on held-out pieces",
                                  "  sage-music eval likelihood --data held_out_folder --json",
                                  [options] { return eval_likelihood(*options); });
  add_model_options(*command, options->model);
  command->add_option("--data", options->data, "MIDI files or folders")->required();
  command->add_option("--limit", options->limit, "score about so many of the files; 0: all")
      ->check(not_negative());
  command->add_flag("--json", options->json, "as JSON");
}

}  // namespace sage::cli
