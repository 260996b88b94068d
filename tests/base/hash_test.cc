#include "base/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace sage {
namespace {

std::string hex_of(std::string_view text) { return Sha256().update(text).hex(); }

// The examples of FIPS 180-2, appendix B, and the empty message.
TEST(Sha256, KnownVectors) {
  EXPECT_EQ(hex_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

RC_GTEST_PROP(Sha256Property, PiecesHashLikeTheWhole, (const std::string& text)) {
  const std::size_t cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
  const std::string_view view = text;
  RC_ASSERT(Sha256().update(view.substr(0, cut)).update(view.substr(cut)).hex() == hex_of(text));
}

TEST(Sha256, EveryLengthAroundABlockDiffers) {
  std::string previous;
  for (std::size_t n = 50; n < 140; ++n) {
    const std::string text(n, 'x');
    const std::string all = hex_of(text);
    Sha256 bytewise;
    for (const char& c : text) bytewise.update(std::string_view(&c, 1));
    EXPECT_EQ(bytewise.hex(), all);
    EXPECT_NE(all, previous);
    previous = all;
  }
}

}  // namespace
}  // namespace sage
