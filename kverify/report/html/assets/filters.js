// Search, and what to show. Everything stays in the page; what does not match is hidden.

function filters() {
  const form = document.getElementById("filters");
  const [search, kind, namespace, matches] = ["search", "kind", "namespace", "matches"].map((id) => document.getElementById(id));
  const rows = [...document.querySelectorAll("[data-outcome]")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
    kinds: `${element.dataset.outcome} ${element.dataset.severity ?? ""}`.split(" "),
    namespaces: element.dataset.namespace.split(" "),
  }));
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { element, text, kinds, namespaces } of rows) {
      const fits =
        words.every((word) => text.includes(word)) &&
        (!kind.value || kinds.includes(kind.value)) &&
        (!namespace.value || namespaces.includes(namespace.value));
      element.classList.toggle("filtered", !fits);
      shown += fits;
    }
    const all = !words.length && !kind.value && !namespace.value;
    matches.textContent = all ? "" : `${shown} of ${rows.length} shown`;
  };
  for (const control of [search, kind, namespace]) control.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
}
