// What the fleet does in a second, over the last hour.

import { byId, element, setText } from './dom.js';
import { on } from './feed.js';
import { count, timeOfDay } from './fleet_words.js';

const SECONDS = 3600;
const MARGIN = { left: 46, right: 14, top: 6, bottom: 17 };

// `least` is the lowest top of the scale.
const PLOTS = [
  { title: 'Messages a second', lines: [['in', 'to chargers', 'second'], ['out', 'from chargers', 'first']], show: count, least: 10 },
  { title: 'Charging', lines: [['charging', 'chargers', 'first']], show: count, least: 10 },
  { title: 'Waiting for the central system', lines: [['waiting', 'messages', 'first']], show: count, least: 10 },
  { title: 'Processor', lines: [['cpu', 'cores', 'first']], show: value => value.toFixed(2), least: 0.2 },
  { title: 'Memory', lines: [['kib', 'KiB a charger', 'first']], show: value => value.toFixed(0), least: 40 },
];

const rates = [];
// Where the pointer is in all plots, in pixels.
let pointer = null;

export function start() {
  for (const plot of PLOTS) build(plot);
  on('rates', (values, isAll) => {
    if (isAll) rates.length = 0;
    rates.push(...values);
    rates.splice(0, rates.length - SECONDS);
    drawAll();
  });
  new ResizeObserver(drawAll).observe(byId('rates'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
}

function build(plot) {
  plot.outputs = plot.lines.map(([, , kind]) => element(`output.${kind}`)).reverse();
  plot.canvas = element('canvas', { role: 'img', 'aria-label': plot.title });
  plot.canvas.onpointermove = event => follow(event.offsetX);
  plot.canvas.onpointerleave = () => follow(null);
  const head = element('header', {}, element('h2', {}, plot.title), ...plot.outputs);
  byId('rates').append(element('section.card.rate', {}, head, plot.canvas));
}

function follow(x) {
  pointer = x;
  drawAll();
}

function drawAll() {
  if (rates.length) PLOTS.forEach(draw);
}

function draw({ canvas, lines, outputs, show, least }) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const inner = width - MARGIN.left - MARGIN.right;
  if (inner <= 0) return;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext('2d');
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const css = getComputedStyle(canvas);
  const colour = name => css.getPropertyValue(`--${name}`).trim();
  pen.font = `11px ${css.fontFamily}`;

  const last = Math.max(rates.length - 1, 1);
  const top = niceTop(Math.max(least, ...lines.flatMap(([key]) => rates.map(rate => rate[key]))));
  const x = index => MARGIN.left + index / last * inner;
  const y = value => height - MARGIN.bottom - value / top * (height - MARGIN.top - MARGIN.bottom);

  pen.strokeStyle = colour('grid');
  pen.fillStyle = colour('soft');
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  for (const value of [0, top / 2, top]) {
    stroke(pen, [[MARGIN.left, Math.round(y(value)) + .5], [width - MARGIN.right, Math.round(y(value)) + .5]]);
    pen.fillText(show(value), MARGIN.left - 6, y(value));
  }
  pen.textBaseline = 'alphabetic';
  pen.fillText(timeOfDay(rates.at(-1).t), width - MARGIN.right, height - 3);
  pen.textAlign = 'left';
  pen.fillText(timeOfDay(rates[0].t), MARGIN.left, height - 3);

  pen.lineWidth = 1.5;
  pen.lineJoin = 'round';
  for (const [key, , kind] of lines) {
    pen.strokeStyle = colour(kind);
    stroke(pen, peaks(key, inner).map(([index, value]) => [x(index), y(value)]));
  }
  const near = pointer === null ? rates.length - 1 : Math.max(0, Math.min(rates.length - 1, Math.round((pointer - MARGIN.left) / inner * last)));
  if (pointer !== null) {
    pen.strokeStyle = colour('now');
    pen.lineWidth = 1;
    stroke(pen, [[x(near), MARGIN.top], [x(near), height - MARGIN.bottom]]);
    pen.fillStyle = colour('text');
    pen.textAlign = x(near) > width / 2 ? 'right' : 'left';
    pen.fillText(timeOfDay(rates[near].t), x(near) + (x(near) > width / 2 ? -5 : 5), MARGIN.top + 9);
  }
  const words = lines.map(([key, word]) => `${show(rates[near][key])} ${word}`).reverse();
  outputs.forEach((output, index) => setText(output, words[index]));
}

// The next of 1, 2 and 5 times a power of ten.
function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].find(step => step * power >= value - 1e-9) * power;
}

// Not more points than pixels: of those that fall on one, the highest.
function peaks(key, pixels) {
  const step = Math.max(1, Math.ceil(rates.length / pixels));
  const found = [];
  for (let from = 0; from < rates.length; from += step) {
    let most = from;
    for (let index = from; index < Math.min(from + step, rates.length); index++) if (rates[index][key] > rates[most][key]) most = index;
    found.push([most, rates[most][key]]);
  }
  return found;
}

function stroke(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], index) => index ? pen.lineTo(x, y) : pen.moveTo(x, y));
  pen.stroke();
}
