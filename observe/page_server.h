// The server of the built-in page: HTTP on 127.0.0.1, for one person's browser and for Prometheus.
//
// It trusts nobody: it is bound to loopback only; a request must name it in Host (a page elsewhere
// that points its name at 127.0.0.1 does not get in); what another site's page asks for is refused;
// sizes, times and numbers of connections are bounded; it reads files only through `Answer`.
// docs/dashboards.md says all of it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace byzlab {

struct PageRequest {
  bool post = false;
  std::string path;  ///< decoded, begins with '/'
  std::map<std::string, std::string, std::less<>> query;
  std::string body;
};

struct PageAnswer {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;

  /// A sentence for the reader.
  static PageAnswer refusal(unsigned status, std::string why) {
    return {.status = status, .type = "text/plain; charset=utf-8", .body = std::move(why)};
  }
};

/// What is happening, in pieces: api/stream. A client's place in it is all that is kept of one.
class PageFeed {
 public:
  struct Place {
    std::uint64_t generation = 0;
    std::array<std::uint64_t, 20> seen{};
  };
  virtual ~PageFeed() = default;
  /// JSON of what is new since `place`, which moves on; empty: nothing. Called from any thread.
  virtual std::string next(Place& place) = 0;
};

class PageServer {
 public:
  struct Options {
    std::uint16_t port = 7070;  ///< 0: any that is free
    bool exactly_this = false;  ///< else a free one where the port is taken
    std::size_t connections = 128;
    std::size_t streams = 16;
    std::chrono::milliseconds patience{10'000};  ///< for a request, and for taking an answer
    std::chrono::milliseconds beat{100};         ///< between two pieces of api/stream
  };
  /// Called from several threads; what it throws is an answer with status 500.
  using Answer = std::function<PageAnswer(const PageRequest&)>;

  /// Serves at once, on threads of its own. Throws std::runtime_error when the port can't be had.
  PageServer(const Options& options, Answer answer, PageFeed* feed = nullptr);
  /// Closes all connections.
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  std::uint16_t port() const;
  std::string url() const;  ///< "http://127.0.0.1:7070/"

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Path and query of a request's target; none when it is not one of ours: it must begin with '/',
/// be whole after decoding, and have no control characters.
std::optional<PageRequest> parse_target(std::string_view target);

/// Headers that say who asks.
struct Asker {
  std::string_view host = {}, origin = {}, fetch_site = {}, fetch_mode = {};
};
/// Why a request for `path` is refused, or nothing.
std::optional<PageAnswer> refused(const Asker& asker, std::string_view path, std::uint16_t port);

}  // namespace byzlab
