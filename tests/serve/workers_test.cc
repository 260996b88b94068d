#include "serve/workers.h"

#include <gtest/gtest.h>

#include <future>

namespace sage::serve {
namespace {

TEST(Workers, ClientsTakeTurns) {
  Workers workers({.threads = 1});
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  std::promise<void> begun;
  ASSERT_TRUE(workers.submit("first", [&] {
    begun.set_value();
    opened.wait();
  }));
  begun.get_future().wait();
  std::string order;
  std::promise<void> last;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(workers.submit("greedy", [&] { order += 'g'; }));
  ASSERT_TRUE(workers.submit("modest", [&] { order += 'm'; }));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(workers.submit("greedy", [&] { order += 'g'; }));
  ASSERT_TRUE(workers.submit("late", [&] { order += 'l'; }));
  ASSERT_TRUE(workers.submit("greedy", [&] { last.set_value(); }));
  EXPECT_EQ(workers.waiting(), 8U);
  gate.set_value();
  last.get_future().wait();
  EXPECT_EQ(order, "gmlgggg");
}

TEST(Workers, RefusesTooMuch) {
  Workers workers({.threads = 1, .max_waiting = 3, .max_waiting_of_client = 2});
  std::promise<void> gate, begun;
  auto opened = gate.get_future().share();
  ASSERT_TRUE(workers.submit("a", [&] {
    begun.set_value();
    opened.wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(workers.submit("a", [] {}));
  EXPECT_TRUE(workers.submit("a", [] {}));
  EXPECT_FALSE(workers.submit("a", [] {})) << "too many of one client";
  EXPECT_TRUE(workers.submit("b", [] {}));
  EXPECT_FALSE(workers.submit("c", [] {})) << "too many of all";
  gate.set_value();
}

TEST(Workers, StopDropsWhatWaits) {
  int done = 0;
  std::promise<void> begun;
  std::atomic<bool> stop{false};
  constexpr std::size_t kAny = 1'000'000'000;
  Workers workers({.threads = 1, .max_waiting = kAny, .max_waiting_of_client = kAny});
  ASSERT_TRUE(workers.submit("a", [&] {
    begun.set_value();
    while (!stop) std::this_thread::yield();
    ++done;
  }));
  begun.get_future().wait();
  ASSERT_TRUE(workers.submit("a", [&] { ++done; }));
  std::thread stopper([&] { workers.stop(); });
  while (workers.submit("b", [] {})) std::this_thread::yield();
  stop = true;
  stopper.join();
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace sage::serve
