// One plot: power and energy, limits behind and ahead, transactions, states.

import { clock, duration } from './dom.js';

export const MARGIN = { left: 34, right: 42, top: 8, bottom: 18 };
const BAND = 7;
const BLOCKS = 17;
const VOLTAGE = 230;
const PHASES = 3;
const TICKS = [10, 30, 60, 120, 300, 600, 900, 1800].map(s => s * 1000);

// In kW, of a limit in A on each phase.
export const kilowatts = ampere => (ampere * VOLTAGE * PHASES) / 1000;

// Where things are in a plot of this size.
export function frameOf(canvas, view, right, maxA) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const bottom = height - MARGIN.bottom - BAND - BLOCKS - 8;
  const inner = width - MARGIN.left - MARGIN.right;
  const max = kilowatts(maxA) * 1.06;
  const left = right - view.span;
  return {
    width,
    height,
    bottom,
    left,
    right,
    maxA,
    x: t => MARGIN.left + ((t - left) / view.span) * inner,
    time: x => left + ((x - MARGIN.left) / inner) * view.span,
    y: kw => bottom - (kw / max) * (bottom - MARGIN.top),
    kw: y => ((bottom - y) / (bottom - MARGIN.top)) * max,
  };
}

export function draw(plot, view, right, states) {
  const { canvas, connector } = plot;
  const maxA = states.about?.max_a ?? 32;
  const frame = (plot.frame = frameOf(canvas, view, right, maxA));
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(frame.width * scale) || canvas.height !== Math.round(frame.height * scale)) {
    canvas.width = Math.round(frame.width * scale);
    canvas.height = Math.round(frame.height * scale);
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, frame.width, frame.height);
  pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const css = getComputedStyle(canvas);
  const colour = name => css.getPropertyValue(`--${name}`).trim();
  const points = view.samples
    .filter(({ t }) => t >= frame.left - 2000 && t <= frame.right + 2000)
    .map(({ t, c }) => ({
      t,
      w: c[connector - 1][0],
      wh: c[connector - 1][1],
      limit: c[connector - 1][2],
      status: c[connector - 1][3],
    }));

  grid(pen, frame, view, colour);
  pen.save();
  pen.beginPath();
  pen.rect(MARGIN.left, 0, frame.width - MARGIN.left - MARGIN.right, frame.height);
  pen.clip();
  ahead(pen, frame, colour);
  power(pen, frame, points, colour);
  limits(pen, frame, points, plot, states.schedules?.[connector], colour);
  energy(pen, frame, points, colour);
  blocks(
    pen,
    frame,
    (states.transactions ?? []).filter(block => block.connector === connector),
    colour,
  );
  band(pen, frame, points, colour);
  now(pen, frame, colour);
  pen.restore();
  summarise(plot, points, colour);
}

function grid(pen, frame, view, colour) {
  pen.strokeStyle = colour('grid');
  pen.fillStyle = colour('soft');
  pen.lineWidth = 1;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  for (const kw of [0, 11.04, 22.08].filter(kw => kw <= kilowatts(frame.maxA) + 0.1)) {
    const y = Math.round(frame.y(kw)) + 0.5;
    line(pen, [
      [MARGIN.left, y],
      [frame.width - MARGIN.right, y],
    ]);
    pen.fillText(String(Math.round(kw)), MARGIN.left - 6, y);
  }
  pen.textAlign = 'center';
  const step = TICKS.find(tick => view.span / tick <= Math.max(3, frame.width / 90)) ?? TICKS.at(-1);
  for (let t = Math.ceil(frame.left / step) * step; t <= frame.right; t += step) {
    const x = frame.x(t);
    if (x > MARGIN.left + 16 && x < frame.width - MARGIN.right - 10) {
      pen.fillText(clock(t, step < 60000), x, frame.height - MARGIN.bottom / 2);
    }
  }
}

// What is to come can be drawn upon.
function ahead(pen, frame, colour) {
  const x = frame.x(Date.now());
  pen.fillStyle = colour('ahead');
  pen.fillRect(x, MARGIN.top, frame.width - x, frame.bottom - MARGIN.top);
}

function power(pen, frame, points, colour) {
  if (!points.length) return;
  const path = points.map(({ t, w }) => [frame.x(t), frame.y(w / 1000)]);
  pen.beginPath();
  pen.moveTo(path[0][0], frame.bottom);
  path.forEach(([x, y]) => pen.lineTo(x, y));
  pen.lineTo(path.at(-1)[0], frame.bottom);
  pen.closePath();
  pen.fillStyle = colour('power-fill');
  pen.fill();
  pen.strokeStyle = colour('power');
  pen.lineWidth = 1.75;
  line(pen, path);
}

// On a scale of its own: what came in this window.
function energy(pen, frame, points, colour) {
  const gained = points.length ? points.at(-1).wh - points[0].wh : 0;
  if (gained <= 0) return;
  const path = points.map(({ t, wh }) => [
    frame.x(t),
    frame.bottom - ((wh - points[0].wh) / gained) * (frame.bottom - MARGIN.top) * 0.8,
  ]);
  pen.strokeStyle = colour('energy');
  pen.lineWidth = 1.25;
  line(pen, path);
  const [x, y] = path.at(-1);
  pen.fillStyle = colour('energy');
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  pen.lineJoin = 'round';
  pen.lineWidth = 4;
  pen.strokeStyle = colour('card');
  pen.strokeText(`+${(gained / 1000).toFixed(2)} kWh`, x + 6, y);
  pen.fillText(`+${(gained / 1000).toFixed(2)} kWh`, x + 6, y);
}

function limits(pen, frame, points, plot, schedule, colour) {
  pen.strokeStyle = colour('limit');
  pen.lineWidth = 1.5;
  steps(
    pen,
    points.map(({ t, limit }) => [frame.x(t), frame.y(kilowatts(limit ?? frame.maxA))]),
  );
  const ahead = plot.drawn ?? aheadOf(schedule);
  if (!ahead.length) return;
  const path = ahead.map(({ t, limit }) => [frame.x(t), frame.y(kilowatts(Math.min(limit, frame.maxA)))]);
  path.push([frame.width, path.at(-1)[1]]);
  pen.setLineDash(plot.drawn ? [] : [5, 4]);
  pen.lineWidth = plot.drawn ? 2.5 : 1.5;
  steps(pen, path);
  pen.setLineDash([]);
}

// The composite schedule as moments and limits.
export function aheadOf(schedule) {
  const start = Date.parse(schedule?.start);
  if (!start) return [];
  return (schedule.periods ?? []).map(({ startPeriod, limit }) => ({
    t: startPeriod ? start + startPeriod * 1000 : Date.now(),
    limit,
  }));
}

function blocks(pen, frame, all, colour) {
  const y = frame.bottom + 5;
  for (const block of all) {
    const from = frame.x(block.start);
    const to = frame.x(block.stop ?? Date.now());
    if (to < MARGIN.left || from > frame.width) continue;
    pen.fillStyle = colour('block');
    pen.beginPath();
    pen.roundRect(from, y, Math.max(2, to - from), BLOCKS - 3, 3);
    pen.fill();
    pen.fillStyle = colour('block-text');
    pen.textAlign = 'left';
    pen.textBaseline = 'middle';
    const words = [block.id == null ? 'no id yet' : `#${block.id}`, block.id_tag];
    if (block.stop) words.push(block.reason ?? 'not told yet');
    const x = Math.max(from, MARGIN.left) + 5;
    pen.fillText(fitting(pen, words, to - x), x, y + BLOCKS / 2 - 1);
  }
}

// As many of the words as there is room for.
function fitting(pen, words, room) {
  const texts = words.map((_, index) => words.slice(0, words.length - index).join(' · '));
  return texts.find(text => pen.measureText(text).width <= room) ?? '';
}

function band(pen, frame, points, colour) {
  const y = frame.bottom + BLOCKS + 6;
  for (let i = 0; i < points.length; i++) {
    const { t, status } = points[i];
    const end = points[i + 1] ? Math.min(points[i + 1].t, t + 3000) : Math.min(Date.now(), t + 1500);
    pen.fillStyle = colour(`state-${status.toLowerCase()}`) || colour('soft');
    pen.fillRect(frame.x(t), y, frame.x(end) - frame.x(t) + 0.7, BAND);
  }
}

function now(pen, frame, colour) {
  const x = Math.round(frame.x(Date.now())) + 0.5;
  pen.strokeStyle = colour('now');
  pen.lineWidth = 1;
  line(pen, [
    [x, 0],
    [x, frame.height - MARGIN.bottom],
  ]);
}

function line(pen, path) {
  pen.beginPath();
  path.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

function steps(pen, path) {
  line(
    pen,
    path.flatMap(([x, y], index) =>
      index
        ? [
            [x, path[index - 1][1]],
            [x, y],
          ]
        : [[x, y]],
    ),
  );
}

// In words, for those who do not see it, and under the pointer.
function summarise(plot, points, colour) {
  const last = points.at(-1);
  if (last) {
    const limit = last.limit == null ? 'no limit' : `limit ${last.limit} A`;
    plot.canvas.setAttribute(
      'aria-label',
      `Connector ${plot.connector}: ${last.status}, ${(last.w / 1000).toFixed(1)} kW, ${limit}`,
    );
  }
  const { frame } = plot;
  if (plot.pointerX == null) return void (plot.readout.textContent = '');
  const t = frame.time(plot.pointerX);
  const near = points.reduce(
    (best, point) => (Math.abs(point.t - t) < Math.abs((best?.t ?? 0) - t) ? point : best),
    null,
  );
  const pen = plot.canvas.getContext('2d');
  pen.strokeStyle = colour('soft');
  line(pen, [
    [plot.pointerX + 0.5, MARGIN.top],
    [plot.pointerX + 0.5, frame.bottom],
  ]);
  if (t > Date.now()) {
    const a = Math.round(frame.kw(plot.pointerY) / kilowatts(1));
    plot.readout.textContent = `in ${duration(t - Date.now())} · draw ${Math.max(0, Math.min(frame.maxA, a))} A`;
  } else if (near && Math.abs(near.t - t) < 3000) {
    plot.readout.textContent = `${clock(near.t)} · ${(near.w / 1000).toFixed(1)} kW · ${near.limit ?? frame.maxA} A · ${near.status}`;
  } else plot.readout.textContent = clock(t);
}
