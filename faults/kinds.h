// Which messages a behavior touches: kinds by the names of their structs, or by what they are for.
//
// Behaviors know no protocol, so two words stand for the kinds that papers give these names:
//   votes      Vote, Prepare, Commit, Prevote, Precommit
//   proposals  Propose, Proposal, PrePrepare, NewBlock
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/message.h"

namespace byzlab {

/// A bit for each kind that `names` ("Prepare, votes") means in a protocol; all bits for no names.
std::uint32_t kinds_mask(std::string_view names, const MessageTable& protocol);

/// The names that mean nothing in this protocol: a mistake of the scenario.
std::vector<std::string> unknown_kinds(std::string_view names, const MessageTable& protocol);

}  // namespace byzlab
