// sage-music bench latency: how long a listener waits, over real prompts.
#include <sys/resource.h>

#include <memory>

#include "apps/shared/machine.h"
#include "apps/shared/prompt_options.h"
#include "apps/shared/report_outputs.h"
#include "eval/journal.h"
#include "eval/timed_piece.h"
#include "midi/reader.h"
#include "statistics/quantiles.h"

namespace sage::cli {
namespace {

struct BenchLatencyOptions : PromptOptions {
  BenchLatencyOptions() {
    generation.scope = {4, 8};
    limit = 50;
  }
  int repeats = 1;
};

struct Times {
  std::size_t pieces = 0, notes = 0, tokens = 0;
  double seconds = 0;
  std::vector<double> first_note_ms, note_ms, prefill;  // prefill: prompt tokens a second
  std::vector<Skipped> skipped;
};

/// One prompt. The time to the first note is nearly all spent on reading the prompt.
void take(const TimedPiece& piece, Times& times) {
  ++times.pieces;
  times.notes += piece.notes;
  times.tokens += piece.tokens;
  times.seconds += piece.seconds;
  if (piece.notes == 0) return;
  times.first_note_ms.push_back(piece.first_note_ms);
  times.note_ms.insert(times.note_ms.end(), piece.note_ms.begin(), piece.note_ms.end());
  times.prefill.push_back(static_cast<double>(piece.prompt_tokens) / piece.first_note_ms * 1e3);
}

Result<Times> measure(const std::shared_ptr<const Engine>& engine,
                      const std::vector<PieceFile>& files, const BenchLatencyOptions& options) {
  Times times;
  PieceProgress progress("timed", options.json);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!progress(i, files.size())) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto reference = load_reference(files[i], options.generation.scope);
    const auto read = read_midi_file(files[i].path);
    if (!reference || !read) {
      times.skipped.push_back(
          {files[i].name, to_string(reference ? read.error() : reference.error())});
      continue;
    }
    const Request request = request_for(options.generation, files[i].name, read->score, *reference);
    if (times.pieces == 0)  // the first answer warms up memory and caches
      (void)generate_timed(engine, request, options.model.threads);
    for (int repeat = 0; repeat < options.repeats; ++repeat) {
      const auto piece = generate_timed(engine, request, options.model.threads);
      if (!piece) {
        times.skipped.push_back({files[i].name, to_string(piece.error())});
        break;
      }
      take(*piece, times);
    }
  }
  end_progress();
  if (times.first_note_ms.empty())
    return fail(ErrorCode::kInvalidArgument, "none of the pieces gave a prompt and a note");
  return times;
}

Json quantiles_json(const std::vector<double>& values) {
  const auto q = latency_quantiles(values);
  return {{"p50", q[0]}, {"p95", q[1]}, {"p99", q[2]}, {"p99.9", q[3]}};
}

void tell_latency(const Json& json) {
  say("| | p50 | p95 | p99 | p99.9 |\n|---|---:|---:|---:|---:|");
  for (const char* key : {"time_to_first_note_ms", "ms_a_note"}) {
    std::string line = std::string("| ") + key + " |";
    for (const auto& [name, value] : json[key].items()) line += " " + fixed(value, 2) + " |";
    say(line);
  }
  say("");
  for (const auto& [key, value] : json.items())
    if (value.is_string())
      say(key + ": " + value.get<std::string>());
    else if (value.is_number())
      say(key + ": " + (value.is_number_float() ? fixed(value, 1) : value.dump()));
  say_skipped(json["skipped"]);
}

Result<void> act(BenchLatencyOptions& options) {
  auto folder = list_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  install_stop_handler();
  const auto files = thin(folder->pieces, options.limit);
  auto times = measure(*engine, files, options);
  if (!times) return tl::unexpected(times.error());
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  const KvCache cache((*engine)->model().config(), {.type = (*engine)->cache_type()});
  Json json = {{"machine", machine_name()},
               {"instruction_set", (*engine)->model().kernels().name},
               {"model", (*engine)->weights().hash()},
               {"type", to_string((*engine)->weights().type())},
               {"attention", (*engine)->model().config().attention},
               {"output", (*engine)->model().config().output},
               {"threads", options.model.threads},
               {"prompts_hash", hash_of(files)},
               {"seed", options.generation.seed},
               {"prompt_bars", options.generation.scope.skip},
               {"bars", options.generation.scope.bars},
               {"runs", times->pieces},
               {"notes", times->notes},
               {"time_to_first_note_ms", quantiles_json(times->first_note_ms)},
               {"ms_a_note", quantiles_json(times->note_ms)},
               {"notes_per_second", static_cast<double>(times->notes) / times->seconds},
               {"tokens_per_second", static_cast<double>(times->tokens) / times->seconds},
               {"prompt_tokens_per_second", median(times->prefill)},
               {"kv_bytes_per_token", cache.bytes_per_token()},
               {"peak_memory_mb", static_cast<double>(usage.ru_maxrss) / 1024.0},
               {"skipped", skipped_json(times->skipped)}};
  if (options.json)
    say_json(json);
  else
    tell_latency(json);
  return {};
}

}  // namespace

void add_bench_latency(CLI::App& bench, Cli& cli) {
  auto options = std::make_shared<BenchLatencyOptions>();
  CLI::App* command = add_command(
      bench, cli, "latency", "Time to the first note and between notes, over prompts from files",
      "  sage-music bench latency --data held_out_folder --limit 50 --json\n"
      "One stream at a time: time from the request, prompt included, to the first note; then from\n"
      "note to note, over all notes of all pieces.",
      [options] { return act(*options); });
  add_prompt_options(*command, *options);
  command->add_option("--prompt-bars", options->generation.scope.skip, "bars of the prompt")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--repeats", options->repeats, "rounds per prompt")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

}  // namespace sage::cli
