// Numbers of pods over the steps of a run, with what is promised drawn in.

const HIGH = 150;
const LEFT = 26;
const CURVES = ["existing", "wanted", "answering", "ready", "available"]; // the last is on top

class Chart {
  constructor(model, seek) {
    this.model = model;
    this.seek = seek;
    this.chosen = 0;
    this.picture = svg("svg", { role: "img" });
    this.values = html("ul", { class: "values", "aria-label": "Numbers of pods at this step" });
    this.element = html("div", { class: "chart" }, this.choice(), this.picture, this.values);
    this.picture.addEventListener("click", (event) => this.clicked(event));
    this.width = 0;
  }

  get set() {
    return this.model.curves[this.chosen];
  }

  get length() {
    return this.model.steps.length + 1;
  }

  choice() {
    if (this.model.curves.length < 2) return html("h5", { class: "hidden" }, "Pods over the run");
    const name = `curves-${(Chart.made = (Chart.made ?? 0) + 1)}`;
    const radios = this.model.curves.map((curves, i) => {
      const radio = html("input", { type: "radio", name, value: i, checked: i === 0 });
      radio.addEventListener("change", () => {
        this.chosen = i;
        this.plot();
        this.draw(this.index);
      });
      return html("label", {}, radio, curves.name);
    });
    return html("fieldset", {}, html("legend", {}, "Pods of"), radios);
  }

  resize(width) {
    if (Math.abs(width - this.width) < 1 || width < 40) return;
    this.width = width;
    this.plot();
  }

  // Where the curves end; lines of what is promised are named behind that.
  get right() {
    return this.width - (this.set.lines.length ? 74 : 8);
  }

  x(index) {
    return LEFT + (index * (this.right - LEFT)) / this.length;
  }

  y(value) {
    return 12 + (HIGH - 22) * (1 - (value - this.bottom) / (this.top - this.bottom));
  }

  plot() {
    const { lines } = this.set;
    const loop = this.model.loop;
    const present = CURVES.filter((curve) => this.set[curve]);
    const highest = Math.max(1, ...present.flatMap((c) => this.set[c]), ...lines.flatMap((line) => line.values));
    const lowest = Math.min(...present.flatMap((c) => this.set[c]), ...lines.flatMap((line) => line.values));
    // Of many pods only the part in which something changes: 40 and 41 would be one line.
    const base = lowest > 8 && highest - lowest < highest / 3 ? lowest - Math.max(2, Math.ceil((highest - lowest) / 2)) : 0;
    this.bottom = base;
    this.top = highest + (highest - base) * 0.12;
    const high = HIGH + (loop === null ? 16 : 34);
    this.picture.setAttribute("viewBox", `0 0 ${this.width} ${high}`);
    this.picture.setAttribute("height", high);
    const parts = [];
    const step = Math.ceil((highest - base) / 5);
    for (let value = base; value <= highest; value += step) {
      parts.push(svg("line", { class: "grid", x1: LEFT, x2: this.right, y1: this.y(value), y2: this.y(value) }));
      parts.push(svg("text", { class: "quiet", x: 18, y: this.y(value) + 4, "text-anchor": "end" }, value));
    }
    if (loop !== null) {
      const width = this.x(this.length) - this.x(loop);
      parts.push(svg("rect", { class: "round", x: this.x(loop), y: 6, width, height: HIGH - 16 }));
    }
    for (const line of lines.filter((one) => one.kind === "floor")) parts.push(...this.broken(line));
    parts.push(...this.ticks());
    present.forEach((curve, i) => parts.push(this.curve(curve, (i - (present.length - 1) / 2) * 1.6)));
    parts.push(...this.bounds(lines));
    if (loop !== null) parts.push(...this.arc(loop));
    this.cursor = svg("line", { class: "cursor", y1: 4, y2: HIGH - 8 });
    this.picture.replaceChildren(...parts, this.cursor);
  }

  // Curves that are equal for a while lie beside each other, not on each other.
  curve(name, aside) {
    return svg("path", { class: `curve curve-${name}`, d: this.stepped(this.set[name], aside) });
  }

  stepped(values, aside) {
    const parts = values.map((value, i) => {
      const y = (this.y(value) + aside).toFixed(1);
      return `${i ? "L" : "M"}${this.x(i).toFixed(1)} ${y}H${this.x(i + 1).toFixed(1)}`;
    });
    return parts.join("");
  }

  // The steps at which less is there than was promised.
  broken({ of, values }) {
    return this.set[of].flatMap((number, i) => {
      const value = values[i];
      if (number >= value) return [];
      const box = { x: this.x(i), y: this.y(value), width: this.x(i + 1) - this.x(i), height: this.y(number) - this.y(value) };
      return [svg("rect", { class: "broken", ...box }, svg("title", {}, `${number} where ${value} were promised`))];
    });
  }

  // Lines reach into the right margin, where each is named; the whole label is in the list below.
  bounds(lines) {
    let last = -Infinity;
    return [...lines]
      .sort((a, b) => b.values.at(-1) - a.values.at(-1))
      .flatMap(({ kind, values, label }) => {
        const value = values.at(-1);
        const y = this.y(value);
        last = Math.max(y + 4, last + 13);
        const short = `${kind === "floor" ? "at least" : "at most"} ${value}`;
        return [
          svg("path", { class: `bound ${kind}`, d: `${this.stepped(values, 0)}h6` }),
          svg("text", { class: `bound-label ${kind}-label`, x: this.right + 10, y: last }, short, svg("title", {}, label)),
        ];
      });
  }

  ticks() {
    const least = this.length / Math.max(1, Math.floor(this.width / 44));
    const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((step) => step >= least) ?? Math.ceil(least);
    const parts = [];
    for (let i = 0; i < this.length; i += every) {
      const middle = (this.x(i) + this.x(i + 1)) / 2;
      parts.push(svg("text", { class: "quiet", x: middle, y: HIGH + 6, "text-anchor": "middle" }, i || "start"));
    }
    return parts;
  }

  // The way back of a run that repeats.
  arc(loop) {
    const from = (this.x(this.length - 1) + this.x(this.length)) / 2;
    const to = this.x(loop) + (this.x(loop + 1) - this.x(loop)) / 2;
    const y = HIGH + 10;
    const label = "for ever";
    return [
      svg("path", { class: "arc", d: `M${from} ${y}v4q0 8-8 8H${to + 8}q-8 0-8-8v-2` }),
      svg("path", { class: "tip", d: `M${to - 4.5} ${y + 4}h9l-4.5-7z` }),
      svg("text", { class: "bound-label ceiling-label", x: (from + to) / 2, y: y + 16, "text-anchor": "middle" }, label),
    ];
  }

  clicked(event) {
    const { left, width } = this.picture.getBoundingClientRect();
    const at = ((event.clientX - left) / width) * this.width;
    const index = Math.floor(((at - LEFT) / (this.right - LEFT)) * this.length);
    this.seek(Math.max(0, Math.min(this.length - 1, index)));
  }

  draw(index) {
    this.index = index;
    if (!this.cursor) return;
    const middle = (this.x(index) + this.x(index + 1)) / 2;
    this.cursor.setAttribute("x1", middle);
    this.cursor.setAttribute("x2", middle);
    const present = ["wanted", "existing", "ready", "available", "answering"].filter((curve) => this.set[curve]);
    const items = present.map((curve) => {
      const sample = svg("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" }, svg("line", { class: `curve-${curve}`, x1: 0, x2: 26, y1: 4, y2: 4 }));
      const number = this.set[curve][index];
      const below = this.set.lines.some((line) => line.of === curve && line.kind === "floor" && number < line.values[index]);
      const says = `${curve} `;
      return html("li", { class: below ? "below" : null }, sample, html("span", {}, says, html("b", {}, number), below ? ", below the promise" : ""));
    });
    const bounds = this.set.lines.map(({ kind, label }) => {
      const sample = svg("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" }, svg("line", { class: `bound ${kind}`, x1: 0, x2: 26, y1: 4, y2: 4 }));
      return html("li", { class: "promise" }, sample, html("span", {}, label));
    });
    this.values.replaceChildren(...items, ...bounds);
    const told = present.map((curve) => `${curve} ${this.set[curve].join(" ")}`).join("; ");
    const promised = this.set.lines.map((line) => line.label).join("; ");
    this.picture.setAttribute("aria-label", `Pods of ${this.set.name} over the steps: ${told}. ${promised}`);
  }
}
