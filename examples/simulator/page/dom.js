// Building the page.

// `element('button.quiet', { onclick }, 'text', child…)`; classes after dots.
export function element(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node[name] = value;
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child != null));
  return node;
}

export const byId = id => document.getElementById(id);

// Changes the text only where it is another one, so that a selection stays.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

let toldTimer = 0;

// Says for a moment what has come of something.
export function tell(text, tone = '') {
  const told = byId('told');
  told.textContent = text;
  told.dataset.tone = tone;
  told.classList.add('shown');
  clearTimeout(toldTimer);
  toldTimer = setTimeout(() => told.classList.remove('shown'), 4000);
}

const pad = number => String(number).padStart(2, '0');

export function clock(ms, seconds = true) {
  const date = new Date(ms);
  const text = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  return seconds ? `${text}:${pad(date.getSeconds())}` : text;
}

export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  const h = Math.floor(s / 3600);
  return h ? `${h}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}` : `${Math.floor(s / 60)}:${pad(s % 60)}`;
}

export function bytes(count) {
  return count < 10000 ? `${count} B` : `${(count / 1024).toFixed(1)} KiB`;
}

export function energy(wh) {
  return `${(wh / 1000).toFixed(wh < 100000 ? 2 : 1)} kWh`;
}
