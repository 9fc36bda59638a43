// The charge point as a whole: its link, its journal, its flash, its power.

import { bytes, byId, duration, element, setText, tell } from './dom.js';
import { on, send, states } from './feed.js';

const FACTS = {
  link: 'link',
  registration: 'registration',
  next: 'next try',
  waiting: 'journal',
  oldest: 'oldest message',
  room: 'transactions left',
  written: 'written to flash',
  dropped: 'not understood',
  firmware: 'firmware',
  update: 'update',
  diagnostics: 'diagnostics',
};

// Those of the whitepaper; others may be raised as well.
const SECURITY_EVENTS = [
  'FirmwareUpdated',
  'FailedToAuthenticateAtCentralSystem',
  'CentralSystemFailedToAuthenticate',
  'SettingSystemTime',
  'StartupOfTheDevice',
  'ResetOrReboot',
  'SecurityLogWasCleared',
  'ReconfigurationOfSecurityParameters',
  'MemoryExhaustion',
  'InvalidMessages',
  'AttemptedReplayAttacks',
  'TamperDetectionActivated',
  'InvalidFirmwareSignature',
  'InvalidFirmwareSigningCertificate',
  'InvalidCentralSystemCertificate',
  'InvalidChargePointCertificate',
  'InvalidTLSVersion',
  'InvalidTLSCipherSuite',
];

const values = {};
let linkButton;

export function start() {
  const button = (text, command, attributes) =>
    element('button', { type: 'button', onclick: () => act(command), ...attributes }, text);
  linkButton = element(
    'button',
    { type: 'button', onclick: () => act({ cmd: states['charge point']?.link.held ? 'connect' : 'disconnect' }) },
    'Cut the line',
  );
  const facts = element(
    'dl.facts',
    {},
    ...Object.entries(FACTS).map(([name, title]) =>
      element('div', {}, element('dt', {}, title), (values[name] = element('dd', { id: `fact-${name}` }))),
    ),
  );
  const vendor = element('input', {
    placeholder: 'vendor id',
    'aria-label': 'Vendor id',
    value: 'com.example',
    size: 10,
  });
  const data = element('input', { placeholder: 'DataTransfer', 'aria-label': 'Data of a DataTransfer', size: 10 });
  on('charge point', show);
  on('power', show);
  setInterval(show, 500);
  byId('point').append(
    element(
      'div.buttons',
      {},
      button(
        'Cut the power',
        { cmd: 'power_cut' },
        { class: 'danger', id: 'power-cut', title: 'Between two writes to the flash' },
      ),
      linkButton,
      button('Try now', { cmd: 'connect' }),
      button('Reset', { cmd: 'reset', kind: 'Soft' }),
    ),
    facts,
    element(
      'form.inline',
      {
        onsubmit: event => {
          event.preventDefault();
          transfer(vendor.value, data.value);
        },
      },
      vendor,
      data,
      element('button', { type: 'submit', title: 'DataTransfer' }, 'Send'),
    ),
    eventForm(),
  );
}

function eventForm() {
  const type = element('input', {
    list: 'security-events',
    placeholder: 'security event',
    'aria-label': 'Type of the security event',
    value: 'TamperDetectionActivated',
    required: true,
    maxlength: 50,
    size: 10,
    autocomplete: 'off',
  });
  const info = element('input', { placeholder: 'info', 'aria-label': 'Info of the security event', size: 3 });
  return element(
    'form.inline',
    {
      onsubmit: event => {
        event.preventDefault();
        act({ cmd: 'security_event', type: type.value, info: info.value || null });
      },
    },
    type,
    element(
      'datalist',
      { id: 'security-events' },
      ...SECURITY_EVENTS.map(name => element('option', { value: name })),
    ),
    info,
    element('button', { type: 'submit', title: 'Security event' }, 'Raise'),
  );
}

async function act(command) {
  const reply = await send(command);
  if (reply.event === 'error') tell(reply.reason, 'bad');
}

async function transfer(vendor, data) {
  const reply = await send({ cmd: 'data_transfer', vendor_id: vendor, data: data || null });
  tell(`DataTransfer: ${reply.status ?? reply.reason}`, reply.status === 'Accepted' ? '' : 'bad');
}

function show() {
  const state = states['charge point'];
  if (!state) return;
  const power = states.power;
  const { link, journal, flash } = state;
  const linkWord = !power ? 'no power' : link.connected ? 'connected' : link.held ? 'line cut' : 'not connected';
  const until = link.next_try - Date.now();
  const facts = {
    link: linkWord,
    registration: !power ? '–' : link.accepted ? 'accepted' : link.connected ? 'not accepted yet' : 'unknown',
    next: link.connected || link.held || !power ? '–' : until > 0 ? `in ${duration(until)}` : 'now',
    waiting: journal.waiting ? `${journal.waiting} waiting` : 'empty',
    oldest: journal.oldest ? `${duration(Date.now() - journal.oldest)} old` : '–',
    room: String(journal.transactions_left),
    written: bytes(flash.written),
    firmware: state.firmware ?? 'unknown',
    update: state.update,
    diagnostics: state.diagnostics,
    dropped: String(link.dropped),
  };
  for (const [name, text] of Object.entries(facts)) setText(values[name], text);
  values.room.title = `room for ${journal.room} messages`;
  values.written.title = `since the boot, on ${flash.size / 1024} KiB`;
  setText(byId('point-status'), power ? state.status : 'off');
  setText(linkButton, link.held ? 'Mend the line' : 'Cut the line');
  pill('power', power ? 'power' : 'no power', power ? 'good' : 'bad');
  pill(
    'link',
    link.connected && link.accepted && power ? 'online' : linkWord,
    link.connected && power ? 'good' : 'bad',
  );
  byId('link').hidden = !power;
  pill('waiting', journal.waiting ? `${journal.waiting} waiting` : 'all delivered', journal.waiting ? 'busy' : 'quiet');
  setText(byId('date'), state.date ? state.date.replace('T', ' ').replace('Z', ' UTC') : '');
}

function pill(id, text, tone) {
  setText(byId(id), text);
  byId(id).dataset.tone = tone;
}
