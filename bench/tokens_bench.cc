// How fast scores become tokens and tokens become scores, for every scheme of the registry.
//
// Takes the MIDI files of a folder (its argument, or the folder named by SAGE_DATA), at most a
// thousand, and reads them beforehand: what is measured is quantising and writing, and decoding.
// MB/s are of the MIDI files, so that the figures stand beside those of midi_bench.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "midi/reader.h"
#include "score/timeline.h"
#include "tokens/tokenizer.h"

namespace {

struct Corpus {
  std::vector<sage::Score> scores;
  double megabytes = 0;
  double notes = 0;
};

Corpus read_below(const std::filesystem::path& folder, std::size_t at_most) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".mid") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  const std::size_t stride = (paths.size() + at_most - 1) / at_most;
  const auto tokenizer = sage::Tokenizer::create({}).value();
  Corpus corpus;
  for (std::size_t i = 0; i < paths.size(); i += stride) {
    auto read = sage::read_midi_file(paths[i]);
    if (!read || !tokenizer.quantise(read->score)) continue;
    corpus.megabytes += static_cast<double>(std::filesystem::file_size(paths[i])) * 1e-6;
    corpus.notes += static_cast<double>(sage::note_count(read->score));
    corpus.scores.push_back(std::move(read->score));
  }
  return corpus;
}

void count(benchmark::State& state, const Corpus& corpus, std::size_t tokens) {
  const auto rate = [&](double amount) {
    return benchmark::Counter(amount * static_cast<double>(state.iterations()),
                              benchmark::Counter::kIsRate);
  };
  state.counters["files/s"] = rate(static_cast<double>(corpus.scores.size()));
  state.counters["MB/s"] = rate(corpus.megabytes);
  state.counters["notes/s"] = rate(corpus.notes);
  if (tokens > 0) state.counters["tokens/note"] = static_cast<double>(tokens) / corpus.notes;
}

void quantise(benchmark::State& state, const sage::Tokenizer& tokenizer, const Corpus& corpus) {
  for (auto _ : state)
    for (const sage::Score& score : corpus.scores)
      benchmark::DoNotOptimize(tokenizer.quantise(score));
  count(state, corpus, 0);
}

void encode(benchmark::State& state, const sage::Tokenizer& tokenizer, const Corpus& corpus) {
  std::size_t tokens = 0;
  for (auto _ : state) {
    tokens = 0;
    for (const sage::Score& score : corpus.scores) tokens += tokenizer.encode(score)->size();
  }
  count(state, corpus, tokens);
}

void decode(benchmark::State& state, const sage::Tokenizer& tokenizer, const Corpus& corpus) {
  std::vector<std::vector<sage::TokenId>> pieces;
  for (const sage::Score& score : corpus.scores) pieces.push_back(*tokenizer.encode(score));
  for (auto _ : state)
    for (const auto& ids : pieces) benchmark::DoNotOptimize(tokenizer.decode(ids));
  count(state, corpus, 0);
}

/// What a sampler asks for each token: what may follow, and what the chosen one completes.
void stream(benchmark::State& state, const sage::Tokenizer& tokenizer, const Corpus& corpus) {
  std::vector<std::vector<sage::TokenId>> pieces;
  for (const sage::Score& score : corpus.scores) pieces.push_back(*tokenizer.encode(score));
  sage::TokenMask mask;
  for (auto _ : state)
    for (const auto& ids : pieces) {
      const auto reader = tokenizer.reader();
      for (const sage::TokenId id : ids) {
        reader->allowed(mask);
        benchmark::DoNotOptimize(reader->push(id));
      }
    }
  count(state, corpus, 0);
}

/// What a tokenizer of merged tokens asks: a branch for each of them, and what may follow in it.
void branch(benchmark::State& state, const sage::Tokenizer& tokenizer, const Corpus& corpus) {
  std::vector<std::vector<sage::TokenId>> pieces;
  for (const sage::Score& score : corpus.scores) pieces.push_back(*tokenizer.encode(score));
  const auto aside = tokenizer.reader();
  sage::TokenMask mask;
  for (auto _ : state)
    for (const auto& ids : pieces) {
      const auto reader = tokenizer.reader();
      for (const sage::TokenId id : ids) {
        aside->copy_from(*reader);
        aside->push(id);
        aside->allowed(mask);
        benchmark::DoNotOptimize(reader->push(id));
      }
    }
  count(state, corpus, 0);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const char* folder = argc > 1 ? argv[1] : std::getenv("SAGE_DATA");
  if (folder == nullptr) {
    std::fprintf(stderr, "name a folder of MIDI files, or set SAGE_DATA\n");
    return 1;
  }
  const Corpus corpus = read_below(folder, 1000);
  std::printf("%zu files, %.1f MB, %.0f notes\n", corpus.scores.size(), corpus.megabytes,
              corpus.notes);
  std::vector<sage::Tokenizer> tokenizers;
  for (const sage::Tokenization* scheme : sage::tokenization_registry())
    tokenizers.push_back(sage::Tokenizer::create({.scheme = std::string(scheme->name())}).value());
  constexpr struct {
    const char* name;
    void (*run)(benchmark::State&, const sage::Tokenizer&, const Corpus&);
  } kTasks[] = {{"quantise", quantise},
                {"encode", encode},
                {"decode", decode},
                {"stream", stream},
                {"branch", branch}};
  for (const sage::Tokenizer& tokenizer : tokenizers)
    for (const auto& task : kTasks)
      benchmark::RegisterBenchmark(
          (tokenizer.config().scheme + "/" + task.name).c_str(),
          [&](benchmark::State& state) { task.run(state, tokenizer, corpus); })
          ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
