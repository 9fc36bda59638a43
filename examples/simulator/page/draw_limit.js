// The pointer on a plot: behind now it scrolls, ahead of now it draws a limit, which the central system then sends.

import { tell } from './dom.js';
import { send, states } from './feed.js';
import { aheadOf, kilowatts } from './plot.js';
import { redraw, right, scrollTo, view } from './timeline.js';

const HORIZON = 1800; // s
const PERIODS_MAX = 20;

export function watchPointer(plot) {
  const { canvas } = plot;
  let grip = null;
  canvas.onpointerdown = event => {
    if (!plot.frame || event.button) return;
    canvas.setPointerCapture(event.pointerId);
    const isAhead = plot.frame.time(event.offsetX) > Date.now();
    if (isAhead && states.about?.builtin) {
      const step = Math.max(1000, Math.round(view.span / 60000) * 1000);
      grip = { limits: new Map(), step, last: null };
      paint(plot, grip, event);
    } else grip = { scrolls: event.offsetX, right: right() };
  };
  canvas.onpointermove = event => {
    plot.pointerX = event.offsetX;
    plot.pointerY = event.offsetY;
    canvas.classList.toggle(
      'draws',
      plot.frame && plot.frame.time(event.offsetX) > Date.now() && !!states.about?.builtin,
    );
    if (grip?.limits) paint(plot, grip, event);
    else if (grip) scrollTo(grip.right - ((event.offsetX - grip.scrolls) / canvas.clientWidth) * view.span);
    redraw();
  };
  canvas.onpointerleave = () => {
    plot.pointerX = null;
    redraw();
  };
  canvas.onpointercancel = () => {
    grip = null;
    plot.drawn = null;
  };
  canvas.onpointerup = () => {
    if (grip?.limits) install(plot, grip);
    grip = null;
  };
}

// Every step between the last point and this one gets the limit of the line between them.
function paint(plot, grip, event) {
  const { frame } = plot;
  const a = Math.max(0, Math.min(frame.maxA, Math.round(frame.kw(event.offsetY) / kilowatts(1))));
  const t = Math.max(Date.now(), frame.time(event.offsetX));
  const point = { slot: Math.floor(t / grip.step), a };
  const from = grip.last ?? point;
  const count = Math.abs(point.slot - from.slot);
  for (let i = 0; i <= count; i++) {
    const share = count ? i / count : 1;
    grip.limits.set(from.slot + Math.sign(point.slot - from.slot) * i, Math.round(from.a + (a - from.a) * share));
  }
  grip.last = point;
  plot.drawn = merged(plot, grip, 1).map(({ s, limit }) => ({ t: plot.start + s * 1000, limit }));
  redraw();
}

// What was drawn over what holds, from now on: seconds and limits.
function merged(plot, grip, coarse) {
  plot.start = Math.floor(Date.now() / 1000) * 1000;
  const maxA = states.about.max_a;
  const holds = aheadOf(states.schedules?.[plot.connector]);
  const before = t => holds.findLast(period => period.t <= t)?.limit ?? holds[0]?.limit ?? maxA;
  const periods = [];
  for (let s = 0; s < HORIZON; s++) {
    const t = plot.start + s * 1000;
    const drawn = grip.limits.get(Math.floor(t / grip.step));
    const limit = drawn == null ? Math.min(before(t), maxA) : Math.round(drawn / coarse) * coarse;
    if (periods.at(-1)?.limit !== limit) periods.push({ s, limit });
  }
  return periods;
}

async function install(plot, grip) {
  let coarse = 1;
  let periods = merged(plot, grip, coarse);
  while (periods.length > PERIODS_MAX) periods = merged(plot, grip, (coarse *= 2));
  const reply = await send({
    cmd: 'call',
    action: 'SetChargingProfile',
    payload: {
      connectorId: plot.connector,
      csChargingProfiles: {
        chargingProfileId: 100 + plot.connector,
        stackLevel: 5,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: {
          chargingRateUnit: 'A',
          startSchedule: new Date(plot.start).toISOString(),
          chargingSchedulePeriod: periods.map(({ s, limit }) => ({ startPeriod: s, limit })),
        },
      },
    },
  });
  tell(
    `Limit drawn at connector ${plot.connector}: ${reply.status ?? reply.reason}`,
    reply.status === 'Accepted' ? '' : 'bad',
  );
  setTimeout(() => {
    plot.drawn = null;
    redraw();
  }, 1500);
}
