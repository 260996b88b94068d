#include "live/bars.h"

#include <gtest/gtest.h>

namespace sage::live {
namespace {

TEST(BarTable, CountsBarsOfOneMeter) {
  const BarTable bars(12, {{Tick{0}, {3, 4}}});
  EXPECT_EQ(bars.at(Tick{35}).number, 0);
  EXPECT_EQ(bars.at(Tick{36}).number, 1);
  EXPECT_EQ(bars.at(Tick{36}).bar.start, Tick{36});
  EXPECT_EQ(bars.start(4), Tick{144});
}

TEST(BarTable, HasBarsBeforeTheFirst) {
  const BarTable bars(12, {});
  EXPECT_EQ(bars.at(Tick{-1}).number, -1);
  EXPECT_EQ(bars.at(Tick{-1}).bar.start, Tick{-48});
  EXPECT_EQ(bars.at(Tick{-48}).number, -1);
  EXPECT_EQ(bars.at(Tick{-49}).number, -2);
}

TEST(BarTable, ChangesMeterAndCutsABarShort) {
  const BarTable bars(12, {{Tick{0}, {4, 4}}, {Tick{60}, {6, 8}}});
  EXPECT_EQ(bars.at(Tick{50}).number, 1);
  EXPECT_EQ(bars.at(Tick{50}).bar.length, Tick{12});
  EXPECT_EQ(bars.at(Tick{60}).number, 2);
  EXPECT_EQ(bars.at(Tick{60}).bar.length, Tick{36});
  EXPECT_EQ(bars.start(3), Tick{96});
}

}  // namespace
}  // namespace sage::live
