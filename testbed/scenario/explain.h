// The manual, made from the key table and the catalogue: in the terminal, as a page, as a JSON
// Schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "testbed/scenario/catalogue.h"

namespace byzlab::scenario {

/// What `byzlab explain TOPIC` prints: a section ("network"), a key ("network.loss" or "loss"), a
/// protocol
/// ("protocol.pbft" or "pbft"), a behavior ("behavior.delay" or "delay"), a code ("E131"). Nothing
/// if there is no such topic; nearest_topic() then has a guess.
std::optional<std::string> explain(std::string_view topic, const Catalogue& catalogue);
std::optional<std::string> nearest_topic(std::string_view topic, const Catalogue& catalogue);

/// docs/scenario-reference.md
std::string reference_page(const Catalogue& catalogue);

/// JSON Schema draft-07, for editors.
std::string json_schema(const Catalogue& catalogue);

}  // namespace byzlab::scenario
