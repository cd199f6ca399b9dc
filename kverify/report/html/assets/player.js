// A run that can be played: stage, controls, curves and what each step changes, beside the steps in words.

const PACE = 1500; // milliseconds a step is shown
const ICONS = {
  first: "M3 2h2v12H3zM14 2v12L6 8z",
  back: "M12 2v12L3 8z",
  play: "M4 2v12l10-6z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  forward: "M4 2v12l9-6z",
  last: "M11 2h2v12h-2zM2 2v12l8-6z",
};

function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

class Player {
  // `run` is the element with the story; the player puts itself before it.
  constructor(run, model) {
    this.model = model;
    this.states = unfolded(model);
    this.last = this.states.length - 1;
    this.index = 0;
    this.rounds = 0;
    this.timer = null;
    this.run = run;
    this.stage = model.places.length ? new Stage(model, this.states) : null;
    this.chart = model.curves.length ? new Chart(model, (index) => this.go(index)) : null;
    this.said = html("p", { class: "said", "aria-live": "polite" });
    this.changes = html("div", { class: "changes" });
    this.element = html(
      "div",
      { class: "player", role: "group", tabindex: "0", "aria-label": "Player of the run: arrow keys step, space plays" },
      this.stage?.element,
      this.stage ? marks(model, this.states) : null,
      this.controls(),
      this.said,
      this.chart?.element,
      this.changes,
    );
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.listen();
    run.classList.add("played");
    run.prepend(this.element);
    new ResizeObserver(() => this.fit()).observe(this.element);
    this.fit();
    this.show(false);
  }

  controls() {
    const button = (name, label, act) => {
      const made = html("button", { type: "button", title: label, "aria-label": label, class: name === "play" ? "toggle" : null }, icon(name));
      made.addEventListener("click", act);
      return made;
    };
    this.buttons = {
      first: button("first", "To the start", () => this.go(0)),
      back: button("back", "One step back", () => this.go(this.index - 1)),
      play: button("play", "Play", () => this.toggle()),
      forward: button("forward", "One step forward", () => this.forward()),
      last: button("last", "To the end", () => this.go(this.last)),
    };
    this.slider = html("input", { type: "range", min: 0, max: this.last, step: 1, value: 0, "aria-label": "Step", disabled: this.last === 0 });
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.count = html("output", {});
    return html("div", { class: "controls" }, ...Object.values(this.buttons), this.slider, this.count);
  }

  // The steps in words become buttons that lead to them.
  listen() {
    this.items = [...this.run.querySelectorAll(".steps > li")];
    this.items.forEach((item, i) => {
      const text = item.querySelector(".step");
      const button = html("button", { type: "button", class: "step" });
      button.append(...text.childNodes);
      text.replaceWith(button);
      button.addEventListener("click", () => this.go(i + 1));
    });
  }

  fit() {
    const width = this.element.clientWidth - 28;
    if (this.stage?.resize(width)) this.stage.draw(this.index, false);
    this.chart?.resize(width);
    this.chart?.draw(this.index);
  }

  pressed(event) {
    const inside = event.target !== this.element && event.target.closest("button, input, select, a, summary");
    const acts = {
      ArrowLeft: () => this.go(this.index - 1),
      ArrowRight: () => this.forward(),
      Home: () => this.go(0),
      End: () => this.go(this.last),
      " ": () => this.toggle(),
    };
    const act = acts[event.key];
    // A slider moves by itself, and space presses the button that has the focus.
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    if (inside && (event.key === " " || inside.tagName !== "BUTTON")) return;
    event.preventDefault();
    act();
  }

  // Forward from the end of a run that repeats is forward from where it begins again: the states are the same.
  forward() {
    if (this.index < this.last) this.go(this.index + 1, true);
    else if (this.model.loop !== null) {
      this.rounds += 1;
      this.index = this.model.loop;
      this.go(this.model.loop + 1, true);
    } else this.stop();
  }

  go(index, goesOn = false) {
    if (!goesOn) {
      this.stop();
      this.rounds = 0;
    }
    const target = Math.max(0, Math.min(this.last, index));
    this.index = target;
    this.show(true);
  }

  toggle() {
    if (this.timer) return this.stop();
    if (this.index === this.last && this.model.loop === null) {
      this.index = 0;
      this.show(true);
    }
    this.timer = setInterval(() => this.tick(), PACE);
    this.symbol();
    return undefined;
  }

  tick() {
    this.forward();
    if (this.index === this.last && this.model.loop === null) this.stop();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.symbol();
  }

  symbol() {
    const { play } = this.buttons;
    const label = this.timer ? "Pause" : "Play";
    play.replaceChildren(icon(this.timer ? "pause" : "play"));
    play.setAttribute("aria-label", label);
    play.setAttribute("title", label);
  }

  show(animate) {
    const { first, back, play, forward, last } = this.buttons;
    const ends = this.index === this.last && this.model.loop === null;
    first.disabled = back.disabled = this.index === 0;
    forward.disabled = ends;
    last.disabled = this.index === this.last;
    play.disabled = this.last === 0;
    this.slider.value = this.index;
    const round = this.rounds ? `, round ${this.rounds + 1}` : "";
    this.count.textContent = this.index ? `step ${this.index} of ${this.last}${round}` : "start";
    this.slider.setAttribute("aria-valuetext", this.count.textContent);
    this.stage?.draw(this.index, animate && !prefersStill());
    this.chart?.draw(this.index);
    this.tell();
    this.items.forEach((item, i) => {
      if (i === this.index - 1) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    this.follow();
  }

  // The step that is shown stays in sight within its list; the page itself does not move.
  follow() {
    const item = this.items[this.index - 1];
    const list = item?.parentElement;
    if (!list || list.scrollHeight <= list.clientHeight) return;
    const top = item.offsetTop - list.offsetTop;
    if (top < list.scrollTop || top + item.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
  }

  tell() {
    const step = this.index ? this.model.steps[this.index - 1] : null;
    const opening = this.run.querySelector(".opening")?.textContent ?? "The start of the run.";
    this.said.classList.toggle("happens", step?.happens ?? false);
    this.said.replaceChildren(...(step ? [html("span", { class: "who" }, step.who), step.what] : [opening]));
    const rows = (step?.changes ?? []).map(([what, before, after]) => html("li", {}, html("span", {}, what), html("b", {}, `${before} → ${after}`)));
    this.changes.replaceChildren(...(rows.length ? [html("h5", {}, "What this step changes"), html("ul", {}, rows)] : []));
    this.changes.hidden = !rows.length;
  }
}
