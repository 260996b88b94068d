// The input and the output of a session neither allocate nor lock, whatever comes: every operator
// new and every mutex of this program is counted while they run.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include "base/random.h"
#include "count_allocations.h"
#include "fake_band.h"
#include "live/clock.h"
#include "live/listener.h"
#include "live/ports/file_player.h"
#include "live/ports/loopback.h"
#include "live/scheduler.h"

namespace {
std::atomic<long> locks{0};
}

extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) {
  using Lock = int (*)(pthread_mutex_t*);
  static const Lock real = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  ++locks;
  return real(mutex);
}

namespace sage::live {
namespace {

Score busy_hands() {
  Score score;
  Track piano;
  for (int i = 0; i < 4000; ++i)
    piano.notes.push_back({Tick{i * 7}, Tick{100}, static_cast<std::uint8_t>(i % 100), 80});
  score.tracks = {piano};
  return score;
}

TEST(Guard, CountsAllocationsAndLocks) {
  const long news = allocations.load(), locked = locks.load();
  delete new int(1);
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  EXPECT_GT(allocations.load(), news);
  EXPECT_GT(locks.load(), locked);
}

TEST(Guard, LiveThreadsNeitherAllocateNorLock) {
  const Lineup lineup{{{0, 0, false, "piano"}, {33, 1, true, "bass"}}};
  SystemClock system;
  VirtualClock clock(0);
  Loopback cable(clock);
  Scheduler scheduler(
      clock, cable,
      {.line = {0, 0, 1000}, .most_held = 16, .active_sensing = true, .ticks_per_pulse = 20});
  FilePlayer person(busy_hands(), lineup, 12, {.noise_ms = 5});
  std::array<std::uint8_t, kChannels> channels{};
  Listener listener(person, channels, &scheduler.thru());
  person.start(Transport(12, 120, 0));

  long news = 0, locked = 0;
  std::size_t sent = 0, heard = 0;
  Random random(1);
  for (std::int64_t now = 0; now < 30'000'000; now += 500) {
    if (now % 10'000 == 0) {  // the conductor's side, which may
      Cue cue;
      cue.kind = random.below(20) == 0 ? Cue::Kind::kLine : Cue::Kind::kNote;
      cue.tick = static_cast<double>(now) / 1000 + random.below(50);
      cue.end = cue.tick + random.below(400);
      cue.message = note_on(1, static_cast<int>(random.below(128)), 80);
      cue.line = {cue.tick, cue.tick * 1000, 1000};
      scheduler.cues().push(cue);
      if (random.below(200) == 0) scheduler.panic();
    }
    clock.wait_until(now);
    const long news_before = allocations.load(), locks_before = locks.load();
    listener.step(now);
    scheduler.step(now);
    system.wait_until(system.now() - 1);
    news += allocations.load() - news_before;
    locked += locks.load() - locks_before;
    Sent record;
    while (scheduler.sent().pop(record)) ++sent;
    Message message;
    while (listener.heard().pop(message)) ++heard;
    while (cable.receive(now, message)) {
    }
  }
  EXPECT_EQ(news, 0);
  EXPECT_EQ(locked, 0);
  EXPECT_GT(sent, 3000u);
  EXPECT_GT(heard, 7000u);
}

}  // namespace
}  // namespace sage::live
