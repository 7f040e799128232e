// Shows states. Knows the page, and nothing of where states come from.

const money = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });
const wholeMoney = new Intl.NumberFormat("en", { style: "currency", currency: "EUR", maximumFractionDigits: 0 });
const find = (root, selector) => root.querySelector(selector);
const byId = new Intl.Collator("en", { numeric: true });

/** Makes the page. `onEdit(entity, id, field, value)` is called when somebody edits; it answers
 * (perhaps later) whether the edit was accepted. */
export function createView(onEdit) {
  const items = new Map(); // id -> the row shown
  const elements = new Map(); // "items 100" -> its element
  const stale = new Set(); // Those that the application cannot be asked about.
  const shown = new Map(); // "items 100" -> the version shown
  const options = { station: [], status: [] };
  let connection = "connecting";
  let received = 0; // States, since the last second began.
  let resumed; // Those that changed while the page was away; undefined where that is no news.
  let counting = false; // They still come in.
  let timer;

  function elementFor(kind, id, parent, prepare) {
    const name = `${kind}s ${id}`;
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

  function forget(entity, id) {
    const name = `${entity} ${id}`;
    elements.get(name)?.remove();
    elements.delete(name);
    if (entity === "items") items.delete(id);
  }

  // What the page is worth at the moment.
  function showConnection() {
    const pill = document.getElementById("connection");
    const before = pill.dataset.state;
    const state = connection === "open" && stale.size > 0 ? "stale" : connection;
    pill.dataset.state = state;
    pill.textContent = { open: "Live", stale: "Stale", connecting: "Connecting", waiting: "Reconnecting" }[state] ??
      "Disconnected";
    document.getElementById("stale").hidden = state !== "stale";
    if (state === "stale") hideResumed(); // Nobody can say yet.
    if (state === "open" && before !== "open" && resumed) showResumed();
  }

  // For a while: what changes later is no news of what was missed.
  function showResumed() {
    const note = document.getElementById("resumed");
    const tell = () => (note.textContent =
      `Resumed: ${resumed.size} of ${shown.size} entities had changed meanwhile`);
    const end = () => ((counting = false), (timer = setTimeout(hideResumed, 10_000)));
    clearTimeout(timer);
    timer = setTimeout(end, 5_000);
    note.hidden = false;
    tell();
    resumed.tell = tell;
  }

  function hideResumed() {
    clearTimeout(timer);
    document.getElementById("resumed").hidden = true;
    if (!counting) resumed = undefined; // It has been told.
  }

  // The page begins to miss something, or (undefined) looks at something else anyway.
  function restart(news) {
    resumed = news;
    counting = news !== undefined;
    hideResumed();
  }

  setInterval(() => {
    find(document, '[data-figure="rate"]').textContent = received;
    received = 0;
  }, 1000);

  return {
    /** Shows the state of an entity: its rows, or that there are none (any more). */
    show(entity, id, { status, rows, version }) {
      const name = `${entity} ${id}`;
      status === "stale" ? stale.add(name) : stale.delete(name);
      if (rows === undefined && status !== "stale") forget(entity, id);
      if (version !== shown.get(name)) {
        received += 1;
        for (const row of rows ?? []) shows[row.type]?.(row);
        version === undefined ? shown.delete(name) : shown.set(name, version);
        if (counting) resumed.add(name).tell?.();
      }
      elements.get(name)?.classList.toggle("stale", status === "stale");
      if (entity === "floors") document.getElementById("denied").hidden = status !== "denied";
      showFigures();
      showConnection();
    },
    role(role) {
      document.body.dataset.role = role;
      document.getElementById("stream").disabled = role === "stranger";
      restart(undefined); // What another viewer sees is not what was missed.
    },
    /** `status` as the client has it. */
    connection(status) {
      if (connection === "open" && status !== "open") restart(new Set());
      // Each attempt is one more step of the same waiting.
      connection = status === "connecting" && counting ? "waiting" : status;
      showConnection();
    },
  };
}
