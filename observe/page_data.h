// What the built-in page and report.html show of a run: one JSON document put together from the
// files of its results folder, so that page, terminal and files say the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace byzlab {

/// The run's RunData: {"schema", "id", "summary", "series", "story", "recording", "lock_yaml"}. The
/// part of a file that is missing (an older folder) is left out. Throws std::runtime_error when
/// there is no run in the folder. A recording of more than `recording_limit` bytes is left out, and
/// "recording_left_out" says how large it is.
std::string run_data_json(const std::filesystem::path& folder, const std::string& id,
                          std::size_t recording_limit = SIZE_MAX);
/// The same; a run is called by its last two folders, "NAME/20261122-143301-s42-9f3c1a7e".
std::string run_data_json(const std::filesystem::path& folder);

/// The run's Violation[]: violations/windows.json, or "[]".
std::string violations_json(const std::filesystem::path& folder);

/// timeseries.csv as columns: {"t":[…],"height":[…],…}. What is no number becomes null.
std::string series_json(std::string_view csv);

}  // namespace byzlab
