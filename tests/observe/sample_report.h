// Two reports with every kind of content, for the goldens of text and documents.
#pragma once

#include "testbed/report.h"

namespace byzlab {

inline Time at_ms(std::int64_t ms) { return kStart + std::chrono::milliseconds{ms}; }

inline ExpectationResult expectation(scenario::Property property, std::string id, std::string text,
                                     Status status, std::string detail) {
  ExpectationResult e;
  e.property = property;
  e.id = std::move(id);
  e.text = std::move(text);
  e.status = status;
  e.detail = std::move(detail);
  return e;
}

/// A partition that heals: everything met.
inline Report passing_report() {
  using scenario::Property;
  Report r;
  r.name = "pbft-partition";
  r.file = "pbft-partition.yaml";
  r.verdict = RunVerdict::pass;
  r.seed = 42;
  r.trace_hash = 0x9f3c1a7e00000001;
  r.transport = "sim";
  r.protocol = "pbft";
  r.n = 7, r.f = 2, r.quorum = 5;
  r.network = "full mesh, normal 40 ± 8 ms";
  r.allowed_share = 2.0 / 7;
  r.bound_text = "0 Byzantine of f = 2 allowed";
  r.simulated = std::chrono::seconds{60};
  r.wall_seconds = 0.31;
  r.events = 412'381;
  auto agreement = expectation(Property::agreement, "agreement-1", "agreement: holds", Status::pass,
                               "412 heights, 7 replicas, no conflict");
  agreement.always_on = true;
  auto recovery = expectation(Property::recovery, "recovery-1", "recovery: 5s after split",
                              Status::pass, "1.84 s");
  recovery.value = 1.84, recovery.limit = 5, recovery.unit = "s", recovery.at = at_ms(31'840);
  recovery.position = {.line = 47, .column = 5};
  r.expectations = {agreement, recovery};
  r.faults = {FaultResult{.label = "split",
                          .action = "partition",
                          .text = "{r0..r3 | r4..r6}",
                          .windows = {{at_ms(10'000), at_ms(30'000)}},
                          .effects = {{"links_cut", 24}},
                          .had_effect = true}};
  r.story = {{at_ms(10'000), "fault", "split", "partition {r0..r3 | r4..r6}     24 links cut"},
             {at_ms(10'214), "stall", "", "last commit at height 71; no side has 5 replicas"},
             {at_ms(30'000), "heal", "split", "24 links restored"},
             {at_ms(31'840), "resume", "", "height 72, view 0 → 4, leader r4"}};
  QuantileSketch latencies;
  for (int ms = 100; ms < 611; ++ms) latencies.add(ms * 1e-3, static_cast<std::uint64_t>(ms) / 40);
  r.histograms = {{"commit_latency", latencies}};
  r.metrics = {{"commit_latency.p50", 0.184, 7930},
               {"commit_latency.p99", 0.611, 7930},
               {"steady.throughput", 198.7, 40},
               {"steady.commit_latency.p50", 0.184, 7930},
               {"steady.commit_latency.p95", 0.39, 7930},
               {"steady.commit_latency.p99", 0.611, 7930},
               {"steady.messages_per_commit", 85.2, 412},
               {"steady.bytes_per_commit", 48'200, 412},
               {"steady.view_changes", 1, 1},
               {"faults.throughput", 0, 1},
               {"faults.view_changes", 4, 1}};
  r.series = {{.at = at_ms(100), .height = 1, .committed_tx = 19, .messages = 85, .up = 7},
              {.at = at_ms(200), .height = 2, .committed_tx = 40, .messages = 170, .up = 7}};
  r.series_interval = std::chrono::milliseconds{100};
  r.kinds = {{"PrePrepare", 2472, 1'000'000, 2400}, {"Commit", 17'000, 1'300'000, 16'900}};
  r.dropped = {{"loss", 412}, {"partition", 9000}};
  r.replicas.resize(7);
  r.replicas[0].height = 412;
  return r;
}

/// More liars than the bound allows: agreement breaks.
inline Report failing_report() {
  using scenario::Property;
  Report r = passing_report();
  r.name = "two-liars";
  r.file = "two-liars.yaml";
  r.verdict = RunVerdict::fail;
  r.reason = "safety: agreement at 3.412 s";
  r.seed = 577;
  r.n = 4, r.f = 1, r.quorum = 3;
  r.byzantine = {ReplicaId(2), ReplicaId(3)};
  r.byzantine_share = 0.5, r.allowed_share = 0.25;
  r.beyond_bound = true;
  r.bound_text = "2 Byzantine of f = 1 allowed";
  r.simulated = std::chrono::milliseconds{3412};
  auto agreement = expectation(Property::agreement, "agreement-1", "agreement: holds", Status::fail,
                               "two honest replicas committed different blocks at height 17");
  agreement.bound = Bound::beyond;
  agreement.at = at_ms(3412);
  agreement.lines = {"r0 committed a41f90 at 3.398 s   view 21",
                     "r1 committed c07e12 at 3.412 s   view 21",
                     "verdict: BEYOND THE BOUND. Expected with 2 > f = 1 liars"};
  r.expectations = {agreement,
                    expectation(Property::recovery, "recovery-1", "recovery: 2s after start",
                                Status::undecided, "the run stopped at the violation")};
  r.story = {{at_ms(3412), "violation", "", "agreement", true}};
  r.faults.clear();
  return r;
}

}  // namespace byzlab
