// The messages in both directions, newest first, each answer beside its call.

import { byId, clock, element, tell } from './dom.js';
import { on } from './feed.js';

const KEPT = 2000;
const SHOWN = 200;

let entries = []; // the oldest first
let open = new Map(); // calls that wait for their answer, by who sent them and id
let fresh = []; // those that are not shown yet
let isWhole = false; // all are to be shown anew
let search = '';
let isDue = false;

export function start() {
  on('message', (values, isAll) => {
    if (isAll) reset();
    values.forEach(take);
    redraw();
  });
  on('note', (values, isAll) => {
    if (isAll) entries = entries.filter(entry => entry.note == null);
    for (const note of values) add({ t: note.t, note: note.text, text: note.text.toLowerCase() });
    if (isAll) entries.sort((a, b) => a.t - b.t);
    redraw(isAll);
  });
  byId('search').oninput = event => {
    search = event.target.value.trim().toLowerCase();
    redraw(true);
  };
  byId('save').onclick = save;
}

function reset() {
  entries = entries.filter(entry => entry.note != null);
  open.clear();
  fresh = [];
  isWhole = true;
}

function take({ t, dir, text }) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    frame = null;
  }
  if (!Array.isArray(frame)) return add({ t, dir, action: 'not understood', call: text, text: text.toLowerCase() });
  if (frame[0] === 2) {
    const entry = { t, dir, action: frame[2], payload: frame[3], call: text, text: text.toLowerCase() };
    open.set(dir + frame[1], entry);
    if (open.size > 100) open.delete(open.keys().next().value);
    return add(entry);
  }
  const key = (dir === 'out' ? 'in' : 'out') + frame[1];
  const entry = open.get(key);
  open.delete(key);
  if (!entry) return add({ t, dir, action: 'answer to nothing', call: text, text: text.toLowerCase() });
  entry.answer = text;
  entry.result = frame[0] === 3 ? frame[2] : null;
  entry.error = frame[0] === 4 ? frame[2] : null;
  entry.ms = t - entry.t;
  entry.text += text.toLowerCase();
  if (entry.row) fill(entry);
}

function add(entry) {
  entries.push(entry);
  fresh.push(entry);
  if (entries.length > KEPT) entries.shift().row?.remove();
}

const matches = entry => !search || entry.text.includes(search);

// At most once a frame, however many messages there are.
function redraw(all = false) {
  isWhole ||= all;
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const list = byId('messages');
    const wanted = (isWhole ? entries : fresh).filter(matches).slice(-SHOWN).reverse();
    const isTop = list.scrollTop < 4;
    if (isWhole) list.replaceChildren(...wanted.map(rowOf));
    else list.prepend(...wanted.map(rowOf));
    while (list.childElementCount > SHOWN) list.lastElementChild.remove();
    if (isTop) list.scrollTop = 0;
    fresh = [];
    isWhole = false;
  });
}

function rowOf(entry) {
  if (entry.row) return entry.row;
  if (entry.note != null) {
    return (entry.row = element('p.note', {}, element('time', {}, clock(entry.t)), element('span', {}, entry.note)));
  }
  entry.row = element('details.message', { 'data-dir': entry.dir });
  entry.row.append(element('summary'), element('div.frames'));
  entry.row.ontoggle = () => fill(entry);
  fill(entry);
  return entry.row;
}

function fill(entry) {
  const [summary, frames] = entry.row.children;
  const took = entry.answer == null ? '…' : `${entry.ms} ms`;
  const status = entry.error ?? entry.result?.status ?? entry.result?.idTagInfo?.status ?? '';
  summary.replaceChildren(
    element('time', {}, clock(entry.t)),
    element(
      'span.way',
      { title: entry.dir === 'out' ? 'from the charge point' : 'from the central system' },
      entry.dir === 'out' ? '→' : '←',
    ),
    element('b', {}, entry.action),
    element('span.gist', {}, gist(entry.payload)),
    element(entry.error ? 'span.outcome.bad' : 'span.outcome', {}, status),
    element('span.took', {}, took),
  );
  if (!entry.row.open) return frames.replaceChildren();
  frames.replaceChildren(frame('Call', entry.call), ...(entry.answer ? [frame('Answer', entry.answer)] : []));
}

function gist(payload) {
  const words = [];
  for (const [name, value] of Object.entries(payload ?? {})) {
    if (name === 'connectorId') words.unshift(`connector ${value}`);
    else if (name === 'transactionId') words.push(`#${value}`);
    else if (name === 'meterStart' || name === 'meterStop') words.push(`${value} Wh`);
    else if (name === 'value' && payload.key === 'AuthorizationKey') words.push('•••');
    else if (typeof value !== 'object' && name !== 'timestamp') words.push(word(value));
    else if (name === 'meterValue') words.push(reading(value));
    if (words.length > 5) break;
  }
  return words.join(' · ');
}

// Of PEM its title.
function word(value) {
  const [, title] = /^-----BEGIN ([A-Z ]+)-----/.exec(value) ?? [];
  return title?.toLowerCase() ?? String(value);
}

function reading(meterValue) {
  const sampled = meterValue?.at?.(-1)?.sampledValue ?? [];
  return sampled
    .slice(0, 3)
    .map(({ value, unit }) => `${value} ${unit ?? 'Wh'}`)
    .join(', ');
}

function frame(title, text) {
  let pretty = text;
  try {
    pretty = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    /* as it came */
  }
  return element(
    'figure',
    {},
    element('figcaption', {}, title, element('button', { type: 'button', onclick: () => copy(text) }, 'Copy')),
    element('pre', { tabindex: 0 }, pretty),
  );
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // a page that is no secure context has no clipboard
    const area = element('textarea', {}, text);
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  tell('Frame copied');
}

// All messages as they came, one JSON object a line.
function save() {
  const lines = [];
  for (const { t, dir, call, answer, ms } of entries) {
    if (call == null) continue;
    lines.push({ t, dir, text: call });
    if (answer != null) lines.push({ t: t + ms, dir: dir === 'out' ? 'in' : 'out', text: answer });
  }
  lines.sort((a, b) => a.t - b.t);
  const text = lines
    .map(
      ({ t, dir, text }) =>
        JSON.stringify({
          time: new Date(t).toISOString(),
          from: dir === 'out' ? 'charge point' : 'central system',
          frame: text,
        }) + '\n',
    )
    .join('');
  const url = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  element('a', { href: url, download: 'session.jsonl' }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  tell(`${lines.length} messages saved`);
}
