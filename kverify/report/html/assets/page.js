// What happens when the page is there. Without any of this everything can be read, only not played.

function players() {
  const models = JSON.parse(document.getElementById("models").textContent);
  const built = new Map();
  const build = (run) => {
    const model = models[run.dataset.player];
    if (model && !built.has(run)) built.set(run, new Player(run, model));
    return built.get(run);
  };
  // A player costs something to draw, and a report may have a thousand: each is made when it comes near the window.
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        build(target);
      }
    },
    { rootMargin: "600px" },
  );
  const runs = [...document.querySelectorAll("[data-player]")];
  for (const run of runs) near.observe(run);
  // On paper everything is open, and every run is at its end.
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not(.numbers)")) details.open = true;
    for (const run of runs) {
      const player = build(run);
      player?.go(player.last);
    }
  });
}

// A link to a finding or a verdict opens it.
function reveal() {
  const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (!target) return;
  target.classList.remove("filtered");
  if (target.tagName === "DETAILS") target.open = true;
  target.scrollIntoView({ block: "start" });
}

filters();
players();
window.addEventListener("hashchange", reveal);
reveal();
