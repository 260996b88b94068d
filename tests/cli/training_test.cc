// From MIDI files to a model that plays, with and without merges, by the commands alone.
#include <gtest/gtest.h>

#include "midi/reader.h"
#include "midi/writer.h"
#include "program.h"
#include "tokens/merges.h"

namespace sage {
namespace {

using test::run_program;
using test::Scratch;

class TrainingCommand : public testing::TestWithParam<const char*> {};

TEST_P(TrainingCommand, FromFilesToMusic) {
  const Scratch scratch;
  for (std::uint64_t i = 0; i < 12; ++i)
    ASSERT_TRUE(
        write_midi_file(test::band_score(i), scratch.path("music/" + std::to_string(i) + ".mid")));
  const auto run = [&](const std::vector<std::string>& arguments) {
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, 0) << arguments.front() << ": " << ran.err;
    return ran;
  };
  const std::string scheme = GetParam(), bpe = scratch.path("bpe.json");
  const std::string data = scratch.path("data"), model = scratch.path("run/model.safetensors");
  run({"bpe", "train", scratch.path("music"), "--scheme", scheme, "--merges", "60", "-o", bpe});
  run({"data", "prepare", scratch.path("music"), "--scheme", scheme, "--valid-share", "0.2", "-o",
       data});
  run({"train",
       "--data",
       data,
       "--tokenizer",
       bpe,
       "-o",
       scratch.path("run"),
       "--shape",
       "tiny",
       "--context",
       "128",
       "--steps",
       "40",
       "--lr",
       "0.003",
       "--warmup",
       "5",
       "--batch",
       "4",
       "--threads",
       "1"});
  const auto made = run({"generate", "--model", model, "--bars", "4", "--seed", "1", "-o",
                         scratch.path("made.mid"), "--json"});
  EXPECT_EQ(read_midi_file(scratch.path("made.mid"))->warning_count, 0U);
  run({"generate", "--model", model, "--prompt", scratch.path("music/1.mid"), "--prompt-bars", "2",
       "--bars", "40", "-o", scratch.path("continued.mid")});
  const auto known =
      run({"eval", "likelihood", "--model", model, "--data", scratch.path("music"), "--json"});
  EXPECT_GT(known.json()["nats_per_note"].get<double>(), 0);
  EXPECT_EQ(known.json()["pieces"], 12);
}

INSTANTIATE_TEST_SUITE_P(Schemes, TrainingCommand, testing::Values("remi+", "tsd", "midi-like"),
                         [](const auto& scheme) {
                           std::string name = scheme.param;
                           std::erase_if(name, [](char c) { return !std::isalnum(c); });
                           return name;
                         });

}  // namespace
}  // namespace sage
