// Playing: the cursor runs through simulated time, and the range follows it.
import type { Store } from "./store";

export function play(store: Store): () => void {
  let last: number | null = null;
  let frame = 0;
  const tick = (now: number) => {
    const { playing, cursor, speed, whole, range } = store.state;
    if (!playing) {
      last = null;
      return;
    }
    const next = cursor + (last === null ? 0 : ((now - last) / 1000) * speed);
    last = now;
    if (next >= whole.to) {
      store.set({ cursor: whole.to, playing: false });
      return;
    }
    const width = range.to - range.from;
    store.set(next > range.to ? { cursor: next, range: { from: next, to: next + width } } : { cursor: next });
    frame = requestAnimationFrame(tick);
  };
  const unsubscribe = store.subscribe((state, before) => {
    if (state.playing && !before.playing) {
      if (state.cursor >= state.whole.to) store.set({ cursor: state.whole.from });
      frame = requestAnimationFrame(tick);
    }
  });
  return () => {
    cancelAnimationFrame(frame);
    unsubscribe();
  };
}
