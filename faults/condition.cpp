#include "faults/condition.h"

#include "faults/kinds.h"

namespace byzlab {

Condition::Condition(const Options& options)
    : while_leader_(options.choice("while") == "role:leader"),
      kinds_(options.kinds("kinds")),
      probability_(Probability::of(options.probability("probability"))),
      start_(options.duration("start")),
      stop_(options.duration("stop") == Duration::zero() ? kNever
                                                         : Time{options.duration("stop")}) {}

bool Condition::touches(const MessageTable& protocol, MessageKind kind) {
  if (!mask_) mask_ = kinds_mask(kinds_, protocol);
  return (*mask_ >> kind.value & 1) != 0;
}

}  // namespace byzlab
