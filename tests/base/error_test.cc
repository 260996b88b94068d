#include "base/error.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

TEST(Error, TheOffsetStandsInFront) {
  EXPECT_EQ(to_string(Error{ErrorCode::kIo, "no such file"}), "no such file");
  EXPECT_EQ(to_string(Error{ErrorCode::kMalformed, "no header", 12}), "byte 12: no header");
}

TEST(Error, APrefixKeepsTheCodeAndTheOffsetsText) {
  const Result<int> result = fail("song.mid", Error{ErrorCode::kMalformed, "no header", 12});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(to_string(result.error()), "song.mid: byte 12: no header");
}

}  // namespace
}  // namespace sage
