// Topology: who is who at the cursor (★ leads, ■ lies, ✕ is down, ½ catches up), which sides a partition has,
// what is on its way. A click on a replica shows its state.
import { element, empty } from "../dom";
import { figure } from "../figure";
import { bytes, moment, number } from "../format";
import { asOf } from "./as_of";
import { Canvas, label, stroke } from "./canvas";
import { disturber } from "./disturb";
import { MessageFeed, no_rows } from "./message_feed";
import { answeredRange, latestRange, networkFeed } from "./live_feeds";
import { mark_words, replicaSet } from "./names";
import { isCut, lowerBound, modelOf, type RunModel } from "./run_model";
import { bold, font, hatching, hue, lettersOn, mixed, shades, type Shades } from "./shades";
import { Legend, Tip, type Key } from "./tip";
import {
  hulls,
  nodeStates,
  places,
  regionMap,
  traffic,
  underWay,
  type NodeState,
  type Place,
  type RegionSpot,
} from "./topology_layout";
import type { View, ViewContext } from "./view";
import "./views.css";

/** Of a live run the lines between replicas are those of so many of the latest messages. */
const latest_messages = 600;

export function mount(root: HTMLElement, context: ViewContext): View {
  const { data, store } = context;
  let model = modelOf(data),
    map = regionMap(model),
    unit = map?.at ?? places(model),
    states: NodeState[] = [];
  let at: Place[] = [];
  const feed = new MessageFeed(context, () => canvas.redraw());
  const layout = element(
    "select",
    { "aria-label": "layout", hidden: map === null, onchange: () => (lay(), canvas.redraw()) },
    element("option", { value: "map" }, "by region"),
    element("option", { value: "circle" }, "circle"),
  );
  const lay = () => {
    map = layout.value === "circle" ? null : regionMap(model);
    unit = map?.at ?? places(model);
  };
  const picture = figure({
    title: "Topology",
    tools: [layout],
    meaning:
      "Roles and views at the cursor. Lines are traffic in the shown range, dots are messages under way; a partition draws each side in its own hull.",
    table: () => table(nodeStates(model, now())),
  });
  const canvas = new Canvas(picture.body, "Map of replicas; arrow up and down pick one", 520, paint);
  const legend = new Legend(keys);
  const said = element("p", { class: "note", role: "status" });
  picture.body.append(legend.root, said);
  const tip = new Tip(picture.body);
  const card = element("section", { class: "card" });
  const disturb = disturber(context);
  const side = element("div", { class: "stack" }, disturb?.root, card);
  root.append(element("div", { class: "beside" }, picture.root, side));
  let told = "";
  const counts = networkFeed(context, () => {});
  const now = () => asOf(store.state.range, store.state.cursor);
  const picked = () => store.state.selection.replicas[0] ?? states.find((s) => s.leads)?.replica ?? 0;
  /** Pixels from one replica to the next on the circle. */
  const spacing = () => (Math.PI * Math.min(canvas.width - 96, canvas.height - 92)) / model.n;
  const size = () =>
    Math.min(
      model.n <= 16 ? 19 : model.n <= 64 ? 13 : model.n <= 400 ? 6 : model.n <= 2000 ? 4 : 3,
      model.n <= 64 ? Math.max(7, spacing() * 0.3) : Infinity,
    );

  function paint(pen: CanvasRenderingContext2D, width: number, height: number): void {
    const shade = shades(),
      t = now(),
      far = Math.min(width / 2 - 48, height / 2 - 46);
    const wide = Math.min(far * (map ? 1.9 : 1.35), width / 2 - 48);
    at = unit.map((p) => ({ x: width / 2 + p.x * wide, y: height / 2 + p.y * far }));
    states = nodeStates(model, t);
    const rows = feed.window?.rows ?? no_rows;
    const fields = map ? fieldsOf(map.spots, at, height) : [];
    drawFields(pen, fields, shade);
    for (const hull of hulls(model.cuts, t, (r) => at[r], model.n))
      drawHull(pen, hull.points, hull.side, shade);
    drawTraffic(pen, traffic(rows, answeredRange(context, feed.window, latest_messages)), at, shade);
    if (model.n <= 24) drawCutLinks(pen, model, at, t, shade);
    for (const dot of underWay(rows, t)) {
      const a = at[dot.from],
        b = at[dot.to],
        x = a.x + (b.x - a.x) * dot.share,
        y = a.y + (b.y - a.y) * dot.share;
      pen.fillStyle = dot.lost ? shade.fail : hue(shade, dot.kind);
      pen.beginPath();
      pen.arc(x, y, 3.4, 0, 7);
      pen.fill();
      if (dot.lost) stroke(pen, [x - 4, y - 4, x + 4, y + 4], shade.fail, 1.5);
    }
    for (const s of states)
      drawNode(
        pen,
        s,
        at[s.replica],
        size(),
        store.state.selection.replicas.includes(s.replica),
        model,
        shade,
        map !== null || model.n > 64 || spacing() > 48,
        // Where they stand close on the circle, names are outside of it.
        map === null && model.n <= 64 && spacing() <= 48
          ? outward(at[s.replica], { x: width / 2, y: height / 2 })
          : { x: 0, y: -1 },
      );
    pen.font = bold;
    for (const f of fields) haloed(pen, f.name, f.x, f.name_y, shade.ink2, shade);
    tell(t);
  }

  function tell(t: number): void {
    const cuts = model.cuts.filter((c) => c.from <= t && t < c.to);
    const roles = (role: string) => states.filter((s) => s.role === role).length;
    const words =
      `At ${moment(t)}: ${states.filter((s) => !s.down).length} of ${model.n} run` +
      (roles("syncing") ? `, ${roles("syncing")} catching up` : "") +
      (cuts.length ? `; ${cuts.map((c) => `${c.label} ${c.action} ${c.text}`).join(", ")}` : "") +
      (feed.trouble
        ? `. ${feed.trouble}`
        : feed.window?.bundles
          ? `. ${number(feed.window.total)} messages: zoom in to see them.`
          : ".") +
      (t > model.known_until ? ` Commits after ${moment(model.known_until)} are not in the recording.` : "");
    if (said.textContent !== words) said.textContent = words;
  }

  const hit = (x: number, y: number) => {
    let best = -1,
      least = size() + 8;
    at.forEach((p, r) => {
      const d = Math.hypot(p.x - x, p.y - y);
      if (d < least) {
        least = d;
        best = r;
      }
    });
    return best;
  };
  canvas.element.addEventListener("pointermove", (event) => {
    const r = hit(event.offsetX, event.offsetY);
    canvas.element.style.cursor = r < 0 ? "default" : "pointer";
    if (r < 0 || !states[r]) return tip.hide();
    tip.show(event.offsetX, event.offsetY, [
      `r${r} ${roleWords(states[r])}`,
      states[r].view !== null && `view ${states[r].view}`,
      `height ${states[r].height}`,
    ]);
  });
  canvas.element.addEventListener("pointerleave", () => tip.hide());
  canvas.element.addEventListener("click", (event) => {
    const r = hit(event.offsetX, event.offsetY);
    store.set({ selection: { replicas: r < 0 ? [] : [r] } });
  });
  canvas.element.addEventListener("contextmenu", (event) => {
    const r = hit(event.offsetX, event.offsetY);
    if (r < 0 || !disturb) return;
    event.preventDefault();
    store.set({ selection: { replicas: [r] } });
    disturb.focus();
  });
  canvas.element.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    store.set({ selection: { replicas: [(picked() + step + model.n) % model.n] } });
  });

  return {
    update() {
      const made = modelOf(data);
      if (made !== model) {
        model = made;
        lay();
      }
      states = nodeStates(model, now());
      canvas.height = canvas.width < 560 ? 400 : Math.max(400, Math.min(640, innerHeight - 420));
      feed.want(latestRange(context, latest_messages));
      if (data.network?.uplinks) counts.want();
      legend.update();
      canvas.redraw();
      picture.refresh();
      disturb?.update(picked());
      const card_key = [picked(), now(), model.recording.notes.t.length].join();
      if (card_key !== told) stateCard(card, model, states[picked()], now(), context);
      told = card_key;
    },
    destroy() {
      counts.destroy();
      feed.destroy();
      canvas.destroy();
    },
  };
}

interface Field {
  name: string;
  x: number;
  y: number;
  wide: number;
  high: number;
  name_y: number;
}

/** The ground of the map: a field for each region round its replicas, its name below, or above at the foot. */
function fieldsOf(spots: RegionSpot[], at: Place[], height: number): Field[] {
  return spots.map(({ name, members }) => {
    const xs = members.map((r) => at[r].x),
      ys = members.map((r) => at[r].y);
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const y = (y0 + y1) / 2,
      high = (y1 - y0) / 2 + 42;
    const below = y + high + 11;
    return {
      name,
      x: (x0 + x1) / 2,
      y,
      high,
      wide: (x1 - x0) / 2 + 42,
      name_y: below > height - 6 ? y - high - 9 : below,
    };
  });
}

function drawFields(pen: CanvasRenderingContext2D, fields: Field[], shade: Shades): void {
  for (const f of fields) {
    pen.beginPath();
    pen.ellipse(f.x, f.y, f.wide, f.high, 0, 0, 7);
    pen.fillStyle = shade.ground;
    pen.fill();
    pen.strokeStyle = shade.line2;
    pen.lineWidth = 1;
    pen.stroke();
  }
}

function drawHull(
  pen: CanvasRenderingContext2D,
  points: [number, number][],
  side: number,
  shade: Shades,
): void {
  const colour = hue(shade, side);
  pen.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  pen.closePath();
  pen.fillStyle = mixed(colour, shade.paper, 0.9);
  pen.fill();
  pen.fillStyle = hatching(pen, mixed(colour, shade.paper, 0.7), 9, side % 2 === 1);
  pen.fill();
  pen.setLineDash([6, 4]);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.stroke();
  pen.setLineDash([]);
}

function drawTraffic(
  pen: CanvasRenderingContext2D,
  pairs: ReturnType<typeof traffic>,
  at: Place[],
  shade: Shades,
): void {
  const most = Math.max(1, ...pairs.map((p) => p.count));
  for (const p of pairs) {
    const a = at[p.a],
      b = at[p.b];
    if (!a || !b) continue;
    const all_lost = p.lost === p.count;
    stroke(
      pen,
      [a.x, a.y, b.x, b.y],
      all_lost ? mixed(shade.fail, shade.paper, 0.4) : mixed(shade.accent, shade.paper, 0.72),
      0.6 + (p.count / most) * 3.4,
      all_lost ? [5, 4] : [],
    );
  }
}

function drawCutLinks(
  pen: CanvasRenderingContext2D,
  model: RunModel,
  at: Place[],
  t: number,
  shade: Shades,
): void {
  for (let a = 0; a < model.n; a++)
    for (let b = a + 1; b < model.n; b++)
      if (isCut(model, a, b, t))
        stroke(pen, [at[a].x, at[a].y, at[b].x, at[b].y], mixed(shade.fault, shade.paper, 0.35), 1, [3, 5]);
}

function drawNode(
  pen: CanvasRenderingContext2D,
  s: NodeState,
  p: Place,
  r: number,
  selected: boolean,
  model: RunModel,
  shade: Shades,
  roomy: boolean,
  name_to: Place,
): void {
  const ring = s.view === null ? shade.ink3 : hue(shade, s.view);
  const fill = s.down ? shade.line2 : s.byzantine ? shade.fail : shade.paper;
  pen.beginPath();
  if (s.byzantine) pen.rect(p.x - r * 0.9, p.y - r * 0.9, r * 1.8, r * 1.8);
  else pen.arc(p.x, p.y, r, 0, 7);
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = s.down ? shade.ink3 : ring;
  pen.lineWidth = r > 8 ? 3.5 : 1.5;
  pen.stroke();
  if (selected) {
    pen.beginPath();
    pen.arc(p.x, p.y, r + 6, 0, 7);
    pen.strokeStyle = shade.ink;
    pen.lineWidth = 1.6;
    pen.stroke();
  }
  if (r <= 6 && (s.leads || selected)) {
    pen.font = bold;
    haloed(pen, `${s.leads ? "★ " : ""}r${s.replica}`, p.x, p.y - r - 9, shade.ink, shade);
  }
  if (r <= 6) return;
  pen.font = bold;
  const letters = s.byzantine && !s.down ? lettersOn(fill) : shade.ink;
  label(pen, glyph(s), p.x, p.y + 0.5, letters, "center");
  const away = r + 11 + Math.abs(name_to.x) * 3; // words are wider than high
  haloed(pen, `r${s.replica}`, p.x + name_to.x * away, p.y + name_to.y * away, shade.ink, shade);
  if (!roomy) return;
  pen.font = font;
  const words =
    s.view === null || (s.view === 0 && model.recording.views.t.length <= model.n)
      ? `h ${s.height}`
      : `v${s.view} · h ${s.height}`;
  haloed(pen, words, p.x, p.y + r + 11, shade.ink2, shade);
}

/** Unit vector from the middle. */
function outward(p: Place, middle: Place): Place {
  const far = Math.hypot(p.x - middle.x, p.y - middle.y) || 1;
  return { x: (p.x - middle.x) / far, y: (p.y - middle.y) / far };
}

function haloed(
  pen: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  colour: string,
  shade: Shades,
): void {
  pen.lineWidth = 3.5;
  pen.strokeStyle = shade.paper;
  pen.textAlign = "center";
  pen.strokeText(text, x, y);
  label(pen, text, x, y, colour, "center");
}

function glyph(s: NodeState): string {
  if (s.down) return "✕";
  if (s.leads) return "★";
  if (s.byzantine) return "■";
  return s.role === "syncing" ? "½" : "";
}

function roleWords(s: NodeState): string {
  return (
    [
      s.down ?? "",
      s.byzantine ? "Byzantine" : "",
      s.leads ? "leader" : "",
      s.role === "syncing" ? "catching up" : "",
    ]
      .filter(Boolean)
      .join(", ") || "honest"
  );
}

/** What is known of one replica at the moment. */
function stateCard(
  card: HTMLElement,
  model: RunModel,
  s: NodeState | undefined,
  t: number,
  context: ViewContext,
): void {
  if (!s) return;
  const { commits, blocks, notes } = model.recording,
    r = s.replica;
  const held = model.commits[r],
    k = lowerBound(held.length, 0, (i) => (commits.t[held[i]] <= t ? -1 : 1)) - 1;
  const of = model.notes[r],
    last = lowerBound(of.length, 0, (i) => (notes.t[of[i]] <= t ? -1 : 1));
  const facts: [string, string][] = [
    ["role", roleWords(s)],
    ["view", s.view === null ? "–" : String(s.view)],
    ["height", String(s.height)],
  ];
  if (k >= 0) {
    const b = commits.block[held[k]];
    facts.push(["last commit", `${blocks.id[b].slice(0, 8)} at ${moment(commits.t[held[k]])}`]);
  }
  for (let i = last - 1; i >= 0; i--) {
    const row = of[i];
    if (notes.what[row] !== "certified" || notes.block[row] < 0) continue;
    facts.push(["last certified", `${blocks.id[notes.block[row]].slice(0, 8)} at ${moment(notes.t[row])}`]);
    break;
  }
  const { network } = context.data,
    queue = network?.uplinks?.queue[r];
  if (network && queue) {
    const at = Math.min(network.t.length - 1, lowerBound(network.t.length, t, (i) => network.t[i]));
    facts.push(["in its uplink", queue[at] > 0 ? `${bytes(queue[at])} wait` : "nothing waits"]);
  }
  if (model.regions[r]) facts.push(["region", model.regions[r]]);
  const apart = Array.from({ length: model.n }, (_, q) => q).filter((q) => q !== r && isCut(model, r, q, t));
  if (apart.length > 0) facts.push(["cut off from", replicaSet(apart)]);
  empty(card);
  card.append(
    element("h2", {}, `r${r} at ${moment(t)}`),
    element(
      "dl",
      { class: "facts-list" },
      ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
    ),
    element("h2", {}, "Lately"),
  );
  const list = element("ol", { class: "moments" });
  for (let i = last - 1; i >= Math.max(0, last - 9); i--) {
    const row = of[i],
      b = notes.block[row];
    list.append(
      element(
        "li",
        {},
        element(
          "button",
          { type: "button", class: "moment", onclick: () => context.store.goTo(notes.t[row]) },
          element("time", {}, moment(notes.t[row])),
          element(
            "span",
            {},
            `${mark_words[notes.what[row]] ?? notes.what[row]}${b >= 0 ? ` ${blocks.id[b].slice(0, 6)}` : ""}`,
          ),
        ),
      ),
    );
  }
  if (list.childElementCount === 0) list.append(element("li", { class: "note" }, "Nothing noted yet."));
  card.append(list);
}

function table(states: NodeState[]) {
  return {
    columns: ["replica", "role", "view", "height"],
    rows: states.map((s) => [`r${s.replica}`, roleWords(s), s.view, s.height]),
  };
}

const node =
  (what: Partial<NodeState>): Key["draw"] =>
  (pen, s) => {
    const fill = what.down ? s.line2 : what.byzantine ? s.fail : s.paper;
    pen.beginPath();
    if (what.byzantine) pen.rect(6, 1, 12, 12);
    else pen.arc(12, 7, 6, 0, 7);
    pen.fillStyle = fill;
    pen.fill();
    pen.strokeStyle = what.down ? s.ink3 : s.accent;
    pen.lineWidth = 1.6;
    pen.stroke();
    pen.font = "600 8px system-ui";
    pen.textBaseline = "middle";
    label(
      pen,
      glyph({
        replica: 0,
        role: "honest",
        leads: false,
        byzantine: false,
        view: 0,
        height: 0,
        down: null,
        ...what,
      }),
      12,
      7.5,
      what.byzantine ? lettersOn(fill) : s.ink,
      "center",
    );
  };
const keys: Key[] = [
  { text: "leader", draw: node({ leads: true }) },
  { text: "Byzantine", draw: node({ byzantine: true }) },
  { text: "honest", draw: node({}) },
  { text: "down", draw: node({ down: "crashed" }) },
  { text: "catching up", draw: node({ role: "syncing" }) },
  { text: "cut", draw: (pen, s) => stroke(pen, [1, 7, 23, 7], s.fault, 1.2, [3, 4]) },
];
