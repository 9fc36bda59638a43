// All chargers as a grid of cells.

import { byId, element, setText } from './dom.js';
import { on } from './feed.js';
import { LOOKS, count, identity } from './fleet_words.js';

const canvas = byId('grid');
const CELL_MIN = 4;
const CELL_MAX = 26;

let looks = '';
let cell = CELL_MIN;
let columns = 1;
let pointed = null;

// `open` is told which charger is wanted.
export function start(open) {
  on('looks', value => {
    looks = value;
    draw();
    showCounts();
  });
  new ResizeObserver(draw).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  canvas.addEventListener('pointermove', event => point(under(event)));
  canvas.addEventListener('pointerleave', () => { if (document.activeElement !== canvas) point(null); });
  canvas.addEventListener('click', event => {
    const index = under(event);
    if (index !== null) open(index);
  });
  canvas.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (step) point(Math.max(0, Math.min(looks.length - 1, pointed === null ? 0 : pointed + step)));
    else if (event.key === 'Enter' && pointed !== null) open(pointed);
    else return;
    event.preventDefault();
  });
}

export function focus() {
  canvas.focus();
}

// The largest cells with which all fit into an area that is not too high.
function measure(width) {
  const area = width * Math.min(width * 1.1, 620);
  cell = Math.max(CELL_MIN, Math.min(CELL_MAX, Math.floor(Math.sqrt(area / looks.length))));
  columns = Math.max(1, Math.floor(width / cell));
}

function draw() {
  const width = canvas.clientWidth;
  if (!looks || !width) return;
  measure(width);
  const height = Math.ceil(looks.length / columns) * cell;
  const scale = devicePixelRatio || 1;
  const [fineWidth, fineHeight] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== fineWidth || canvas.height !== fineHeight) {
    canvas.style.height = `${height}px`;
    canvas.width = fineWidth;
    canvas.height = fineHeight;
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const css = getComputedStyle(canvas);
  const side = cell - (cell > 8 ? 2 : 1);
  LOOKS.forEach(([name], look) => {
    pen.fillStyle = css.getPropertyValue(`--look-${name}`).trim();
    pen.beginPath();
    for (let index = 0; index < looks.length; index++) {
      if (looks.charCodeAt(index) - 48 !== look) continue;
      pen.roundRect((index % columns) * cell, Math.floor(index / columns) * cell, side, side, cell > 8 ? 3 : 0);
    }
    pen.fill();
  });
  if (pointed !== null && pointed < looks.length) {
    pen.strokeStyle = css.getPropertyValue('--text').trim();
    pen.lineWidth = 2;
    pen.strokeRect((pointed % columns) * cell, Math.floor(pointed / columns) * cell, side, side);
    setText(byId('hint'), `${identity(pointed)}: ${LOOKS[looks.charCodeAt(pointed) - 48][1]}`);
  }
}

function showCounts() {
  const counts = LOOKS.map(() => 0);
  for (let index = 0; index < looks.length; index++) counts[looks.charCodeAt(index) - 48]++;
  const items = LOOKS.map(([name, word], look) => element('li', { 'data-look': name }, `${word} `, element('b', {}, count(counts[look]))));
  byId('looks').replaceChildren(...items);
}

function point(index) {
  if (index === pointed) return;
  pointed = index;
  draw();
}

function under(event) {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left) / cell);
  const index = Math.floor((event.clientY - box.top) / cell) * columns + column;
  return column >= 0 && column < columns && index >= 0 && index < looks.length ? index : null;
}
