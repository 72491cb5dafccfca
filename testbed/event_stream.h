// The one stream of events, and who listens.
#pragma once

#include <vector>

#include "base/event.h"

namespace byzlab {

class EventStream {
 public:
  /// Listeners hear events in the order they were added; they must outlive the stream's use.
  void add(Observer& observer) {
    listeners_.push_back({observer.interest(), &observer});
    wanted_ = wanted_ | observer.interest();
  }
  /// True when making an E is worth it.
  template <class E>
  bool wants() const {
    return wanted_.template wants<E>();
  }
  template <class E>
  void emit(Time now, const E& event) const {
    if (!wanted_.template wants<E>()) return;
    const Event wrapped(event);
    for (const auto& [interest, observer] : listeners_) {
      if (interest.template wants<E>()) observer->on(now, wrapped);
    }
  }

 private:
  struct Listener {
    Interest interest;
    Observer* observer;
  };
  std::vector<Listener> listeners_;
  Interest wanted_;
};

}  // namespace byzlab
