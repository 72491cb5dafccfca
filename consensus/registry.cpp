// The table of engines: one row each, in the order `list` prints them.
//
// An engine's folder has a header with `inline constexpr EngineInfo kInfo`; its author includes it
// here and adds the row. Loader, documentation, conformance suite and command line follow from the
// table.
#include "consensus/registry.h"

#include <algorithm>
#include <iterator>

#include "consensus/hotstuff/hotstuff.h"
#include "consensus/hotstuff2/hotstuff2.h"
#include "consensus/ibft/ibft.h"
#include "consensus/ibft/v1.h"
#include "consensus/nakamoto/nakamoto.h"
#include "consensus/nakamoto/private_miner.h"
#include "consensus/nakamoto/selfish_miner.h"
#include "consensus/pbft/pbft.h"
#include "consensus/raft/raft.h"
#include "consensus/streamlet/streamlet.h"
#include "consensus/tendermint/amnesiac.h"
#include "consensus/tendermint/tendermint.h"

namespace byzlab {
namespace {

// clang-format off
constexpr EngineInfo kEngines[] = {
    streamlet::kInfo,
    nakamoto::kInfo,
    nakamoto::kPrivateMinerInfo,
    nakamoto::kSelfishMinerInfo,
    pbft::kInfo,
    hotstuff::kInfo,
    hotstuff2::kInfo,
    raft::kInfo,
    tendermint::kInfo,
    tendermint::kAmnesiacInfo,
    ibft::kInfo,
    ibft::kV1Info,
};
// clang-format on

}  // namespace

std::span<const EngineInfo> engines() { return kEngines; }

const EngineInfo* find_engine(std::string_view name) {
  const auto* found = std::ranges::find(kEngines, name, &EngineInfo::name);
  return found == std::end(kEngines) ? nullptr : found;
}

}  // namespace byzlab
