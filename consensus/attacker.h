// An engine that attacks its own protocol. It counts what it does that no honest engine does, so
// that an attack which never came about is not taken for one that was survived.
#pragma once

#include <cstdint>

namespace byzlab {

class Attacker {
 public:
  virtual ~Attacker() = default;
  /// `deeds` outlives the engine.
  void count_in(std::uint64_t& deeds) { deeds_ = &deeds; }

 protected:
  /// It has begun an attempt, kept a block back, forgotten a lock.
  void did() {
    if (deeds_ != nullptr) ++*deeds_;
  }

 private:
  std::uint64_t* deeds_ = nullptr;
};

}  // namespace byzlab
