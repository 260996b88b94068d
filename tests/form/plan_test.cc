#include "form/plan.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

TEST(FormPlan, ReadsLettersApostrophesAndLengths) {
  const FormPlan plan = parse_form("A A' B4 A''6").value();
  EXPECT_EQ(plan, (FormPlan{{"A", 0, 8, 0}, {"A", 1, 8, 0}, {"B", 0, 4, 2}, {"A", 2, 6, 0}}));
  EXPECT_EQ(bar_count(plan), 26);
  EXPECT_EQ(to_text(plan), "A A' B A''");
}

TEST(FormPlan, CapitalsTogetherAreSectionsOfOneLetter) {
  EXPECT_EQ(parse_form("AABA", 4).value(), parse_form("A A B A", 4).value());
  EXPECT_EQ(parse_form("AA'BA").value(), parse_form("A A' B A").value());
  EXPECT_EQ(parse_form("ABA12").value().back().bars, 12);
}

TEST(FormPlan, WordsAreNamesAndKeepTheirLength) {
  const FormPlan plan = parse_form("intro4, verse chorus16 - verse chorus").value();
  ASSERT_EQ(plan.size(), 5u);
  EXPECT_EQ(plan[0], (Section{"intro", 0, 4, 0}));
  EXPECT_EQ(plan[3], (Section{"verse", 0, 8, 1}));
  EXPECT_EQ(plan[4], (Section{"chorus", 0, 16, 2}));
}

TEST(FormPlan, ReadsCurvedApostrophesAndThoseAfterTheLength) {
  EXPECT_EQ(parse_form("A A\u2019").value(), parse_form("A A'").value());
  EXPECT_EQ(parse_form("A8 A8'").value(), parse_form("A A'").value());
}

TEST(FormPlan, RefusesWhatIsNoForm) {
  for (const char* text :
       {"", "  ", "8", "'A", "A0", "A65", "A99999999999999999999", "A + B", "A\n;"})
    EXPECT_FALSE(parse_form(text)) << text;
  EXPECT_FALSE(parse_form(std::string(101, 'A')));
  EXPECT_EQ(parse_form("A 8").error().message,
            "form 'A 8': a section's name begins with a letter; write it like \"A A' B A\" or "
            "\"verse8 chorus4\"");
}

}  // namespace
}  // namespace sage
