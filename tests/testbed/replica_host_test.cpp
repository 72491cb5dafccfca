// The replica host by itself: engines that do what a test says, on a network of constant latency.
#include "testbed/replica_host.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "faults/links/cut.h"
#include "network/sim_network.h"
#include "tests/faults/toy.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;
using namespace byzlab::toy;

constexpr Duration kLatency = 5ms;
using Lines = std::vector<std::string>;

/// What an engine does, input by input; nothing where a test says nothing.
struct Part {
  std::function<void(Context&)> start = [](Context&) {};
  std::function<void(Context&, std::uint64_t number)> message = [](Context&, std::uint64_t) {};
  std::function<void(Context&, Timer)> timer = [](Context&, Timer) {};
  std::function<void(Context&)> request = [](Context&) {};
  std::function<void(DurableState&)> save = [](DurableState&) {};
};

void say(Context& ctx, std::uint64_t number) {
  ctx.broadcast(Ping{.view = View(1), .number = number});
}

/// Some processes and what they heard and did, line by line: "15ms r1 hears 7".
class Stage final : CommitSink, Observer {
 public:
  explicit Stage(std::uint32_t n = 2, CpuCosts costs = {}, std::optional<std::uint64_t> rate = {})
      : committee_(n), network_(parts(n, rate)) {
    events_.add(*this);
    std::vector<ReplicaId> replica_of;
    for (std::uint32_t i = 0; i < n; ++i) replica_of.push_back(ReplicaId(i));
    plays.resize(n);
    host_ = std::make_unique<ReplicaHost>(ReplicaHost::Parts{
        .committee = &committee_,
        .crypto = &crypto_,
        .store = &store_,
        .network = &network_,
        .events = &events_,
        .commits = this,
        .replica_of = replica_of,
        .make_engine = [this](ProcessId p) { return std::make_unique<Actor>(*this, p); },
        .mempool = [this](ProcessId) -> Mempool& { return mempool_; },
        .costs = costs,
        .seed = 1});
  }

  std::vector<Part> plays;  // by process
  Lines lines;              // what was heard and committed, and when
  Lines states;             // what became of processes
  std::vector<BlockRef> pool;

  ReplicaHost& host() { return *host_; }
  SimNetwork<TimingWheel>& network() { return network_; }
  FaultInjector& injector() { return injector_; }
  const Crypto& crypto() const { return crypto_; }
  void at(Duration when, std::function<void()> f) { network_.at(kStart + when, std::move(f)); }
  /// Has `p` do something at a time of its choosing, as if it had heard a message.
  void act(Duration when, std::uint32_t p, std::function<void(Context&)> f) {
    at(when, [this, p, f] { host_->call(ProcessId(p), [f](Engine&, Context& ctx) { f(ctx); }); });
  }
  void start() {
    host_->start();
    started_ = true;
  }
  void run(Duration until) {
    if (!started_) start();
    network_.run_until(kStart + until, *host_);
  }
  void write(const std::string& what) {
    lines.push_back(std::to_string(nanoseconds(network_.now()) / 1'000'000) + "ms " + what);
  }
  BlockRef block(std::uint64_t height, std::vector<Request> requests = {}) const {
    return crypto_.make_block(BlockBody{.parent = {},
                                        .height = Height(height),
                                        .view = View(1),
                                        .proposer = ReplicaId(0),
                                        .requests = std::move(requests)});
  }

 private:
  class Actor final : public Engine {
   public:
    Actor(Stage& stage, ProcessId p) : stage_(stage), p_(p) {}
    void start(Context& ctx) override { part().start(ctx); }
    void on_message(Context& ctx, ReplicaId from, const Message& m) override {
      const std::uint64_t number = m.as<Ping>().number;
      if (from == ctx.self()) return;
      stage_.write("r" + std::to_string(p_.value) + " hears " + std::to_string(number));
      part().message(ctx, number);
    }
    void on_timer(Context& ctx, Timer timer) override { part().timer(ctx, timer); }
    void on_request(Context& ctx) override { part().request(ctx); }
    void save(DurableState& durable) const override { part().save(durable); }

   private:
    Part& part() const { return stage_.plays[p_.value]; }
    Stage& stage_;
    ProcessId p_;
  };
  struct Pool final : Mempool {
    bool pending() override { return !batch({}, {}).empty(); }
    std::vector<Request> batch(BatchLimit limit, std::span<const BlockRef> in_flight) override {
      std::vector<Request> some;
      for (std::uint64_t id = 1; id <= 3 && some.size() < limit.requests; ++id) {
        const bool ordered = std::ranges::any_of(in_flight, [&](const BlockRef& b) {
          return std::ranges::any_of(b->requests,
                                     [&](const Request& r) { return r.id.value == id; });
        });
        if (!ordered) some.push_back(Request{.id = RequestId(id)});
      }
      return some;
    }
  };

  SimNetworkParts parts(std::uint32_t n, std::optional<std::uint64_t> rate) {
    return SimNetworkParts{.store = &store_,
                           .injector = &injector_,
                           .latency = LatencyModel(DelayDistribution::constant(kLatency)),
                           .overlay = Overlay::full(n),
                           .uplinks = Uplinks(n, rate),
                           .seed = 1};
  }
  void committed(ProcessId p, const Block& block) override {
    write("r" + std::to_string(p.value) + " commits " + std::to_string(block.height.value));
  }
  Interest interest() const override { return Interest::in<ReplicaState, Noted>(); }
  void on(Time now, const Event& event) override {
    if (const auto* note = std::get_if<Noted>(&event)) {
      write("r" + std::to_string(note->process.value) + " notes " + std::to_string(note->value));
      return;
    }
    const auto& state = std::get<ReplicaState>(event);
    constexpr const char* kNames[] = {"up", "crashed", "paused", "resumed"};
    states.push_back(std::to_string(nanoseconds(now) / 1'000'000) + "ms r" +
                     std::to_string(state.process.value) + " " +
                     kNames[static_cast<std::size_t>(state.now)] +
                     (state.durable_lost ? ", disk lost" : ""));
  }

  Committee committee_;
  Crypto crypto_{Crypto::Scheme::modelled, 1, 8};
  MessageStore store_{kToyMessages};
  FaultInjector injector_{kToyMessages, 1};
  EventStream events_;
  Pool mempool_;
  SimNetwork<TimingWheel> network_;
  std::unique_ptr<ReplicaHost> host_;
  bool started_ = false;
};

void check(const Lines& found, const Lines& expected) {
  BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), expected.begin(), expected.end());
}

constexpr ProcessId kR0{0}, kR1{1};
constexpr CpuCosts kSigning{.sign = 10ms};

/// r0 says 1 and 2 at the start, which takes 10 ms each.
void say_two(Stage& stage) {
  stage.plays[0].start = [](Context& ctx) {
    say(ctx, 1);
    say(ctx, 2);
  };
}

BOOST_AUTO_TEST_SUITE(replica_host)

// ------------------------------------------------------------------ what leaves, and when

BOOST_AUTO_TEST_CASE(a_message_leaves_when_it_is_signed) {
  Stage stage(2, kSigning);
  say_two(stage);
  stage.run(1s);
  check(stage.lines, {"15ms r1 hears 1", "25ms r1 hears 2"});
}

BOOST_AUTO_TEST_CASE(the_dead_do_not_speak) {
  Stage stage(2, kSigning);
  say_two(stage);
  stage.at(15ms, [&] { stage.host().crash(kR0); });
  stage.run(1s);
  check(stage.lines, {"15ms r1 hears 1"});
  BOOST_TEST(stage.host().cpu_used(kR0).count() == Duration(15ms).count());
}

BOOST_AUTO_TEST_CASE(what_a_call_wrote_survives_a_crash_before_it_spoke) {
  Stage stage(2, kSigning);
  std::size_t recovered = 99;
  stage.plays[0].start = [&](Context& ctx) {
    recovered = ctx.recovered().records.size();
    ctx.persist(std::uint64_t{7});
    say(ctx, 1);
  };
  stage.at(5ms, [&] { stage.host().crash(kR0); });
  stage.at(20ms, [&] {
    stage.plays[0].start = [&](Context& ctx) { recovered = ctx.recovered().records.size(); };
    stage.host().restart(kR0, true);
  });
  stage.run(1s);
  BOOST_TEST(recovered == 1u);
  check(stage.lines, {});
}

BOOST_AUTO_TEST_CASE(a_cut_meets_what_leaves_while_it_lasts) {
  for (const auto& [from, to, heard] :
       {std::tuple{5ms, 15ms, "25ms r1 hears 2"}, std::tuple{15ms, 25ms, "15ms r1 hears 1"}}) {
    Stage stage(2, kSigning);
    say_two(stage);
    links::Cut cut{Where{}};
    stage.at(from, [&] { stage.injector().add(cut); });
    stage.at(to, [&] { stage.injector().remove(cut); });
    stage.run(1s);
    check(stage.lines, {heard});
  }
}

BOOST_AUTO_TEST_CASE(a_message_that_is_verified_is_answered_when_the_cpu_is_done) {
  Stage stage(2, {.sign = 1ms, .verify = 10ms});
  stage.plays[0].start = [](Context& ctx) { say(ctx, 1); };
  stage.plays[1].message = [](Context& ctx, std::uint64_t number) {
    if (number == 1) say(ctx, 2);
  };
  stage.at(20ms, [&] { stage.host().crash(kR1); });  // said 2 at 17 ms
  stage.run(1s);
  check(stage.lines, {"6ms r1 hears 1", "22ms r0 hears 2"});
}

BOOST_AUTO_TEST_CASE(a_paused_process_says_the_rest_when_it_goes_on) {
  Stage stage(2, kSigning);
  say_two(stage);
  stage.at(15ms, [&] { stage.host().pause(kR0); });
  stage.at(115ms, [&] { stage.host().resume(kR0); });
  stage.run(1s);
  check(stage.lines, {"15ms r1 hears 1", "125ms r1 hears 2"});
  BOOST_TEST(stage.host().cpu_used(kR0).count() == Duration(20ms).count());
}

BOOST_AUTO_TEST_CASE(a_crash_during_a_pause_leaves_nothing_to_say) {
  Stage stage(2, kSigning);
  say_two(stage);
  stage.at(15ms, [&] { stage.host().pause(kR0); });
  stage.at(50ms, [&] { stage.host().crash(kR0); });
  stage.at(60ms, [&] {
    stage.plays[0].start = [](Context& ctx) { say(ctx, 3); };
    stage.host().restart(kR0, true);
  });
  stage.run(1s);
  check(stage.lines, {"15ms r1 hears 1", "75ms r1 hears 3"});
  BOOST_TEST(stage.host().cpu_used(kR0).count() == Duration(25ms).count());
}

BOOST_AUTO_TEST_CASE(a_call_from_outside_waits_for_the_cpu) {
  Stage stage(2, kSigning);
  say_two(stage);
  stage.act(5ms, 0, [](Context& ctx) { say(ctx, 3); });
  stage.run(1s);
  check(stage.lines, {"15ms r1 hears 1", "25ms r1 hears 2", "35ms r1 hears 3"});
  BOOST_TEST(stage.host().cpu_used(kR0).count() == Duration(30ms).count());
}

// ------------------------------------------------------------------ what waits, in which order

BOOST_AUTO_TEST_CASE(after_a_pause_sockets_are_read_before_timers_fire) {
  Stage stage;
  stage.plays[1].start = [](Context& ctx) { ctx.set_timer({.id = 1}, 20ms); };
  stage.plays[1].timer = [&](Context&, Timer) { stage.write("r1 timer"); };
  stage.act(0ms, 0, [](Context& ctx) { say(ctx, 1); });
  stage.act(40ms, 0, [](Context& ctx) { say(ctx, 2); });
  stage.at(10ms, [&] { stage.host().pause(kR1); });
  stage.at(100ms, [&] { stage.host().resume(kR1); });
  stage.run(1s);
  check(stage.lines, {"5ms r1 hears 1", "100ms r1 hears 2", "100ms r1 timer"});
}

BOOST_AUTO_TEST_CASE(news_that_came_during_a_pause_can_put_a_timer_off) {
  Stage stage;
  stage.plays[1].start = [](Context& ctx) { ctx.set_timer({.id = 1}, 20ms); };
  stage.plays[1].message = [](Context& ctx, std::uint64_t) { ctx.set_timer({.id = 1}, 20ms); };
  stage.plays[1].timer = [&](Context&, Timer) { stage.write("r1 timer"); };
  stage.act(40ms, 0, [](Context& ctx) { say(ctx, 1); });
  stage.at(10ms, [&] { stage.host().pause(kR1); });
  stage.at(100ms, [&] { stage.host().resume(kR1); });
  stage.run(1s);
  check(stage.lines, {"100ms r1 hears 1", "120ms r1 timer"});
}

BOOST_AUTO_TEST_CASE(a_busy_process_takes_what_has_waited_longest) {
  Stage stage(2, {.verify = 30ms});
  stage.plays[1].timer = [&](Context&, Timer) { stage.write("r1 timer"); };
  stage.plays[1].start = [](Context& ctx) { ctx.set_timer({.id = 1}, 20ms); };
  stage.act(0ms, 0, [](Context& ctx) { say(ctx, 1); });   // served from 5 to 35 ms
  stage.act(10ms, 0, [](Context& ctx) { say(ctx, 2); });  // waits since 15 ms
  stage.act(20ms, 0, [](Context& ctx) { say(ctx, 3); });  // waits since 25 ms
  stage.run(1s);
  check(stage.lines, {"5ms r1 hears 1", "35ms r1 hears 2", "65ms r1 timer", "65ms r1 hears 3"});
}

BOOST_AUTO_TEST_CASE(requests_of_a_pause_are_looked_at_when_it_ends) {
  Stage stage;
  stage.plays[1].request = [&](Context&) { stage.write("r1 asked"); };
  stage.at(10ms, [&] { stage.host().pause(kR1); });
  stage.host().request_arrives(kR1, kStart + 20ms);
  stage.host().request_arrives(kR1, kStart + 30ms);
  stage.at(50ms, [&] { stage.host().resume(kR1); });
  stage.run(1s);
  check(stage.lines, {"50ms r1 asked"});
}

BOOST_AUTO_TEST_CASE(a_call_into_a_paused_process_waits) {
  Stage stage;
  stage.at(10ms, [&] { stage.host().pause(kR0); });
  stage.act(20ms, 0, [](Context& ctx) { say(ctx, 1); });
  stage.at(50ms, [&] { stage.host().resume(kR0); });
  stage.run(1s);
  check(stage.lines, {"55ms r1 hears 1"});
}

// ------------------------------------------------------------------ before the start

BOOST_AUTO_TEST_CASE(who_crashed_before_the_start_never_starts) {
  Stage stage;
  stage.plays[0].start = [](Context& ctx) { say(ctx, 1); };
  stage.plays[1].start = [](Context& ctx) { say(ctx, 2); };
  stage.host().crash(kR0);
  stage.run(1s);
  check(stage.lines, {});
  check(stage.states, {"0ms r0 crashed"});
  stage.host().restart(kR0, true);
  stage.run(2s);
  check(stage.lines, {"1005ms r1 hears 1"});
}

BOOST_AUTO_TEST_CASE(who_was_paused_before_the_start_starts_when_it_goes_on) {
  Stage stage;
  stage.plays[0].start = [](Context& ctx) { say(ctx, 1); };
  stage.plays[1].start = [](Context& ctx) { say(ctx, 2); };
  stage.host().pause(kR0);
  stage.at(50ms, [&] { stage.host().resume(kR0); });
  stage.run(1s);
  check(stage.lines, {"50ms r0 hears 2", "55ms r1 hears 1"});
}

// ------------------------------------------------------------------ clocks

/// r0's timer of 100 ms, armed at the start, and what its clock says when it fires.
Lines timer_of_100ms(const std::function<void(Stage&)>& wrong) {
  Stage stage;
  stage.plays[0].start = [](Context& ctx) { ctx.set_timer({.id = 1}, 100ms); };
  stage.plays[0].timer = [&](Context& ctx, Timer) {
    stage.write("r0 reads " + std::to_string(nanoseconds(ctx.now()) / 1'000'000) + "ms");
  };
  wrong(stage);
  stage.run(1s);
  return stage.lines;
}

BOOST_AUTO_TEST_CASE(nobody_notices_that_his_clock_is_skewed) {
  check(timer_of_100ms([](Stage& s) { s.host().skew_clock(kR0, 2s); }), {"100ms r0 reads 2100ms"});
  check(timer_of_100ms([](Stage& s) { s.at(50ms, [&s] { s.host().skew_clock(kR0, -30ms); }); }),
        {"100ms r0 reads 70ms"});
}

BOOST_AUTO_TEST_CASE(a_clock_that_jumps_takes_its_timers_along) {
  const auto jump = [](Duration when, Duration by) {
    return timer_of_100ms([=](Stage& s) { s.at(when, [&s, by] { s.host().set_clock(kR0, by); }); });
  };
  check(jump(50ms, 20ms), {"80ms r0 reads 100ms"});
  check(jump(50ms, 300ms), {"50ms r0 reads 350ms"});
  check(jump(50ms, -40ms), {"140ms r0 reads 100ms"});
}

BOOST_AUTO_TEST_CASE(a_clock_that_drifts_makes_its_timers_run_with_it) {
  const auto drift = [](Duration when, std::int64_t billionths) {
    return timer_of_100ms(
        [=](Stage& s) { s.at(when, [&s, billionths] { s.host().drift_clock(kR0, billionths); }); });
  };
  check(drift(0ms, 1'000'000'000), {"50ms r0 reads 100ms"});
  check(drift(50ms, 1'000'000'000), {"75ms r0 reads 100ms"});
  check(drift(50ms, -500'000'000), {"150ms r0 reads 100ms"});
}

BOOST_AUTO_TEST_CASE(a_timer_never_fires_before_its_clock_says_so) {
  Stage stage;
  std::vector<Duration> early;
  Duration asked{};
  stage.plays[0].start = [&](Context& ctx) { ctx.set_timer({.id = 1}, asked = 333333ns); };
  Time armed = kStart;
  stage.plays[0].timer = [&](Context& ctx, Timer) {
    if (ctx.now() - armed < asked) early.push_back(ctx.now() - armed);
    armed = ctx.now();
    ctx.set_timer({.id = 1}, asked += 7ns);
  };
  stage.host().drift_clock(kR0, 123'456'789);
  stage.run(100ms);
  BOOST_TEST(early.empty());
  BOOST_TEST((asked > 333333ns + 7ns * 100));
}

BOOST_AUTO_TEST_CASE(faults_of_a_clock_add_up_and_can_be_taken_back) {
  Stage stage;
  stage.at(10ms, [&] {
    stage.host().skew_clock(kR0, 5ms);
    stage.host().set_clock(kR0, 2ms);
    stage.host().drift_clock(kR0, 500'000'000);
  });
  const auto off = [&] { return stage.host().local_time(kR0) - stage.network().now(); };
  stage.at(30ms, [&] { BOOST_TEST((off() == 17ms)); });
  stage.at(50ms, [&] {
    stage.host().drift_clock(kR0, -500'000'000);
    stage.host().set_clock(kR0, -20ms);
    stage.host().skew_clock(kR0, -5ms);
    stage.host().set_clock(kR0, -2ms);
  });
  stage.run(60ms);
  BOOST_TEST((off() == 0ms));
}

BOOST_AUTO_TEST_CASE(a_clock_outlives_its_process) {
  Stage stage;
  stage.at(10ms, [&] { stage.host().skew_clock(kR0, 5ms); });
  stage.at(20ms, [&] { stage.host().crash(kR0); });
  stage.at(30ms, [&] { stage.host().restart(kR0, true); });
  Duration off{};
  stage.act(40ms, 0, [&](Context& ctx) { off = ctx.now() - stage.network().now(); });
  stage.run(1s);
  BOOST_TEST((off == 5ms));
}

// ------------------------------------------------------------------ disks

/// How an engine keeps its state: a log of records, or as members that save() writes.
enum class Style { log, members };
constexpr Style kStyles[] = {Style::log, Style::members};

/// r0 counts: each act writes the next number, says it and commits it. What a restart found is in
/// `found`.
class Counter {
 public:
  explicit Counter(Style style) : style_(style) {
    Part& part = stage.plays[0];
    part.start = [this](Context& ctx) {
      found.clear();
      for (const auto record : ctx.recovered().records) {
        ByteReader reader(record);
        std::uint64_t number = 0;
        BOOST_TEST(reader.integer(number));
        found.push_back(number);
      }
      number_ = found.empty() ? 0 : found.back();
    };
    if (style_ == Style::log) return;
    part.save = [this](DurableState& durable) {
      if (number_ > 0) durable.replace_records(number_);
    };
  }
  void count(Duration when) {
    stage.act(when, 0, [this](Context& ctx) {
      ++number_;
      if (style_ == Style::log) ctx.persist(number_);
      say(ctx, number_);
      ctx.commit(stage.block(number_));
    });
  }
  std::uint64_t last_found() const { return found.empty() ? 0 : found.back(); }

  Stage stage;
  std::vector<std::uint64_t> found;

 private:
  Style style_;
  std::uint64_t number_ = 0;
};

BOOST_AUTO_TEST_CASE(nothing_is_seen_before_it_is_durable) {
  for (const Style style : kStyles) {
    Counter c(style);
    c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.sync = 20ms}); });
    c.count(10ms);
    c.stage.run(1s);
    check(c.stage.lines, {"30ms r0 commits 1", "35ms r1 hears 1"});
  }
}

BOOST_AUTO_TEST_CASE(one_sync_serves_all_that_was_written_before_it) {
  for (const Style style : kStyles) {
    Counter c(style);
    c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.sync = 20ms}); });
    for (const Duration when : {10ms, 15ms, 20ms}) c.count(when);  // synced at 30, 50, 50 ms
    c.stage.run(1s);
    check(c.stage.lines, {"30ms r0 commits 1", "35ms r1 hears 1", "50ms r0 commits 2",
                          "50ms r0 commits 3", "55ms r1 hears 2", "55ms r1 hears 3"});
    BOOST_TEST(c.stage.host().disk_tally(kR0).syncs_awaited == 6u);
  }
}

BOOST_AUTO_TEST_CASE(nothing_overtakes_what_waits_for_a_sync) {
  Counter c(Style::log);
  c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.sync = 20ms}); });
  c.count(10ms);
  c.stage.act(15ms, 0, [](Context& ctx) { say(ctx, 9); });  // wrote nothing
  c.stage.run(1s);
  check(c.stage.lines, {"30ms r0 commits 1", "35ms r1 hears 1", "35ms r1 hears 9"});
}

BOOST_AUTO_TEST_CASE(a_crash_loses_what_was_not_synced_and_nobody_has_seen) {
  for (const Style style : kStyles) {
    Counter c(style);
    c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.sync = 20ms}); });
    c.count(10ms);
    c.count(35ms);
    c.stage.at(50ms, [&] { c.stage.host().crash(kR0); });
    c.stage.at(60ms, [&] { c.stage.host().restart(kR0, true); });
    c.stage.run(1s);
    BOOST_TEST(c.last_found() == 1u);
    check(c.stage.lines, {"30ms r0 commits 1", "35ms r1 hears 1"});
    check(c.stage.states, {"50ms r0 crashed", "60ms r0 up"});
    BOOST_TEST(c.stage.host().disk_tally(kR0).writes_lost == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_process_whose_sync_fails_stops) {
  for (const Style style : kStyles) {
    Counter c(style);
    c.count(10ms);
    c.stage.at(20ms, [&] { c.stage.host().disk_fails(kR0, {.fails = true}); });
    c.stage.act(30ms, 0, [](Context& ctx) { say(ctx, 9); });  // writes nothing
    c.count(40ms);
    c.count(50ms);
    c.stage.at(60ms, [&] {
      c.stage.host().disk_heals(kR0, {.fails = true});
      c.stage.host().restart(kR0, true);
    });
    c.count(70ms);
    c.stage.run(1s);
    check(c.stage.states, {"40ms r0 crashed", "60ms r0 up"});
    BOOST_TEST(c.last_found() == 1u);
    check(c.stage.lines, {"10ms r0 commits 1", "15ms r1 hears 1", "35ms r1 hears 9",
                          "70ms r0 commits 2", "75ms r1 hears 2"});
    BOOST_TEST(c.stage.host().disk_tally(kR0).syncs_failed == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_disk_that_lies_forgets_what_was_acted_upon) {
  for (const Style style : kStyles) {
    Counter c(style);
    c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.loses = 30ms}); });
    for (const Duration when : {10ms, 50ms, 60ms}) c.count(when);
    c.stage.at(70ms, [&] { c.stage.host().crash(kR0); });
    c.stage.at(80ms, [&] { c.stage.host().restart(kR0, true); });
    c.stage.at(90ms, [&] { c.stage.host().crash(kR0); });
    c.stage.at(95ms, [&] { c.stage.host().restart(kR0, true); });
    c.stage.run(1s);
    BOOST_TEST(c.last_found() == 1u);
    check(c.stage.lines, {"10ms r0 commits 1", "15ms r1 hears 1", "50ms r0 commits 2",
                          "55ms r1 hears 2", "60ms r0 commits 3", "65ms r1 hears 3"});
    // Once: the second time nothing was lost.
    check(c.stage.states,
          {"70ms r0 crashed", "80ms r0 up, disk lost", "90ms r0 crashed", "95ms r0 up"});
  }
}

BOOST_AUTO_TEST_CASE(a_disk_that_no_longer_lies_has_everything) {
  for (const Style style : kStyles) {
    Counter c(style);
    c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.loses = 1s}); });
    c.count(10ms);
    c.count(20ms);
    c.stage.at(30ms, [&] { c.stage.host().disk_heals(kR0, {.loses = 1s}); });
    c.stage.at(40ms, [&] { c.stage.host().crash(kR0); });
    c.stage.at(50ms, [&] { c.stage.host().restart(kR0, true); });
    c.stage.run(1s);
    BOOST_TEST(c.last_found() == 2u);
    check(c.stage.states, {"40ms r0 crashed", "50ms r0 up"});
  }
}

BOOST_AUTO_TEST_CASE(a_torn_write_leaves_a_beginning_of_what_was_under_way) {
  std::map<std::size_t, int> lengths;
  for (int k = 0; k < 40; ++k) {
    Counter c(Style::log);
    c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.sync = 20ms, .tears = true}); });
    c.count(10ms);
    for (const Duration when : {40ms, 41ms, 42ms, 43ms}) c.count(when);
    c.stage.at(50ms + Duration{k}, [&] { c.stage.host().crash(kR0); });
    c.stage.at(60ms, [&] { c.stage.host().restart(kR0, true); });
    c.stage.run(1s);
    for (std::size_t i = 0; i < c.found.size(); ++i) BOOST_TEST(c.found[i] == i + 1);
    BOOST_TEST(c.stage.lines.size() == 2u);  // the first, committed and heard
    ++lengths[c.found.size()];
  }
  // The first is durable; of the four under way at least the last is torn.
  BOOST_TEST(lengths.size() == 4u);
  BOOST_TEST(lengths.begin()->first == 1u);
  BOOST_TEST(lengths.rbegin()->first == 4u);
}

BOOST_AUTO_TEST_CASE(several_faults_of_one_disk_are_its_slowest_sync) {
  Counter c(Style::log);
  c.stage.at(0ms, [&] {
    c.stage.host().disk_fails(kR0, {.sync = 20ms});
    c.stage.host().disk_fails(kR0, {.sync = 50ms});
  });
  c.count(10ms);
  c.stage.at(70ms, [&] { c.stage.host().disk_heals(kR0, {.sync = 50ms}); });
  c.count(100ms);
  c.stage.at(130ms, [&] { c.stage.host().disk_heals(kR0, {.sync = 20ms}); });
  c.count(200ms);
  c.stage.run(1s);
  check(c.stage.lines, {"60ms r0 commits 1", "65ms r1 hears 1", "120ms r0 commits 2",
                        "125ms r1 hears 2", "200ms r0 commits 3", "205ms r1 hears 3"});
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_sync_when_the_disk_heals_leaves_as_planned) {
  for (const Style style : kStyles) {
    Counter c(style);
    c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.sync = 20ms}); });
    c.count(10ms);
    c.count(15ms);
    c.stage.at(20ms, [&] { c.stage.host().disk_heals(kR0, {.sync = 20ms}); });
    c.stage.run(1s);
    check(c.stage.lines,
          {"30ms r0 commits 1", "30ms r0 commits 2", "35ms r1 hears 1", "35ms r1 hears 2"});
  }
}

BOOST_AUTO_TEST_CASE(a_block_that_waits_for_its_sync_is_not_proposed_again) {
  Stage stage;
  std::vector<std::size_t> pending;
  stage.host().disk_fails(kR0, {.sync = 20ms});
  stage.act(10ms, 0, [&](Context& ctx) {
    ctx.persist(std::uint64_t{1});
    ctx.commit(stage.block(1, ctx.batch({.requests = 2})));
  });
  stage.act(15ms, 0, [&](Context& ctx) {
    pending.push_back(ctx.batch({}).size());
    pending.push_back(ctx.has_requests() ? 1 : 0);
  });
  stage.run(1s);
  BOOST_TEST(pending == (std::vector<std::size_t>{1, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_slow_disk_and_a_slow_cpu_add_up) {
  Stage stage(2, kSigning);
  stage.host().disk_fails(kR0, {.sync = 25ms});
  stage.act(10ms, 0, [](Context& ctx) {
    ctx.persist(std::uint64_t{1});
    say(ctx, 1);
    say(ctx, 2);
    say(ctx, 3);
  });
  stage.run(1s);
  // Synced at 35 ms; signed at 20, 30 and 40 ms.
  check(stage.lines, {"40ms r1 hears 1", "40ms r1 hears 2", "45ms r1 hears 3"});
}

BOOST_AUTO_TEST_CASE(a_disk_works_on_while_its_process_is_paused) {
  Counter c(Style::log);
  c.stage.at(0ms, [&] { c.stage.host().disk_fails(kR0, {.sync = 20ms}); });
  c.count(10ms);
  c.stage.at(15ms, [&] { c.stage.host().pause(kR0); });
  c.stage.at(100ms, [&] { c.stage.host().resume(kR0); });
  c.stage.run(1s);
  check(c.stage.lines, {"100ms r0 commits 1", "105ms r1 hears 1"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace byzlab
