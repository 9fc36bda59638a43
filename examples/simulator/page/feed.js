// The WebSocket to the simulator: what it tells, and commands to it.

const listeners = new Map();
const linkListeners = [];
const waiting = new Map();
let socket = null;
let last = 0;

export const states = {};

// `listen` hears each state; of a series the new items, and whether they are all there are.
export function on(name, listen) {
  if (!listeners.has(name)) listeners.set(name, []);
  listeners.get(name).push(listen);
}

export function onLink(listen) {
  linkListeners.push(listen);
}

export function connect() {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(`${scheme}//${location.host}/live${location.search}`);
  socket.onopen = () => linkListeners.forEach(listen => listen(true));
  socket.onmessage = event => hear(JSON.parse(event.data));
  socket.onclose = () => {
    linkListeners.forEach(listen => listen(false));
    for (const settle of waiting.values()) settle({ event: 'error', reason: 'the simulator has gone' });
    waiting.clear();
    setTimeout(connect, 1000);
  };
}

function hear(news) {
  if ('set' in news) {
    states[news.set] = news.value;
    for (const listen of listeners.get(news.set) ?? []) listen(news.value);
  } else if ('add' in news) {
    for (const listen of listeners.get(news.add) ?? []) listen(news.values, news.from === 'start');
  } else {
    const id = news.reply ?? news.id;
    waiting.get(id)?.(news);
    waiting.delete(id);
  }
}

// Sends a command. Commands that ask for something resolve with the reply; all with the error, if there is one.
export function send(command) {
  const id = ++last;
  if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve({ event: 'error', reason: 'no simulator' });
  const reply = new Promise(settle => waiting.set(id, settle));
  socket.send(JSON.stringify({ id, ...command }));
  if (waiting.size > 500) waiting.delete(waiting.keys().next().value);
  return reply;
}
