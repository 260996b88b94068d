// From MIDI files to a model that plays, with and without merges, by the commands alone.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include <filesystem>

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

<<<<<<< HEAD
/// A port of this machine that nobody listens on.
int free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(descriptor);
  return ntohs(address.sin_port);
}

std::vector<double> losses_of(const std::filesystem::path& run) {
  std::ifstream file(run / "metrics.jsonl");
  std::vector<double> losses;
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line);
    losses.push_back(json.contains("loss") ? json["loss"].get<double>()
                                           : json["valid_nats_per_note"].get<double>());
  }
  return losses;
}

class ManyProcesses : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint64_t i = 0; i < 6; ++i)
      ASSERT_TRUE(write_midi_file(test::band_score(i),
                                  scratch_.path("music/" + std::to_string(i) + ".mid")));
    const auto ran = run_program({"data", "prepare", scratch_.path("music"), "--valid-share", "0.3",
                                  "-o", scratch_.path("data")});
    ASSERT_EQ(ran.code, 0) << ran.err;
  }
  std::vector<std::string> command(const std::string& run, const std::string& batch,
                                   const std::string& steps) const {
    return {"train",
            "--data",
            scratch_.path("data"),
            "-o",
            scratch_.path(run),
            "--shape",
            "tiny",
            "--context",
            "64",
            "--type",
            "f32",
            "--lr",
            "0.003",
            "--warmup",
            "5",
            "--threads",
            "1",
            "--batch",
            batch,
            "--steps",
            steps};
  }
  /// The same command in two processes that know of each other.
  std::pair<test::Ran, test::Ran> run_two(const std::vector<std::string>& first,
                                          const std::vector<std::string>& second) const {
    const std::string port = "MASTER_PORT=" + std::to_string(free_port());
    auto other = std::async(std::launch::async, [&] {
      return run_program(second, {"WORLD_SIZE=2", "RANK=1", "MASTER_ADDR=127.0.0.1", port});
    });
    auto one = run_program(first, {"WORLD_SIZE=2", "RANK=0", "MASTER_ADDR=127.0.0.1", port});
    return {std::move(one), other.get()};
  }
  const Scratch scratch_;
};

TEST_F(ManyProcesses, TwoLearnAsOneOfTwiceTheBatch) {
  ASSERT_EQ(run_program(command("one", "8", "60")).code, 0);
  const auto two = command("two", "4", "60");
  const auto [first, second] = run_two(two, two);
  ASSERT_EQ(first.code, 0) << first.err;
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(second.out, "");
  const auto one = losses_of(scratch_.path("one")), both = losses_of(scratch_.path("two"));
  ASSERT_EQ(one.size(), 4u);  // and a validation
  ASSERT_EQ(both.size(), 4u);
  EXPECT_LT(one[2], 0.8 * one[0]);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(both[i], one[i], 1e-4 * one[i]);
}

TEST_F(ManyProcesses, ResumeTogether) {
  const auto half = command("two", "4", "30");
  ASSERT_EQ(run_two(half, half).first.code, 0);
  auto rest = command("two", "4", "60");
  rest.emplace_back("--resume");
  const auto [first, second] = run_two(rest, rest);
  ASSERT_EQ(first.code, 0) << first.err;
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_NE(first.out.find("60 steps"), std::string::npos);
}

TEST_F(ManyProcesses, DifferentOptionsAreRefused) {
  const auto [first, second] = run_two(command("run", "4", "5"), command("run", "2", "5"));
  for (const auto& ran : {first, second}) {
    EXPECT_EQ(ran.code, 1);
    EXPECT_TRUE(ran.one_line()) << ran.err;
    EXPECT_NE(ran.err.find("different options"), std::string::npos) << ran.err;
  }
}

class OutputCommand : public testing::TestWithParam<const char*> {};

TEST_P(OutputCommand, FromFilesToMusic) {
  const Scratch scratch;
  for (std::uint64_t i = 0; i < 6; ++i)
    ASSERT_TRUE(
        write_midi_file(test::band_score(i), scratch.path("music/" + std::to_string(i) + ".mid")));
  const std::string data = scratch.path("data"), model = scratch.path("run/model.safetensors");
=======
TEST(TrainingCommands, TrainMeasureMergeTrainOn) {
  const Scratch scratch;
  for (std::uint64_t i = 0; i < 8; ++i)
    ASSERT_TRUE(
        write_midi_file(test::band_score(i), scratch.path("music/" + std::to_string(i) + ".mid")));
>>>>>>> 592fcba (tests: measuring, merging and training on, by the commands)
  const auto run = [&](const std::vector<std::string>& arguments) {
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, 0) << arguments.front() << ": " << ran.err;
    return ran;
  };
<<<<<<< HEAD
  const auto train = [&](const std::string& folder) {
    return std::vector<std::string>{"train",    "--data",  data,    "-o",        folder, "--output",
                                    GetParam(), "--shape", "tiny",  "--context", "64",   "--steps",
                                    "30",       "--lr",    "0.003", "--warmup",  "5",    "--batch",
                                    "4",        "--type",  "f32",   "--threads", "1"};
  };
  run({"data", "prepare", scratch.path("music"), "--scheme", "mmt", "--valid-share", "0.2", "-o",
       data});
  run(train(scratch.path("run")));
  EXPECT_EQ(run({"inspect", model, "--json"}).json()["config"]["output"], GetParam());
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

=======
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
  run({"train", "--data", data, "-o", on, "--init", merged, "--steps", "3", "--batch", "4",
       "--threads", "1", "--resume"});

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

>>>>>>> 592fcba (tests: measuring, merging and training on, by the commands)
INSTANTIATE_TEST_SUITE_P(Schemes, TrainingCommand, testing::Values("remi+", "tsd", "midi-like"),
                         [](const auto& scheme) {
                           std::string name = scheme.param;
                           std::erase_if(name, [](char c) { return !std::isalnum(c); });
                           return name;
                         });

}  // namespace
}  // namespace sage
