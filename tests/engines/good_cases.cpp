#include "tests/engines/good_cases.h"

namespace byzlab::testing {

std::span<const GoodCaseClaim> good_case_claims() {
  static const std::vector<GoodCaseClaim> claims = {
      {.engine = "streamlet",
       .mode = "",
       .options = {{"delta", "20ms"}},
       .formula = "n² − 1",
       .messages = [](std::uint64_t n) { return n * n - 1; },
       .at_proposer = 6,
       .everywhere = 6,
       .remark = "one epoch of 2Δ and two delays; here Δ is two delays"},
      {.engine = "pbft",
       .mode = "",
       .options = {{"pipeline", "1"}, {"batch_size", "1"}, {"checkpoint_interval", "65536"}},
       .formula = "2n(n − 1)",
       .messages = [](std::uint64_t n) { return 2 * n * (n - 1); },
       .at_proposer = 3,
       .everywhere = 3,
       .remark = "and n(n − 1) CHECKPOINTs every K decisions, not counted here"},
      {.engine = "tendermint",
       .mode = "",
       .options = {},
       .formula = "(n − 1)(2n + 1)",
       .messages = [](std::uint64_t n) { return (n - 1) * (2 * n + 1); },
       .at_proposer = 3,
       .everywhere = 3,
       .remark = ""},
      {.engine = "ibft",
       .mode = "",
       .options = {},
       .formula = "(n − 1)(2n + 1)",
       .messages = [](std::uint64_t n) { return (n - 1) * (2 * n + 1); },
       .at_proposer = 3,
       .everywhere = 3,
       .remark = ""},
      {.engine = "ibft/v1",
       .mode = "",
       .options = {},
       .formula = "(n − 1)(2n + 1)",
       .messages = [](std::uint64_t n) { return (n - 1) * (2 * n + 1); },
       .at_proposer = 3,
       .everywhere = 3,
       .remark = ""},
      {.engine = "raft",
       .mode = "",
       .options = {{"pipeline", "1"}, {"batch_size", "1"}},
       .formula = "2(n − 1)",
       .messages = [](std::uint64_t n) { return 2 * (n - 1); },
       .at_proposer = 2,
       .everywhere = 3,
       .remark = "followers learn of the commit from the next AppendEntries; without load a "
                 "Heartbeat brings the news, n − 1 messages more"},
  };
  return claims;
}

}  // namespace byzlab::testing
