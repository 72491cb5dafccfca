// violations/windows.json: of every violation of agreement the messages about the two blocks, and
// which of them prove it. For report.html, which has no server to ask.
#pragma once

#include <string>

#include "observe/message_index.h"
#include "observe/recording.h"
#include "testbed/report.h"

namespace byzlab {

/// Whether the report says that agreement is violated: then the windows are worth their price.
bool has_conflict(const Report& report);

/// Violation[] of docs/dashboards.md; "[]" when the recording has no conflict. What proves it: for
/// each of the two blocks, of every kind of message about it those that one replica got, each
/// sender's first: who committed it, or who collected the votes.
std::string violation_windows(const Report& report, const Recording& recording,
                              const MessageIndex& messages);

}  // namespace byzlab
