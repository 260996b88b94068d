// Sinks that remember what they got, and that fail as a test wants.
#pragma once

#include <vector>

#include "live/port.h"

namespace sage::live::test {

class FakeSink final : public Sink {
 public:
  Delivery answer = Delivery::kSent;
  bool back = false;  // whether reopen() succeeds
  std::vector<Message> got;

  Delivery send(const Message& message) noexcept override {
    if (answer == Delivery::kSent) got.push_back(message);
    return answer;
  }
  bool alive() override { return answer != Delivery::kGone; }
  bool reopen() override {
    if (back) answer = Delivery::kSent;
    return back;
  }

  /// Keys that are down at the end, all-notes-off aside.
  int down() const {
    bool keys[kChannels][kKeys] = {};
    for (const Message& message : got) {
      if (message.is_note_on()) keys[message.channel()][message.key()] = true;
      if (message.is_note_off()) keys[message.channel()][message.key()] = false;
    }
    int count = 0;
    for (const auto& channel : keys)
      for (const bool key : channel) count += key ? 1 : 0;
    return count;
  }
  int note_ons() const {
    int count = 0;
    for (const Message& message : got) count += message.is_note_on() ? 1 : 0;
    return count;
  }
};

}  // namespace sage::live::test
