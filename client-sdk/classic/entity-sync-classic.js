/** Entity Sync, classic dialect: `connect(url, {secret, onRow, onState})` keeps one websocket alive.
 * `onRow(row)` gets each row as the application wrote it (a string, or an ArrayBuffer if it is not
 * text). `onState(state, code)` gets "connecting", "open" and "closed" with the close code. */
export function connect(url, { secret, onRow = () => {}, onState = () => {} } = {}) {
  const keys = new Map(); // What is watched, to say so again after a reconnect.
  let socket, timer, opened, attempt = 0, ended = false;
  const send = (action, body) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ action, body }));
  };
  const open = () => {
    onState("connecting");
    socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => onRow(event.data);
    socket.onopen = () => {
      opened = Date.now();
      if (secret !== undefined) send("secret", secret); // First: fetches use it from here on.
      for (const key of keys.values()) send("subscribe", key);
      onState("open");
    };
    socket.onclose = ({ code }) => {
      if (opened && Date.now() - opened > 5000) attempt = 0; // It held, so it was no refusal.
      opened = undefined;
      ended ||= code === 1000 || code === 4001; // Told to stay away; see the close codes.
      // Full jitter: clients of a gateway that went away do not come back all at once.
      if (!ended) timer = setTimeout(open, Math.random() * Math.min(10000, 250 * 2 ** attempt++));
      onState("closed", code);
    };
  };
  const name = (entity, id) => JSON.stringify([entity, id]);
  open();
  return {
    subscribe: (entity, id) => (keys.set(name(entity, id), { entity, id }), send("subscribe", { entity, id })),
    unsubscribe: (entity, id) => keys.delete(name(entity, id)) && send("unsubscribe", { entity, id }),
    setSecret: (value) => send("secret", (secret = value)), // Subscriptions go on, with its rights.
    send: (data) => socket.readyState === WebSocket.OPEN && socket.send(data), // Pass-through.
    close: () => ((ended = true), clearTimeout(timer), socket.close(1000)),
  };
}
