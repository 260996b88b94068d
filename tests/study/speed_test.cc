#include "study/speed.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

constexpr auto kKeepGoing = [](std::size_t, std::size_t) { return true; };

SpeedCase tiny(const std::string& attention, const std::string& output = "flat") {
  SpeedCase one{attention + output, shape_config("tiny").value()};
  one.model.vocab_size = 100;
  one.model.attention = attention;
  one.model.kv_heads = attention == "mha" ? one.model.heads : 1;
  one.model.output = output;
  one.model.fields = output == "flat" ? 1 : 3;
  return one;
}

TEST(Speed, EveryArmAtEveryContextInEveryRound) {
  SpeedOptions options;
  options.contexts = {16, 64};
  options.rounds = 3;
  options.steps = 4;
  options.type = "f32";
  const auto session =
      measure_speed({tiny("mha"), tiny("as-kvhs"), tiny("mha", "nested")}, options, kKeepGoing);
  ASSERT_TRUE(session) << session.error().message;
  ASSERT_EQ(session->rows.size(), 6U);
  for (const SpeedRow& row : session->rows) {
    ASSERT_EQ(row.seconds_per_step.size(), 3U);
    for (const double seconds : row.seconds_per_step) EXPECT_GT(seconds, 0);
  }
  const SpeedRow& mha = *session->find("mhaflat", 64);
  const SpeedRow& one_head = *session->find("as-kvhsflat", 64);
  EXPECT_EQ(mha.kv_bytes_per_token, 4 * one_head.kv_bytes_per_token);
  EXPECT_GT(mha.bytes_read_once, one_head.bytes_read_once);
  EXPECT_EQ(session->find("mhaflat", 17), nullptr);

  const auto again = speed_session_from_json(nlohmann::json::parse(to_json(*session).dump()));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_json(*again).dump(), to_json(*session).dump());
  EXPECT_FALSE(speed_session_from_json(nlohmann::json::parse("[1]")));
}

TEST(Speed, CanBeStopped) {
  const auto stopped =
      measure_speed({tiny("mha")}, {}, [](std::size_t, std::size_t) { return false; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kInterrupted);
}

}  // namespace
}  // namespace sage
