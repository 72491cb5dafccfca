// The one file that includes Boost.Beast.
#include "observe/page_server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <stdexcept>
#include <thread>

namespace byzlab {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kHeaderBytes = 16 * 1024;
constexpr std::uint64_t kBodyBytes = 64 * 1024;
constexpr std::size_t kBlockingThreads = 2;
constexpr std::chrono::milliseconds kSlowestKilobyte{4};  // who takes less is not waited for

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    out += c;
  }
  return out;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

template <class Body>
void set_headers(http::response<Body>& response) {
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("X-Frame-Options", "DENY");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
}

}  // namespace

std::optional<PageRequest> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  const auto path = decoded(target.substr(0, question));
  if (!path) return std::nullopt;
  PageRequest request;
  request.path = *path;
  if (question == std::string_view::npos) return request;
  auto rest = target.substr(question + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto equals = pair.find('=');
    const auto name = decoded(pair.substr(0, equals));
    const auto value =
        decoded(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    request.query[*name] = *value;
  }
  return request;
}

std::optional<PageAnswer> refused(const Asker& asker, std::string_view path, std::uint16_t port) {
  const auto is_ours = [&](std::string_view host) {
    const auto number = std::to_string(port);
    for (const std::string name : {"127.0.0.1", "localhost", "[::1]"}) {
      if (host == name + ":" + number || (port == 80 && host == name)) return true;
    }
    return false;
  };
  if (!is_ours(asker.host)) {
    return PageAnswer::refusal(421, "This server answers to 127.0.0.1 and localhost only.\n");
  }
  constexpr std::string_view kScheme = "http://";
  if (!asker.origin.empty() &&
      !(asker.origin.starts_with(kScheme) && asker.origin.substr(kScheme.size()) == asker.host)) {
    return PageAnswer::refusal(403, "Pages of other sites may not ask this server.\n");
  }
  const bool is_link = path == "/" && asker.fetch_mode == "navigate";
  if (!asker.fetch_site.empty() && asker.fetch_site != "same-origin" &&
      asker.fetch_site != "none" && !is_link) {
    return PageAnswer::refusal(403, "Pages of other sites may not ask this server.\n");
  }
  return std::nullopt;
}

class PageServer::Impl {
 public:
  Impl(const Options& options, Answer answer, PageFeed* feed)
      : options_(options), answer_(std::move(answer)), feed_(feed), acceptor_(io_) {
    listen();
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Impl() {
    io_.stop();
    thread_.join();
    blocking_.join();
  }
  std::uint16_t port() const { return port_; }

 private:
  using Request = http::request<http::string_body>;
  using Response = http::response<http::string_body>;

  void listen() {
    const auto bind = [&](std::uint16_t port) {
      const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
      error_code error;
      acceptor_.open(endpoint.protocol(), error);
      if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
      if (!error) acceptor_.bind(endpoint, error);
      if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
      if (error) {
        error_code ignored;
        acceptor_.close(ignored);
      }
      return error;
    };
    auto error = bind(options_.port);
    if (error && options_.port != 0 && !options_.exactly_this) error = bind(0);
    if (error) {
      throw std::runtime_error("cannot serve on 127.0.0.1:" + std::to_string(options_.port) + ": " +
                               error.message());
    }
    port_ = acceptor_.local_endpoint().port();
  }

  asio::awaitable<void> accept() {
    for (;;) {
      error_code error;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {  // out of descriptors: some will be free again
        asio::steady_timer wait(io_, options_.beat);
        co_await wait.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (open_ >= options_.connections) continue;  // closed at once
      asio::co_spawn(io_, session(beast::tcp_stream(std::move(socket))), asio::detached);
    }
  }

  /// One connection: requests, one after the other.
  asio::awaitable<void> session(beast::tcp_stream stream) {
    const Counted counted(open_);
    beast::flat_buffer buffer(kHeaderBytes + kBodyBytes);
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    for (;;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(kHeaderBytes);
      parser.body_limit(kBodyBytes);
      stream.expires_after(options_.patience);
      co_await http::async_read(stream, buffer, parser, token);
      if (error) {
        if (const auto status = status_of(error); status != http::status::ok) {
          co_await send(stream, text(status, "This is no request that could be answered.\n"),
                        error);
        }
        break;
      }
      const Request request = parser.release();
      if (is_stream(request)) {
        co_await serve_stream(stream, request, error);
        break;
      }
      Response response = co_await respond(request);
      response.version(request.version());
      response.keep_alive(request.keep_alive());
      if (request.method() == http::verb::head) {
        response.content_length(response.body().size());
        response.body().clear();
      } else {
        response.prepare_payload();
      }
      const bool last = response.need_eof() || !request.keep_alive();
      co_await send(stream, std::move(response), error);
      if (error || last) break;
    }
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
  }

  static http::status status_of(const error_code& error) {
    if (error == http::error::header_limit) return http::status::request_header_fields_too_large;
    if (error == http::error::body_limit || error == http::error::buffer_overflow) {
      return http::status::payload_too_large;
    }
    const bool is_gone = error == http::error::end_of_stream || error == beast::error::timeout ||
                         error == http::error::partial_message ||
                         error.category() == asio::error::get_system_category() ||
                         error.category() == asio::error::get_misc_category();
    return is_gone ? http::status::ok : http::status::bad_request;
  }

  static Response text(http::status status, std::string body) {
    Response response(status, 11);
    set_headers(response);
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    response.body() = std::move(body);
    response.keep_alive(false);
    response.prepare_payload();
    return response;
  }

  asio::awaitable<void> send(beast::tcp_stream& stream, Response response, error_code& error) {
    const auto kilobytes = static_cast<std::int64_t>(response.body().size() / 1024);
    stream.expires_after(options_.patience + kSlowestKilobyte * kilobytes);
    co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
  }

  static Asker asker_of(const Request& request) {
    return {.host = view(request[http::field::host]),
            .origin = view(request[http::field::origin]),
            .fetch_site = view(request["Sec-Fetch-Site"]),
            .fetch_mode = view(request["Sec-Fetch-Mode"])};
  }

  /// What may be answered at all; else the refusal.
  std::optional<PageAnswer> refusal(const Request& request,
                                    const std::optional<PageRequest>& parsed) const {
    if (!parsed) return PageAnswer::refusal(400, "There is nothing of that name.\n");
    if (auto no = refused(asker_of(request), parsed->path, port_)) return no;
    if (request.method() == http::verb::get || request.method() == http::verb::head) {
      return std::nullopt;
    }
    if (request.method() != http::verb::post) {
      return PageAnswer::refusal(405, "GET, HEAD and POST only.\n");
    }
    // A form of another site could not send this without asking first.
    const auto type = view(request[http::field::content_type]);
    if (type.substr(0, type.find(';')) != "application/json") {
      return PageAnswer::refusal(415, "Commands are application/json.\n");
    }
    return std::nullopt;
  }

  asio::awaitable<Response> respond(const Request& request) {
    auto parsed = parse_target(view(request.target()));
    PageAnswer answer;
    if (auto no = refusal(request, parsed)) {
      answer = std::move(*no);
    } else {
      parsed->post = request.method() == http::verb::post;
      parsed->body = request.body();
      answer = co_await asio::co_spawn(blocking_, call(*parsed), asio::use_awaitable);
    }
    Response response(static_cast<http::status>(answer.status), 11);
    set_headers(response);
    if (answer.status == 405) response.set(http::field::allow, "GET, HEAD, POST");
    response.set(http::field::content_type, answer.type);
    response.body() = std::move(answer.body);
    co_return response;
  }

  /// Reads files, may run a scenario again: not on the thread that serves.
  asio::awaitable<PageAnswer> call(PageRequest request) {
    try {
      co_return answer_(request);
    } catch (const std::exception& e) {
      co_return PageAnswer::refusal(500, std::string(e.what()) + "\n");
    }
  }

  bool is_stream(const Request& request) const {
    if (feed_ == nullptr || request.method() != http::verb::get) return false;
    const auto parsed = parse_target(view(request.target()));
    return parsed && parsed->path == "/api/stream" && !refusal(request, parsed);
  }

  /// Server-sent events until the client goes, or does not take them in time.
  asio::awaitable<void> serve_stream(beast::tcp_stream& stream, const Request& request,
                                     error_code& error) {
    if (streams_ >= options_.streams) {
      co_await send(stream, text(http::status::service_unavailable, "Too many pages are open.\n"),
                    error);
      co_return;
    }
    const Counted counted(streams_);
    http::response<http::empty_body> head(http::status::ok, request.version());
    set_headers(head);
    head.set(http::field::content_type, "text/event-stream");
    head.keep_alive(false);
    http::response_serializer<http::empty_body> serializer(head);
    auto token = asio::redirect_error(asio::use_awaitable, error);
    stream.expires_after(options_.patience);
    co_await http::async_write_header(stream, serializer, token);
    PageFeed::Place place;
    asio::steady_timer beat(io_);
    const int beats_of_silence = static_cast<int>(std::chrono::seconds{2} / options_.beat);
    for (int silent = 0; !error;) {
      std::string piece = feed_->next(place);
      if (!piece.empty() || ++silent >= beats_of_silence) {
        silent = 0;
        // A line of its own that says nothing finds out whether somebody is there.
        piece = piece.empty() ? std::string(":\n\n") : "data: " + piece + "\n\n";
        stream.expires_after(options_.patience);
        co_await asio::async_write(stream, asio::buffer(piece), token);
        if (error) break;
      }
      beat.expires_after(options_.beat);
      co_await beat.async_wait(token);
    }
  }

  struct Counted {
    explicit Counted(std::size_t& counter) : counter(counter) { ++counter; }
    ~Counted() { --counter; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    std::size_t& counter;
  };

  Options options_;
  Answer answer_;
  PageFeed* feed_;
  std::size_t open_ = 0, streams_ = 0;  // of the serving thread
  std::uint16_t port_ = 0;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::thread_pool blocking_{kBlockingThreads};
  std::thread thread_;
};

PageServer::PageServer(const Options& options, Answer answer, PageFeed* feed)
    : impl_(std::make_unique<Impl>(options, std::move(answer), feed)) {}
PageServer::~PageServer() = default;

std::uint16_t PageServer::port() const { return impl_->port(); }
std::string PageServer::url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/"; }

}  // namespace byzlab
