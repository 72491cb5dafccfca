// summary.json: one run as a document for programs. Keys are stable; `schema` counts breaking
// changes.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "testbed/report.h"

namespace byzlab {

/// The document, indented, with a newline at its end.
std::string summary_json(const Report& report);

/// The same on one line, for index.jsonl: name, verdict, reason, protocol, n, seed,
/// trace hash, time of day, folder.
std::string index_line(const Report& report, const std::string& folder, const std::string& when);

/// story.json: the lines that the terminal tells, with their moments.
std::string story_json(const Report& report);

/// Its metrics as an object of objects; what has no samples is null.
boost::json::object metrics_json(const Report& report);

/// violations/ID.json: what was found, where, and what the fault model says of it.
std::string violation_json(const Report& report, const ExpectationResult& expectation);

std::string_view to_string(Bound bound);

}  // namespace byzlab
