// trace/messages.jsonl: every delivery and every drop of a run, one JSON object a line. For
// `--trace full`; a run with this observer is several times slower.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "testbed/run.h"

namespace byzlab {

class MessageTrace final : public RunObserver {
 public:
  /// Writes to `file` as the run goes; lines beyond `limit` are only counted. Throws
  /// std::runtime_error when the file can't be written.
  explicit MessageTrace(const std::filesystem::path& file, std::uint64_t limit = 2'000'000);

  Interest interest() const override { return Interest::in<Delivered, Dropped>(); }
  void begin(const RunInfo& info) override { messages_ = info.messages; }
  void on(Time now, const Event& event) override;
  void end(Time now, const Report& report) override;

  bool failed() const { return !out_.good(); }

 private:
  bool has_room();
  std::string_view name_of(MessageKind kind) const;

  std::ofstream out_;
  std::uint64_t limit_;
  std::uint64_t lines_ = 0, dropped_ = 0;
  const MessageTable* messages_ = nullptr;
  std::string line_;
};

}  // namespace byzlab
