// Shows rows. Knows the page, and nothing of where rows come from.

const money = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });
const wholeMoney = new Intl.NumberFormat("en", { style: "currency", currency: "EUR", maximumFractionDigits: 0 });
const find = (root, selector) => root.querySelector(selector);
const byId = new Intl.Collator("en", { numeric: true });

/** Makes the page. `onEdit(entity, id, field, value)` is called when somebody edits; it answers
 * (perhaps later) whether the edit was accepted. */
export function createView(onEdit) {
  const items = new Map(); // id -> the row shown
  const elements = new Map(); // "item 100" -> its element
  const options = { station: [], status: [] };
  let received = 0;

  function elementFor(kind, id, parent, prepare) {
    const name = `${kind} ${id}`;
    if (!elements.has(name)) {
      const element = document.getElementById(`${kind}-template`).content.firstElementChild.cloneNode(true);
      element.dataset.id = id;
      prepare?.(element);
      listenTo(element, `${kind}s`, id);
      elements.set(name, element);
      // Rows arrive in any order and stand in that of their ids.
      const after = [...parent.children].find((other) => byId.compare(other.dataset.id, id) > 0);
      parent.insertBefore(element, after ?? null);
    }
    return elements.get(name);
  }

  function show(element, name, text) {
    const cell = find(element, `[data-cell="${name}"]`);
    if (cell.textContent === text) return;
    const first = cell.textContent === "";
    cell.textContent = text;
    if (!first) flash(cell.closest("td, th, .row") ?? cell);
  }

  function listenTo(element, entity, id) {
    const inputOf = (event) => (event.target.dataset.field ? event.target : undefined);
    element.addEventListener("input", (event) => (inputOf(event).dataset.editing = ""));
    element.addEventListener("change", async (event) => {
      const input = inputOf(event);
      delete input.dataset.editing;
      if (!(await onEdit(entity, id, input.dataset.field, input.value))) put(input);
    });
    element.addEventListener("focusout", (event) => {
      const input = inputOf(event);
      if (input?.dataset.editing === undefined) return;
      delete input.dataset.editing; // Typed and taken back: rows may have come meanwhile.
      put(input);
    });
  }

  // Puts what the database has into the input, unless the viewer is just editing it.
  function put(input) {
    const value = input.dataset.value;
    if (input.dataset.editing === undefined) input.value = value;
    if (input.type === "range") input.style.setProperty("--part", `${value}%`);
  }

  function fill(element, field, value) {
    const input = find(element, `[data-field="${field}"]`);
    const before = input.dataset.value;
    input.dataset.value = value;
    put(input);
    if (before !== undefined && before !== String(value)) flash(input.closest("td, .row") ?? input);
  }

  function flash(element) {
    element.classList.remove("flash");
    void element.offsetWidth; // Restarts the animation.
    element.classList.add("flash");
  }

  function fillOptions(element) {
    for (const [field, values] of Object.entries(options)) {
      const select = find(element, `[data-field="${field}"]`);
      select.replaceChildren(...values.map((value) => new Option(value, value)));
    }
  }

  function showItem(row) {
    items.set(row.id, row);
    const element = elementFor("item", row.id, document.getElementById("items"), fillOptions);
    element.dataset.status = row.status;
    show(element, "name", row.name);
    show(element, "id", `#${row.id}`);
    for (const field of ["station", "status", "quantity", "progress"]) fill(element, field, row[field]);
    show(element, "progress", `${row.progress}%`);
    const costs = row.unitCost !== undefined;
    show(element, "unitCost", costs ? money.format(row.unitCost / 100) : "");
    show(element, "value", costs ? money.format((row.unitCost * row.quantity) / 100) : "");
  }

  const report = (id) => elementFor("report", id, document.getElementById("reports"));
  const shows = {
    item: showItem,
    report: (row) => (show(report(row.id), "title", row.title), fill(report(row.id), "note", row.note)),
    author: (row) => (fill(report(row.report), "author", row.id), show(report(row.report), "role", row.role)),
    department(row) {
      show(report(row.report), "department", row.name);
      show(report(row.report), "headcount", String(row.headcount));
      show(report(row.report), "budget", row.budget === undefined ? "" : wholeMoney.format(row.budget / 100));
    },
    floor(row) {
      options.station = row.stations;
      options.status = row.statuses;
      const button = document.getElementById("stream");
      button.setAttribute("aria-pressed", row.stream);
      find(button, ".text").textContent = row.stream ? "Stop random changes" : "Start random changes";
    },
  };

  function showFigures() {
    const counts = { running: 0, queued: 0, blocked: 0, done: 0 };
    let value = 0;
    for (const row of items.values()) {
      counts[row.status] += 1;
      value += (row.unitCost ?? 0) * row.quantity;
    }
    const figures = { ...counts, value: wholeMoney.format(value / 100) };
    for (const [name, figure] of Object.entries(figures)) {
      find(document, `[data-figure="${name}"]`).textContent = items.size ? figure : "–";
    }
  }

  setInterval(() => {
    find(document, '[data-figure="rate"]').textContent = received;
    received = 0;
  }, 1000);

  return {
    /** Shows a row, whatever its type. */
    show(row) {
      received += 1;
      shows[row.type]?.(row);
      showFigures();
    },
    /** Forgets all rows: what one viewer was shown is not for the next. */
    clear() {
      items.clear();
      elements.clear();
      document.getElementById("items").replaceChildren();
      document.getElementById("reports").replaceChildren();
      showFigures();
    },
    role(role) {
      document.body.dataset.role = role;
      document.getElementById("denied").hidden = role !== "stranger";
      document.getElementById("stream").disabled = role === "stranger";
    },
    connection(state) {
      const pill = document.getElementById("connection");
      pill.dataset.state = state;
      pill.textContent = { connecting: "Connecting", open: "Live", closed: "Disconnected" }[state];
    },
  };
}
