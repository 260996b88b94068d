#include "apps/live/view.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iostream>
#include <string>

#include "apps/shared/cli.h"

namespace sage::cli {
namespace {

constexpr int kRows = 8;     // of the waterfall, one a half beat
constexpr int kLowest = 28;  // pitches across: E1 to G6
constexpr int kHighest = 91;
constexpr double kTempoStep = 4;

std::string note_name(int pitch) {
  static constexpr std::array<const char*, 12> names = {"C",  "C#", "D",  "D#", "E",  "F",
                                                        "F#", "G",  "G#", "A",  "A#", "B"};
  return names[static_cast<std::size_t>(pitch % 12)] + std::to_string(pitch / 12 - 1);
}

std::int64_t now_us() { return live::SystemClock().now(); }

}  // namespace

/// Keys without waiting for a line, and a screen that is put back in order.
class View::Terminal {
 public:
  Terminal() {
    tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    std::cout << "\x1b[?25l";
  }
  ~Terminal() {
    std::cout << "\x1b[?25h" << std::flush;
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  /// 0: none.
  char key() const {
    pollfd in{STDIN_FILENO, POLLIN, 0};
    char typed = 0;
    if (poll(&in, 1, 0) == 1 && read(STDIN_FILENO, &typed, 1) == 1) return typed;
    return 0;
  }
  /// Draws lines over those drawn before.
  void draw(const std::string& text) {
    if (lines_ > 0) std::cout << "\x1b[" << lines_ << "A";
    std::cout << '\r' << text << std::flush;
    lines_ = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  }

 private:
  termios before_{};
  int lines_ = 0;
};

View::View(const live::SessionOptions& options, live::Session& session, live::TypedKeys* typed)
    : options_(options), session_(session), typed_(typed) {
  if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0)
    terminal_ = std::make_unique<Terminal>();
}

View::~View() = default;

bool View::obey(char key) {
  if (typed_ != nullptr && typed_->press(key)) return true;
  using Kind = live::Command::Kind;
  const auto command = [&](Kind kind, double value = 0) {
    session_.command({kind, value, now_us()});
  };
  switch (key) {
    case 'q':
      return false;
    case ' ':
      command(Kind::kPanic);
      break;
    case 'o':
      command(Kind::kHandOver);
      break;
    case 't':
      command(Kind::kTap);
      break;
    case '+':
      command(Kind::kTempo, kTempoStep);
      break;
    case '-':
      command(Kind::kTempo, -kTempoStep);
      break;
    default:
      if (key >= '1' && key <= '9' && key - '1' < static_cast<int>(options_.lineup.band().size()))
        command(Kind::kMute, key - '1');
  }
  return true;
}

bool View::show(const live::Status& status) {
  if (!terminal_) return true;
  while (const char key = terminal_->key())
    if (!obey(key)) return false;
  const std::string clear = "\x1b[K\n";
  std::string text = status.waiting ? "waiting for the clock"
                                    : "bar " + std::to_string(status.bar + 1) + "." +
                                          std::to_string(status.beat + 1);
  text += "   " + fixed(status.bpm, 1) + " bpm   in hand " + fixed(status.in_hand_ms, 0) +
          " ms   " +
          (status.band_plays ? "the band plays: " + std::string(live::name_of(status.rung))
                             : "the band listens") +
          clear;
  text += "you: ";
  for (int i = 0; i < status.key_count; ++i)
    text += note_name(status.keys[static_cast<std::size_t>(i)]) + " ";
  text += clear;
  // What is planned comes down: the lowest row sounds now.
  std::array<std::string, kRows> rows;
  rows.fill(std::string(kHighest - kLowest + 1, ' '));
  const double half_beat =
      std::max(1.0, status.interval_ticks > 0 ? status.interval_ticks / 2.0 : 6.0);
  for (int i = 0; i < status.planned_count; ++i) {
    const auto& note = status.planned[static_cast<std::size_t>(i)];
    const int row = static_cast<int>((note.tick - status.tick) / half_beat);
    if (row < 0 || row >= kRows) continue;
    const int column = std::clamp<int>(note.pitch, kLowest, kHighest) - kLowest;
    rows[static_cast<std::size_t>(kRows - 1 - row)][static_cast<std::size_t>(column)] =
        static_cast<char>('0' + note.player % 10);
  }
  for (const std::string& row : rows) text += row + clear;
  int part = 0;
  for (const live::Player& player : options_.lineup.players) {
    if (!player.is_band) continue;
    text += std::to_string(part + 1) + " " + player.name +
            ((status.muted >> part & 1) != 0 ? " (silent)   " : "   ");
    ++part;
  }
  text += clear + "intervals:";
  for (int i = 0; i < live::kRungs; ++i)
    text += std::string(" ") + live::name_of(static_cast<live::Rung>(i)) + " " +
            std::to_string(status.rungs[static_cast<std::size_t>(i)]);
  text +=
      clear +
      "q ends   space silences   o hands over   t taps the tempo   + - tempo   1-9 a part on, off" +
      clear;
  terminal_->draw(text);
  return true;
}

}  // namespace sage::cli
