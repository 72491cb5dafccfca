// PBFT by hand: the paper's rules one by one, as golden transcripts and as checks.
#include "consensus/pbft/pbft.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/support/engine_script.h"

namespace byzlab::pbft {
namespace {

using namespace std::chrono_literals;

/// The replica messages of a script by type: copies to others, as the paper counts them.
struct Counted {
  EngineScript& script;
  std::map<std::string, std::uint64_t> by_type;
  std::uint64_t total = 0;
  Duration latency = 10ms;

  explicit Counted(EngineScript& s) : script(s) {
    script.link = [this](ReplicaId, ReplicaId, const Message& m) {
      ++total;
      ++by_type[std::string(script.store().type(m.kind()).name)];
      return latency;
    };
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(pbft)

BOOST_AUTO_TEST_CASE(good_case) {
  EngineScript script(kInfo, {.n = 4});
  script.start_all();
  script.submit(1);
  script.run_for(100ms);
  check_golden("tests/pbft/golden/good_case.txt", script.text());
  for (std::uint32_t i = 0; i < 4; ++i)
    BOOST_TEST(script.committed_height(ReplicaId(i)).value == 1u);
}

BOOST_AUTO_TEST_CASE(a_decision_costs_2n_n_minus_1_messages_and_three_delays) {
  for (const std::uint32_t n : {1u, 4u, 7u, 10u, 16u}) {
    EngineScript script(kInfo, {.n = n});
    Counted counted(script);
    script.record(false);
    script.start_all();
    script.submit(1);
    script.run_for(30ms - 1ns);
    BOOST_TEST(script.committed_height(ReplicaId(0)).value == (n == 1 ? 1u : 0u));
    script.run_for(1ns);
    for (std::uint32_t i = 0; i < n; ++i) {
      BOOST_TEST(script.committed_height(ReplicaId(i)).value == 1u);
    }
    script.run_for(10s);
    BOOST_TEST(counted.total == 2 * n * (n - 1));
  }
}

BOOST_AUTO_TEST_CASE(several_batches_are_in_flight_and_execute_in_order) {
  EngineScript script(kInfo, {.n = 4}, Options(kOptions).with("batch_size", "2"));
  Counted counted(script);
  script.record(false);
  script.start_all();
  script.submit(20);
  script.run_for(30ms);
  BOOST_TEST(script.commits(ReplicaId(2)).size() == 8u);  // pipeline
  script.run_for(30ms);
  BOOST_TEST(script.commits(ReplicaId(2)).size() == 10u);
  BOOST_TEST(counted.total == 10 * 2 * 4 * 3u);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto& commits = script.commits(ReplicaId(i));
    std::uint64_t request = 0;
    for (std::size_t k = 0; k < commits.size(); ++k) {
      BOOST_TEST(commits[k]->height.value == k + 1);
      for (const Request& r : commits[k]->requests) BOOST_TEST(r.id.value == request++);
    }
    BOOST_TEST(request == 20u);
  }
}

BOOST_AUTO_TEST_CASE(a_batch_that_repeats_a_request_is_refused) {
  EngineScript script(kInfo, {.n = 4});
  script.record(false);
  script.start_all();
  script.submit(1);
  script.run_for(100ms);
  const auto propose = [&](Height seq, std::vector<Request> requests) {
    const auto block = script.crypto().make_block({.height = seq,
                                                   .view = View(0),
                                                   .proposer = ReplicaId(0),
                                                   .requests = std::move(requests)});
    const auto& engine = static_cast<const Pbft&>(script.engine(ReplicaId(1)));
    const auto before = engine.ignored();
    script.inject(
        ReplicaId(0), ReplicaId(1),
        PrePrepare{.view = View(0), .seq = seq, .digest = block->digest, .block = {block}});
    const auto& after = engine.ignored();
    return after.inadmissible > before.inadmissible ? "inadmissible"
           : after.invalid > before.invalid         ? "invalid"
                                                    : "accepted";
  };
  const auto request = [&](std::uint64_t id) {
    Request r{.id = RequestId(id), .client = ClientId(0), .bytes = 1};
    r.auth = script.crypto().authenticate(r);
    return r;
  };
  const Request executed = script.commits(ReplicaId(1))[0]->requests[0];
  BOOST_TEST(propose(Height(2), {executed}) == "inadmissible");
  BOOST_TEST(propose(Height(2), {request(5), request(5)}) == "inadmissible");
  BOOST_TEST(propose(Height(2), {}) == "inadmissible");
  Request forged = request(6);
  forged.bytes = 2;
  BOOST_TEST(propose(Height(2), {forged}) == "invalid");  // no client said this
  BOOST_TEST(propose(Height(2), {request(5), request(6)}) == "accepted");
  BOOST_TEST(propose(Height(3), {request(7), request(6)}) == "inadmissible");  // in flight
  BOOST_TEST(propose(Height(3), {request(7)}) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_wrong_first_vote_does_not_stop_the_right_ones) {
  EngineScript script(kInfo, {.n = 4});
  script.record(false);
  script.start_all();
  // A liar's votes arrive before everything else, for a digest that nobody proposes.
  const Digest wrong = script.crypto().digest(Height(77));
  for (const std::uint32_t to : {0u, 1u, 2u}) {
    script.inject(ReplicaId(3), ReplicaId(to),
                  Prepare{.view = View(0), .seq = Height(1), .digest = wrong});
    script.inject(ReplicaId(3), ReplicaId(to),
                  Commit{.view = View(0), .seq = Height(1), .digest = wrong});
  }
  script.crash(ReplicaId(3));
  // And the pre-prepare is slow: the honest votes overtake it.
  script.link = [&](ReplicaId, ReplicaId to, const Message& m) {
    const bool slow = script.store().type(m.kind()).name == "PrePrepare" && to == ReplicaId(2);
    return slow ? Duration(25ms) : Duration(10ms);
  };
  script.submit(1);
  script.run_for(100ms);
  for (const std::uint32_t r : {0u, 1u, 2u}) {
    BOOST_TEST(script.committed_height(ReplicaId(r)).value == 1u);
  }
  BOOST_TEST(script.noted(Milestone::timeout) == 0u);
}

/// What the checks are worth: a PBFT whose certificates need one replica less than they must.
class SmallQuorum final : public Pbft {
 public:
  using Pbft::Pbft;

 private:
  Power quorum(const Committee& committee) const override { return committee.quorum() - 1; }
};

BOOST_AUTO_TEST_CASE(a_smaller_quorum_breaks_agreement) {
  EngineInfo broken = kInfo;
  broken.make = [](const Options& options) -> std::unique_ptr<Engine> {
    return std::make_unique<SmallQuorum>(options);
  };
  for (const bool small : {false, true}) {
    EngineScript script(small ? broken : kInfo, {.n = 4});
    script.record(false);
    script.start_all();
    script.crash(ReplicaId(0));  // the primary lies: this test speaks for it
    script.link = [](ReplicaId, ReplicaId, const Message&) { return Duration::max(); };
    for (const std::uint32_t to : {1u, 2u}) {
      Request r{.id = RequestId(to), .client = ClientId(0), .bytes = 1};
      r.auth = script.crypto().authenticate(r);
      const auto block = script.crypto().make_block(
          {.height = Height(1), .view = View(0), .proposer = ReplicaId(0), .requests = {r}});
      script.inject(
          ReplicaId(0), ReplicaId(to),
          PrePrepare{.view = View(0), .seq = Height(1), .digest = block->digest, .block = {block}});
      script.inject(ReplicaId(0), ReplicaId(to),
                    Commit{.view = View(0), .seq = Height(1), .digest = block->digest});
    }
    BOOST_TEST(script.agreement() == !small);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace byzlab::pbft
