// Streams of the C interface.
#include <string_view>

#include "capi/handles.h"
#include "capi/status.h"
#include "generate/note_feed.h"
#include "generate/request_json.h"

struct sage_stream {
  sage::NoteFeed feed;
};

using namespace sage;        // NOLINT: the definitions below are C's
using namespace sage::capi;  // NOLINT

sage_status sage_stream_create(const sage_engine* engine, const char* options,
                               sage_stream** stream) {
  return guarded([&]() -> Result<void> {
    if (engine == nullptr) return missing("engine");
    if (stream == nullptr) return missing("stream");
    const auto wanted = stream_options_from_json(options == nullptr ? "" : options);
    if (!wanted) return tl::unexpected(wanted.error());
    auto made = Stream::create(engine->engine, *wanted);
    if (!made) return tl::unexpected(made.error());
    *stream = new sage_stream{NoteFeed(*std::move(made))};
    return {};
  });
}

void sage_free_stream(sage_stream* stream) { delete stream; }

int32_t sage_stream_ticks_per_quarter(const sage_stream* stream) {
  return stream == nullptr ? 0 : stream->feed.stream().grid();
}

sage_status sage_stream_next(sage_stream* stream, int64_t until, sage_note* note, int32_t* found) {
  return guarded([&]() -> Result<void> {
    if (stream == nullptr) return missing("stream");
    if (note == nullptr || found == nullptr) return missing("note");
    const auto next = stream->feed.next({until});
    *found = next ? 1 : 0;
    if (next) *note = to_c(next->program, next->note);
    return {};
  });
}

sage_status sage_stream_push(sage_stream* stream, const sage_note* note) {
  return guarded([&]() -> Result<void> {
    if (stream == nullptr) return missing("stream");
    if (note == nullptr) return missing("note");
    return stream->feed.push(note->program, from_c(*note));
  });
}

sage_status sage_stream_hear(sage_stream* stream, int64_t time) {
  return guarded([&]() -> Result<void> {
    if (stream == nullptr) return missing("stream");
    stream->feed.hear({time});
    return {};
  });
}

sage_status sage_stream_rewind(sage_stream* stream, int64_t time) {
  return guarded([&]() -> Result<void> {
    if (stream == nullptr) return missing("stream");
    if (time < 0) return fail(ErrorCode::kInvalidArgument, "a stream begins at time 0");
    stream->feed.rewind({time});
    return {};
  });
}

sage_status sage_stream_change(sage_stream* stream, const char* changes) {
  return guarded([&]() -> Result<void> {
    if (stream == nullptr) return missing("stream");
    if (changes == nullptr) return missing("changes");
    return change_stream(stream->feed.stream(), changes);
  });
}

sage_status sage_stream_score(const sage_stream* stream, sage_score** score) {
  return guarded([&]() -> Result<void> {
    if (stream == nullptr) return missing("stream");
    if (score == nullptr) return missing("score");
    *score = new sage_score{stream->feed.stream().score()};
    return {};
  });
}
