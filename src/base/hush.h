// Keeps libraries of the system quiet that write to standard error themselves while they look for
// devices. For the whole process, hence for short moments only.
#pragma once

namespace sage {

class Hush {
 public:
  Hush();
  ~Hush();
  Hush(const Hush&) = delete;
  Hush& operator=(const Hush&) = delete;

 private:
  int before_, nothing_;  // file descriptors
};

}  // namespace sage
