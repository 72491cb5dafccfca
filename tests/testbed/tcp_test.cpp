// The other world: the same host, engines, injector and ledger over real sockets on loopback.
//
// Nothing here times a speed; what is asked is that the same scenario holds with Ed25519 and real
// time.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "tests/support/actions.h"
#include "tests/support/trial.h"

namespace byzlab::testing {
namespace {

namespace sc = scenario;
using namespace std::chrono_literals;

Trial over_tcp(std::string_view engine) {
  Trial t(*find_engine(engine), 4, 4);
  t.options.world = World::tcp;
  t.options.seed = 5;
  t.scenario.network.latency = sc::ConstantLatency{2ms};
  return t;
}

/// Ports that this process listens on: those of other tests are not ours to disturb.
std::vector<std::uint16_t> listening_ports() {
  std::vector<std::uint16_t> ports;
  for (int fd = 3; fd < 1024; ++fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) continue;
    sockaddr_in at{};
    size = sizeof at;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) continue;
    if (at.sin_family == AF_INET) ports.push_back(ntohs(at.sin_port));
  }
  return ports;
}

/// Connects to whatever this process listens on, as fast as it can, and talks rubbish.
class Stranger {
 public:
  ~Stranger() {
    stop_ = true;
    thread_.join();
    for (const int fd : sockets_) ::close(fd);
  }
  std::size_t connected() const { return connected_; }

 private:
  void connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return;
    sockets_.push_back(fd);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) return;
    ++connected_;
    std::vector<char> rubbish(92 * 20,
                              '\x5a');  // 20 frames of 88 bytes, of which nothing can be read
    for (std::size_t i = 0; i < rubbish.size(); i += 92) {
      for (std::size_t k = 0; k < 4; ++k) rubbish[i + k] = k == 0 ? 88 : 0;
    }
    (void)!::send(fd, rubbish.data(), rubbish.size(), MSG_NOSIGNAL);
  }
  void run() {
    while (!stop_) {
      for (const std::uint16_t port : listening_ports()) {
        if (sockets_.size() < 400) connect_to(port);
      }
    }
  }

  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> connected_ = 0;
  std::vector<int> sockets_;
  std::thread thread_{[this] { run(); }};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tcp)

// A mesh of 10 takes a while to connect, and strangers are in between.
BOOST_AUTO_TEST_CASE(strangers_take_nobodys_link) {
  std::size_t met = 0;
  for (int tries = 0; tries < 10 && met == 0; ++tries) {
    const Stranger stranger;
    Trial t(*find_engine("pbft"), 10, 3);
    t.scenario.workload.rate = 4;
    t.options.world = World::tcp;
    t.scenario.network.latency = sc::ConstantLatency{2ms};
    const Outcome o = run(t);
    BOOST_TEST(o.agreement);
    BOOST_TEST(o.lowest.value > 0u);
    const auto& dropped = o.counters.dropped;
    BOOST_TEST(dropped[static_cast<std::size_t>(DropReason::malformed)] == 0u);
    met = stranger.connected();
  }
  BOOST_TEST(met > 0u);
}

BOOST_AUTO_TEST_CASE(streamlet_commits_under_loss) {
  Trial t = over_tcp("streamlet");
  t.fault(0, 4, testing::on_links("drop", all_links(), {{"probability", "0.05"}}));
  const Outcome o = run(t);
  BOOST_TEST(o.agreement);
  BOOST_TEST(o.lowest.value >= 2u);
  BOOST_TEST(o.requests > 0u);
  BOOST_TEST(o.counters.dropped[static_cast<std::size_t>(DropReason::loss)] > 0u);
}

BOOST_AUTO_TEST_CASE(pbft_stops_under_a_partition_and_goes_on_after_it) {
  Trial t = over_tcp("pbft");
  t.scenario.duration = t.ticks(7);
  t.fault(1, 2, testing::partition({replicas(0, 1), replicas(2, 3)}));
  const Outcome o = run(t, t.ticks(3));
  BOOST_TEST(o.agreement);
  BOOST_TEST(o.at_probe.value > 0u);
  BOOST_TEST(o.highest.value > o.at_probe.value);
  BOOST_TEST(o.lowest.value > o.at_probe.value);
  BOOST_TEST(o.counters.dropped[static_cast<std::size_t>(DropReason::partition)] > 0u);
}

BOOST_AUTO_TEST_CASE(damaged_frames_are_refused) {
  Trial t = over_tcp("pbft");
  t.fault(0, 4, testing::on_links("corrupt", all_links(), {{"probability", "0.1"}}));
  const Outcome o = run(t);
  BOOST_TEST(o.agreement);
  BOOST_TEST(o.lowest.value > 0u);
  const auto& dropped = o.counters.dropped;
  BOOST_TEST(dropped[static_cast<std::size_t>(DropReason::malformed)] +
                 dropped[static_cast<std::size_t>(DropReason::unauthentic)] >
             0u);
}

BOOST_AUTO_TEST_CASE(a_crashed_replica_comes_back) {
  Trial t = over_tcp("pbft");
  t.scenario.duration = t.ticks(6);
  t.fault(1, 2, testing::crash(replica(3)));
  const Outcome o = run(t, t.ticks(3));
  BOOST_TEST(o.agreement);
  BOOST_TEST(o.lowest.value > o.at_probe.value);
}

BOOST_AUTO_TEST_CASE(an_overlay_that_is_not_full_is_refused) {
  Trial t = over_tcp("streamlet");
  t.scenario.network.topology = sc::RandomOverlay{2};
  BOOST_CHECK_THROW(run(t), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::testing
