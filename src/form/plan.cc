#include "form/plan.h"

#include <algorithm>
#include <charconv>

namespace sage {
namespace {

constexpr std::size_t kMostSections = 100;
constexpr int kMostSectionBars = 64;

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_capital(c) || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == ',' || c == '-'; }

class FormReader {
 public:
  FormReader(std::string_view text, int usual_bars) : text_(text), usual_bars_(usual_bars) {}

  Result<FormPlan> read() {
    while (skip_spaces()) {
      if (auto ok = read_section(); !ok) return tl::unexpected(ok.error());
      if (plan_.size() > kMostSections)
        return error("a form has at most " + std::to_string(kMostSections) + " sections");
    }
    if (plan_.empty()) return error("it names no section");
    return std::move(plan_);
  }

 private:
  tl::unexpected<Error> error(const std::string& why) const {
    return fail(ErrorCode::kInvalidArgument,
                "form '" + std::string(text_) + "': " + why +
                    "; write it like \"A A' B A\" or \"verse8 chorus4\"");
  }

  bool skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    return at_ < text_.size();
  }

  template <class Is>
  std::string_view take(Is is) {
    const std::size_t from = at_;
    while (at_ < text_.size() && is(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

  /// One name of capitals alone is several sections: "AABA".
  std::string_view take_name() {
    const std::string_view word = take(is_letter);
    if (word.size() < 2 || !std::all_of(word.begin(), word.end(), is_capital)) return word;
    at_ -= word.size() - 1;
    return word.substr(0, 1);
  }

  int take_apostrophes() {
    constexpr std::string_view kCurved = "\u2019";
    int count = 0;
    for (;;) {
      if (at_ < text_.size() && text_[at_] == '\'')
        ++at_;
      else if (text_.substr(at_).starts_with(kCurved))
        at_ += kCurved.size();
      else
        return count;
      ++count;
    }
  }

  Result<void> read_section() {
    Section section;
    section.name = take_name();
    if (section.name.empty()) return error("a section's name begins with a letter");
    section.variations = take_apostrophes();
    const std::string_view digits = take(is_digit);
    if (section.variations == 0) section.variations = take_apostrophes();
    const auto first = std::find_if(plan_.begin(), plan_.end(),
                                    [&](const Section& s) { return s.name == section.name; });
    section.source = static_cast<std::size_t>(first - plan_.begin());
    section.bars = first == plan_.end() ? usual_bars_ : first->bars;
    if (!digits.empty()) {
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), section.bars);
      if (read.ec != std::errc{}) section.bars = 0;
    }
    if (section.bars < 1 || section.bars > kMostSectionBars)
      return error("section " + section.label() + " must have 1 to " +
                   std::to_string(kMostSectionBars) + " bars");
    plan_.push_back(std::move(section));
    return {};
  }

  std::string_view text_;
  int usual_bars_;
  std::size_t at_ = 0;
  FormPlan plan_;
};

}  // namespace

Result<FormPlan> parse_form(std::string_view text, int usual_bars) {
  return FormReader(text, usual_bars).read();
}

int bar_count(const FormPlan& plan) {
  int bars = 0;
  for (const Section& section : plan) bars += section.bars;
  return bars;
}

std::string to_text(const FormPlan& plan) {
  std::string text;
  for (const Section& section : plan) text += (text.empty() ? "" : " ") + section.label();
  return text;
}

}  // namespace sage
