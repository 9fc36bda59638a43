// The window of time that all plots share, and the samples in it.

import { byId, element } from './dom.js';
import { on, states } from './feed.js';
import { draw } from './plot.js';
import { watchPointer } from './draw_limit.js';

const KEPT = 3600;
const SPANS = [60, 120, 300, 600, 1200, 1800, 3600].map(s => s * 1000);
// So much of the window lies ahead of now.
const AHEAD = 0.3;

export const view = { span: SPANS[1], right: null, samples: [], plots: [], pointer: null };

// The moment at the right edge.
export const right = () => view.right ?? Date.now() + view.span * AHEAD;

export function start() {
  on('sample', (values, isAll) => {
    view.samples = isAll ? values : view.samples.concat(values);
    if (view.samples.length > KEPT) view.samples = view.samples.slice(-KEPT);
    redraw();
  });
  on('connectors', all => all.slice(view.plots.length).forEach(({ connector }) => add(connector)));
  for (const name of ['schedules', 'transactions']) on(name, redraw);
  byId('zoom-in').onclick = () => zoom(-1);
  byId('zoom-out').onclick = () => zoom(1);
  byId('live').onclick = () => scrollTo(view.right == null ? right() : null);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  addEventListener('resize', redraw);
  setInterval(redraw, 500);
}

function add(connector) {
  const canvas = element('canvas', { tabindex: 0, role: 'img', 'aria-label': `Connector ${connector} over time` });
  const readout = element('output', { 'aria-live': 'off' });
  const root = element('figure.plot', {}, element('figcaption', {}, `Connector ${connector}, kW`, readout), canvas);
  const plot = { connector, canvas, readout, root };
  view.plots.push(plot);
  byId('plots').append(root);
  watchPointer(plot);
  canvas.onkeydown = event => {
    const steps = { ArrowLeft: -0.1, ArrowRight: 0.1, PageUp: -1, PageDown: 1 };
    if (event.key in steps) scrollTo(right() + steps[event.key] * view.span);
    else if (event.key === '+' || event.key === '-') zoom(event.key === '+' ? -1 : 1);
    else if (event.key === 'End' || event.key === 'Escape') scrollTo(null);
    else return;
    event.preventDefault();
  };
  canvas.onwheel = event => {
    event.preventDefault();
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      scrollTo(right() + ((event.deltaX || event.deltaY) / canvas.clientWidth) * view.span);
    } else zoom(Math.sign(event.deltaY));
  };
}

export function zoom(step) {
  const index = SPANS.indexOf(view.span) + step;
  if (SPANS[index]) view.span = SPANS[index];
  redraw();
}

// `null` follows the time.
export function scrollTo(moment) {
  view.right = moment == null || moment >= Date.now() + view.span * AHEAD ? null : moment;
  byId('live').setAttribute('aria-pressed', String(view.right == null));
  redraw();
}

let isDue = false;

export function redraw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const plot of view.plots) draw(plot, view, right(), states);
  });
}
