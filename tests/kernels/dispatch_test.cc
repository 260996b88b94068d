#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "kernels/kernel_table.h"
#include "kernels/tile_kernels.h"

namespace sage {
namespace {

class Dispatch : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* value = std::getenv("SAGE_ISA")) before_ = value;
  }
  void TearDown() override { setenv("SAGE_ISA", before_.c_str(), 1); }

  std::string before_;
};

TEST_F(Dispatch, ScalarComesFirstAndIsAlwaysThere) {
  ASSERT_FALSE(kernels_registry().empty());
  EXPECT_EQ(kernels_registry().front()->name, "scalar");
  EXPECT_TRUE(kernels_registry().front()->supported());
}

TEST_F(Dispatch, EverySupportedSetCanBeForced) {
  for (const KernelTable* table : kernels_registry()) {
    setenv("SAGE_ISA", std::string(table->name).c_str(), 1);
    const auto selected = select_kernels();
    EXPECT_EQ(selected.has_value(), table->supported());
    if (selected) {
      EXPECT_EQ(*selected, table);
    }
  }
}

TEST_F(Dispatch, AnUnknownSetIsAnErrorThatNamesThoseThereAre) {
  setenv("SAGE_ISA", "abacus", 1);
  const auto selected = select_kernels();
  ASSERT_FALSE(selected);
  EXPECT_NE(selected.error().message.find("abacus"), std::string::npos);
  EXPECT_NE(selected.error().message.find("scalar"), std::string::npos);
  EXPECT_TRUE(default_kernels().supported());
}

TEST_F(Dispatch, UnsetMeansTheFastestSupported) {
  unsetenv("SAGE_ISA");
  const auto selected = select_kernels();
  ASSERT_TRUE(selected);
  EXPECT_EQ(*selected, supported_kernels().back());
}

TEST_F(Dispatch, TilesAreTheFastestSupportedAndNeverTheSlowTwin) {
  unsetenv("SAGE_ISA");
  const TileKernels* expected = nullptr;
  for (const TileKernels* set : tiles_registry().subspan(1))
    if (set->supported()) expected = set;
  EXPECT_EQ(tiles_registry().front()->name, "portable");
  EXPECT_EQ(fast_tile_kernels(), expected);
  setenv("SAGE_ISA", "scalar", 1);
  EXPECT_EQ(fast_tile_kernels(), nullptr);
}

}  // namespace
}  // namespace sage
