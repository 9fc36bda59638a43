// How things are said on the page of the fleet.

import { states } from './feed.js';

// In the order of their digits.
export const LOOKS = [
  ['dark', 'not on'],
  ['offline', 'offline'],
  ['idle', 'free'],
  ['occupied', 'cable in'],
  ['charging', 'charging'],
  ['done', 'done'],
];

const figures = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const count = value => figures.format(value).replaceAll(',', '\u202f');

export const identity = index => `FLEET${String(index).padStart(5, '0')}`;

// So many seconds after the fleet was started.
export function timeOfDay(seconds) {
  const at = ((states.about?.from ?? 0) + seconds) % 86400;
  return [at / 3600, at / 60 % 60, at % 60].map(part => String(Math.floor(part)).padStart(2, '0')).join(':');
}
