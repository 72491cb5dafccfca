// What events are called wherever they are written: traces, recordings, metrics' labels, goldens.
#pragma once

#include <string_view>

#include "base/event.h"

namespace byzlab {

constexpr std::string_view name_of(Milestone milestone) {
  switch (milestone) {
    case Milestone::proposed: return "proposed";
    case Milestone::voted: return "voted";
    case Milestone::certified: return "certified";
    case Milestone::timeout: return "timeout";
    case Milestone::view_change: return "view_change";
    case Milestone::new_view: return "new_view";
    case Milestone::checkpoint: return "checkpoint";
    case Milestone::state_transfer: return "state_transfer";
    case Milestone::reorg: return "reorg";
    case Milestone::equivocation: return "equivocation";
    case Milestone::withheld: return "withheld";
    case Milestone::published: return "published";
  }
  return {};
}

constexpr std::string_view name_of(DropReason reason) {
  switch (reason) {
    case DropReason::loss: return "loss";
    case DropReason::partition: return "partition";
    case DropReason::isolation: return "isolation";
    case DropReason::adversary: return "adversary";
    case DropReason::receiver_down: return "crashed";
    case DropReason::queue_full: return "queue_full";
    case DropReason::duplicate: return "duplicate";
    case DropReason::malformed: return "malformed";
    case DropReason::unauthentic: return "unauthentic";
    case DropReason::sender_down: return "sender_crashed";
  }
  return {};
}

}  // namespace byzlab
