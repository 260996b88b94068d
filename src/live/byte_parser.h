// Bytes from a MIDI cable as messages: running status, real-time messages in the middle of others,
// system exclusive skipped. Whatever the bytes are, only well-formed messages come out. Allocates
// nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "live/message.h"

namespace sage::live {

class ByteParser {
 public:
  /// The message that this byte completes.
  std::optional<Message> push(std::uint8_t byte) noexcept;

 private:
  Message partial_;         // bytes[0] is the running status; 0: none
  std::uint8_t count_ = 0;  // data bytes so far
};

/// Bytes of a message with this status byte, itself included; 0 for one that is not carried.
std::uint8_t message_size(std::uint8_t status) noexcept;

}  // namespace sage::live
