#include "listen/design.h"

#include <gtest/gtest.h>

#include <set>

#include "listen/page.h"

namespace sage {
namespace {

ListeningTest three_by_four() {
  return design_test({"oursystem", "theirsystem", "reference"},
                     {"waltz-one", "waltz-two", "waltz-three", "waltz-four"}, 6, 1);
}

TEST(Design, EverySystemPlaysEveryPiece) {
  const ListeningTest test = three_by_four();
  EXPECT_EQ(test.clips.size(), 12u);
  EXPECT_EQ(test.pairs.size(), 12u);
  EXPECT_EQ(test.pairs_each, 6u);
  std::set<std::string> ids;
  for (const ListeningClip& clip : test.clips) ids.insert(clip.id);
  EXPECT_EQ(ids.size(), 12u);
  for (const ListeningPair& pair : test.pairs) {
    EXPECT_EQ(test.clips[pair.a].piece, test.clips[pair.b].piece);
    EXPECT_NE(test.clips[pair.a].system, test.clips[pair.b].system);
    EXPECT_LT(pair.group, 3u);
  }
  EXPECT_EQ(design_test({"a", "b"}, {"x", "y"}, 0, 1).pairs_each, 2u);
  EXPECT_NE(design_test({"a", "b"}, {"x", "y"}, 0, 2).clips[0].id,
            design_test({"a", "b"}, {"x", "y"}, 0, 1).clips[0].id);
}

TEST(Design, ThePageIsBlindAndAlone) {
  ListeningTest test = three_by_four();
  test.title = "</script><b>";
  const std::string page = listening_page(test, "1.2.3");
  const std::string json = test_json(test).dump();
  for (const char* secret : {"oursystem", "theirsystem", "reference", "waltz", "key.json"}) {
    EXPECT_EQ(page.find(secret), std::string::npos) << secret;
    EXPECT_EQ(json.find(secret), std::string::npos) << secret;
  }
  for (const char* network : {"http:", "https:", "fetch(", "XMLHttp", "sendBeacon", "src=\"/"})
    EXPECT_EQ(page.find(network), std::string::npos) << network;
  EXPECT_EQ(page.find("</script><b>"), std::string::npos);
  for (const char* mark : {"/*STYLE*/", "/*SCRIPT*/", "/*TEST*/"})
    EXPECT_EQ(page.find(mark), std::string::npos) << mark;
  for (const ListeningClip& clip : test.clips) EXPECT_NE(page.find(clip.id), std::string::npos);
}

TEST(Key, ThereAndBackAndNotOtherwise) {
  const ListeningTest test = three_by_four();
  const auto json = key_json(test);
  const auto read = read_key(json.dump());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(key_json(*read), json);
  EXPECT_EQ(test_id(*read), test_id(test));
  auto altered = json;
  altered["clips"][0]["sha256"] = "0";
  EXPECT_FALSE(read_key(altered.dump()));
  altered = json;
  altered["clips"].erase(0);
  EXPECT_FALSE(read_key(altered.dump()));
  altered = json;
  altered["pairs"][0][0] = 99;
  EXPECT_FALSE(read_key(altered.dump()));
  altered = json;
  altered["checks"].erase("splice");
  EXPECT_FALSE(read_key(altered.dump()));
  for (const char* text : {"", "[]", "{}", "{\"format\":3}"}) EXPECT_FALSE(read_key(text)) << text;
}

}  // namespace
}  // namespace sage
