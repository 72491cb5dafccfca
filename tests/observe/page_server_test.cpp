// The page's server: whom it answers, what it refuses, what it bears.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "observe/page_server.h"
#include "observe/pages.h"

using namespace byzlab;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A client that sends what it is told, byte for byte.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;

  bool connected() const { return connected_; }
  void send(const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const auto sent = ::send(fd_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
    }
  }
  /// Until the server closes, or has said `enough`.
  std::string receive(const std::string& enough = "") {
    std::string all;
    char chunk[4096];
    for (;;) {
      const auto got = ::recv(fd_, chunk, sizeof(chunk), 0);
      if (got <= 0) return all;
      all.append(chunk, static_cast<std::size_t>(got));
      if (!enough.empty() && all.find(enough) != std::string::npos) return all;
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

struct CountingFeed final : PageFeed {
  std::string next(Place& place) override {
    if (place.seen[0] == 3) return {};
    return "{\"piece\":" + std::to_string(++place.seen[0]) + "}";
  }
};

PageAnswer echo(const PageRequest& request) {
  if (request.path == "/throw") throw std::runtime_error("broken");
  return {.status = 200, .type = "text/plain", .body = request.path + "|" + request.body};
}

struct Served {
  CountingFeed feed;
  PageServer server{
      {.port = 0, .connections = 110, .streams = 2, .patience = 400ms, .beat = 10ms}, echo, &feed};
  std::string host() const { return "127.0.0.1:" + std::to_string(server.port()); }

  /// The whole answer to a request for `target` with these header lines.
  std::string get(const std::string& target, const std::string& headers = "",
                  const std::string& method = "GET", const std::string& body = "") const {
    return raw(method + " " + target + " HTTP/1.1\r\nHost: " + host() + "\r\n" + headers +
               "Connection: close\r\n\r\n" + body);
  }
  std::string raw(const std::string& bytes) const {
    Client client(server.port());
    client.send(bytes);
    return client.receive();
  }
};

std::string status(const std::string& answer) {
  return answer.size() < 12 ? std::string("none") : answer.substr(9, 3);
}

std::string body(const std::string& answer) {
  const auto at = answer.find("\r\n\r\n");
  return at == std::string::npos ? std::string() : answer.substr(at + 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page_server)

BOOST_AUTO_TEST_CASE(targets) {
  BOOST_TEST(parse_target("/api/run?id=a%2Fb&from=1.5&x")->query.at("id") == "a/b");
  BOOST_TEST(parse_target("/api/run?id=a%2Fb&from=1.5&x")->query.at("from") == "1.5");
  BOOST_TEST(parse_target("/%61bc")->path == "/abc");
  for (const char* wrong :
       {"", "api", "http://127.0.0.1/", "/%", "/%4", "/%zz", "/a%00b", "/a%0ab", "/?a=%1f", "*"}) {
    BOOST_TEST(!parse_target(wrong).has_value(), wrong << " was taken");
  }
}

BOOST_AUTO_TEST_CASE(who_may_ask) {
  const auto answer = [](Asker asker, std::string_view path = "/api/runs") {
    const auto no = refused(asker, path, 7070);
    return no ? no->status : 200u;
  };
  BOOST_TEST(answer({.host = "127.0.0.1:7070"}) == 200u);
  BOOST_TEST(answer({.host = "localhost:7070"}) == 200u);
  BOOST_TEST(answer({.host = "127.0.0.1:7070", .origin = "http://127.0.0.1:7070"}) == 200u);
  BOOST_TEST(answer({.host = "127.0.0.1:7070", .fetch_site = "same-origin"}) == 200u);
  BOOST_TEST(answer({.host = "127.0.0.1:7070", .fetch_site = "none"}) == 200u);
  // Names that were made to point here, and other ports.
  for (const char* host : {"", "evil.example", "evil.example:7070", "127.0.0.1", "127.0.0.1:80",
                           "127.0.0.1:7070.evil.example", "127.0.0.1.evil.example:7070"}) {
    BOOST_TEST(answer({.host = host}) == 421u, host << " was taken");
  }
  for (const char* origin : {"null", "http://evil.example", "https://127.0.0.1:7070",
                             "http://127.0.0.1:7071", "http://localhost:7070"}) {
    BOOST_TEST(answer({.host = "127.0.0.1:7070", .origin = origin}) == 403u,
               origin << " was taken");
  }
  BOOST_TEST(answer({.host = "127.0.0.1:7070", .fetch_site = "cross-site"}) == 403u);
  BOOST_TEST(answer({.host = "127.0.0.1:7070", .fetch_site = "same-site"}) == 403u);
  // A link to the page itself may be followed from anywhere.
  const Asker link{.host = "127.0.0.1:7070", .fetch_site = "cross-site", .fetch_mode = "navigate"};
  BOOST_TEST(answer(link, "/") == 200u);
  BOOST_TEST(answer(link, "/api/runs") == 403u);
}

BOOST_AUTO_TEST_CASE(requests_and_refusals) {
  const Served served;
  const auto answer = served.get("/hello?x=1");
  BOOST_TEST(status(answer) == "200");
  BOOST_TEST(body(answer) == "/hello|");
  BOOST_TEST(answer.find("X-Content-Type-Options: nosniff") != std::string::npos);
  BOOST_TEST(answer.find("Access-Control") == std::string::npos);
  BOOST_TEST(body(served.get("/hello", "", "HEAD")).empty());
  BOOST_TEST(status(served.get("/throw")) == "500");
  BOOST_TEST(status(served.get("/a%00b")) == "400");
  BOOST_TEST(status(served.raw("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")) == "421");
  BOOST_TEST(status(served.raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")) == "421");
  BOOST_TEST(status(served.get("/", "Origin: http://evil.example\r\n")) == "403");
  BOOST_TEST(status(served.get("/api", "Sec-Fetch-Site: cross-site\r\n")) == "403");
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"}) {
    BOOST_TEST(status(served.get("/", "", method)) == "405", method << " was answered");
  }
  BOOST_TEST(status(served.raw("nonsense\r\n\r\n")) == "400");
}

BOOST_AUTO_TEST_CASE(commands_are_json) {
  const Served served;
  const auto post = [&](const std::string& type) {
    return served.get("/do", "Content-Type: " + type + "\r\nContent-Length: 2\r\n", "POST", "{}");
  };
  BOOST_TEST(body(post("application/json")) == "/do|{}");
  BOOST_TEST(body(post("application/json; charset=utf-8")) == "/do|{}");
  BOOST_TEST(status(post("text/plain")) == "415");  // what a form may send without asking
  BOOST_TEST(status(post("application/x-www-form-urlencoded")) == "415");
}

BOOST_AUTO_TEST_CASE(too_much_is_refused) {
  const Served served;
  BOOST_TEST(status(served.get("/", "X: " + std::string(20'000, 'x') + "\r\n")) == "431");
  BOOST_TEST(
      status(served.get("/do", "Content-Type: application/json\r\nContent-Length: 100000\r\n",
                        "POST", std::string(100'000, ' '))) == "413");
  BOOST_TEST(status(served.get("/")) == "200");
}

BOOST_AUTO_TEST_CASE(who_is_slow_is_left) {
  const Served served;
  Client slow(served.server.port());
  slow.send("GET / HTTP/1.1\r\nHost: ");
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(slow.receive().empty());
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 4s));
}

BOOST_AUTO_TEST_CASE(a_hundred_connections_and_no_more_than_bounded) {
  const Served served;
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 100; ++i) idle.push_back(std::make_unique<Client>(served.server.port()));
  for (auto& client : idle) BOOST_REQUIRE(client->connected());
  BOOST_TEST(status(served.get("/")) == "200");
  for (auto& client : idle) {
    client->send("GET /x HTTP/1.1\r\nHost: " + served.host() + "\r\nConnection: close\r\n\r\n");
  }
  for (auto& client : idle) BOOST_TEST(status(client->receive()) == "200");

  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 130; ++i) crowd.push_back(std::make_unique<Client>(served.server.port()));
  std::size_t answered = 0;
  for (auto& client : crowd) {
    client->send("GET /x HTTP/1.1\r\nHost: " + served.host() + "\r\nConnection: close\r\n\r\n");
  }
  for (auto& client : crowd) answered += status(client->receive()) == "200" ? 1 : 0;
  BOOST_TEST(answered >= 100u);
  crowd.clear();
  BOOST_TEST(status(served.get("/")) == "200");
}

BOOST_AUTO_TEST_CASE(a_stream_of_events) {
  const Served served;
  Client client(served.server.port());
  const std::string request = "GET /api/stream HTTP/1.1\r\nHost: " + served.host() + "\r\n\r\n";
  client.send(request);
  const auto text = client.receive("{\"piece\":3}\n\n");
  BOOST_TEST(text.find("text/event-stream") != std::string::npos);
  BOOST_TEST(text.find("data: {\"piece\":1}\n\ndata: {\"piece\":2}\n\n") != std::string::npos);
  // Everybody has a place of their own; and not all can watch.
  Client second(served.server.port());
  second.send(request);
  BOOST_TEST(second.receive("{\"piece\":3}").find("{\"piece\":1}") != std::string::npos);
  BOOST_TEST(status(served.raw(request)) == "503");
  BOOST_TEST(status(served.get("/api/stream", "Sec-Fetch-Site: cross-site\r\n")) == "403");
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken) {
  const Served served;
  BOOST_CHECK_THROW(PageServer({.port = served.server.port(), .exactly_this = true}, echo),
                    std::runtime_error);
  const PageServer other({.port = served.server.port()}, echo);
  BOOST_TEST(other.port() != served.server.port());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pages)

BOOST_AUTO_TEST_CASE(only_runs_below_the_results_folder) {
  std::string pattern = (fs::temp_directory_path() / "byzlab-pages-XXXXXX").string();
  const fs::path root = ::mkdtemp(pattern.data());
  const auto results = root / "results";
  fs::create_directories(results / "pbft" / "20261122-1-s1-00000000");
  fs::create_directories(root / "secret" / "run");
  std::ofstream(root / "secret" / "run" / "summary.json") << "{\"secret\":1}";
  std::ofstream(results / "pbft" / "20261122-1-s1-00000000" / "summary.json")
      << R"({"trace_hash":"0000000000000000","transport":"tcp","seed":1})";
  fs::create_directory_symlink(root / "secret", results / "link");
  {
    Pages pages(results);
    BOOST_TEST(pages.folder_of("pbft/20261122-1-s1-00000000").has_value());
    for (const char* wrong :
         {"", "pbft", "pbft/", "/pbft", "../secret/run", "pbft/..", "..", "link/run", "pbft/../..",
          "./pbft", "pbft//20261122-1-s1-00000000", "pbft\\x", "/etc/passwd", "pbft/.hidden",
          "pbft/20261122-1-s1-00000000/trace"}) {
      BOOST_TEST(!pages.folder_of(wrong).has_value(), wrong << " was found");
      PageRequest request;
      request.path = "/api/run";
      request.query["id"] = wrong;
      BOOST_TEST(pages.answer(request).status == 404u);
    }
    const auto get = [&](const std::string& target) { return pages.answer(*parse_target(target)); };
    BOOST_TEST(get("/api/run?id=pbft/20261122-1-s1-00000000").status == 200u);
    BOOST_TEST(get("/healthz").body == "ok\n");
    BOOST_TEST(get("/metrics").status == 404u);
    BOOST_TEST(get("/../../etc/passwd").status == 404u);
    BOOST_TEST(get("/api/messages?id=pbft/20261122-1-s1-00000000&from=a&to=2").status == 400u);
    BOOST_TEST(get("/api/messages?id=pbft/20261122-1-s1-00000000&from=2&to=1").status == 400u);
    const auto no = get("/api/messages?id=pbft/20261122-1-s1-00000000&from=0&to=1");
    BOOST_TEST(no.status == 409u);
    BOOST_TEST(no.body.find("--trace full") != std::string::npos);
    PageRequest post;
    post.post = true;
    post.path = "/api/command";
    BOOST_TEST(pages.answer(post).status == 405u);
  }
  fs::remove_all(root);
}

BOOST_AUTO_TEST_SUITE_END()
