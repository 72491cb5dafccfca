// A window of a finished run as other programs show it: who was in which view, what was sent, what
// was committed, what went wrong; and the three forms it is exported in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "observe/message_index.h"

namespace byzlab {

struct RunPicture {
  std::string title = {};  ///< "pbft-partition, pbft, n = 7, seed 42"
  std::uint32_t n = 0;
  std::vector<bool> byzantine = {};  ///< by replica
  Time from{}, to{};

  struct View {
    Time at;
    std::uint32_t replica;
    std::uint64_t view, height;  ///< height is 0 where views go on over heights
  };
  struct Commit {
    Time at;
    std::uint32_t replica;
    std::uint64_t height;
    std::string block;
  };
  struct Down {
    Time from, to;
    std::uint32_t replica;
    std::string state;  ///< "crashed" or "paused"
  };
  struct Fault {
    Time from, to;
    std::string label, action;
  };
  std::vector<View> views = {};  ///< by time; each replica's first may be before the window
  std::vector<Commit> commits = {};
  std::vector<Down> downs = {};
  std::vector<Fault> faults = {};
  std::vector<MessageRow> messages = {};  ///< by time of sending
  const MessageIndex* index = nullptr;
};

struct PictureWindow {
  Time from = kStart;
  std::optional<Time> to = std::nullopt;  ///< none: the end of the run
  std::size_t limit = 1500;               ///< messages
};

/// From a run's folder. `index`, its messages, must outlive the picture. Throws std::runtime_error
/// with a sentence for the reader, also when the window has more messages than the limit.
RunPicture picture_of(const std::filesystem::path& folder, const MessageIndex& index,
                      const PictureWindow& window);

/// "Prepare view 0 height 3 block 1f2a"
std::string text_of(const MessageRow& message, const MessageIndex& index);

/// Chrome's trace-event JSON, for ui.perfetto.dev: a thread a replica, views as slices, messages as
/// flows, crashes and faults as slices of their own.
std::string perfetto_json(const RunPicture& picture);

/// A log for bestchai.bitbucket.io/shiviz: two lines an event, what happened and then whose it was
/// with its vector clock. Its parser wants `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`.
std::string shiviz_log(const RunPicture& picture);

/// Space-time diagram: a lane a replica, time downwards, one arrow a message; self-contained.
std::string space_time_svg(const RunPicture& picture);

}  // namespace byzlab
