#include "serve/jams.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace sage::serve {
namespace {

void wait_for(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(Jams, RunsSoManyAtOnce) {
  Jams jams;
  std::atomic<bool> go{false};
  std::atomic<int> ran{0};
  const auto session = [&](const std::atomic<bool>&) {
    wait_for(go);
    ++ran;
  };
  EXPECT_TRUE(jams.run(2, session));
  EXPECT_TRUE(jams.run(2, session));
  EXPECT_FALSE(jams.run(2, session));
  EXPECT_EQ(jams.running(), 2U);
  go = true;
  while (jams.running() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(jams.run(2, session)) << "those that have ended leave their place";
  jams.stop();
  EXPECT_EQ(ran, 3);
}

TEST(Jams, StopAsksAndWaits) {
  Jams jams;
  std::atomic<bool> ended{false};
  ASSERT_TRUE(jams.run(1, [&](const std::atomic<bool>& stopped) {
    wait_for(stopped);
    ended = true;
  }));
  jams.stop();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(jams.run(1, [](const std::atomic<bool>&) {}));
}

}  // namespace
}  // namespace sage::serve
