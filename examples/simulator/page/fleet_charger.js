// One charger of the fleet: its meters and its sessions, the newest first.

import { byId, element, setText } from './dom.js';
import { on, send } from './feed.js';
import { LOOKS, count } from './fleet_words.js';

const box = byId('charger');
let shown = null;

// `left` is called when it is closed.
export function start(left) {
  byId('close').onclick = () => {
    shown = null;
    box.hidden = true;
    left();
  };
  on('looks', () => { if (shown !== null) open(shown); });
}

export async function open(index) {
  shown = index;
  const { charger } = await send({ charger: index });
  if (!charger || shown !== index) return;
  box.hidden = false;
  setText(box.querySelector('h2'), charger.identity);
  const meters = charger.registers.map((wh, at) => `meter ${at + 1} at ${count(wh)} Wh`);
  const facts = [LOOKS[charger.look][1], ...meters];
  if (!charger.sessions.length) facts.push('no session yet');
  if (charger.waiting) facts.push(`${count(charger.waiting)} messages wait`);
  setText(box.querySelector('.hint'), facts.join(' · '));
  box.querySelector('.scroll').hidden = !charger.sessions.length;
  box.querySelector('tbody').replaceChildren(...charger.sessions.map(row));
}

function row({ connector, id_tag, begin, end, stage }) {
  const isOver = end !== null;
  const cells = [connector, id_tag, count(begin), isOver ? count(end) : '', isOver ? `${count(end - begin)} Wh` : '', stage];
  return element('tr', {}, ...cells.map(text => element('td', {}, String(text))));
}
