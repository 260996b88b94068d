// sage-music bench streams: many listeners at once, each with a stream of their own, and what a
// newcomer with a long prompt costs the others.
#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <thread>

#include "apps/shared/machine.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/report_outputs.h"
#include "generate/limits.h"
#include "generate/stream.h"
#include "statistics/quantiles.h"

namespace sage::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBeatsABar = 4;
constexpr int kPromptPart = 64;  // tokens of the newcomer's prompt that are read in one turn

struct BenchStreamsOptions {
  ModelChoice model;
  std::vector<int> streams = {1, 2, 4, 8, 16, 32};
  int bars = 8;
  int prompt_bars = 24;
  bool json = false;
};

struct Turn {
  double ms;
  std::size_t notes;
};

/// What the streams of one thread did: a beat of each in turn.
struct Played {
  std::vector<Turn> turns;
  std::vector<double> stalls_ms;  // of all others, for a part of the newcomer's prompt each
};

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Result<Stream> make_stream(const std::shared_ptr<const Engine>& engine, std::uint64_t seed) {
  return Stream::create(engine, {.written = {0, 32, 128}, .bpm = 120, .seed = seed});
}

/// Music of the same band that a newcomer brings along.
Result<Quantised> make_prompt(const std::shared_ptr<const Engine>& engine, int bars) {
  auto stream = make_stream(engine, 1'000);
  if (!stream) return tl::unexpected(stream.error());
  stream->write(Tick{bars * kBeatsABar * stream->grid()});
  return engine->tokenizer().quantise(stream->score());
}

void play(std::vector<Stream>& streams, int bars, Stream* newcomer, const Quantised* prompt,
          Played& played) {
  if (streams.empty()) return;
  const int beats = bars * kBeatsABar;
  bool is_reading = false;
  for (int beat = 1; beat <= beats; ++beat) {
    if (beat == beats / 4 && newcomer != nullptr)
      is_reading = newcomer->begin_with(*prompt).has_value();
    for (Stream& stream : streams) {
      if (is_reading) {
        const auto start = Clock::now();
        is_reading = !newcomer->prepare(kPromptPart);
        played.stalls_ms.push_back(ms_since(start));
      }
      const std::size_t before = stream.notes().size();
      const auto start = Clock::now();
      stream.write(Tick{beat * stream.grid()});
      played.turns.push_back({ms_since(start), stream.notes().size() - before});
    }
  }
}

std::size_t memory_kb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

Result<Json> measure(const std::shared_ptr<const Engine>& engine,
                     const BenchStreamsOptions& options, int count, const Quantised& prompt) {
  const auto threads = static_cast<std::size_t>(options.model.threads);
  const std::size_t before = memory_kb();
  std::vector<std::vector<Stream>> of_thread(threads);
  for (int i = 0; i < count; ++i) {
    auto stream = make_stream(engine, static_cast<std::uint64_t>(i));
    if (!stream) return tl::unexpected(stream.error());
    of_thread[static_cast<std::size_t>(i) % threads].push_back(*std::move(stream));
  }
  auto newcomer = make_stream(engine, 999);
  if (!newcomer) return tl::unexpected(newcomer.error());
  std::vector<Played> played(threads);
  const auto start = Clock::now();
  {
    std::vector<std::jthread> workers;
    for (std::size_t t = 0; t < threads; ++t)
      workers.emplace_back([&, t] {
        play(of_thread[t], options.bars, t == 0 ? &*newcomer : nullptr, &prompt, played[t]);
      });
  }
  const double seconds = ms_since(start) / 1e3;
  std::vector<double> beats;
  std::size_t notes = 0;
  for (const Played& p : played)
    for (const Turn& turn : p.turns) {
      beats.push_back(turn.ms);
      notes += turn.notes;
    }
  return Json{
      {"streams", count},
      {"notes_per_second", static_cast<double>(notes) / seconds},
      {"beat_ms_p50", quantile(beats, 0.5)},
      {"beat_ms_p99", quantile(beats, 0.99)},
      {"newcomer_stall_ms", quantile(played[0].stalls_ms, 1)},
      {"peak_memory_kb_a_stream", (memory_kb() - before) / static_cast<std::size_t>(count)}};
}

Result<void> act(const BenchStreamsOptions& options) {
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  if (auto ok = can_stream(**engine); !ok) return ok;
  install_stop_handler();
  const auto prompt = make_prompt(*engine, options.prompt_bars);
  if (!prompt) return tl::unexpected(prompt.error());
  Json rows = Json::array();
  for (const int count : options.streams) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    auto row = measure(*engine, options, count, *prompt);
    if (!row) return tl::unexpected(row.error());
    rows.push_back(*row);
    if (options.json) continue;
    const auto number = [&](const char* key, int digits) {
      return fixed((*row)[key].get<double>(), digits);
    };
    say(std::to_string(count) + " streams: " + number("notes_per_second", 0) +
        " notes/s together; a beat of one " + number("beat_ms_p50", 1) + " ms (median), " +
        number("beat_ms_p99", 1) + " ms (99 of 100); a newcomer's prompt holds up the others for " +
        number("newcomer_stall_ms", 1) + " ms at most; " +
        std::to_string((*row)["peak_memory_kb_a_stream"].get<std::size_t>()) + " kB a stream");
  }
  if (options.json)
    say_json({{"model", (*engine)->weights().hash()},
              {"machine", machine_name()},
              {"threads", options.model.threads},
              {"prompt_tokens", (*engine)->tokenizer().write(*prompt).size()},
              {"rows", rows}});
  return {};
}

}  // namespace

void add_bench_streams(CLI::App& bench, Cli& cli) {
  auto options = std::make_shared<BenchStreamsOptions>();
  options->model.threads = 2;
  CLI::App* command = add_command(
      bench, cli, "streams", "Many streams at once: notes a second, time of a beat, memory",
      "  sage-music bench streams --streams 1 8 32 --threads 2\n"
      "Each thread writes a beat of each of its streams (piano, bass, drums) in turn. Then one "
      "more\n"
      "stream joins with music of --prompt-bars bars, which is read in parts between their beats.",
      [options] { return act(*options); });
  add_model_options(*command, options->model);
  command->add_option("--streams", options->streams, "numbers of streams to try")
      ->check(CLI::Range(1, 256));
  command->add_option("--bars", options->bars, "bars that each stream writes")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_option("--prompt-bars", options->prompt_bars, "bars that the newcomer brings along")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
