import assert from "node:assert/strict";
import test from "node:test";
import { MessageFeed } from "../src/views/message_feed";
import { messages } from "./small_runs";

Object.assign(globalThis, { window: globalThis });
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function feed(
  live: boolean,
  answer: (from: number, to: number) => unknown,
  state = { whole: { from: 0, to: 20 } },
) {
  const asked: [number, number][] = [];
  let changes = 0;
  const context = {
    live,
    data: { id: "a/b" },
    store: { state },
    source: {
      messages: async (_: string, from: number, to: number) => {
        asked.push([from, to]);
        return answer(from, to);
      },
    },
  };
  return {
    asked,
    changes: () => changes,
    feed: new MessageFeed(context as never, () => {
      changes++;
    }),
  };
}
const whole = () => ({ ...messages([[0, 1, 0, 1, "Vote"]]).window, from: 0, to: 10 });

test("a range inside a complete answer is not asked for again", async () => {
  const { feed: made, asked } = feed(false, whole);
  made.want({ from: 0, to: 10 });
  await pause(20);
  made.want({ from: 2, to: 3 });
  await pause(150);
  assert.deepEqual(asked, [[0, 10]]);
});

test("a range that keeps moving is asked for now and then, the latest at last", async () => {
  const { feed: made, asked } = feed(true, (from, to) => ({ ...whole(), from, to, total: 9999 }));
  for (let i = 0; i < 14; i++) {
    made.want({ from: i, to: i + 1 });
    await pause(50);
  }
  await pause(600);
  assert.ok(asked.length >= 1 && asked.length <= 5, String(asked.length));
  assert.deepEqual(asked.at(-1), [13, 14]);
  made.destroy();
});

test("the end of a live run is asked for again, until what was under way has arrived", async () => {
  const state = { whole: { from: 0, to: 10 } };
  const { feed: made, asked } = feed(true, whole, state);
  for (let i = 0; i < 8; i++) {
    made.want({ from: 9, to: 10 });
    await pause(50);
  }
  const before = asked.length;
  assert.ok(before >= 2, String(before));
  state.whole.to = 20;
  for (let i = 0; i < 16; i++) {
    made.want({ from: 9, to: 10 });
    await pause(50);
  }
  assert.ok(asked.length <= before + 2, `${before}, then ${asked.length}`);
  made.destroy();
});

test("trouble is kept in words, and a destroyed feed says nothing more", async () => {
  const { feed: made, changes } = feed(false, () => {
    throw new Error("no messages here");
  });
  made.want({ from: 0, to: 1 });
  await pause(20);
  assert.equal(made.trouble, "no messages here");
  assert.equal(changes(), 1);
  made.want({ from: 5, to: 6 });
  made.destroy();
  await pause(200);
  assert.equal(changes(), 1);
});
