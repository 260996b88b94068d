#include "form/composer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/random.h"
#include "form/cadence.h"
#include "generate/generator.h"
#include "generate/limits.h"
#include "generate/stream.h"
#include "metrics/piece.h"
#include "score/timeline.h"

namespace sage {
namespace {

constexpr int kCloseBars = 1;
constexpr int kEndingBars = 2;
constexpr int kEndingsForAClose = 4;  // so many more versions are written of the ending
constexpr std::uint8_t kMarker = 6;   // type of a text in a Standard MIDI File
constexpr double kEndWeight = 2;      // of the model's own word for an end, beside close_strength()

/// What stands before the first bar that is composed by the plan: a prompt, or the beginning of the
/// first section.
struct Opening {
  std::optional<Prompt> prompt;
  Quantised piece;
  std::vector<int> given, written;  // programs
  Meter meter;                      // of the bars to come, as tokens list it
  int listed_bars = 1;              // of them in a bar of the piece
  std::vector<TempoChange> tempos;  // that the new music begins with
  std::vector<MeterChange> meters;
};

Result<void> check_request(const FormRequest& request) {
  const Request& r = request.request;
  if (request.plan.empty()) return fail(ErrorCode::kInvalidArgument, "the form has no section");
  if (r.max_notes != 0 || r.max_seconds != 0 || r.allow_meter_changes || r.allow_tempo_changes)
    return fail(ErrorCode::kUnsupported,
                "a form goes without limits of notes or seconds and changes of meter or tempo");
  if (!(request.similarity >= 0 && request.similarity <= 1))
    return fail(ErrorCode::kInvalidArgument, "similarity must lie between 0 and 1");
  if (request.closes < 1 || request.closes > 64)
    return fail(ErrorCode::kInvalidArgument, "closes must lie between 1 and 64");
  return {};
}

/// How many bars at a section's end are written with an eye on the close.
int close_bars(const FormPlan& plan, std::size_t section) {
  return std::min(section + 1 == plan.size() ? kEndingBars : kCloseBars, plan[section].bars);
}

/// A phrase that its own repetition follows, or that leads back to an earlier one, stays open.
Close close_of(const FormPlan& plan, std::size_t section) {
  const std::size_t next = section + 1;
  if (next == plan.size()) return Close::kFull;
  const bool repeats = plan[next].source == plan[section].source;
  const bool leads_back = plan[section].source == section && plan[next].source < section;
  return repeats || leads_back ? Close::kOpen : Close::kFull;
}

bool is_among(const std::vector<int>& programs, int program) {
  return std::find(programs.begin(), programs.end(), program) != programs.end();
}

std::vector<int> programs_of(const Score& score) {
  std::vector<int> programs;
  for (const Track& track : score.tracks) programs.push_back(track.program_or_drum());
  return programs;
}

Result<Opening> open_with_prompt(const Engine& engine, const Request& request) {
  auto prompt =
      cut_prompt(*request.prompt, request.prompt_bars, engine.tokenizer(), request.prompt_end);
  if (!prompt) return tl::unexpected(prompt.error());
  Opening opening;
  opening.piece = prompt->piece;
  opening.meter = request.meter.value_or(prompt->listed);
  if (!request.meter) opening.listed_bars = prompt->listed_bars;
  const std::vector<int> heard = programs_of(prompt->piece.score);
  opening.written = request.programs.empty() ? heard : request.programs;
  // Several parts may be of one program: drum kits are.
  std::sort(opening.written.begin(), opening.written.end());
  opening.written.erase(std::unique(opening.written.begin(), opening.written.end()),
                        opening.written.end());
  for (const int program : heard)
    if (!is_among(opening.written, program)) opening.given.push_back(program);
  const Tick cut = opening.piece.bars.back().end();
  if (request.bpm)
    opening.tempos.push_back({cut, static_cast<std::uint32_t>(std::lround(60e6 / *request.bpm))});
  if (request.meter) opening.meters.push_back({cut, *request.meter});
  opening.prompt = *std::move(prompt);
  return opening;
}

/// The first `bars` bars from nothing.
Result<Opening> open_from_nothing(const std::shared_ptr<const Engine>& engine, Request request,
                                  int bars, int threads) {
  request.bars = bars;
  request.endings = 0;
  auto generator = Generator::create(engine, request, {.threads = threads});
  if (!generator) return tl::unexpected(generator.error());
  while (generator->next().type != ReadEvent::Type::kEnd) {
  }
  const NewBars written = generator->new_bars();
  const Tokenizer& tokenizer = engine->tokenizer();
  auto score = tokenizer.decode(generator->tokens());
  if (!score) return tl::unexpected(score.error());
  auto all = bars_of(*score, written.to);
  if (!all) return tl::unexpected(all.error());
  Opening opening;
  opening.meter = all->back().meter;
  opening.tempos = written.music.tempos;
  opening.meters = written.music.meters;
  for (const TokenId id : generator->tokens()) {
    const auto [kind, value] = tokenizer.vocabulary().event(id);
    if (kind == Kind::kStart) break;
    if (kind == Kind::kProgram) opening.written.push_back(value);
  }
  // A model that lists no ensemble writes for whom it likes.
  for (const int program : programs_of(*score))
    if (!is_among(opening.written, program)) opening.written.push_back(program);
  std::sort(opening.written.begin(), opening.written.end());
  opening.piece = {*std::move(score), *std::move(all), {}};
  return opening;
}

class FormComposer {
 public:
  FormComposer(const FormRequest& request, Opening opening, Stream stream,
               const FormCallback& callback)
      : request_(request),
        opening_(std::move(opening)),
        stream_(std::move(stream)),
        callback_(callback),
        bars_(bar_count(request.plan)) {}

  Result<FormedPiece> compose();

 private:
  const FormPlan& plan() const { return request_.plan; }
  Tick line(int bar) const;
  void place_sections();
  Result<void> write_section(std::size_t index);
  void repeat(std::size_t index);
  void write_varied(const PlacedSection& section, const PlacedSection& source, Tick to);
  void push_again(const PlacedSection& section, const PlacedSection& source, Tick from, Tick to,
                  const std::function<bool(int program)>& is_kept);
  void write_close(std::size_t index, Tick from);
  void keep_losses(int first_bar);
  bool is_stopped() const { return stopped_; }
  bool write_to(Tick to);
  FormedPiece finish();

  const FormRequest& request_;
  Opening opening_;
  Stream stream_;
  const FormCallback& callback_;
  int bars_;
  std::vector<PlacedSection> sections_;
  std::vector<WishLoss> losses_;
  double end_odds_ = 0;
  bool stopped_ = false;
};

/// Where a bar of the piece begins.
Tick FormComposer::line(int bar) const {
  const auto listed =
      static_cast<std::size_t>(bar) * static_cast<std::size_t>(opening_.listed_bars);
  const auto& known = opening_.piece.bars;
  if (listed < known.size()) return known[listed].start;
  const Tick length{stream_.engine().tokenizer().vocabulary().bar_steps(opening_.meter)};
  return known.back().end() + length * static_cast<std::int64_t>(listed - known.size());
}

void FormComposer::place_sections() {
  int bar = 0;
  for (const Section& section : plan()) {
    sections_.push_back({section, line(bar), line(bar + section.bars), bar});
    bar += section.bars;
  }
}

Result<FormedPiece> FormComposer::compose() {
  place_sections();
  for (std::size_t i = 0; i < plan().size(); ++i) {
    if (sections_[i].to <= stream_.now()) continue;  // of the prompt
    if (auto ok = write_section(i); !ok) return tl::unexpected(ok.error());
    if (is_stopped()) return fail(ErrorCode::kInterrupted, "interrupted");
  }
  return finish();
}

Result<void> FormComposer::write_section(std::size_t index) {
  const PlacedSection& section = sections_[index];
  // A progression of chords begins again with every section.
  if (request_.request.wishes != Wishes{})
    if (auto ok = stream_.set_wishes(request_.request.wishes); !ok) return ok;
  const Tick close = line(section.first_bar + section.section.bars - close_bars(plan(), index));
  if (section.section.source != index) {
    repeat(index);
  } else {
    write_to(close);
    if (!is_stopped()) write_close(index, std::max(close, stream_.now()));
  }
  keep_losses(section.first_bar);
  return {};
}

/// A section that was there before. What its first time does not have, because it was shorter, is
/// new.
void FormComposer::repeat(std::size_t index) {
  const PlacedSection& section = sections_[index];
  const PlacedSection& source = sections_[section.section.source];
  const bool last = index + 1 == plan().size();
  const bool same_close = !last && section.section.variations == 0 &&
                          section.section.bars == source.section.bars &&
                          close_of(plan(), index) == close_of(plan(), section.section.source);
  const int kept = section.section.bars - (same_close ? 0 : close_bars(plan(), index));
  const Tick to = line(section.first_bar + kept);
  const Tick known = std::min(to, section.from + (source.to - source.from));
  if (section.section.variations > 0) {
    write_varied(section, source, known);
  } else {
    push_again(section, source, section.from, known, [](int) { return true; });
    stream_.set_playing({});
    write_to(known);
    stream_.set_playing(opening_.written);
  }
  if (!is_stopped()) write_to(to);
  if (!is_stopped() && !same_close) write_close(index, to);
}

/// Whole bars of parts are drawn anew among the others, but for the first bar, by which the section
/// is known again.
void FormComposer::write_varied(const PlacedSection& section, const PlacedSection& source,
                                Tick to) {
  struct Cell {
    int bar, program;
  };
  std::vector<Cell> cells;
  int bars = 0;
  for (; line(section.first_bar + bars) < to; ++bars)
    for (const int program : opening_.written)
      if (bars > 0) cells.push_back({bars, program});
  Random random(request_.request.seed ^ (0x9e3779b97f4a7c15 * (section.first_bar + 1u)));
  for (std::size_t i = cells.size(); i > 1; --i)
    std::swap(cells[i - 1], cells[random.below(static_cast<std::uint32_t>(i))]);
  const double share = std::pow(request_.similarity, section.section.variations);
  cells.resize(
      static_cast<std::size_t>(std::lround((1 - share) * static_cast<double>(cells.size()))));
  for (int bar = 0; bar < bars && !is_stopped(); ++bar) {
    std::vector<int> drawn;
    for (const Cell& cell : cells)
      if (cell.bar == bar) drawn.push_back(cell.program);
    const Tick from = line(section.first_bar + bar);
    const Tick end = std::min(to, line(section.first_bar + bar + 1));
    push_again(section, source, from, end, [&](int program) { return !is_among(drawn, program); });
    stream_.set_playing(drawn);
    write_to(end);
  }
  stream_.set_playing(opening_.written);
}

/// The notes of the source that stand where [from, to) is now; cut at the section's end.
void FormComposer::push_again(const PlacedSection& section, const PlacedSection& source, Tick from,
                              Tick to, const std::function<bool(int program)>& is_kept) {
  const Tick shift = section.from - source.from;
  const auto notes = stream_.notes_in(from - shift, to - shift);
  const std::vector<StreamNote> before(notes.begin(), notes.end());
  for (StreamNote note : before) {
    if (!is_among(opening_.written, note.program) || !is_kept(note.program)) continue;
    note.note.onset = note.note.onset + shift;
    note.note.duration = std::min(note.note.duration, section.to - note.note.onset);
    // Of a program that is listed, within the bars: nothing that push() refuses.
    (void)stream_.push(note.program, note.note);
  }
}

/// Several versions of the bars from `from` to the section's end, and the one that closes best.
void FormComposer::write_close(std::size_t index, Tick from) {
  const PlacedSection& section = sections_[index];
  const bool last = index + 1 == plan().size();
  const Tick bar = line(section.first_bar + section.section.bars - 1);
  const auto so_far = piece_of(stream_.score());
  const EstimatedKey key = so_far ? estimate_key(*so_far) : EstimatedKey{};
  Random seeds(request_.request.seed + static_cast<std::uint64_t>(from.count));
  std::optional<Stream> best;
  double most = 0;
  const int versions = request_.closes * (last && request_.closes > 1 ? kEndingsForAClose : 1);
  for (int i = 0; i < versions; ++i) {
    Stream version = stream_.fork(i == 0 ? request_.request.seed : seeds.next());
    if (!version.write(section.to,
                       [&] { return callback_ && !callback_(section.first_bar, bars_); })) {
      stopped_ = true;
      return;
    }
    double strength = close_strength(version.score(), std::max(bar, from), section.to, key,
                                     close_of(plan(), index));
    if (last) strength += kEndWeight / (1 + std::exp(-version.end_odds()));
    if (best && strength <= most) continue;
    most = strength;
    best.emplace(std::move(version));
  }
  stream_ = *std::move(best);
  if (last) end_odds_ = stream_.end_odds();
}

/// Bar by bar, as far as the callback wants.
bool FormComposer::write_to(Tick to) {
  while (!stopped_ && stream_.now() < to) {
    const Tick next = std::min(to, stream_.bar_at(stream_.now()).end());
    stream_.write(next);
    const int done = stream_.bar_number(stream_.now()) / opening_.listed_bars;
    stopped_ = callback_ && !callback_(std::min(done, bars_), bars_);
  }
  return !stopped_;
}

void FormComposer::keep_losses(int first_bar) {
  for (WishLoss loss : stream_.losses()) {
    loss.bar += first_bar;
    losses_.push_back(std::move(loss));
  }
}

FormedPiece FormComposer::finish() {
  FormedPiece piece;
  piece.sections = std::move(sections_);
  piece.losses = std::move(losses_);
  piece.end_odds = end_odds_;
  NewBars& bars = piece.bars;
  bars.to = piece.sections.back().to;
  bars.from = opening_.prompt ? opening_.piece.bars.back().end() : Tick{0};
  bars.music = stream_.score();
  bars.music.tempos = std::move(opening_.tempos);
  bars.music.meters = std::move(opening_.meters);
  for (Track& track : bars.music.tracks) {
    std::erase_if(track.notes, [&](const Note& note) { return note.onset < bars.from; });
    untangle(track.notes, 0);
    for (Note& note : track.notes) note.duration = std::min(note.duration, bars.to - note.onset);
  }
  for (const PlacedSection& section : piece.sections)
    if (section.from >= bars.from)
      bars.music.texts.push_back({section.from, kMarker, section.section.label()});
  std::erase_if(bars.music.tracks, [](const Track& track) { return track.notes.empty(); });
  piece.notes = note_count(bars.music);
  bars.prompt = std::move(opening_.prompt);
  return piece;
}

Result<Opening> open_form(const std::shared_ptr<const Engine>& engine, const FormRequest& request) {
  if (request.request.prompt) return open_with_prompt(*engine, request.request);
  const int first = request.plan.front().bars - close_bars(request.plan, 0);
  return open_from_nothing(engine, request.request, std::max(first, 1), request.threads);
}

}  // namespace

Result<FormedPiece> compose_form(std::shared_ptr<const Engine> engine, const FormRequest& request,
                                 const FormCallback& callback) {
  if (auto ok = can_stream(*engine); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_request(request); !ok) return tl::unexpected(ok.error());
  auto opening = open_form(engine, request);
  if (!opening) return tl::unexpected(opening.error());
  const auto begun = static_cast<int>(opening->piece.bars.size()) / opening->listed_bars;
  if (begun >= bar_count(request.plan) && request.request.prompt)
    return fail(ErrorCode::kInvalidArgument,
                "the prompt has " + std::to_string(begun) + " bars and the form " +
                    std::to_string(bar_count(request.plan)) +
                    ": there is nothing left to write; keep fewer bars (--prompt-bars)");
  StreamOptions options;
  options.given = opening->given;
  options.written = opening->written;
  options.meter = opening->meter;
  options.presence = request.request.presence;
  options.sampler = request.request.sampler;
  options.seed = request.request.seed;
  options.threads = request.threads;
  const auto& tempos = opening->piece.score.tempos;
  const std::uint32_t tempo = tempos.empty() ? kDefaultTempo : tempos.back().us_per_quarter;
  options.bpm = request.request.bpm.value_or(60e6 / tempo);
  auto stream = Stream::create(engine, options);
  if (!stream) return tl::unexpected(stream.error());
  if (auto ok = stream->begin_with(opening->piece); !ok) return tl::unexpected(ok.error());
  return FormComposer(request, *std::move(opening), *std::move(stream), callback).compose();
}

}  // namespace sage
