// From MIDI files to a model that plays, with and without merges, by the commands alone.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "program.h"
#include "tokens/merges.h"

namespace sage {
namespace {

using test::run_program;
using test::Scratch;
using test::shipped_model;

/// A number of synthetic pieces, in the folder "music".
void write_music(const Scratch& scratch, std::uint64_t pieces) {
  for (std::uint64_t i = 0; i < pieces; ++i)
    ASSERT_TRUE(
        write_midi_file(test::band_score(i), scratch.path("music/" + std::to_string(i) + ".mid")));
}

/// A command that must succeed.
test::Ran run(const std::vector<std::string>& arguments) {
  test::Ran ran = run_program(arguments);
  EXPECT_EQ(ran.code, 0) << arguments.front() << ": " << ran.err;
  return ran;
}

class TrainingCommand : public testing::TestWithParam<const char*> {};

TEST_P(TrainingCommand, FromFilesToMusic) {
  const Scratch scratch;
  write_music(scratch, 12);
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

class OutputCommand : public testing::TestWithParam<const char*> {};

TEST_P(OutputCommand, FromFilesToMusic) {
  const Scratch scratch;
  write_music(scratch, 6);
  const std::string data = scratch.path("data"), model = scratch.path("run/model.safetensors");
  const auto train = [&](const std::string& folder) {
    return std::vector<std::string>{"train",    "--data",  data,    "-o",        folder, "--output",
                                    GetParam(), "--shape", "tiny",  "--context", "64",   "--steps",
                                    "30",       "--lr",    "0.003", "--warmup",  "5",    "--batch",
                                    "4",        "--type",  "f32",   "--threads", "1"};
  };
  run({"data", "prepare", scratch.path("music"), "--scheme", "mmt", "--valid-share", "0.2", "-o",
       data});
  run(train(scratch.path("run")));
  const auto shown = run({"inspect", model, "--json"}).json();
  EXPECT_EQ(shown["config"]["output"], GetParam());
  EXPECT_EQ(shown["training"]["products"], "f32");
  const auto made = run({"generate", "--model", model, "--bars", "4", "--seed", "1", "-o",
                         scratch.path("made.mid"), "--json"});
  EXPECT_EQ(made.json()["bars"], 4);
  EXPECT_EQ(read_midi_file(scratch.path("made.mid"))->warning_count, 0U);
  const auto known =
      run({"eval", "likelihood", "--model", model, "--data", scratch.path("music"), "--json"});
  EXPECT_GT(known.json()["nats_per_note"].get<double>(), 0);
  EXPECT_EQ(known.json()["pieces"], 6);
  const auto waited = run({"bench", "latency", "--model", model, "--data", scratch.path("music"),
                           "--prompt-bars", "1", "--bars", "16", "--limit", "2", "--json"});
  EXPECT_EQ(waited.json()["output"], GetParam());
  run({"bench", "speed", "--model", model, "--context", "16", "--tokens", "4", "--repeats", "1"});
  const std::string narrow = scratch.path("narrow.safetensors");
  run({"convert", model, "--type", "int8", "-o", narrow});
  run({"generate", "--model", narrow, "--bars", "2", "-o", scratch.path("narrow.mid")});

  // The same output where a step has one field only.
  run({"data", "prepare", scratch.path("music"), "--valid-share", "0.2", "-o", data});
  const auto refused = run_program(train(scratch.path("other")));
  EXPECT_NE(refused.code, 0);
  EXPECT_TRUE(refused.one_line()) << refused.err;
  EXPECT_NE(refused.err.find("mmt or cp"), std::string::npos) << refused.err;
}

INSTANTIATE_TEST_SUITE_P(Outputs, OutputCommand, testing::Values("parallel", "nested", "delay"),
                         [](const auto& output) { return std::string(output.param); });

TEST(TrainingCommands, TrainMeasureMergeTrainOn) {
  const Scratch scratch;
  write_music(scratch, 8);
  const std::string mha = scratch.path("mha/model.safetensors"), data = scratch.path("data");
  const std::string merged = scratch.path("merged.safetensors"), on = scratch.path("on");
  run({"data", "prepare", scratch.path("music"), "--valid-share", "0.2", "-o", data});
  run({"train", "--data", data, "-o", scratch.path("mha"), "--shape", "tiny", "--attention", "mha",
       "--context", "64", "--steps", "20", "--batch", "4", "--threads", "1"});
  run({"heads", "measure", mha, "--data", scratch.path("music"), "-o", scratch.path("heads.json")});
  run({"heads", "merge", mha, "--measurement", scratch.path("heads.json"), "--kv-heads", "5", "-o",
       merged});
  run({"train", "--data", data, "-o", on, "--init", merged, "--steps", "2", "--batch", "4",
       "--threads", "1"});
  const auto shown = run({"inspect", scratch.path("on/model.safetensors"), "--json"}).json();
  EXPECT_EQ(shown["config"]["attention"], "as-kvhs-merged");
  EXPECT_EQ(shown["config"]["context"], 64);
  EXPECT_EQ(shown["training"]["init"], run({"inspect", merged, "--json"}).json()["hash"]);
  // The type of the products: asked for, or what the kernels at hand are faster in.
  const auto products = [&](const std::vector<std::string>& more,
                            const std::vector<std::string>& environment) {
    std::vector<std::string> arguments = {"train",  "--data",    data,      "-o",      on,
                                          "--init", merged,      "--steps", "3",       "--batch",
                                          "4",      "--threads", "1",       "--resume"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ran = run_program(arguments, environment);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return run({"inspect", scratch.path("on/model.safetensors"), "--json"})
        .json()["training"]["products"];
  };
  EXPECT_EQ(products({"--type", "bf16"}, {}), "bf16");
  EXPECT_EQ(products({}, {"SAGE_ISA=scalar"}), "f32");

  // The other way: weights by attribute, which begin as copies.
  const std::string special = scratch.path("special.safetensors");
  const auto nats = [&](const std::string& model) {
    return run({"eval", "likelihood", "--model", model, "--data", scratch.path("music"), "--json"})
        .json()["nats_per_note"];
  };
  run({"convert", mha, "--attention", "as-kvhs-all", "-o", special});
  EXPECT_EQ(run({"inspect", special, "--json"}).json()["config"]["attention"], "as-kvhs-all");
  EXPECT_EQ(nats(special), nats(mha));
  run({"train", "--data", data, "-o", scratch.path("special"), "--init", special, "--steps", "2",
       "--batch", "4", "--threads", "1"});
  const auto less = run_program({"convert", special, "--attention", "mha", "-o", merged});
  EXPECT_NE(less.code, 0);
  EXPECT_TRUE(less.one_line()) << less.err;

  const auto refused = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"train",   "--data", data, "-o", scratch.path("no"),
                                          "--steps", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ran = run_program(arguments);
    EXPECT_NE(ran.code, 0) << more.back();
    EXPECT_FALSE(std::filesystem::exists(scratch.path("no"))) << more.back();
    return ran;
  };
  EXPECT_TRUE(refused({"--init", merged, "--layers", "3"}).one_line());
  EXPECT_TRUE(refused({"--init", merged, "--attention", "gqa"}).one_line());
  EXPECT_TRUE(refused({"--init", scratch.path("heads.json")}).one_line());
  refused({"--attention", "as-kvhs-merged"});
}

TEST(TrainingCommands, SmallRunsForetellLargerOnes) {
  const Scratch scratch;
  write_music(scratch, 6);
  const std::string data = scratch.path("data");
  run({"data", "prepare", scratch.path("music"), "--valid-share", "0.5", "-o", data});
  std::vector<std::string> command = {"train", "scaling"};
  for (const char* steps : {"5", "10", "20"}) {
    command.push_back(scratch.path(std::string("run-") + steps));
    run({"train", "--data", data, "-o", command.back(), "--shape", "tiny", "--context", "64",
         "--steps", steps, "--batch", "2", "--threads", "1"});
  }
  command.insert(command.end(), {"--predict", "1e6:1e7", "1e6:1e7:3.5"});
  const auto foretold = run(command);
  EXPECT_NE(foretold.out.find("1.00 M parameters, 10.00 M tokens: "), std::string::npos);
  EXPECT_NE(foretold.out.find("came out 3.500"), std::string::npos) << foretold.out;
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"train", "scaling", scratch.path("run-5")},  // too few
        {"train", "scaling", scratch.path("nowhere")},
        {"train", "scaling", scratch.path("run-5"), "--predict", "1e6"}}) {
    const auto refused = run_program(wrong);
    EXPECT_NE(refused.code, 0);
    EXPECT_TRUE(refused.one_line()) << refused.err;
  }
}

TEST(TrainingCommands, FineTunePlotAndGoOn) {
  const Scratch scratch;
  write_music(scratch, 6);
  const std::string data = scratch.path("data"), first = scratch.path("first");
  run({"data", "prepare", scratch.path("music"), "--valid-share", "0.2", "-o", data});
  run({"train", "--data", data, "-o", first, "--shape", "tiny", "--context", "64", "--steps", "20",
       "--batch", "4", "--threads", "1", "--infill", "0.3", "--optimiser", "muon"});

  const std::string tuned = scratch.path("tuned");
  std::vector<std::string> tune = {"finetune",  scratch.path("music"),
                                   "-m",        first + "/model.safetensors",
                                   "-o",        tuned,
                                   "--minutes", "0.05",
                                   "--pieces",  "2",
                                   "--threads", "1",
                                   "--lr",      "0.003"};
  EXPECT_NE(run(tune).out.find("held-back pieces"), std::string::npos);
  for (const char* file : {"report.md", "loss.svg", "samples/before-1.mid", "samples/after-2.mid"})
    EXPECT_TRUE(std::filesystem::exists(tuned + "/" + file)) << file;
  std::ifstream text(tuned + "/report.json");
  const auto report = nlohmann::json::parse(text, nullptr, false);
  const auto& nats = report["held_back_nats_per_note"];
  EXPECT_LE(nats["after"].get<double>(), nats["before"].get<double>() + 0.01);
  run({"generate", "--model", tuned + "/model.safetensors", "--bars", "2", "-o",
       scratch.path("new.mid")});
  run(tune);  // has nothing left to do but the report
  tune.back() = "0.001";
  const auto other = run_program(tune);
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(other.one_line()) << other.err;

  const std::string plot = scratch.path("loss.svg");
  const auto drawn = run({"train", "plot", first, tuned + "/run", "--x", "steps", "-o", plot});
  EXPECT_NE(drawn.out.find("first: step 20"), std::string::npos) << drawn.out;
  EXPECT_TRUE(std::filesystem::exists(plot));
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"train", "plot", scratch.path("nowhere")},
        {"train", "-o", scratch.path("run"), "--steps", "1"},
        {"finetune", scratch.path("nowhere"), "-o", scratch.path("x")}}) {
    const auto refused = run_program(wrong);
    EXPECT_NE(refused.code, 0);
    EXPECT_TRUE(refused.one_line()) << refused.err;
  }
}

TEST(TrainingCommands, SenselessNumbersAreWrongUsage) {
  const Scratch scratch;
  for (const auto& [option, value] : {std::pair{"--minutes", "nan"},
                                      {"--minutes", "inf"},
                                      {"--weight-decay", "-1"},
                                      {"--checkpoint-minutes", "-1"},
                                      {"--validate-every", "-1"},
                                      {"--lr", "0"}}) {
    const auto refused = run_program({"train", "--data", scratch.path("data"), "-o",
                                      scratch.path("run"), "--steps", "1", option, value});
    EXPECT_EQ(refused.code, 2) << option;
    EXPECT_NE(refused.err.find(option), std::string::npos) << refused.err;
    EXPECT_TRUE(refused.one_line()) << refused.err;
  }
}

/// A missing folder leaves no files that would block the next try.
TEST(TrainingCommands, AFineTuningThatCouldNotBeginIsNone) {
  const Scratch scratch;
  write_music(scratch, 2);
  ASSERT_TRUE(write_text(scratch.path("none/a.mid"), "no music"));
  const auto tune = [&](const std::string& music) {
    return run_program({"finetune", scratch.path(music), "-m", shipped_model(), "-o",
                        scratch.path("tuned"), "--minutes", "0.001", "--pieces", "0", "--threads",
                        "1"});
  };
  const auto refused = tune("none");
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.one_line()) << refused.err;
  const auto tuned = tune("music");  // of two pieces one is held out
  EXPECT_EQ(tuned.code, 0) << tuned.err;
  EXPECT_NE(tuned.out.find("to learn from: 1 pieces"), std::string::npos) << tuned.out;
  std::filesystem::remove_all(scratch.path("tuned/data"));  // as if ended before the music was read
  const auto again = tune("music");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(run_program({"finetune", scratch.path("music"), "-o", scratch.path("music/x")}).code,
            2);
}

INSTANTIATE_TEST_SUITE_P(Schemes, TrainingCommand, testing::Values("remi+", "tsd", "midi-like"),
                         [](const auto& scheme) {
                           std::string name = scheme.param;
                           std::erase_if(name, [](char c) { return !std::isalnum(c); });
                           return name;
                         });

}  // namespace
}  // namespace sage
