// What the page shows of a sweep (many seeds of a scenario, perhaps over values of keys), from the
// files of its results folder: a square a seed, rates with intervals, figures a cell, what failed.
#pragma once

#include <filesystem>
#include <string>

namespace byzlab {

/// SweepData (dashboards/web/src/data/types.ts): summary.json with "strips", "troubles",
/// "figures", "figures_of" and "sets"; no times, so that the same sweep has the same page. Reads
/// runs.jsonl line by line: a million runs need no more memory than a thousand. Throws
/// std::runtime_error when there is no sweep in the folder.
std::string sweep_data_json(const std::filesystem::path& folder);

}  // namespace byzlab
