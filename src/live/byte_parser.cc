#include "live/byte_parser.h"

namespace sage::live {

std::uint8_t message_size(std::uint8_t status) noexcept {
  if (status < 0x80) return 0;
  if (status < 0xf0) return (status & 0xe0) == 0xc0 ? 2 : 3;
  switch (status) {
    case kSongPosition:
      return 3;
    case kClockPulse:
    case kStart:
    case kContinue:
    case kStop:
    case kActiveSensing:
      return 1;
    default:
      return 0;
  }
}

std::optional<Message> ByteParser::push(std::uint8_t byte) noexcept {
  if (byte >= 0xf8) {  // real time: between any two bytes, without an effect on what is under way
    if (message_size(byte) == 0) return std::nullopt;
    return Message{0, {byte, 0, 0}, 1};
  }
  if (byte >= 0x80) {
    partial_ = {0, {byte, 0, 0}, message_size(byte)};
    count_ = 0;
    if (partial_.size == 0) partial_.bytes[0] = 0;
    return std::nullopt;
  }
  if (partial_.bytes[0] == 0) return std::nullopt;
  partial_.bytes[static_cast<std::size_t>(++count_)] = byte;
  if (count_ + 1 < partial_.size) return std::nullopt;
  const Message done = partial_;
  count_ = 0;
  if (!done.is_channel()) partial_.bytes[0] = 0;  // running status is for channel messages only
  return done;
}

}  // namespace sage::live
