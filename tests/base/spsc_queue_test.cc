#include "base/spsc_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace sage {
namespace {

TEST(SpscQueue, RefusesWhatDoesNotFit) {
  SpscQueue<int> queue(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.push(i));
  EXPECT_FALSE(queue.push(4));
  int value = -1;
  EXPECT_TRUE(queue.pop(value));
  EXPECT_EQ(value, 0);
  EXPECT_TRUE(queue.push(5));
  EXPECT_EQ(queue.size(), 4u);
}

TEST(SpscQueue, KeepsTheOrderBetweenTwoThreads) {
  constexpr int kItems = 20'000;
  SpscQueue<int> queue(64);
  std::thread producer([&] {
    for (int i = 0; i < kItems;)
      if (queue.push(i))
        ++i;
      else
        std::this_thread::yield();
  });
  int expected = 0, value = 0;
  bool in_order = true;
  while (expected < kItems)
    if (queue.pop(value))
      in_order = in_order && value == expected++;
    else
      std::this_thread::yield();
  producer.join();
  EXPECT_TRUE(in_order);
  EXPECT_FALSE(queue.pop(value));
}

}  // namespace
}  // namespace sage
