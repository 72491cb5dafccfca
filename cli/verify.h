// --verify: is this the same run, event for event?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_codes.h"
#include "observe/event_log.h"

namespace byzlab {

/// Says on stdout whether the hash starts with the hex digits expected; Exit::ok or Exit::failed.
Exit verify_hash(std::uint64_t found, std::string_view expected);

/// The same; when they differ, also the first line that differs from the events.jsonl beside the
/// scenario file, if there is one.
Exit verify_run(const Report& report, const std::vector<EventLog::Line>& events,
                std::string_view expected, const std::string& scenario_file);

}  // namespace byzlab
