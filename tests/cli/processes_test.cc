// One model trained by several processes, as a launcher would start them.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "midi/writer.h"
#include "program.h"
#include "tokens/merges.h"

namespace sage {
namespace {

using test::run_program;
using test::Scratch;

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
  // Muon's processes do a share of an update each. It may round to bfloat16 on the way, where sums
  // in another order part sooner.
  for (const std::string optimiser : {"adamw", "muon"}) {
    const double tolerance = optimiser == "muon" ? 5e-3 : 1e-4;
    const auto with = [&](const std::string& run, const std::string& batch) {
      auto arguments = command(run + optimiser, batch, "60");
      arguments.insert(arguments.end(), {"--optimiser", optimiser});
      return arguments;
    };
    ASSERT_EQ(run_program(with("one-", "8")).code, 0);
    const auto two = with("two-", "4");
    const auto [first, second] = run_two(two, two);
    ASSERT_EQ(first.code, 0) << first.err;
    ASSERT_EQ(second.code, 0) << second.err;
    EXPECT_EQ(second.out, "");
    const auto one = losses_of(scratch_.path("one-" + optimiser));
    const auto both = losses_of(scratch_.path("two-" + optimiser));
    ASSERT_EQ(one.size(), 4u);  // and a validation
    ASSERT_EQ(both.size(), 4u);
    EXPECT_LT(one[2], 0.8 * one[0]) << optimiser;
    for (std::size_t i = 0; i < one.size(); ++i)
      EXPECT_NEAR(both[i], one[i], tolerance * one[i]) << optimiser;
  }
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

/// Waits until a run has trained a while.
void wait_for_metrics(const std::string& run) {
  for (int i = 0; i < 600 && !std::filesystem::exists(run + "/metrics.jsonl"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  for (int i = 0; i < 600 && std::filesystem::file_size(run + "/metrics.jsonl") == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

// The second one is interrupted, and later killed: the first one must not wait for ever.
TEST_F(ManyProcesses, EndTogether) {
  for (const int signal : {SIGINT, SIGKILL}) {
    const std::string run = signal == SIGINT ? "stopped" : "killed";
    const auto endless = command(run, "4", "1000000");
    const std::string port = "MASTER_PORT=" + std::to_string(free_port());
    const std::string address = "MASTER_ADDR=127.0.0.1";
    test::Running second(endless, {"WORLD_SIZE=2", "RANK=1", address, port});
    auto first = std::async(std::launch::async, [&] {
      return run_program(endless, {"WORLD_SIZE=2", "RANK=0", address, port});
    });
    wait_for_metrics(scratch_.path(run));
    second.finish(signal);
    const test::Ran ran = first.get();
    if (signal == SIGINT) {
      EXPECT_EQ(ran.code, 0) << ran.err;
      EXPECT_NE(ran.out.find("interrupted at step"), std::string::npos) << ran.out;
      EXPECT_TRUE(std::filesystem::exists(scratch_.path(run) + "/model.safetensors"));
    } else {
      EXPECT_EQ(ran.code, 1);
      EXPECT_NE(ran.err.find("another process of this run ended"), std::string::npos) << ran.err;
    }
  }
}

}  // namespace
}  // namespace sage
