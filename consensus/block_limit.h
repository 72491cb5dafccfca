// How large a block may be, where that is an option: the same two rows for every chained protocol.
#pragma once

#include "consensus/mempool.h"
#include "consensus/options.h"

namespace byzlab {

inline constexpr OptionSpec kMaxBlockRequestsOption{.name = "max_block_requests",
                                                    .type = OptionType::count,
                                                    .default_text = "1000",
                                                    .range = "1..1000000",
                                                    .doc = "largest number of requests in a block"};
inline constexpr OptionSpec kMaxBlockSizeOption{
    .name = "max_block_size",
    .type = OptionType::bytes,
    .default_text = "1 MB",
    .range = "1 kB..100 MB",
    .doc = "largest total size of the requests in a block"};

/// What those two options say.
inline BatchLimit block_limit(const Options& options) {
  return {.requests = static_cast<std::uint32_t>(options.count("max_block_requests")),
          .bytes = options.bytes("max_block_size")};
}

}  // namespace byzlab
