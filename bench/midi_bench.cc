// How fast Standard MIDI Files are read, beside the other parsers that this machine has.
//
// Reads the files below the folder in SAGE_DATA, or below its argument, or makes pieces of its own.
// Every parser reads the same bytes from memory, and only files that all of them accept. Prints
// also how much memory scores and documents hold, in bytes a byte of the file.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef SAGE_BENCH_LIBSMF
#include <smf.h>
#endif
#ifdef SAGE_BENCH_PORTSMF
#include <allegro.h>

#include <sstream>
#endif

#include "base/file.h"
#include "base/random.h"
#include "midi/document.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/timeline.h"

namespace {

using File = std::vector<std::uint8_t>;

struct Corpus {
  std::vector<File> files;
  std::size_t bytes = 0;
  std::size_t notes = 0;
};

bool parse_sage(const File& file) {
  auto read = sage::read_midi(file);
  benchmark::DoNotOptimize(read);
  return read.has_value();
}

/// The same with what edits need: the file's own bytes, its events, and those of every note.
bool parse_document(const File& file) {
  auto document = sage::midi::Document::read(file);
  benchmark::DoNotOptimize(document);
  return document.has_value();
}

#ifdef SAGE_BENCH_LIBSMF
bool parse_libsmf(const File& file) {
  smf_t* smf = smf_load_from_memory(file.data(), static_cast<int>(file.size()));
  if (smf == nullptr) return false;
  smf_delete(smf);
  return true;
}
#endif

#ifdef SAGE_BENCH_PORTSMF
bool parse_portsmf(const File& file) {
  std::istringstream stream(std::string(file.begin(), file.end()));
  Alg_seq seq(stream, true);
  return seq.get_read_error() == alg_no_error;
}
#endif

struct Parser {
  const char* name;
  bool (*parse)(const File&);
};

constexpr Parser kParsers[] = {
    {"sage", parse_sage},
    {"sage_document", parse_document},
#ifdef SAGE_BENCH_LIBSMF
    {"libsmf", parse_libsmf},
#endif
#ifdef SAGE_BENCH_PORTSMF
    {"portsmf", parse_portsmf},
#endif
};

/// Made-up pieces, for a machine without music.
std::vector<File> made_up_files() {
  std::vector<File> files;
  sage::Random random(1);
  for (int piece = 0; piece < 50; ++piece) {
    sage::Score score;
    score.tracks.resize(8);
    for (sage::Track& track : score.tracks) {
      track.program = static_cast<std::uint8_t>(random.below(128));
      for (std::int64_t onset = 0; onset < 480 * 400; onset += 60 * (1 + random.below(8)))
        track.notes.push_back({sage::Tick{onset}, sage::Tick{60 + random.below(400)},
                               static_cast<std::uint8_t>(30 + random.below(60)),
                               static_cast<std::uint8_t>(40 + random.below(80))});
    }
    files.push_back(sage::write_midi(score));
  }
  return files;
}

std::vector<File> files_below(const std::filesystem::path& folder, std::size_t at_most) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  const std::size_t stride = std::max<std::size_t>(paths.size() / at_most, 1);
  std::vector<File> files;
  for (std::size_t i = 0; i < paths.size(); i += stride)
    if (auto bytes = sage::read_file(paths[i])) files.push_back(std::move(*bytes));
  return files;
}

Corpus make_corpus(std::vector<File> files) {
  Corpus corpus;
  for (File& file : files) {
    const bool accepted = std::all_of(std::begin(kParsers), std::end(kParsers),
                                      [&](const Parser& parser) { return parser.parse(file); });
    if (!accepted) continue;
    corpus.bytes += file.size();
    corpus.notes += sage::note_count(sage::read_midi(file)->score);
    corpus.files.push_back(std::move(file));
  }
  return corpus;
}

/// Bytes of the heap in use; 0 where nobody knows.
std::size_t heap_in_use() {
#ifdef __GLIBC__
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

/// How much memory what `read` makes of each file holds, in bytes a byte of the file.
template <class Read>
double memory_of(const Corpus& corpus, Read read) {
  const std::size_t before = heap_in_use();
  std::vector<decltype(read(corpus.files[0]))> held;
  held.reserve(corpus.files.size());
  for (const File& file : corpus.files) held.push_back(read(file));
  return static_cast<double>(heap_in_use() - before) / static_cast<double>(corpus.bytes);
}

void run(benchmark::State& state, const Parser& parser, const Corpus& corpus) {
  for (auto _ : state)
    for (const File& file : corpus.files) benchmark::DoNotOptimize(parser.parse(file));
  const auto rounds = static_cast<double>(state.iterations());
  const auto rate = [&](double amount) {
    return benchmark::Counter(amount * rounds, benchmark::Counter::kIsRate);
  };
  state.counters["MB/s"] = rate(static_cast<double>(corpus.bytes) * 1e-6);
  state.counters["files/s"] = rate(static_cast<double>(corpus.files.size()));
  state.counters["notes/s"] = rate(static_cast<double>(corpus.notes));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
#ifdef SAGE_BENCH_LIBSMF
  g_log_set_default_handler([](const char*, GLogLevelFlags, const char*, void*) {}, nullptr);
#endif
  const char* folder = argc > 1 ? argv[1] : std::getenv("SAGE_DATA");
  constexpr std::size_t kFiles = 1000;
  const Corpus corpus = make_corpus(folder ? files_below(folder, kFiles) : made_up_files());
  std::printf("%zu files, %.1f MB, %zu notes\n", corpus.files.size(),
              static_cast<double>(corpus.bytes) * 1e-6, corpus.notes);
  if (!corpus.files.empty())
    std::printf("memory, bytes a file byte: score %.1f, document %.1f\n",
                memory_of(corpus, [](const File& file) { return sage::read_midi(file); }),
                memory_of(corpus, [](const File& f) { return sage::midi::Document::read(f); }));
  for (const Parser& parser : kParsers)
    benchmark::RegisterBenchmark(parser.name, [&parser, &corpus](benchmark::State& state) {
      run(state, parser, corpus);
    })->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
