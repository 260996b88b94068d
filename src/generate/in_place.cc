#include "generate/in_place.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "generate/holes.h"
#include "generate/stream.h"

namespace sage {
namespace {

constexpr double kContextBefore = 0.6;  // of the model's context, for the bars before a hole
constexpr int kBarsBeforeJudged = 4;    // that the model reads to judge a take
constexpr int kBarsAfter = 2;           // in which kept pitches judge a take

/// Of a token among those that are legal; logits of the whole vocabulary.
double nats_of(TokenId id, std::span<const float> logits, const TokenMask& legal) {
  double sum = 0;
  for (const IdRange& range : legal.ranges())
    for (TokenId other = range.begin; other < range.end; ++other)
      sum += std::exp(static_cast<double>(logits[static_cast<std::size_t>(other)]));
  return std::log(sum) - static_cast<double>(logits[static_cast<std::size_t>(id)]);
}

/// Writes takes of a hole on a stream, and ranks them.
class InPlaceWriter {
 public:
  InPlaceWriter(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                PieceWithHoles piece)
      : engine_(std::move(engine)),
        tokenizer_(engine_->tokenizer()),
        vocabulary_(tokenizer_.vocabulary()),
        request_(request),
        piece_(std::move(piece)) {}

  Result<Infilled> run(const InfillCallback& callback);

 private:
  using Notes = std::vector<std::pair<int, Note>>;  // program, note in grid ticks of the piece

  std::vector<int> kept_programs() const;
  std::vector<TokenId> encode(BarRange bars) const;
  BarRange context_before() const;
  std::uint32_t tempo_at(Tick time) const;
  Result<Stream> begin();
  bool is_kept(int program, Tick time) const;
  Result<void> push_kept(Stream& stream) const;
  bool write_bar(Stream& stream, const Bar& bar, const std::function<bool()>& stop) const;
  bool write_take(const InfillCallback& callback, int take, Stream& stream, Notes& notes);
  std::size_t silent_programs(const Notes& notes) const;
  double pitch_nats(const Notes& notes);

  std::shared_ptr<const Engine> engine_;
  const Tokenizer& tokenizer_;
  const Vocabulary& vocabulary_;
  const InfillRequest& request_;
  PieceWithHoles piece_;
  std::vector<int> order_;  // of the header: kept parts first, so that the others answer them
  Tick offset_;             // of the stream's first bar in the piece
};

std::vector<int> InPlaceWriter::kept_programs() const {
  const BarRange all = {0, static_cast<int>(piece_.piece().bars.size())};
  std::vector<int> kept;
  for (int program = 0; program < kProgramCount; ++program)
    if (!piece_.is_asked(program) && !piece_.notes_in(program, all).empty())
      kept.push_back(program);
  return kept;
}

/// The window's tokens: its header has all programs of the piece.
std::vector<TokenId> InPlaceWriter::encode(BarRange bars) const {
  EncodeOptions options;
  if (tokenizer_.config().order == ProgramOrder::kHeader) options.order = order_;
  options.end = false;
  return tokenizer_.write(piece_.window(bars), options);
}

/// As many bars before the hole as the model is to read.
BarRange InPlaceWriter::context_before() const {
  const auto budget = static_cast<std::size_t>(kContextBefore * engine_->context());
  BarRange bars = {piece_.bars().begin, piece_.bars().begin};
  while (bars.begin > 0) {
    const BarRange wider = {std::max(0, bars.begin - 4), bars.end};
    // History cuts a bar that is too long where a note may begin; so one bar is always read.
    if (bars.begin < bars.end && encode(wider).size() > budget) break;
    bars = wider;
  }
  return bars;
}

std::uint32_t InPlaceWriter::tempo_at(Tick time) const {
  std::uint32_t tempo = kDefaultTempo;
  for (const TempoChange& change : piece_.piece().score.tempos)
    if (change.time <= time) tempo = change.us_per_quarter;
  return tempo;
}

/// A stream that stands where the hole begins and knows the kept notes in it.
Result<Stream> InPlaceWriter::begin() {
  const std::vector<int> kept = kept_programs();
  order_ = kept;
  order_.insert(order_.end(), piece_.programs().begin(), piece_.programs().end());
  const BarRange before = context_before();
  offset_ = piece_.bar(before.begin).start;

  StreamOptions options;
  options.given = kept;
  options.written = piece_.programs();
  options.meter = piece_.bar(piece_.bars().begin).meter;
  options.sampler = request_.sampler;
  options.threads = request_.threads;
  auto stream = Stream::create(engine_, options);
  if (!stream) return stream;
  if (before.begin < before.end)
    if (auto ok = stream->begin_with(piece_.window(before)); !ok) return tl::unexpected(ok.error());
  for (const int program : kept)
    for (const Note& note : piece_.notes_in(program, piece_.bars())) {
      Note shifted = note;
      shifted.onset = note.onset - offset_;
      if (auto ok = stream->push(program, shifted); !ok) return tl::unexpected(ok.error());
    }
  if (auto ok = push_kept(*stream); !ok) return tl::unexpected(ok.error());
  if (request_.wishes != Wishes{})
    if (auto ok = stream->set_wishes(request_.wishes); !ok) return tl::unexpected(ok.error());
  return stream;
}

/// Whether a moment of the grid lies in a span of old notes that stay.
bool InPlaceWriter::is_kept(int program, Tick time) const {
  const auto place = [&](Tick t) {
    return rescale(t.count, request_.piece.ticks_per_quarter, tokenizer_.config().grid);
  };
  return std::any_of(request_.kept.begin(), request_.kept.end(), [&](const KeptSpan& span) {
    return span.program == program && time.count >= place(span.from) && time.count < place(span.to);
  });
}

/// Old notes of the programs that are written, where they stay.
Result<void> InPlaceWriter::push_kept(Stream& stream) const {
  if (request_.kept.empty()) return {};
  const Tick from = piece_.bar(piece_.bars().begin).start,
             to = piece_.bar(piece_.bars().end - 1).end();
  for (const Track& track : piece_.piece().score.tracks)
    for (const Note& note : track.notes) {
      const int program = track.program_or_drum();
      if (!piece_.is_asked(program) || note.onset < from || note.onset >= to ||
          !is_kept(program, note.onset))
        continue;
      Note shifted = note;
      shifted.onset = note.onset - offset_;
      if (auto ok = stream.push(program, shifted); !ok) return ok;
    }
  return {};
}

/// Quarter by quarter, where old notes stay in some.
bool InPlaceWriter::write_bar(Stream& stream, const Bar& bar,
                              const std::function<bool()>& stop) const {
  if (request_.kept.empty()) return stream.write(bar.end() - offset_, stop);
  const Tick quarter{tokenizer_.config().grid};
  for (Tick at = bar.start; at < bar.end(); at = at + quarter) {
    std::vector<int> playing;
    for (const int program : piece_.programs())
      if (!is_kept(program, at)) playing.push_back(program);
    stream.set_playing(playing);
    if (!stream.write(std::min(at + quarter, bar.end()) - offset_, stop)) return false;
  }
  return true;
}

/// Of those that are asked for.
std::size_t InPlaceWriter::silent_programs(const Notes& notes) const {
  const auto& asked = piece_.programs();
  return static_cast<std::size_t>(std::count_if(asked.begin(), asked.end(), [&](int program) {
    return std::none_of(notes.begin(), notes.end(),
                        [&](const auto& note) { return note.first == program; });
  }));
}

/// Mean nats of the kept pitches from the hole on, given the notes of a take.
double InPlaceWriter::pitch_nats(const Notes& notes) {
  PieceWithHoles with = piece_;
  for (const auto& [program, note] : notes) with.add(program, {&note, 1});
  std::swap(with, piece_);
  const auto count = static_cast<int>(piece_.piece().bars.size());
  const BarRange hole = piece_.bars();
  BarRange bars = {std::max(0, hole.begin - kBarsBeforeJudged),
                   std::min(count, hole.end + kBarsAfter)};
  auto ids = encode(bars);
  const auto context = static_cast<std::size_t>(engine_->context());
  while (ids.size() > context && bars.begin < bars.end - 1) ids = encode({++bars.begin, bars.end});
  std::swap(with, piece_);
  if (ids.size() > context) ids.resize(context);

  const auto size = static_cast<std::size_t>(tokenizer_.size());
  const Model& model = engine_->model();
  KvCache cache(model.config(), {.type = engine_->cache_type()});
  Workspace workspace(model.config(), WorkspaceOptions{.threads = request_.threads});
  std::vector<float> logits(ids.size() * size);
  model.forward_all(ids, cache, workspace, logits);
  const auto reader = tokenizer_.reader();
  const Tick shift = piece_.bar(bars.begin).start;
  const Tick from = piece_.bar(hole.begin).start - shift,
             to = piece_.bar(hole.end - 1).end() - shift;
  int program = -1;
  double nats = 0, pitches = 0;
  TokenMask mask;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const TokenEvent token = vocabulary_.event(ids[i]);
    const Tick now = reader->now();
    if (token.kind == Kind::kProgram) program = token.value;
    const bool is_pitch = token.kind == Kind::kPitch || token.kind == Kind::kDrum;
    const bool is_new = piece_.is_asked(program) && now < to;
    if (is_pitch && now >= from && !is_new) {
      reader->allowed(mask);
      nats += nats_of(ids[i], std::span(logits).subspan((i - 1) * size, size), mask);
      ++pitches;
    }
    reader->push(ids[i]);
  }
  return pitches > 0 ? nats / pitches : 0;
}

/// False: interrupted.
bool InPlaceWriter::write_take(const InfillCallback& callback, int take, Stream& stream,
                               Notes& notes) {
  stream.rewind(piece_.bar(piece_.bars().begin).start - offset_);
  stream.reseed(request_.seed + static_cast<std::uint64_t>(take));
  const int count = piece_.bars().end - piece_.bars().begin;
  bool interrupted = false;
  for (int i = 0; i < count; ++i) {
    const Bar& bar = piece_.bar(piece_.bars().begin + i);
    const int done = (take * count + i) / request_.takes;
    const auto stop = [&] { return interrupted = callback && !callback(done, count); };
    // What tokens cannot say exactly they say as nearly as they can, as the quantiser did.
    const double bpm = std::clamp(60e6 / tempo_at(bar.start), 24.0, 240.0);
    if (!stream.set_meter(bar.meter) || !stream.set_tempo(bpm)) return false;
    if (!write_bar(stream, bar, stop)) return false;
  }
  const Tick hole = piece_.bar(piece_.bars().begin).start - offset_;
  for (const StreamNote& written : stream.notes())
    if (written.source == NoteSource::kWritten ||
        (written.note.onset >= hole && piece_.is_asked(written.program))) {
      notes.emplace_back(written.program, written.note);
      notes.back().second.onset = written.note.onset + offset_;
    }
  return true;
}

Result<Infilled> InPlaceWriter::run(const InfillCallback& callback) {
  auto stream = begin();
  if (!stream) return tl::unexpected(stream.error());
  Notes best;
  std::vector<WishLoss> losses;
  std::pair<std::size_t, double> least;  // silent programs, nats
  for (int take = 0; take < request_.takes; ++take) {
    Notes notes;
    if (!write_take(callback, take, *stream, notes))
      return fail(ErrorCode::kInterrupted, "interrupted");
    const std::pair cost = {silent_programs(notes), request_.takes > 1 ? pitch_nats(notes) : 0.0};
    if (take > 0 && cost >= least) continue;
    best = std::move(notes);
    losses.assign(stream->losses().begin(), stream->losses().end());
    least = cost;
  }
  for (const auto& [program, note] : best) piece_.add(program, {&note, 1});
  Infilled out = piece_.result();
  out.stretches = 1;
  out.losses = std::move(losses);
  return out;
}

}  // namespace

Result<Infilled> infill_in_place(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                                 const InfillCallback& callback) {
  auto piece = PieceWithHoles::create(request, engine->tokenizer());
  if (!piece) return tl::unexpected(piece.error());
  return InPlaceWriter(std::move(engine), request, *std::move(piece)).run(callback);
}

}  // namespace sage
