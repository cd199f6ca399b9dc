// Nodes as boxes, pods as dots. A dot has a place of its own in every state; what moves from one state to the next is a
// dot of the same revision, because pods of one revision are counted and nothing else tells them apart.

const DOT = 24;
const DRAWN_ONE_BY_ONE = 12; // of one kind in one box; more of them are one dot with a number
const ROOMY = 12; // more nodes than these get small boxes
const BOXES = 72; // more are not drawn
const PHASES = { pending: "pending", starting: "not ready", ready: "ready", available: "available", terminating: "terminating" };
const STATUS = {
  cordoned: ["closed", "cordoned: takes no new pods"],
  silent: ["lost", "silent: nobody knows yet"],
  unreachable: ["lost", "unreachable"],
  removed: ["gone", "removed"],
  tainted: ["closed", "tainted: NoExecute"],
};
const SIGN = { closed: "∥", lost: "✕", gone: "✕" };
const CALLED = { "a node": "any node", "another node": "any other node" };

// All states of a run, each with every number of pods and every status.
function unfolded(model) {
  const states = [{ pods: model.slots.map(() => 0), status: {} }];
  for (const moment of [model.start, ...model.steps]) {
    const last = states.at(-1);
    const pods = last.pods.slice();
    for (const [slot, number] of Object.entries(moment.pods)) pods[slot] = number;
    states.push({ pods, status: { ...last.status, ...moment.status } });
  }
  return states.slice(1);
}

// The outline of a pod of one revision, around 0,0. There are six; the colours begin anew with them.
function outline(revision, size = 8) {
  const corners = (number, turn, radius) =>
    Array.from({ length: number }, (_, i) => {
      const angle = (i / number) * 2 * Math.PI + turn;
      return `${(radius * Math.sin(angle)).toFixed(2)},${(-radius * Math.cos(angle)).toFixed(2)}`;
    }).join(" ");
  const shapes = [
    () => svg("circle", { r: size }),
    () => svg("polygon", { points: corners(4, 0, size * 1.22) }),
    () => svg("polygon", { points: corners(4, Math.PI / 4, size * 1.25) }),
    () => svg("polygon", { points: corners(3, 0, size * 1.3) }),
    () => svg("polygon", { points: corners(6, 0, size * 1.1) }),
    () => svg("polygon", { points: corners(5, 0, size * 1.15) }),
  ];
  return shapes[revision % shapes.length]();
}

function pod(revision, phase) {
  const shape = outline(revision);
  shape.setAttribute("class", "shape");
  const core = svg("circle", { class: "core", r: 4 });
  const cross = svg("path", { class: "cross", d: "M-3.5-3.5 3.5 3.5M-3.5 3.5 3.5-3.5" });
  return svg("g", { class: `rev-${revision % 6} phase-${phase}` }, shape, core, cross);
}

// How much there is to see at each place: 2 where something changes, 1 where there are pods.
function interest(model, states) {
  const found = model.places.map(() => 0);
  model.slots.forEach(([, , place], slot) => {
    const numbers = new Set(states.map((state) => state.pods[slot]));
    if (place >= 0) found[place] = Math.max(found[place], numbers.size > 1 ? 2 : numbers.has(0) ? 0 : 1);
  });
  for (const { status } of states) for (const place of Object.keys(status)) found[place] = 2;
  return found;
}

// Nodes by zone. Where no zone has two of them a frame around each would say nothing: then a node names its zone itself.
function zoned(model, places) {
  const zones = [...new Set(places.map((place) => model.places[place].zone))].sort();
  const groups = zones.map((zone) => [zone, places.filter((place) => model.places[place].zone === zone)]);
  return groups.some(([zone, members]) => zone && members.length > 1) && groups.length > 1 ? groups : [["", places]];
}

// Where everything is drawn: boxes do not grow and shrink while a run is played, so each has room for its fullest state.
function layout(model, states, width) {
  const most = model.places.map(() => 0);
  let pending = 0;
  for (const state of states) {
    const here = model.places.map(() => 0);
    let waiting = 0;
    model.slots.forEach(([, , place], slot) => {
      const drawn = Math.min(state.pods[slot], DRAWN_ONE_BY_ONE);
      if (place < 0) waiting += drawn;
      else here[place] += drawn;
    });
    here.forEach((number, place) => (most[place] = Math.max(most[place], number)));
    pending = Math.max(pending, waiting);
  }
  const telling = interest(model, states);
  const order = model.places.map((_, place) => place).sort((a, b) => telling[b] - telling[a] || a - b);
  const shown = order.slice(0, BOXES).sort((a, b) => a - b);
  const left = order.slice(BOXES);
  const small = shown.length > ROOMY;
  const least = small ? 92 : 150;
  const groups = zoned(model, shown);
  const gap = small ? 8 : 12;
  const fitting = Math.max(1, Math.floor((width + gap) / (least + gap)));
  // Rows of about the same length: four nodes are two and two, not three and one.
  const columns = groups.length > 1 ? fitting : Math.max(1, Math.ceil(shown.length / Math.ceil(shown.length / fitting)));
  const wide = Math.min(340, (width - gap * (columns - 1)) / columns);
  const perRow = Math.max(1, Math.floor((wide - 20) / DOT));
  const height = (place) => {
    const item = model.places[place];
    if (small) return 30 + Math.max(1, Math.ceil(most[place] / perRow)) * DOT + 4;
    const notes = item.taints.length + (item.others.length ? 1 : 0);
    return 34 + 17 + Math.max(1, Math.ceil(most[place] / perRow)) * DOT + notes * 16 + 6;
  };
  const tall = Math.max(0, ...shown.map(height));
  const boxes = {};
  let y = 0;
  let lane = null;
  if (pending) {
    const rows = Math.ceil(pending / Math.max(1, Math.floor((width - 150) / DOT)));
    lane = { x: 0, y: 0, width, height: Math.max(36, rows * DOT + 10) };
    y = lane.height + 14;
  }
  const drawnZones = [];
  let x = 0;
  let tallest = 0;
  for (const [zone, places] of groups) {
    const titled = groups.length > 1;
    const inset = titled ? 8 : 0;
    const across = Math.min(places.length, columns);
    const fit = titled ? Math.min(wide, (width - 2 * inset - (across - 1) * gap) / across) : wide;
    const whole = across * fit + (across - 1) * gap + 2 * inset;
    if (x > 0 && x + whole > width + 1) {
      y += tallest + gap;
      x = 0;
      tallest = 0;
    }
    let top = y + (titled ? 24 : 0);
    for (let begin = 0; begin < places.length; begin += across) {
      const row = places.slice(begin, begin + across);
      row.forEach((place, i) => (boxes[place] = { x: x + inset + i * (fit + gap), y: top, width: fit, height: tall }));
      top += tall + gap;
    }
    const bottom = top - gap + inset;
    if (titled) drawnZones.push({ zone: zone ? `zone ${zone}` : "in no zone", x, y, width: whole, height: bottom - y });
    tallest = Math.max(tallest, bottom - y);
    x += whole + gap;
  }
  return { boxes, lane, zones: drawnZones, left, small, height: y + tallest + (left.length ? 26 : 4), width };
}

class Stage {
  constructor(model, states) {
    this.model = model;
    this.states = states;
    this.picture = svg("svg", { role: "img" });
    this.element = html("div", { class: "stage" }, this.picture);
    this.pods = []; // {key, element}: what is drawn now
    this.width = 0;
  }

  resize(width) {
    if (Math.abs(width - this.width) < 1 || width < 40) return false;
    this.width = width;
    this.layout = layout(this.model, this.states, width);
    const { height } = this.layout;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.setAttribute("height", height);
    this.pods = [];
    this.layer = svg("g", {});
    this.frames = {};
    this.picture.replaceChildren(...this.background(), this.layer);
    return true;
  }

  background() {
    const { lane, zones, boxes, left, height } = this.layout;
    const parts = [];
    if (lane) {
      parts.push(svg("rect", { class: "lane", x: 0.5, y: 0.5, width: lane.width - 1, height: lane.height - 1, rx: 8 }));
      parts.push(svg("text", { class: "name", x: 12, y: 22 }, "No node yet"));
    }
    for (const { zone, x, y, width, height: high } of zones) {
      parts.push(svg("rect", { class: "zone", x: x + 0.5, y: y + 0.5, width: width - 1, height: high - 1, rx: 10 }));
      parts.push(svg("text", { class: "small quiet", x: x + 12, y: y + 17 }, cut(zone, width - 20)));
    }
    for (const [place, box] of Object.entries(boxes)) parts.push(this.box(Number(place), box));
    this.rest = left.length ? svg("text", { class: "small quiet", x: 2, y: height - 8 }) : null;
    if (this.rest) parts.push(this.rest);
    return parts;
  }

  box(place, { x, y, width, height }) {
    const node = this.model.places[place];
    const frame = svg("g", { transform: `translate(${x} ${y})` });
    if (node.several) frame.append(svg("rect", { class: "behind", x: 4.5, y: -3.5, width: width - 5, height: height - 1, rx: 8 }));
    frame.append(svg("rect", { class: "box", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 8 }));
    const name = CALLED[node.name] ?? node.name;
    const { small } = this.layout;
    const zone = this.layout.zones.length || small ? "" : node.zone;
    const room = zone ? Math.min(width * 0.45, zone.length * 6.2) : 0;
    frame.append(svg("text", { class: "name", x: 10, y: 21 }, cut(name, width - (small ? 30 : 24) - room, 13), svg("title", {}, node.name)));
    if (zone) {
      const at = { class: "small quiet", x: width - 10, y: 21, "text-anchor": "end" };
      frame.append(svg("text", at, cut(zone, room + 8, 11.5), svg("title", {}, `zone ${zone}`)));
    }
    const status = svg("text", small ? { x: width - 8, y: 21, "text-anchor": "end" } : { x: 10, y: 37 });
    frame.append(status);
    const notes = node.taints.map((taint) => [`taint ${taint}`, taint]);
    if (node.others.length) {
      const number = node.others.reduce((sum, [, n]) => sum + n, 0);
      notes.push([`+ ${plural(number, "other pod")}`, node.others.map(([pods, n]) => `${n} of ${pods}`).join(", ")]);
    }
    (small ? [] : notes).forEach(([text, whole], i) => {
      const at = { class: "small quiet", x: 10, y: height - 10 - 16 * (notes.length - 1 - i) };
      frame.append(svg("text", at, cut(text, width - 18, 11.5), svg("title", {}, whole)));
    });
    this.frames[place] = { frame, status, several: node.several, cordoned: node.cordoned };
    return frame;
  }

  // Every dot of a state: which slot it is of, where it is, and how many pods it stands for.
  dots(index) {
    const { boxes, lane } = this.layout;
    const taken = {};
    const found = [];
    this.model.slots.forEach(([revision, phase, place], slot) => {
      const number = this.states[index].pods[slot];
      const box = place < 0 ? lane : boxes[place];
      if (!number || !box) return;
      const single = number <= DRAWN_ONE_BY_ONE;
      for (let i = 0; i < (single ? number : 1); i += 1) {
        const nth = taken[place] ?? 0;
        taken[place] = nth + (single ? 1 : 2);
        const begin = place < 0 ? 118 : 10;
        const perRow = Math.max(1, Math.floor((box.width - begin - 8) / DOT));
        const x = box.x + begin + 11 + (nth % perRow) * DOT;
        const y = box.y + (place < 0 ? 18 : this.layout.small ? 42 : 56) + Math.floor(nth / perRow) * DOT;
        found.push({ revision, phase, place, x, y, number: single ? 1 : number });
      }
    });
    return found;
  }

  draw(index, animate) {
    if (!this.layout) return;
    this.picture.classList.toggle("still", !animate);
    const wanted = this.dots(index);
    const free = this.pods.slice();
    const take = (test) => {
      const at = free.findIndex(test);
      return at < 0 ? null : free.splice(at, 1)[0];
    };
    // First those that stay what and where they are, then those that change, nearest kind first.
    const chosen = wanted.map((dot) => take((old) => old.revision === dot.revision && old.phase === dot.phase && old.place === dot.place && old.number === dot.number));
    wanted.forEach((dot, i) => {
      chosen[i] ??= take((old) => old.revision === dot.revision && old.place === dot.place && old.number === dot.number);
      chosen[i] ??= take((old) => old.revision === dot.revision && old.number === dot.number);
    });
    this.pods = wanted.map((dot, i) => this.put(dot, chosen[i]));
    for (const { place, element } of this.pods) {
      const [kind] = STATUS[this.states[index].status[place]] ?? [""];
      element.classList.toggle("unseen", kind === "lost");
    }
    for (const old of free) {
      old.element.classList.add("leaving");
      if (animate) setTimeout(() => old.element.remove(), 400);
      else old.element.remove();
    }
    this.mark(index);
    this.picture.setAttribute("aria-label", this.told(index));
  }

  put(dot, old) {
    const element = old?.element ?? svg("g", { class: "pod" });
    element.replaceChildren(pod(dot.revision, dot.phase));
    if (dot.number > 1) element.append(svg("text", { class: "times", x: 13, y: 4 }, `×${dot.number}`));
    const revision = this.model.revisions[dot.revision].title;
    element.append(svg("title", {}, `${plural(dot.number, "pod")} of ${revision}, ${PHASES[dot.phase]}`));
    element.dataset.pod = `${dot.revision} ${dot.phase} ${dot.place} ${dot.number}`;
    element.style.transform = `translate(${dot.x}px, ${dot.y}px)`;
    if (!old) this.layer.append(element);
    return { ...dot, element };
  }

  mark(index) {
    const ends = index === this.states.length - 1;
    for (const [place, { frame, status, several, cordoned }] of Object.entries(this.frames)) {
      const [kind, says] = STATUS[this.states[index].status[place]] ?? (cordoned ? STATUS.cordoned : ["", ""]);
      const refusing = ends && this.model.refused.includes(Number(place));
      frame.setAttribute("class", [several ? "several" : "", kind, refusing ? "refusing" : ""].join(" ").trim());
      const text = refusing && kind !== "gone" ? "⊘ takes no pending pod" : says || (several ? "nodes are not told apart" : "");
      status.setAttribute("class", `small ${refusing || kind === "lost" ? "bad" : "quiet"}`);
      const shown = this.layout.small ? (text && (refusing ? "⊘" : kind ? SIGN[kind] : "")) : cut(text, this.layout.boxes[place].width - 18, 11.5);
      status.replaceChildren(shown, svg("title", {}, text));
    }
    if (this.rest) {
      const hidden = this.layout.left.map((place) => this.model.slots.reduce((sum, [, , at], slot) => sum + (at === place ? this.states[index].pods[slot] : 0), 0));
      const pods = hidden.reduce((sum, number) => sum + number, 0);
      this.rest.textContent = `${plural(hidden.length, "more node")} with ${plural(pods, "pod")}, not drawn`;
    }
  }

  // The state in words, for those who do not see it.
  told(index) {
    const { pods, status } = this.states[index];
    const by = new Map();
    this.model.slots.forEach(([revision, phase, place], slot) => {
      if (!pods[slot]) return;
      const where = place < 0 ? "without a node" : this.model.places[place].name;
      const what = `${plural(pods[slot], "pod")} of ${this.model.revisions[revision].title} ${PHASES[phase]}`;
      by.set(where, [...(by.get(where) ?? []), what]);
    });
    const lost = Object.entries(status).filter(([, s]) => s !== "up").map(([place, s]) => `${this.model.places[place].name} is ${s}`);
    const parts = [...[...by].map(([where, what]) => `${where}: ${what.join(", ")}`), ...lost];
    return parts.join("; ") || "no pods";
  }
}

// What the dots mean: every revision by its shape, every phase that occurs by its filling.
function marks(model, states) {
  const phases = new Set();
  model.slots.forEach(([, phase], slot) => {
    if (states.some((state) => state.pods[slot])) phases.add(phase);
  });
  const item = (drawn, text) => html("li", {}, svg("svg", { viewBox: "-11 -11 22 22", "aria-hidden": "true" }, drawn), text);
  const revisions = model.revisions.length > 1 || phases.size ? model.revisions : [];
  return html(
    "ul",
    { class: "marks", "aria-label": "What the marks mean" },
    revisions.map((revision, i) => item(pod(i, "available"), revision.title)),
    Object.keys(PHASES)
      .filter((phase) => phases.has(phase))
      .map((phase) => {
        const drawn = pod(0, phase);
        drawn.setAttribute("class", `neutral phase-${phase}`);
        return item(drawn, PHASES[phase]);
      }),
    model.refused.length ? html("li", {}, html("span", { "aria-hidden": "true" }, "⊘"), "node that takes no pending pod") : null,
  );
}
