#include "synth/piano_roll.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include "score/program_names.h"
#include "score/timeline.h"

namespace sage {
namespace {

constexpr double kMargin = 16, kGutter = 76, kLegendRow = 22, kBarAxis = 22, kTimeAxis = 26;
constexpr double kLaneGap = 14, kDrumRow = 12, kPitchedHeight = 520;
constexpr double kMarkerRow = 16;
constexpr double kCharacter = 6.7;  // mean width of a character at 12 pixels, generously
constexpr int kFirstDrum = 35;
constexpr std::array<std::string_view, 47> kDrumLabels = {
    "Kick 2",     "Kick",       "Side stick",  "Snare",      "Clap",       "Snare 2",
    "Floor tom",  "Hi-hat",     "Floor tom 2", "Hat pedal",  "Low tom",    "Open hat",
    "Mid tom",    "Mid tom 2",  "Crash",       "High tom",   "Ride",       "China",
    "Ride bell",  "Tambourine", "Splash",      "Cowbell",    "Crash 2",    "Vibraslap",
    "Ride 2",     "High bongo", "Low bongo",   "Mute conga", "High conga", "Low conga",
    "Timbale",    "Timbale 2",  "Agogo",       "Agogo 2",    "Cabasa",     "Maracas",
    "Whistle",    "Whistle 2",  "Guiro",       "Guiro 2",    "Claves",     "Wood block",
    "Wood bl. 2", "Cuica",      "Cuica 2",     "Triangle",   "Triangle 2"};

// Middle tones, so that they stand out from white and from black; neighbours differ in hue.
constexpr std::array<std::string_view, 24> kColours = {
    "#3b82f6", "#ef6c4d", "#10a37f", "#a855f7", "#d99a0b", "#e0529c", "#0ea5c6", "#84a30f",
    "#6366f1", "#c2703d", "#14b8a6", "#d946ef", "#64748b", "#e5484d", "#2f6fb5", "#f08c3a",
    "#3f9d4b", "#8b6fd6", "#b08a2e", "#d16b8f", "#2a8f8f", "#7d8f3a", "#9a6b5a", "#b05fc7"};

constexpr int kLevels = 4;  // of velocity
constexpr std::array<std::string_view, kLevels> kOpacities = {".4", ".6", ".8", "1"};

constexpr std::string_view kStyle =
    "<style>text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;"
    "fill:#475569}.n{font-size:11px;fill:#64748b}.e{text-anchor:end}.m{text-anchor:middle}"
    ".s{font-weight:600}.b{fill:#fff}.l{fill:#f8fafc}.k{fill:#eef2f7}path{fill:none}"
    ".h{fill:#f59e0b;fill-opacity:.13}"
    ".c{stroke:#cbd5e1}.r{stroke:#cbd5e1}.t{stroke:#e8edf3}"
    "@media(prefers-color-scheme:dark){text{fill:#cbd5e1}.n{fill:#94a3b8}.b{fill:#0b1020}"
    ".l{fill:#111827}.k{fill:#0d1424}.c{stroke:#334155}.r{stroke:#334155}.t{stroke:#1c2637}}"
    "</style>\n";

/// Appends numbers with at most one decimal, and text.
class Svg {
 public:
  Svg& operator<<(std::string_view text) {
    text_ += text;
    return *this;
  }
  Svg& operator<<(double value) {
    const auto tenths = static_cast<long long>(std::llround(value * 10));
    std::array<char, 24> buffer;
    const auto put = [&](long long n) {
      text_.append(buffer.data(), std::to_chars(buffer.begin(), buffer.end(), n).ptr);
    };
    if (tenths < 0) text_ += '-';
    put(std::abs(tenths) / 10);
    if (tenths % 10 != 0) text_ += '.', put(std::abs(tenths) % 10);
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// All tracks of one program: one colour, one entry of the legend.
struct Instrument {
  int program = 0;
  int tracks = 0;
  std::string_view colour;
};

struct Plan {
  std::vector<Instrument> instruments;  // in order of appearance
  std::vector<Bar> bars;                // empty if unknown
  std::size_t notes = 0;
  Tick end;
  int low = 0, high = -1;        // the range of pitches drawn; high < low without pitched notes
  std::vector<int> drums;        // drum pitches in use, from the top row downwards
  double width = 0, height = 0;  // of the picture
  double left = 0, right = 0;    // of both lanes
  double top = 0, row = 0;       // of the pitched lane, and the height of a semitone
  double drum_top = 0, bottom = 0;

  double x(Tick time) const {
    return left + (right - left) * static_cast<double>(time.count) /
                      static_cast<double>(std::max<std::int64_t>(end.count, 1));
  }
  double y(int pitch) const { return top + (high - pitch + 0.5) * row; }
  double pitched_bottom() const { return top + (high - low + 1) * row; }
  double drum_y(int pitch) const {
    const auto found = std::find(drums.begin(), drums.end(), pitch);
    return drum_top + (static_cast<double>(found - drums.begin()) + 0.5) * kDrumRow;
  }
};

/// "1,024 notes", "1 bar".
std::string counted(std::size_t value, const std::string& noun) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits + " " + noun + (value == 1 ? "" : "s");
}

std::string clock_time(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  const std::string s = std::to_string(whole % 60);
  return std::to_string(whole / 60) + (s.size() < 2 ? ":0" : ":") + s;
}

std::string label_of(const Instrument& instrument) {
  std::string label(program_name(instrument.program));
  if (instrument.tracks > 1) label += " x" + std::to_string(instrument.tracks);
  return label;
}

bool is_marker(const Text& text) { return text.type == 6; }

bool has_markers(const Score& score) {
  return std::any_of(score.texts.begin(), score.texts.end(), is_marker);
}

/// A text of a file as ASCII that XML can hold, cut to a few words.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 24;
  std::string safe;
  for (const char c : text.substr(0, kMost)) {
    if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '&')
      safe += "&amp;";
    else
      safe += c >= ' ' && c <= '~' ? c : '?';
  }
  return safe;
}

std::string summary_of(const Score& score, const Plan& plan) {
  std::string text = counted(plan.notes, "note") + ", ";
  if (!plan.bars.empty()) text += counted(plan.bars.size(), "bar") + ", ";
  return text + clock_time(duration_seconds(score));
}

/// Places the entries of the legend in lines; calls draw(entry, x, line) for each.
template <class Draw>
int lay_out_legend(const Plan& plan, double reserved, const Draw& draw) {
  double x = kMargin;
  int line = 0;
  for (const Instrument& instrument : plan.instruments) {
    const double width = 40 + kCharacter * static_cast<double>(label_of(instrument).size());
    const double limit = plan.width - kMargin - (line == 0 ? reserved : 0);
    if (x > kMargin && x + width > limit) x = kMargin, ++line;
    draw(instrument, x, line);
    x += width;
  }
  return line + 1;
}

double summary_width(const Score& score, const Plan& plan) {
  return 20 + kCharacter * static_cast<double>(summary_of(score, plan).size());
}

void survey(const Score& score, Plan& plan) {
  std::array<bool, 256> drum_used = {};
  int low = 255, high = -1;
  for (const Track& track : score.tracks) {
    if (track.notes.empty()) continue;
    const int program = track.program_or_drum();
    auto same = [&](const Instrument& i) { return i.program == program; };
    auto found = std::find_if(plan.instruments.begin(), plan.instruments.end(), same);
    if (found == plan.instruments.end()) {
      const auto colour = kColours[plan.instruments.size() % kColours.size()];
      found = plan.instruments.insert(found, Instrument{program, 0, colour});
    }
    ++found->tracks;
    for (const Note& note : track.notes) {
      if (track.is_drum) {
        drum_used[note.pitch] = true;
      } else {
        low = std::min<int>(low, note.pitch);
        high = std::max<int>(high, note.pitch);
      }
    }
  }
  for (int pitch = 255; pitch >= 0; --pitch)
    if (drum_used[static_cast<std::size_t>(pitch)]) plan.drums.push_back(pitch);
  if (high < low && !plan.drums.empty()) return;
  if (high < low) low = 60, high = 60;
  // At least two octaves, with a little air above and below.
  const int air = std::max(2, (24 - (high - low)) / 2);
  plan.low = std::max(0, low - air);
  plan.high = std::min(127, high + air);
}

Plan plan_of(const Score& score, const PianoRollOptions& options) {
  Plan plan;
  plan.notes = note_count(score);
  plan.end = end_of(score);
  survey(score, plan);
  if (auto bars = bars_of(score, plan.end)) {
    plan.bars = std::move(*bars);
    plan.end = std::max(plan.end, plan.bars.back().end());
  }
  plan.width = std::max(options.width, 400);
  plan.left = kMargin + kGutter;
  plan.right = plan.width - kMargin;
  const int lines = lay_out_legend(plan, summary_width(score, plan), [](auto&&...) {});
  plan.top = kMargin + lines * kLegendRow + kBarAxis;
  if (has_markers(score)) plan.top += kMarkerRow;
  const double drums = kDrumRow * static_cast<double>(plan.drums.size());
  const double gap = plan.drums.empty() || plan.high < plan.low ? 0 : kLaneGap;
  const double other = plan.top + gap + drums + kTimeAxis + kMargin;
  if (const int rows = plan.high - plan.low + 1; rows > 0)
    plan.row = options.height > 0 ? std::max((options.height - other) / rows, 1.0)
                                  : std::clamp(kPitchedHeight / rows, 6.0, 14.0);
  plan.drum_top = plan.pitched_bottom() + gap;
  plan.bottom = plan.drum_top + drums;
  plan.height = plan.bottom + kTimeAxis + kMargin;
  return plan;
}

void draw_header(const Score& score, const Plan& plan, Svg& svg) {
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << plan.width << "\" height=\""
      << plan.height << "\" viewBox=\"0 0 " << plan.width << " " << plan.height << "\">\n"
      << kStyle << "<rect class=\"b\" width=\"100%\" height=\"100%\"/>\n";
  lay_out_legend(
      plan, summary_width(score, plan), [&](const Instrument& instrument, double x, int line) {
        const double y = kMargin + line * kLegendRow;
        svg << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"12\" height=\"12\" rx=\"3\""
            << " fill=\"" << instrument.colour << "\"/><text x=\"" << x + 18 << "\" y=\""
            << y + 10.5 << "\">" << label_of(instrument) << "</text>\n";
      });
  svg << "<text class=\"n e\" x=\"" << plan.right << "\" y=\"" << kMargin + 10.5 << "\">"
      << summary_of(score, plan) << "</text>\n";
}

void draw_rect(std::string_view kind, const Plan& plan, double top, double height, Svg& svg) {
  svg << "<rect class=\"" << kind << "\" x=\"" << plan.left << "\" y=\"" << top << "\" width=\""
      << plan.right - plan.left << "\" height=\"" << height << "\"/>\n";
}

void draw_row_label(const Plan& plan, double y, std::string_view label, Svg& svg) {
  svg << "<text class=\"n e\" x=\"" << plan.left - 8 << "\" y=\"" << y + 3.8 << "\">" << label
      << "</text>\n";
}

/// The rows: a keyboard's black keys shaded, a line and a label at each C, one row a drum.
void draw_rows(const Plan& plan, Svg& svg) {
  if (plan.high >= plan.low) {
    draw_rect("l", plan, plan.top, plan.pitched_bottom() - plan.top, svg);
    for (int pitch = plan.low; pitch <= plan.high; ++pitch) {
      constexpr unsigned kBlackKeys = 0b0101'0100'1010;
      if (kBlackKeys >> (pitch % 12) & 1)
        draw_rect("k", plan, plan.y(pitch) - plan.row / 2, plan.row, svg);
      if (pitch % 12 != 0) continue;
      const double line = plan.y(pitch) + plan.row / 2;
      svg << "<path class=\"c\" d=\"M" << plan.left << " " << line << "H" << plan.right << "\"/>\n";
      draw_row_label(plan, plan.y(pitch), std::string("C").append(std::to_string(pitch / 12 - 1)),
                     svg);
    }
  }
  if (plan.drums.empty()) return;
  draw_rect("l", plan, plan.drum_top, plan.bottom - plan.drum_top, svg);
  for (std::size_t i = 0; i < plan.drums.size(); ++i) {
    const int pitch = plan.drums[i];
    const double y = plan.drum_y(pitch);
    if (i % 2 == 1) draw_rect("k", plan, y - kDrumRow / 2, kDrumRow, svg);
    const auto index = static_cast<std::size_t>(pitch - kFirstDrum);
    draw_row_label(plan, y,
                   pitch >= kFirstDrum && index < kDrumLabels.size()
                       ? std::string(kDrumLabels[index])
                       : std::to_string(pitch),
                   svg);
  }
}

/// A vertical line through both lanes.
void draw_vertical(const Plan& plan, double x, Svg& svg) {
  svg << "M" << x << " ";
  if (plan.high >= plan.low) svg << plan.top << "V" << plan.pitched_bottom();
  if (plan.high >= plan.low && !plan.drums.empty()) svg << "M" << x << " ";
  if (!plan.drums.empty()) svg << plan.drum_top << "V" << plan.bottom;
}

void draw_mark(const Plan& plan, const PianoRollMark& mark, Svg& svg) {
  const double from = std::clamp(plan.x(mark.from), plan.left, plan.right);
  const double to = std::clamp(plan.x(mark.to), from, plan.right);
  svg << "<rect class=\"h\" x=\"" << from << "\" y=\"" << plan.top << "\" width=\"" << to - from
      << "\" height=\"" << plan.bottom - plan.top << "\"/>\n";
}

/// Bar lines and numbers, and beats where there is room. Bars too narrow to tell apart are left
/// out.
void draw_bars(const Plan& plan, int first_bar, Svg& svg) {
  if (plan.bars.empty()) return;
  const double mean = (plan.right - plan.left) / static_cast<double>(plan.bars.size());
  if (mean > 40) {
    svg << "<path class=\"t\" d=\"";
    for (const Bar& bar : plan.bars)
      for (int beat = 1; beat < bar.meter.numerator; ++beat)
        draw_vertical(plan, plan.x(bar.start + Tick{bar.length.count * beat / bar.meter.numerator}),
                      svg);
    svg << "\"/>\n";
  }
  svg << "<path class=\"r\" d=\"";
  double last = -1e9;
  for (const Bar& bar : plan.bars)
    if (const double x = plan.x(bar.start); x - last >= 5) draw_vertical(plan, last = x, svg);
  draw_vertical(plan, plan.right, svg);
  svg << "\"/>\n";
  std::size_t step = 1;
  while (mean * static_cast<double>(step) < 34) step *= 2;
  last = -1e9;
  for (std::size_t i = 0; i < plan.bars.size(); i += step) {
    const double x = plan.x(plan.bars[i].start);
    if (x - last < 30 || x > plan.right - 12) continue;
    svg << "<text class=\"n\" x=\"" << x + 2 << "\" y=\"" << plan.top - 6 << "\">"
        << std::to_string(static_cast<int>(i) + first_bar) << "</text>\n";
    last = x;
  }
}

/// The piece's markers above the bars' numbers, as far as they have room.
void draw_markers(const Score& score, const Plan& plan, Svg& svg) {
  double room_from = plan.left - 1;
  for (const Text& text : score.texts) {
    if (!is_marker(text) || text.time > plan.end) continue;
    const double x = plan.x(text.time);
    if (x < room_from) continue;
    const std::string label = shown(text.text);
    svg << "<text class=\"s\" x=\"" << x + 2 << "\" y=\"" << plan.top - 6 - kMarkerRow << "\">"
        << label << "</text>\n";
    room_from = x + kCharacter * static_cast<double>(label.size()) + 8;
  }
}

void draw_seconds(const Score& score, const Plan& plan, Svg& svg) {
  const TempoMap tempo(score);
  const double total = tempo.seconds_at(plan.end);
  const double fit = (plan.right - plan.left) / 70;  // labels that have room
  double step = 1;
  for (const double next : {2., 5., 10., 15., 30., 60., 120., 300., 600., 1800., 3600., 86400.})
    if (total / step > fit) step = next;
  double last = -1e9;
  for (int i = 0; i <= static_cast<int>(fit) && i * step <= total; ++i) {
    const double x = plan.x(tempo.tick_at(i * step));
    if (x - last < 40 || x > plan.right + 0.1) continue;
    svg << "<path class=\"r\" d=\"M" << x << " " << plan.bottom << "v5\"/><text class=\"n m\" x=\""
        << x << "\" y=\"" << plan.bottom + 18 << "\">" << clock_time(i * step) << "</text>\n";
    last = x;
  }
}

/// A note as a horizontal stroke.
struct Stroke {
  int level = 0;  // of velocity
  double y = 0, from = 0, to = 0;
};

/// How full a note is drawn: by its velocity, or by whether it is one of the marked ones.
int level_of(const Note& note, int program, const std::optional<PianoRollMark>& mark) {
  if (mark) return mark->holds(program, note.onset) ? kLevels - 1 : 0;
  return std::min(note.velocity * kLevels / 128, kLevels - 1);
}

std::vector<Stroke> strokes_of(const Score& score, const Plan& plan, int program,
                               const std::optional<PianoRollMark>& mark) {
  // In a crowded picture, strokes snap to whole pixels, so that more of them fall together.
  const double grain = plan.notes > 20'000 ? 1.0 : 0.1;
  const auto snap = [&](double x) { return std::round(x / grain) * grain; };
  std::vector<Stroke> strokes;
  for (const Track& track : score.tracks) {
    if (track.program_or_drum() != program) continue;
    for (const Note& note : track.notes) {
      const double from = plan.x(note.onset);
      const double length = plan.x(note.onset + note.duration) - from;
      const double shown =
          track.is_drum ? 4.0 : std::max(length > 4 ? length - 1 : length * 0.8, 1.0);
      strokes.push_back({level_of(note, program, mark),
                         track.is_drum ? plan.drum_y(note.pitch) : plan.y(note.pitch), snap(from),
                         snap(from + shown)});
    }
  }
  std::sort(strokes.begin(), strokes.end(), [](const Stroke& a, const Stroke& b) {
    return std::tie(a.level, a.y, a.from) < std::tie(b.level, b.y, b.from);
  });
  return strokes;
}

/// Draws overlapping strokes of one row and level as one.
void draw_strokes(const std::vector<Stroke>& strokes, Svg& svg) {
  int level = -1;
  for (std::size_t i = 0; i < strokes.size();) {
    Stroke stroke = strokes[i];
    for (++i; i < strokes.size() && strokes[i].level == stroke.level && strokes[i].y == stroke.y &&
              strokes[i].from <= stroke.to;
         ++i)
      stroke.to = std::max(stroke.to, strokes[i].to);
    if (stroke.level != level) {
      if (level >= 0) svg << "\"/>\n";
      level = stroke.level;
      svg << "<path opacity=\"" << kOpacities[static_cast<std::size_t>(level)] << "\" d=\"";
    }
    svg << "M" << stroke.from << " " << stroke.y << "h" << stroke.to - stroke.from;
  }
  if (level >= 0) svg << "\"/>\n";
}

}  // namespace

bool PianoRollMark::holds(int program, Tick onset) const {
  return onset >= from && onset < to &&
         std::binary_search(programs.begin(), programs.end(), program);
}

std::string piano_roll_svg(const Score& score, const PianoRollOptions& options) {
  const Plan plan = plan_of(score, options);
  Svg svg;
  draw_header(score, plan, svg);
  draw_rows(plan, svg);
  if (options.mark) draw_mark(plan, *options.mark, svg);
  draw_bars(plan, options.first_bar, svg);
  draw_markers(score, plan, svg);
  draw_seconds(score, plan, svg);
  // Each instrument is drawn a little thinner than the one before, so that unisons show both.
  double share = 1.0;
  const double thinner = 0.4 / std::max<double>(1.0, static_cast<double>(plan.instruments.size()));
  for (const Instrument& instrument : plan.instruments) {
    const double thickness =
        instrument.program == kDrumProgram ? kDrumRow - 3 : std::max((plan.row - 1) * share, 1.0);
    share -= thinner;
    svg << "<g stroke=\"" << instrument.colour << "\" stroke-width=\"" << thickness << "\"><title>"
        << label_of(instrument) << "</title>\n";
    draw_strokes(strokes_of(score, plan, instrument.program, options.mark), svg);
    svg << "</g>\n";
  }
  svg << "</svg>\n";
  return svg.take();
}

}  // namespace sage
