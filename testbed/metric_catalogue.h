// The metrics a threshold may name, with their kinds and units.
#pragma once

#include <span>
#include <string_view>

#include "testbed/scenario/catalogue.h"

namespace byzlab {

std::span<const scenario::MetricEntry> metric_entries();
/// Null when there is none of that name.
const scenario::MetricEntry* find_metric_entry(std::string_view name);

}  // namespace byzlab
