// The tabs beside the plots.

import { byId, element } from './dom.js';
import * as central from './central.js';
import * as commands from './console.js';
import * as keys from './keys.js';
import * as memory from './memory.js';

const PANELS = [
  { id: 'central', title: 'Central system', make: central.make },
  { id: 'keys', title: 'Keys', make: keys.make },
  { id: 'memory', title: 'Memory', make: memory.make },
  { id: 'commands', title: 'Commands', make: commands.make },
];

const tabs = [];

export function start() {
  for (const { id, title, make } of PANELS) {
    const tab = element(
      'button',
      { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, onclick: () => select(id) },
      title,
    );
    const panel = element(
      'div.panel-body',
      { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}`, tabindex: 0 },
      ...make(),
    );
    tabs.push({ id, tab, panel });
    byId('tabs').append(tab);
    byId('panels').append(panel);
  }
  byId('tabs').onkeydown = event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const shown = tabs.filter(({ tab }) => !tab.hidden);
    const index = shown.findIndex(({ tab }) => tab.getAttribute('aria-selected') === 'true');
    const next = shown[(index + step + shown.length) % shown.length];
    select(next.id);
    next.tab.focus();
    event.preventDefault();
  };
  select('central');
}

export function select(id) {
  byId('panels').scrollTop = 0;
  for (const { id: own, tab, panel } of tabs) {
    tab.setAttribute('aria-selected', String(own === id));
    tab.tabIndex = own === id ? 0 : -1;
    panel.hidden = own !== id;
  }
}

// Another central system is not played here.
export function hideCentral() {
  const tab = tabs.find(({ id }) => id === 'central');
  tab.tab.hidden = true;
  if (!tab.panel.hidden) select('keys');
}
