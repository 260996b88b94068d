// The messages of a live session over a channel, as JSON.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "live/message.h"
#include "live/session.h"
#include "live/stream_band.h"
#include "serve/fields.h"

namespace sage::serve {

/// What a client wants to play.
struct JamWish {
  live::SessionOptions session;
  live::BandOptions band;
  std::int64_t ahead_us = 0;  // from sending a note to its sounding
};
/// Of a "start" message. Errors: fields out of range or unknown, roles and instruments that there
/// are not.
Result<JamWish> read_start(Fields& fields);

/// What a client does while it plays.
struct JamInput {
  std::optional<live::Message> message;  // with the client's time; 0: now
  std::optional<live::Command> command;
};
/// Of a message of any other type. Errors: a type that there is not, fields that do not fit.
Result<JamInput> read_input(std::string_view type, Fields& fields);

std::string ready_text(const JamWish& wish, int grid);
std::string pong_text(const Json* echo, std::int64_t now_us);
std::string status_text(const live::Status& status);
/// Messages with the times at which they are to sound.
std::string played_text(std::span<const live::Message> messages);
std::string error_text(std::string_view code, std::string_view message);
std::string end_text(const live::Session& session, const JamWish& wish, int grid);

}  // namespace sage::serve
