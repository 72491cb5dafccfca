// disk: { who: r1, sync: 20ms }. A disk that is slow, fails, lies or tears; healthy again when the
// window ends.
//
// Slow: what a call says waits for the sync of what it wrote. Failing: the process stops at its
// next write, as it must, and is started again with what was durable when the window ends. Lying:
// it calls durable what a crash still takes away, so that the replica may forget what it has said.
// Tearing: a crash leaves a part of what was being written, which nobody has acted upon.
#pragma once

#include <array>

#include "faults/fault.h"

namespace byzlab::faults {

class Disk final : public Fault {
 public:
  static constexpr std::array<OptionSpec, 5> kOptions{
      {{.name = "who",
        .type = OptionType::selector,
        .doc = "the replicas whose disk it is",
        .required = true},
       {.name = "sync",
        .type = OptionType::duration,
        .default_text = "0s",
        .range = "0s..1h",
        .doc = "how long a sync takes: nothing that depends on it is said before"},
       {.name = "fail",
        .type = OptionType::flag,
        .default_text = "false",
        .doc = "a sync fails: the process stops, and stays down until the window ends"},
       {.name = "lose",
        .type = OptionType::duration,
        .default_text = "0s",
        .range = "0s..1d",
        .doc = "a crash takes what was written in the last so much time, though the disk had said "
               "that it was durable"},
       {.name = "tear",
        .type = OptionType::flag,
        .default_text = "false",
        .doc = "a crash leaves the record being written half done; with `sync`"}}};

  explicit Disk(const Options& options)
      : fault_{.sync = options.duration("sync"),
               .fails = options.flag("fail"),
               .loses = options.duration("lose"),
               .tears = options.flag("tear")} {}

  void begin(Ground& ground, const FaultReach& reach) override {
    for (const ReplicaId r : reach.who) ground.break_disk(r, fault_);
  }

 private:
  DiskFault fault_;
};

}  // namespace byzlab::faults
