// Cut: the links it looks at carry nothing, in that direction only. The asymmetric partition.
#pragma once

#include "faults/links/link_fault.h"
#include "network/link.h"

namespace byzlab::links {

class Cut final : public LinkRule {
 public:
  using LinkRule::LinkRule;

  void shape(const Message&, Rng, Fates& fates) override {
    lose_if(fates, DropReason::partition, [](ProcessId) { return true; });
  }
  bool severs(ProcessId from, ProcessId to) const override { return looks_at_all(from, to); }
};

}  // namespace byzlab::links

namespace byzlab::faults {

/// `cut: r0 -> r1`, `cut: [ r0 -> r1, r2 <-> r4 ]`
class Cut final : public LinkFault {
 public:
  static constexpr std::array<OptionSpec, 3> kOptions{
      {{.name = "links", .type = OptionType::links, .doc = kLinks.doc, .required = true},
       kMessages[0],
       kMessages[1]}};
  using LinkFault::LinkFault;

 protected:
  std::unique_ptr<LinkRule> rule(Where where, const Ground&) const override {
    return std::make_unique<links::Cut>(std::move(where));
  }
};

}  // namespace byzlab::faults
