#include <gtest/gtest.h>

#include "feel/feel.h"
#include "feel/learn.h"
#include "players.h"

namespace sage {
namespace {

TEST(FeelTable, IsReadBackAsWritten) {
  FeelLearner learner("late", false);
  learner.add(test::drummer(32, 20, 0.5, 3));
  const Feel feel = learner.learn();
  const std::string text = write_feels(std::span(&feel, 1));
  const auto read = read_feels("# a comment\n" + text);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(write_feels(*read), text);
}

TEST(FeelTable, RefusesDamage) {
  for (const char* text : {"nonsense\n", "cell\tkick\t0\t1\t1\t1\t1\t9\n", "feel\ta\t0.5\t0\n",
                           "feel\ta\t0.5\t0\t1\ncell\tharp\t0\t1\t1\t1\t1\t9\n",
                           "feel\ta\t0.5\t0\t1\ncell\tkick\t16\t1\t1\t1\t1\t9\n",
                           "feel\ta\t0.5\t0\t1\ncell\tkick\t0\t999\t1\t1\t1\t9\n",
                           "feel\ta\t2\t0\t1\n", "feel\ta\t0.5\tnan\t1\n"})
    EXPECT_FALSE(read_feels(text)) << text;
}

TEST(FeelTable, TheBundledOneHasEveryKind) {
  ASSERT_EQ(feels().size(), feel_kinds().size());
  for (std::size_t i = 0; i < feels().size(); ++i) {
    const Feel& feel = feels()[i];
    EXPECT_EQ(feel.name, feel_kinds()[i].name);
    EXPECT_EQ(feel.offbeat != 0.5, feel_kinds()[i].swung);
    EXPECT_GT(feel.performances, 10);
    EXPECT_GT(feel.cell(DrumVoice::kSnare, 4).notes, 100) << "the backbeat of " << feel.name;
    if (feel.name != "latin") {
      EXPECT_GT(feel.cell(DrumVoice::kSnare, 4).accent, 10) << "the backbeat of " << feel.name;
    }
  }
}

TEST(FeelTable, AnUnknownNameListsThoseThatThereAre) {
  ASSERT_TRUE(find_feel("swing"));
  const auto missing = find_feel("wobbly");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("laid-back"), std::string::npos);
}

}  // namespace
}  // namespace sage
