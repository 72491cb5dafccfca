// Behaviors around a tiny engine: what it wanted to say, and what came of it, as text.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "base/crypto.h"
#include "consensus/registry.h"
#include "faults/byzantine.h"
#include "faults/kinds.h"
#include "faults/registry.h"
#include "network/corruption.h"
#include "tests/faults/toy.h"

namespace byzlab {
namespace {

using namespace std::chrono_literals;
using namespace byzlab::toy;

constexpr std::uint32_t kReplicas = 4;

/// Says what its timers tell it to, and writes down what it hears.
class Parrot final : public Engine {
 public:
  explicit Parrot(std::string& heard) : heard_(heard) {}
  void start(Context& ctx) override { ctx.enter_view(View(0), ReplicaId(0)); }
  void on_message(Context&, ReplicaId from, const Message& m) override {
    heard_ += "r" + std::to_string(from.value) + ":" +
              (m.kind() == Ping::kKind ? std::to_string(m.as<Ping>().number) : "blob") + " ";
  }
  void on_timer(Context& ctx, Timer timer) override {
    switch (timer.id) {
      case 0: ctx.broadcast(Ping{.view = View(1), .number = timer.payload}); break;
      case 1: ctx.send(ReplicaId(2), Ping{.view = View(1), .number = timer.payload}); break;
      case 2: ctx.broadcast(Blob{.body = {1, 2, 3}}); break;
      case 3: ctx.enter_view(View(timer.payload), ReplicaId(timer.payload % kReplicas)); break;
      case 4:
        ctx.persist(timer.payload);
        ctx.set_timer(Timer{.id = 7}, 5ms);
        ctx.broadcast(Ping{.view = View(1), .number = timer.payload});
        ctx.note(Milestone::voted, View(1));
        break;
    }
  }

 private:
  std::string& heard_;
};

struct NoRequests final : Mempool {
  bool pending() override { return false; }
  std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override { return {}; }
};

std::string text_of(const Message& m) {
  return m.kind() == Ping::kKind ? std::to_string(m.as<Ping>().number) : "blob";
}

/// The host of one Byzantine replica, r1, of four. Every call's effects become text: "r0<5" is a
/// message to r0, "all<5" a broadcast, a name in brackets another author.
class Stand {
 public:
  Stand() : Stand(std::vector<std::uint32_t>{1}) {}
  explicit Stand(const std::vector<std::uint32_t>& members) : adversary_(11, set(members)) {
    byzantine_ = std::make_unique<Byzantine>(std::make_unique<Parrot>(heard), adversary_);
  }
  ~Stand() { close(); }

  std::size_t add(std::string_view name,
                  const std::vector<std::pair<std::string, std::string>>& set = {},
                  const std::vector<std::uint32_t>& to = {}, bool from_start = true) {
    const BehaviorInfo* info = find_behavior(name);
    BOOST_REQUIRE(info != nullptr);
    Options options(info->options);
    for (const auto& [key, value] : set) options = options.with(key, value);
    if (!to.empty()) {
      std::vector<ReplicaId> replicas;
      for (auto r : to) replicas.emplace_back(r);
      options.set_replicas("to", replicas);
    }
    return byzantine_->add(info->make(options), Condition(options), from_start);
  }

  template <class Call>
  std::string call(Call&& what) {
    Context ctx(environment_, now, outbox_);
    what(*byzantine_, ctx);
    return carry_out();
  }
  std::string start() {
    return call([](Engine& e, Context& ctx) { e.start(ctx); });
  }
  std::string timer(std::uint8_t id, std::uint64_t payload) {
    return call([&](Engine& e, Context& ctx) {
      e.on_timer(ctx, Timer{.owner = 0, .id = id, .payload = payload});
    });
  }
  std::string say(std::uint64_t number) {
    sent.clear();
    return timer(0, number);
  }
  std::string hear(std::uint32_t from, std::uint64_t number) {
    Message* m = store.make(ReplicaId(from), Ping{.view = View(1), .number = number});
    const HeldMessage held(store, m);
    crypto.sign(store, *m);
    return call([&](Engine& e, Context& ctx) { e.on_message(ctx, ReplicaId(from), *m); });
  }
  /// Fires what is due up to and including `until`, in order.
  std::string pass_time(Duration until) {
    std::string text;
    for (;;) {
      auto next = timers_.end();
      for (auto t = timers_.begin(); t != timers_.end(); ++t) {
        if (next == timers_.end() || t->second < next->second) next = t;
      }
      if (next == timers_.end() || next->second > Time{until}) break;
      now = next->second;
      const Timer timer{.owner = next->first.first, .id = next->first.second};
      timers_.erase(next);
      text += call([&](Engine& e, Context& ctx) { e.on_timer(ctx, timer); });
    }
    now = Time{until};
    return text;
  }
  void close() {
    byzantine_.reset();
    BOOST_TEST(store.alive() == 0);
  }
  std::size_t armed() const { return timers_.size(); }

  MessageStore store{kToyMessages};
  Crypto crypto{Crypto::Scheme::modelled, 5, kReplicas};
  Time now = kStart;
  std::string heard;
  std::vector<std::pair<std::uint32_t, Ping>> sent;  // unicasts of pings since the last say()

  Byzantine& byzantine() { return *byzantine_; }

 private:
  static ReplicaSet set(const std::vector<std::uint32_t>& members) {
    ReplicaSet s(kReplicas);
    for (auto r : members) s.insert(ReplicaId(r));
    return s;
  }

  std::string carry_out() {
    std::string text;
    std::vector<Message*> to_self;
    for (const Effect& effect : outbox_.effects) {
      if (const auto* send = std::get_if<Send>(&effect)) {
        carry(*send->message);
        if (send->to == ReplicaId(1)) {
          to_self.push_back(send->message);
          continue;
        }
        text += "r" + std::to_string(send->to.value) + "<" + described(*send->message) + " ";
        if (send->message->kind() == Ping::kKind)
          sent.emplace_back(send->to.value, send->message->as<Ping>());
        store.release(send->message);
      } else if (const auto* broadcast = std::get_if<Broadcast>(&effect)) {
        carry(*broadcast->message);
        to_self.push_back(broadcast->message);
        text += "all<" + described(*broadcast->message) + " ";
      } else if (const auto* set = std::get_if<SetTimer>(&effect)) {
        timers_[{set->timer.owner, set->timer.id}] = now + set->after;
        if (set->timer.owner == 0) text += "timer ";
      } else if (const auto* cancel = std::get_if<CancelTimer>(&effect)) {
        timers_.erase({cancel->timer.owner, cancel->timer.id});
      } else if (std::holds_alternative<Persist>(effect)) {
        text += "persist ";
      } else if (std::holds_alternative<Note>(effect)) {
        text += "note ";
      }
    }
    outbox_.clear();
    for (Message* m : to_self) {
      text += call([&](Engine& e, Context& ctx) { e.on_message(ctx, m->from(), *m); });
      store.release(m);
    }
    return text;
  }
  void carry(Message& m) {
    if (m.from() == ReplicaId(1)) crypto.sign(store, m);
    BOOST_REQUIRE(crypto.authentic(store, m));
  }
  static std::string described(const Message& m) {
    const std::string text = text_of(m);
    return m.from() == ReplicaId(1) ? text : text + "[r" + std::to_string(m.from().value) + "]";
  }

  Adversary adversary_;
  std::unique_ptr<Byzantine> byzantine_;
  Committee committee_{kReplicas};
  NoRequests mempool_;
  DurableState durable_;
  Rng rng_{99};
  Context::Environment environment_{.self = ReplicaId(1),
                                    .committee = &committee_,
                                    .crypto = &crypto,
                                    .store = &store,
                                    .mempool = &mempool_,
                                    .recovered = &durable_,
                                    .rng = &rng_};
  Outbox outbox_;
  std::map<std::pair<std::uint8_t, std::uint8_t>, Time> timers_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(behaviors)

BOOST_AUTO_TEST_CASE(without_behaviors_the_wrapper_is_transparent) {
  Stand stand;
  BOOST_TEST(stand.start() == "");
  BOOST_TEST(stand.say(5) == "all<5 ");
  BOOST_TEST(stand.timer(1, 6) == "r2<6 ");
  BOOST_TEST(stand.timer(4, 7) == "persist timer all<7 note ");
  stand.hear(3, 8);
  BOOST_TEST(stand.heard == "r1:5 r1:7 r3:8 ");
}

BOOST_AUTO_TEST_CASE(silent_says_nothing_but_to_itself) {
  Stand stand;
  stand.add("silent");
  stand.start();
  BOOST_TEST(stand.say(5) == "");
  BOOST_TEST(stand.timer(1, 6) == "");
  BOOST_TEST(stand.timer(4, 7) == "persist timer note ");
  BOOST_TEST(stand.heard == "r1:5 r1:7 ");
}

BOOST_AUTO_TEST_CASE(silent_to_some) {
  Stand stand;
  stand.add("silent", {}, {0, 2});
  stand.start();
  BOOST_TEST(stand.say(5) == "r3<5 ");
  BOOST_TEST(stand.timer(1, 6) == "");
  BOOST_TEST(stand.heard == "r1:5 ");
}

BOOST_AUTO_TEST_CASE(only_while_leading) {
  Stand stand;
  stand.add("silent", {{"while", "role:leader"}});
  stand.start();
  BOOST_TEST(stand.say(1) == "all<1 ");
  stand.timer(3, 1);  // view 1, led by r1
  BOOST_TEST(stand.say(2) == "");
  stand.timer(3, 2);
  BOOST_TEST(stand.say(3) == "all<3 ");
}

BOOST_AUTO_TEST_CASE(only_in_its_window) {
  Stand stand;
  stand.add("silent", {{"start", "10ms"}, {"stop", "20ms"}});
  stand.start();
  std::string said;
  for (int ms : {0, 9, 10, 19, 20, 30}) {
    stand.now = Time{ms * 1ms};
    said += stand.say(static_cast<std::uint64_t>(ms));
  }
  BOOST_TEST(said == "all<0 all<9 all<20 all<30 ");
}

BOOST_AUTO_TEST_CASE(only_some_kinds) {
  Stand stand;
  stand.add("silent", {{"kinds", "Blob"}});
  stand.start();
  BOOST_TEST(stand.say(5) == "all<5 ");
  BOOST_TEST(stand.timer(2, 0) == "");
}

BOOST_AUTO_TEST_CASE(with_a_probability_it_acts_on_its_share) {
  Stand stand;
  stand.add("silent", {{"probability", "30%"}});
  stand.start();
  int silent = 0;
  for (std::uint64_t k = 0; k < 2000; ++k) silent += stand.say(k).empty() ? 1 : 0;
  // Binomial: 600 ± 4 × 20.5.
  BOOST_TEST((silent > 518 && silent < 682));
}

BOOST_AUTO_TEST_CASE(withheld_messages_reach_fellow_members) {
  Stand stand({1, 3});
  stand.add("withhold", {{"kinds", "Ping"}});
  stand.start();
  BOOST_TEST(stand.say(5) == "r3<5 ");
  BOOST_TEST(stand.timer(2, 0) == "all<blob ");
  BOOST_TEST(stand.heard == "r1:5 r1:blob ");
}

BOOST_AUTO_TEST_CASE(delayed_messages_leave_later_in_order) {
  Stand stand;
  stand.add("delay", {{"add", "100ms"}});
  stand.start();
  BOOST_TEST(stand.say(1) == "");
  stand.now = Time{40ms};
  BOOST_TEST(stand.say(2) == "");
  BOOST_TEST(stand.timer(1, 3) == "");
  BOOST_TEST(stand.heard == "r1:1 r1:2 ");  // its own engine is not deceived
  BOOST_TEST(stand.pass_time(99ms) == "");
  BOOST_TEST(stand.pass_time(100ms) == "all<1 ");
  BOOST_TEST(stand.pass_time(200ms) == "all<2 r2<3 ");
  BOOST_TEST(stand.heard == "r1:1 r1:2 ");  // and hears nothing twice
}

BOOST_AUTO_TEST_CASE(jitter_reorders_what_is_delayed) {
  Stand stand;
  stand.add("delay", {{"add", "1ms"}, {"jitter", "100ms"}});
  stand.start();
  for (std::uint64_t k = 0; k < 10; ++k) stand.say(k);
  const std::string said = stand.pass_time(101ms);
  std::string in_order;
  for (int k = 0; k < 10; ++k) {
    in_order += "all<" + std::to_string(k) + " ";
    BOOST_TEST(said.find("all<" + std::to_string(k) + " ") != std::string::npos);
  }
  BOOST_TEST(said.size() == in_order.size());
  BOOST_TEST(said != in_order);
}

BOOST_AUTO_TEST_CASE(selected_receivers_only) {
  Stand stand({1, 3});
  stand.add("selective_send", {}, {0});
  stand.start();
  BOOST_TEST(stand.say(5) == "r0<5 r3<5 ");  // r3 is a fellow member
  BOOST_TEST(stand.timer(1, 6) == "");
  BOOST_TEST(stand.heard == "r1:5 ");
}

BOOST_AUTO_TEST_CASE(a_fixed_audience_stays_and_one_by_message_changes) {
  for (const std::string audience : {"fixed", "by_message"}) {
    Stand stand;
    stand.add("selective_send", {{"audience", audience}});
    stand.start();
    std::set<std::string> audiences;
    for (std::uint64_t k = 100; k < 200; ++k) {
      std::string said = stand.say(k), who;
      for (std::uint32_t r : {0u, 2u, 3u})
        who += said.find("r" + std::to_string(r) + "<") != std::string::npos ? '1' : '0';
      audiences.insert(who);
    }
    BOOST_TEST(audiences.size() == (audience == "fixed" ? 1u : 8u));
  }
}

BOOST_AUTO_TEST_CASE(replayed_messages_keep_their_authors) {
  Stand stand;
  stand.add("replay", {{"every", "10ms"}, {"whose", "others"}});
  stand.start();
  BOOST_TEST(stand.say(5) == "all<5 ");
  BOOST_TEST(stand.pass_time(10ms) == "");  // its own it does not remember
  stand.hear(3, 8);
  BOOST_TEST(stand.pass_time(30ms) == "all<8[r3] all<8[r3] ");
  BOOST_TEST(stand.heard == "r1:5 r3:8 ");
}

BOOST_AUTO_TEST_CASE(replay_remembers_the_latest_only) {
  Stand stand;
  stand.add("replay", {{"every", "10ms"}, {"memory", "3"}, {"burst", "50"}});
  stand.start();
  for (std::uint64_t k = 1; k <= 8; ++k) stand.say(k);
  const std::string said = stand.pass_time(10ms);
  for (int k = 1; k <= 8; ++k) {
    const bool replayed = said.find("all<" + std::to_string(k) + " ") != std::string::npos;
    BOOST_TEST(replayed == (k > 5));
  }
}

BOOST_AUTO_TEST_CASE(corrupt_messages_are_authentic_and_different) {
  Stand stand;
  stand.add("corrupt", {{"differ", "0"}});
  stand.start();
  int changed = 0;
  for (std::uint64_t k = 1; k <= 50; ++k) {
    // Stand::carry checks that all of it is authentic.
    const std::string said = stand.say(k);
    BOOST_TEST(said.starts_with("all<"));
    changed += said != "all<" + std::to_string(k) + " " ? 1 : 0;
  }
  BOOST_TEST(changed > 15);  // others differ in `view` only
  BOOST_TEST(stand.heard.starts_with("r1:1 r1:2 r1:3 "));
}

BOOST_AUTO_TEST_CASE(corrupt_copies_may_differ_by_receiver) {
  Stand stand;
  stand.add("corrupt", {{"differ", "1"}});
  stand.start();
  int told_apart = 0, told_true = 0;
  for (std::uint64_t k = 1; k <= 50; ++k) {
    stand.say(k);
    std::set<std::pair<std::uint64_t, std::uint64_t>> versions;
    for (const auto& [to, ping] : stand.sent) {
      versions.insert({ping.view.value, ping.number});
      told_true += ping.number == k && ping.view == View(1) ? 1 : 0;
    }
    told_apart += versions.size() > 1 ? 1 : 0;
  }
  BOOST_TEST(told_apart > 30);
  BOOST_TEST((told_true > 40 && told_true < 110));  // about half of 150
}

BOOST_AUTO_TEST_CASE(behaviors_act_one_after_the_other) {
  Stand stand;
  stand.add("delay", {{"add", "10ms"}});
  stand.add("selective_send", {}, {3});
  stand.start();
  BOOST_TEST(stand.say(5) == "");
  BOOST_TEST(stand.pass_time(10ms) == "r3<5 ");
  BOOST_TEST(stand.heard == "r1:5 ");
}

BOOST_AUTO_TEST_CASE(a_replica_turns_byzantine_and_back) {
  Stand stand;
  const std::size_t seat = stand.add("delay", {{"add", "1s"}}, {}, false);
  stand.start();
  BOOST_TEST(stand.say(1) == "all<1 ");
  stand.call([&](Byzantine& b, Context& ctx) { b.begin(ctx, seat); });
  BOOST_TEST(stand.say(2) == "");
  BOOST_TEST(stand.armed() == 1);
  // What it held back goes out when it ends.
  BOOST_TEST(stand.call([&](Byzantine& b, Context& ctx) { b.end(ctx, seat); }) == "all<2 ");
  BOOST_TEST(stand.armed() == 0);
  BOOST_TEST(stand.say(3) == "all<3 ");
  BOOST_TEST(stand.heard == "r1:1 r1:2 r1:3 ");
}

BOOST_AUTO_TEST_CASE(messages_held_at_the_end_are_released) {
  Stand stand;
  stand.add("delay", {{"add", "1h"}});
  stand.add("replay");
  stand.start();
  stand.say(1);
  stand.hear(2, 3);
  BOOST_TEST(stand.store.alive() == 2);
  stand.close();
}

BOOST_AUTO_TEST_CASE(random_does_everything_and_repeats_itself_exactly) {
  std::string first;
  for (int run = 0; run < 2; ++run) {
    Stand stand;
    stand.add("random", {{"late", "20ms"}, {"period", "5ms"}});
    stand.start();
    std::string said;
    int untouched = 0, nothing = 0, selected = 0;
    for (std::uint64_t k = 0; k < 200; ++k) {
      stand.now = Time{Duration{k * 1ms}};
      const std::string now = stand.say(k);
      untouched += now == "all<" + std::to_string(k) + " " ? 1 : 0;
      nothing += now.empty() ? 1 : 0;
      selected += now.starts_with("r") ? 1 : 0;
      stand.hear(2, 1000 + k);
      said += now + "; " + stand.pass_time(Duration{k * 1ms}) + "\n";
    }
    BOOST_TEST((untouched > 10 && nothing > 40 && selected > 20));
    BOOST_TEST(said.find("[r2]") != std::string::npos);
    if (run == 0) first = said;
    BOOST_TEST(said == first);
  }
}

BOOST_AUTO_TEST_CASE(members_of_one_mind_pick_alike) {
  const Adversary adversary(3, ReplicaSet(4));
  BOOST_TEST(adversary.mind(7).next() == adversary.mind(7).next());
  BOOST_TEST(adversary.mind(7).next() != adversary.mind(8).next());
  BOOST_TEST(adversary.of(ReplicaId(1)).next() != adversary.of(ReplicaId(2)).next());
}

BOOST_AUTO_TEST_CASE(every_row_of_the_registry_can_be_made) {
  std::set<std::string_view> names;
  for (const BehaviorInfo& info : all_behaviors()) {
    BOOST_TEST_CONTEXT(info.name) {
      BOOST_TEST(names.insert(info.name).second);
      BOOST_TEST(find_behavior(info.name) == &info);
      BOOST_TEST(!info.doc.empty());
      const Options options(info.options);  // throws on a wrong default
      BOOST_TEST((info.make != nullptr) == (info.kind == BehaviorKind::wrapper));
      BOOST_TEST(info.variant.empty() == (info.kind != BehaviorKind::engine_variant));
      if (info.make != nullptr) {
        BOOST_TEST(info.make(options) != nullptr);
        const Condition condition(options);
      }
    }
  }
  BOOST_TEST(find_behavior("honest") == nullptr);
}

BOOST_AUTO_TEST_CASE(an_engine_variant_has_the_options_of_its_behavior) {
  for (const BehaviorInfo& info : all_behaviors()) {
    if (info.kind != BehaviorKind::engine_variant) continue;
    const EngineInfo* engine = find_engine(info.variant);
    BOOST_REQUIRE(engine != nullptr);
    const EngineInfo* honest = find_engine(engine->attacks);
    BOOST_REQUIRE(honest != nullptr);
    // What the variant adds to its protocol is what the behavior offers, row by row.
    std::vector<OptionSpec> added;
    for (const OptionSpec& spec : engine->options) {
      if (std::ranges::find(honest->options, spec.name, &OptionSpec::name) == honest->options.end())
        added.push_back(spec);
    }
    std::ranges::sort(added, {}, &OptionSpec::name);
    std::vector<OptionSpec> offered(info.options.begin(), info.options.end());
    std::ranges::sort(offered, {}, &OptionSpec::name);
    BOOST_REQUIRE_EQUAL(added.size(), offered.size());
    for (std::size_t i = 0; i < added.size(); ++i) {
      BOOST_TEST(added[i].name == offered[i].name);
      BOOST_TEST((added[i].type == offered[i].type));
      BOOST_TEST(added[i].default_text == offered[i].default_text);
      BOOST_TEST(added[i].range == offered[i].range);
      BOOST_TEST(added[i].doc == offered[i].doc);
    }
  }
}

BOOST_AUTO_TEST_CASE(kinds_by_name_and_by_purpose) {
  struct Named {
    MessageType type;
    explicit Named(std::string_view name) : type(message_type<Ping>) { type.name = name; }
  };
  const Named vote("Vote"), propose("Propose"), status("Status");
  MessageTable table{};
  table[1] = &propose.type;
  table[2] = &vote.type;
  table[9] = &status.type;
  BOOST_TEST(kinds_mask("votes", table) == 1u << 2);
  BOOST_TEST(kinds_mask("proposals, Status", table) == (1u << 1 | 1u << 9));
  BOOST_TEST(kinds_mask("", table) == ~0u);
  BOOST_TEST(kinds_mask("Prepare", table) == 0u);
  BOOST_TEST(unknown_kinds("Vote, Prepare, status", table) ==
                 (std::vector<std::string>{"Prepare", "status"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace byzlab
