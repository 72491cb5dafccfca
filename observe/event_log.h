// events.jsonl: what happened in a run, small enough to read: faults, first commits, views,
// leaders, reorgs, crashes, evidence, violations. One JSON object a line, `t` in simulated seconds.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testbed/run.h"

namespace byzlab {

class EventLog final : public RunObserver {
 public:
  /// Lines beyond `limit` are counted, not kept.
  explicit EventLog(std::size_t limit = 100'000) : limit_(limit) {}

  Interest interest() const override;
  void begin(const RunInfo& info) override;
  void on(Time now, const Event& event) override;
  /// Adds the violations of the report at their moment, and a last line when some were dropped.
  void end(Time now, const Report& report) override;

  struct Line {
    Time at;
    std::string text;  ///< the JSON object, no newline
  };
  const std::vector<Line>& lines() const { return lines_; }
  /// The file's content.
  std::string text() const;

 private:
  void note(Time now, const Committed& e);
  void note(Time now, const ViewEntered& e);
  void note(Time now, const Noted& e);
  void note(Time now, const ReplicaState& e);
  void note(Time now, const FaultChanged& e);
  /// `{"t":…,"event":"NAME"` + `rest` + `}`
  void add(Time now, std::string_view event, const std::string& rest);
  bool is_byzantine(ReplicaId replica) const;
  /// How many distinct blocks honest replicas have at the height, this one counted; 0: it was
  /// known.
  std::size_t new_at(const Block& block);

  std::size_t limit_;
  std::vector<Line> lines_;
  std::size_t dropped_ = 0;
  std::vector<std::string> fault_labels_;
  std::vector<bool> byzantine_;
  /// Distinct blocks of honest replicas: the first of each height, and, few, all others.
  std::vector<Digest> first_;
  std::map<Height, std::vector<Digest>> others_;
  std::optional<std::pair<Height, View>> highest_view_;
  std::optional<ReplicaId> leader_;
};

}  // namespace byzlab
