// A handful of miners on links of one constant delay: just enough of a host to look at races.
//
// Everything that happens is in `log`, in order. Nothing is signed and processing takes no time;
// the real host has tests of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <variant>
#include <vector>

#include "consensus/nakamoto/private_miner.h"

namespace byzlab::nakamoto {

class Miners {
 public:
  struct Setup {
    std::vector<Power> power;
    Duration delay{};
    std::uint64_t seed = 1;
    std::function<std::unique_ptr<Engine>(ReplicaId)> make;
  };

  struct Committed {
    ReplicaId replica;
    BlockRef block;
  };
  struct Noted {
    ReplicaId replica;
    Note note;
  };
  struct Happening {
    Time at;
    std::variant<Committed, Noted> what;
  };
  std::vector<Happening> log;

  explicit Miners(Setup setup)
      : committee_(setup.power),
        crypto_(Crypto::Scheme::modelled, setup.seed, committee_.n()),
        delay_(setup.delay),
        make_(std::move(setup.make)) {
    for (std::uint32_t i = 0; i < committee_.n(); ++i) {
      replicas_.push_back(std::make_unique<Replica>(Rng(mix(setup.seed, i))));
      replicas_[i]->environment = {.self = ReplicaId(i),
                                   .committee = &committee_,
                                   .crypto = &crypto_,
                                   .store = &store_,
                                   .mempool = &mempool_,
                                   .recovered = &replicas_[i]->durable,
                                   .rng = &replicas_[i]->rng};
      restart(ReplicaId(i));
    }
  }
  Miners(const Miners&) = delete;
  ~Miners() {
    for (; !queue_.empty(); queue_.pop()) {
      if (queue_.top().message != nullptr) store_.release(queue_.top().message);
    }
  }

  /// Runs until `done()` or the end, whichever is first.
  template <class Done>
  void run(Time end, Done&& done) {
    while (!queue_.empty() && queue_.top().at <= end && !done()) {
      const Event event = queue_.top();
      queue_.pop();
      now_ = event.at;
      Replica& r = *replicas_[event.to.value];
      if (Message* m = event.message) {
        if (reachable(m->from(), event.to)) {
          step(r, [&](Context& ctx) { r.engine->on_message(ctx, m->from(), *m); });
        }
        store_.release(m);
      } else if (event.arming == r.armed[{event.timer.owner, event.timer.id}]) {
        step(r, [&](Context& ctx) { r.engine->on_timer(ctx, event.timer); });
      }
    }
  }
  void run(Time end) {
    run(end, [] { return false; });
  }

  /// Messages that arrive are lost while this says false.
  std::function<bool(ReplicaId from, ReplicaId to)> reachable = [](ReplicaId, ReplicaId) {
    return true;
  };
  /// A new engine over what was persisted.
  void restart(ReplicaId id) {
    Replica& r = *replicas_[id.value];
    r.armed.clear();
    r.engine = make_(id);
    step(r, [&](Context& ctx) { r.engine->start(ctx); });
  }

  Time now() const { return now_; }
  const Crypto& crypto() const { return crypto_; }

 private:
  struct NoRequests final : Mempool {
    bool pending() override { return false; }
    std::vector<Request> batch(BatchLimit, std::span<const BlockRef>) override { return {}; }
  };
  struct Replica {
    explicit Replica(Rng r) : rng(r) {}
    Context::Environment environment{};
    DurableState durable;
    Rng rng;
    std::unique_ptr<Engine> engine;
    std::map<std::pair<int, int>, std::uint64_t> armed;  // the event that may fire, by timer
  };
  struct Event {
    Time at;
    std::uint64_t arming;  // counts events
    ReplicaId to;
    Message* message;  // null: a timer
    Timer timer;
    bool operator>(const Event& other) const {
      return std::pair(at, arming) > std::pair(other.at, other.arming);
    }
  };

  template <class Call>
  void step(Replica& r, Call&& call) {
    std::queue<Message*> to_self;
    perform(r, to_self, call);
    for (; !to_self.empty(); to_self.pop()) {
      Message* m = to_self.front();
      perform(r, to_self, [&](Context& ctx) { r.engine->on_message(ctx, m->from(), *m); });
      store_.release(m);
    }
  }

  template <class Call>
  void perform(Replica& r, std::queue<Message*>& to_self, Call&& call) {
    Context ctx(r.environment, now_, outbox_);
    call(ctx);
    const ReplicaId self = r.environment.self;
    for (const Effect& effect : outbox_.effects) {
      if (const auto* send = std::get_if<Send>(&effect)) {
        post(self, send->to, *send->message, to_self);
      } else if (const auto* broadcast = std::get_if<Broadcast>(&effect)) {
        for (std::uint32_t to = 0; to < committee_.n(); ++to) {
          post(self, ReplicaId(to), *broadcast->message, to_self);
        }
      } else if (const auto* set = std::get_if<SetTimer>(&effect)) {
        r.armed[{set->timer.owner, set->timer.id}] = ++events_;
        queue_.push({now_ + set->after, events_, self, nullptr, set->timer});
      } else if (const auto* cancel = std::get_if<CancelTimer>(&effect)) {
        r.armed.erase({cancel->timer.owner, cancel->timer.id});
      } else if (const auto* commit = std::get_if<Commit>(&effect)) {
        log.push_back({now_, Committed{self, commit->block}});
      } else if (const auto* persist = std::get_if<PersistBlock>(&effect)) {
        r.durable.blocks.emplace_back(persist->block);
      } else if (const auto* note = std::get_if<Note>(&effect)) {
        log.push_back({now_, Noted{self, *note}});
      }
    }
    outbox_.discard(store_);
  }

  void post(ReplicaId from, ReplicaId to, Message& m, std::queue<Message*>& to_self) {
    store_.hold(&m);
    if (to == from) {
      to_self.push(&m);
    } else {
      queue_.push({now_ + delay_, ++events_, to, &m, Timer{}});
    }
  }

  static constexpr MessageTable kTable = Nakamoto::messages();
  Committee committee_;
  Crypto crypto_;
  MessageStore store_{kTable};
  NoRequests mempool_;
  Duration delay_;
  std::function<std::unique_ptr<Engine>(ReplicaId)> make_;
  Time now_ = kStart;
  std::uint64_t events_ = 0;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  Outbox outbox_;
};

}  // namespace byzlab::nakamoto
