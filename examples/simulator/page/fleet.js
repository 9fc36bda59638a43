// Puts the page of the fleet together.

import { byId, element, setText } from './dom.js';
import { connect, on, onLink, states } from './feed.js';
import * as charger from './fleet_charger.js';
import * as grid from './fleet_grid.js';
import * as rates from './fleet_rates.js';
import { count, timeOfDay } from './fleet_words.js';

grid.start(charger.open);
charger.start(grid.focus);
rates.start();

let isOver = false;

on('about', about => {
  setText(byId('size'), `${count(about.chargers)} chargers`);
  setText(byId('url'), about.url);
  setText(byId('pace'), about.speed > 1 ? `${about.speed} times as fast as life` : '');
  setText(byId('chaos'), about.chaos ? 'links and power fail' : '');
  say('running', 'good');
});

on('rates', values => {
  const last = values.at(-1);
  if (!last) return;
  setText(byId('time'), timeOfDay(last.t));
  const { sessions = 0, links_cut = 0, power_cuts = 0, given_up = 0 } = states.totals ?? {};
  const tiles = [
    ['Sessions', count(sessions)],
    ['Charging', count(last.charging)],
    ['Messages', count(last.out + last.in), '/s'],
    ['Waiting', count(last.waiting), last.waiting === 1 ? 'message' : 'messages'],
    ['Processor', last.cpu.toFixed(2), last.cpu === 1 ? 'core' : 'cores'],
    ['Memory', last.kib.toFixed(1), 'KiB each'],
  ];
  if (states.about?.chaos) tiles.push(['Links cut', count(links_cut)], ['Power cuts', count(power_cuts)]);
  if (given_up) tiles.push(['Given up', count(given_up), 'messages', 'bad']);
  byId('tiles').replaceChildren(...tiles.map(tile));
});

function tile([name, value, unit, tone]) {
  return element('div', { 'data-tone': tone }, element('dt', {}, name), element('dd', {}, value, unit ? element('small', {}, ` ${unit}`) : null));
}

on('outcome', ({ good, text }) => {
  isOver = true;
  const box = byId('outcome');
  box.hidden = false;
  box.dataset.tone = good ? 'good' : 'bad';
  setText(box.querySelector('h2'), good ? 'All sessions were delivered, and none twice' : 'What was heard is not what happened');
  setText(box.querySelector('pre'), text);
  say('over', good ? 'good' : 'bad');
});

onLink(isUp => { byId('gone').hidden = isUp || isOver; });
connect();

function say(word, tone) {
  setText(byId('state'), word);
  byId('state').dataset.tone = tone;
}
