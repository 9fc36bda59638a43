// The connectors as cards: what the hardware shows, and what people do to it.

import { byId, duration, element, energy, setAttribute, setText, tell } from './dom.js';
import { on, send, states } from './feed.js';

const CARS = [
  { name: 'City', title: 'City car: one phase, 16 A', a: 16, phases: 1, soc: 55, kwh: 24 },
  { name: 'Saloon', title: 'Saloon: three phases, 16 A', a: 16, phases: 3, soc: 40, kwh: 60 },
  { name: 'Van', title: 'Van: three phases, 32 A', a: 32, phases: 3, soc: 20, kwh: 90 },
];
const TAGS = ['DEADBEEF', 'CAFE0001', '0BADCA4D'];
const ERRORS = [
  'GroundFailure',
  'OverCurrentFailure',
  'HighTemperature',
  'ConnectorLockFailure',
  'EVCommunicationError',
  'InternalError',
  'OverVoltage',
  'UnderVoltage',
  'PowerMeterFailure',
  'PowerSwitchFailure',
  'ReaderFailure',
  'ResetFailure',
  'WeakSignal',
  'OtherError',
];

const cards = [];

export function start() {
  on('connectors', show);
  on('power', power =>
    cards.forEach(card => {
      card.root.classList.toggle('dark', !power);
      if (power) return;
      setText(card.status, 'no power');
      setText(card.power, '0.0');
      setText(card.current, '0.0 A');
    }),
  );
}

async function act(command) {
  const reply = await send(command);
  if (reply.event === 'error') tell(reply.reason, 'bad');
}

function show(connectors) {
  connectors.forEach((state, index) => {
    if (!cards[index]) {
      cards[index] = make(state.connector);
      byId('connectors').append(cards[index].root);
    }
    update(cards[index], state);
  });
}

function make(connector) {
  const card = { connector };
  const button = (text, onclick, attributes = {}) =>
    element('button', { type: 'button', onclick, ...attributes }, text);
  card.status = element('strong.status', { role: 'status' });
  card.power = element('span.big');
  card.energy = element('dd');
  card.current = element('dd');
  card.limit = element('dd');
  card.may = element('p.may');
  card.transaction = element('p.transaction');
  card.plug = button('Plug in', () => act({ cmd: card.state.plugged ? 'plug_out' : 'plug_in', connector }), {
    class: 'main',
  });
  card.pause = button('Pause', () => act({ cmd: 'ev_ready', connector, ready: !card.state.ready }));
  card.battery = element('progress', { max: 100, 'aria-label': 'Battery of the car' });
  card.soc = element('span.soc');
  card.cars = CARS.map(car =>
    button(car.name, () => act({ cmd: 'car', connector, a: car.a, phases: car.phases, soc: car.soc, kwh: car.kwh }), {
      title: car.title,
    }),
  );
  card.tag = element('input', {
    placeholder: 'another tag',
    'aria-label': `Tag for connector ${connector}`,
    maxlength: 20,
    size: 8,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  card.tags = TAGS.map(tag => button(tag, () => swipe(card, tag), { class: 'tag', title: `Show the card ${tag}` }));
  card.error = element(
    'select',
    { 'aria-label': `Fault of connector ${connector}` },
    ...ERRORS.map(code => element('option', {}, code)),
  );
  card.fault = button('Raise', () =>
    act({ cmd: 'fault', connector, active: !card.state.fault, error_code: card.error.value }),
  );
  card.jam = element('input', {
    type: 'checkbox',
    onchange: event => act({ cmd: 'lock', connector, jammed: event.target.checked }),
  });
  card.register = element('input', {
    type: 'number',
    min: 0,
    step: 1,
    placeholder: 'Wh',
    'aria-label': `Meter of connector ${connector} in Wh`,
  });
  const register = element(
    'form.swipe',
    {
      onsubmit: event => {
        event.preventDefault();
        if (card.register.value) act({ cmd: 'set_meter', connector, wh: Number(card.register.value) });
      },
    },
    card.register,
    element('button', { type: 'submit' }, 'Set'),
  );
  const free = element(
    'form.swipe',
    {
      onsubmit: event => {
        event.preventDefault();
        if (card.tag.value) swipe(card, card.tag.value);
      },
    },
    card.tag,
    element('button', { type: 'submit' }, 'Swipe'),
  );
  const row = (label, ...content) =>
    element(
      'div.row',
      { role: 'group', 'aria-label': `${label}, connector ${connector}` },
      element('span.label', { 'aria-hidden': 'true' }, label),
      element('div.controls', {}, ...content),
    );
  const fact = (name, value) => element('div', {}, element('dt', {}, name), value);
  card.root = element(
    'article.card.connector',
    { 'aria-labelledby': `connector-${connector}` },
    element('header', {}, element('h2', { id: `connector-${connector}` }, `Connector ${connector}`), card.status),
    element(
      'div.meter',
      {},
      card.power,
      element('dl', {}, fact('meter', card.energy), fact('current', card.current), fact('limit', card.limit)),
    ),
    card.may,
    card.transaction,
    row('Car', element('div.choice', {}, ...card.cars), element('div.battery', {}, card.battery, card.soc)),
    row('Cable', card.plug, card.pause, element('label.check', {}, card.jam, 'lock jammed')),
    row('Card', ...card.tags, free),
    row('Meter', register),
    row('Fault', card.error, card.fault),
  );
  return card;
}

function swipe(card, tag) {
  act({ cmd: 'swipe', id_tag: tag, connectors: [card.connector] });
  tell(`${tag} shown at connector ${card.connector}`);
}

function update(card, state) {
  card.state = state;
  setText(card.status, state.status);
  setAttribute(card.root, 'data-status', state.status);
  setText(card.power, (state.w / 1000).toFixed(1));
  setText(card.energy, energy(state.wh));
  setText(card.current, `${state.a.toFixed(1)} A`);
  setText(card.limit, state.limit == null ? `${states.about?.max_a ?? 32} A` : `${state.limit} A`);
  setText(card.may, permission(state));
  setText(card.transaction, transaction(state));
  setText(card.plug, state.plugged ? 'Unplug' : 'Plug in');
  setText(card.pause, state.ready || !state.plugged ? 'Pause' : 'Go on');
  card.pause.disabled = !state.plugged;
  card.battery.value = state.car.soc;
  setText(card.soc, `${state.car.soc} %`);
  card.cars.forEach((button, index) => {
    const { a, phases } = CARS[index];
    setAttribute(button, 'aria-pressed', String(state.car.a === a && state.car.phases === phases));
  });
  card.jam.checked = state.jammed;
  setText(card.fault, state.fault ? 'Clear' : 'Raise');
  card.error.disabled = !!state.fault;
  if (state.fault) card.error.value = state.fault.code;
}

function permission(state) {
  const words = [
    state.permits ? 'may charge' : state.limit === 0 ? 'may not charge: the limit is 0' : 'contactor open',
  ];
  words.push(state.locked ? 'cable locked' : state.plugged ? 'cable in' : 'no cable');
  if (state.reserved) words.push('reserved');
  if (!state.operative && !state.fault) words.push('out of service');
  if (state.fault) words.push(state.fault.code);
  return words.join(' · ');
}

function transaction({ transaction, wh }) {
  if (!transaction) return 'no transaction';
  if (!transaction.running) return `${transaction.id_tag} waits for the car`;
  const id = transaction.id == null ? 'transaction' : `transaction ${transaction.id}`;
  const parts = [
    id,
    transaction.id_tag,
    energy(wh - transaction.meter_start),
    duration(Date.now() - transaction.since),
  ];
  if (transaction.deauthorized) parts.push('tag withdrawn');
  return parts.join(' · ');
}
