// The central system of the process, played by hand.

import { bytes, element, setText, tell } from './dom.js';
import { on, send, states } from './feed.js';

const TRIGGERS = [
  'Heartbeat',
  'MeterValues',
  'StatusNotification',
  'BootNotification',
  'FirmwareStatusNotification',
  'DiagnosticsStatusNotification',
];
const EXTENDED_TRIGGERS = [
  'LogStatusNotification',
  'Heartbeat',
  'MeterValues',
  'StatusNotification',
  'BootNotification',
  'FirmwareStatusNotification',
  'SignChargePointCertificate',
];
const OF_CONNECTORS = ['MeterValues', 'StatusNotification'];
const REGISTRATIONS = ['Accepted', 'Pending', 'Rejected'];

let connector;
let tag;
let reservation = 0;

export function make() {
  connector = select('Connector', ['1', '2']);
  tag = select('Tag', ['DEADBEEF']);
  const limit = element('input', { type: 'number', min: 0, max: 32, value: 10, 'aria-label': 'Limit in A' });
  const isWhole = element('input', { type: 'checkbox' });
  const availability = type => call('ChangeAvailability', { connectorId: isWhole.checked ? 0 : chosen(), type });
  const registration = select('Registration', REGISTRATIONS);
  registration.onchange = () => send({ cmd: 'central', registration: registration.value });
  const answers = element('input', {
    type: 'checkbox',
    checked: true,
    onchange: event => send({ cmd: 'central', answers: event.target.checked }),
  });
  const update = progress('update', 'Firmware update');
  const diagnostics = element('div.files');
  const logs = element('div.files');
  const logStatus = element('span.unit');
  const password = element('input', {
    placeholder: 'new password',
    title: '16 to 40 characters',
    'aria-label': 'Password of the charge point',
    minlength: 16,
    maxlength: 40,
    size: 12,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const isWanted = element('input', {
    type: 'checkbox',
    onchange: event => wantPassword(event.target, password.value),
  });
  const row = (label, ...content) =>
    element(
      'div.row',
      { role: 'group', 'aria-label': label },
      element('span.label', { 'aria-hidden': 'true' }, label),
      element('div.controls', {}, ...content),
    );
  const profile = number => button(String(number), () => changeKey('SecurityProfile', String(number)));
  const visitor = element('span.unit');
  const ofTls = [profile(2), profile(3), button('New certificate', requestCertificate), visitor];
  on('central', state => {
    fill(
      tag,
      state.tags.map(({ id_tag }) => id_tag),
      state.tags,
    );
    registration.value = state.registration;
    answers.checked = state.answers;
    showFiles(diagnostics, state.diagnostics);
    showFiles(logs, state.log.files);
    for (const each of ofTls) each.hidden = !state.tls;
    setText(visitor, state.certificate ? `comes as ${state.certificate}` : '');
    setText(logStatus, state.log.status ?? '');
    isWanted.checked = state.password;
    update.show();
  });
  on('charge point', update.show);
  on('connectors', all =>
    fill(
      connector,
      all.map(({ connector }) => String(connector)),
    ),
  );

  return [
    element('div.pick', {}, element('label', {}, 'Connector ', connector), element('label', {}, 'Tag ', tag)),
    row(
      'Remote',
      button('Start', remoteStart),
      button('Stop', remoteStop),
      button('Unlock', () => call('UnlockConnector', { connectorId: chosen() })),
    ),
    row(
      'Limit',
      limit,
      element('span.unit', {}, 'A'),
      button('Set', () => setLimit(Number(limit.value))),
      button('Clear all', () => call('ClearChargingProfile', {})),
    ),
    element('p.hint', {}, 'Or draw a limit with the mouse: ahead of now, in the plot of a connector.'),
    row(
      'Service',
      button('Operative', () => availability('Operative')),
      button('Inoperative', () => availability('Inoperative')),
      element('label.check', { title: 'The whole charge point' }, isWhole, 'all'),
    ),
    row(
      'Reserve',
      button('For this tag', reserve),
      button('Cancel', () => call('CancelReservation', { reservationId: reservation })),
    ),
    row(
      'Local list',
      button('Send all', sendList),
      button('Empty', () => sendLocalList([])),
      button('Clear cache', () => call('ClearCache', {})),
    ),
    row('Trigger', ...trigger('TriggerMessage', TRIGGERS)),
    row('Extended', ...trigger('ExtendedTriggerMessage', EXTENDED_TRIGGERS)),
    row(
      'Firmware',
      button('Update', () => call('UpdateFirmware', {})),
      update.bar,
      update.text,
    ),
    row(
      'Diagnostics',
      button('Get', () => call('GetDiagnostics', {})),
      diagnostics,
    ),
    row(
      'Log',
      button('Security', () => call('GetLog', { logType: 'SecurityLog' })),
      button('Diagnostics', () => call('GetLog', { logType: 'DiagnosticsLog' })),
      logStatus,
      logs,
    ),
    row(
      'Access',
      password,
      button('Change', () => changeKey('AuthorizationKey', password.value)),
      element('label.check', {}, isWanted, 'password wanted'),
    ),
    row('Profile', profile(1), ...ofTls),
    row(
      'Reset',
      button('Soft', () => call('Reset', { type: 'Soft' })),
      button('Hard', () => call('Reset', { type: 'Hard' })),
    ),
    row('Answers', element('label.check', {}, answers, 'every message')),
    row('Boot', registration),
    row('Tags', ...tagForm()),
    freeCall(),
  ];
}

const button = (text, onclick) => element('button', { type: 'button', onclick }, text);
const chosen = () => Number(connector.value);

function select(label, options) {
  const node = element('select', { 'aria-label': label });
  fill(node, options);
  return node;
}

function fill(node, options, tags = []) {
  const key = JSON.stringify([options, tags]);
  if (node.dataset.key === key) return;
  const { value } = node;
  node.dataset.key = key;
  node.replaceChildren(
    ...options.map((option, index) =>
      element(
        'option',
        { value: option },
        tags[index] && tags[index].status !== 'Accepted' ? `${option} (${tags[index].status})` : option,
      ),
    ),
  );
  if (options.includes(value)) node.value = value;
}

async function call(action, payload) {
  const reply = await send({ cmd: 'call', action, payload });
  const word = reply.reason ?? (reply.error_code ? `${reply.error_code} ${reply.description ?? ''}` : reply.status);
  const isGood = ['Accepted', 'Answered', 'Unlocked', 'Scheduled'].includes(reply.status);
  tell(`${action}: ${word}`, isGood ? '' : 'bad');
  return reply;
}

const changeKey = (key, value) => call('ChangeConfiguration', { key, value });

// The charge point asks for one in the name of its operator only.
async function requestCertificate() {
  const isNamed = states.keys?.some(({ name, value }) => name === 'CpoName' && value);
  if (!isNamed) await changeKey('CpoName', 'Simulator');
  return call('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' });
}

// Of the central system alone: what the charge point has may be another one.
async function wantPassword(box, password) {
  const reply = await Promise.race([
    send({ cmd: 'central', password: box.checked ? password : null }),
    new Promise(done => setTimeout(done, 300)),
  ]);
  if (reply?.reason) tell(reply.reason, 'bad');
  box.checked = states.central.password;
}

function trigger(action, messages) {
  const message = select(`Message of ${action}`, messages);
  const ask = () =>
    call(action, {
      requestedMessage: message.value,
      ...(OF_CONNECTORS.includes(message.value) && { connectorId: chosen() }),
    });
  return [message, button('Send', ask)];
}

const remoteStart = () => call('RemoteStartTransaction', { idTag: tag.value, connectorId: chosen() });

function remoteStop() {
  const id = states.connectors?.[chosen() - 1]?.transaction?.id;
  if (id == null) return tell('There is no transaction at this connector', 'bad');
  return call('RemoteStopTransaction', { transactionId: id });
}

function setLimit(ampere) {
  return call('SetChargingProfile', {
    connectorId: chosen(),
    csChargingProfiles: {
      chargingProfileId: 100 + chosen(),
      stackLevel: 5,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: ampere }] },
    },
  });
}

function reserve() {
  reservation += 1;
  const expiryDate = new Date(Date.now() + 10 * 60000).toISOString();
  return call('ReserveNow', { connectorId: chosen(), expiryDate, idTag: tag.value, reservationId: reservation });
}

function sendList() {
  return sendLocalList(
    (states.central?.tags ?? []).map(({ id_tag, status, parent }) => ({
      idTag: id_tag,
      idTagInfo: parent ? { status, parentIdTag: parent } : { status },
    })),
  );
}

function sendLocalList(localAuthorizationList) {
  const listVersion = (states.records?.list_version ?? 0) + 1;
  return call('SendLocalList', { listVersion, updateType: 'Full', localAuthorizationList });
}

function tagForm() {
  const name = element('input', {
    placeholder: 'tag',
    'aria-label': 'Tag to be known',
    maxlength: 20,
    size: 5,
    autocomplete: 'off',
  });
  const status = select('Status of the tag', ['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx']);
  return [
    name,
    status,
    button('Know', async () => {
      const reply = await Promise.race([
        send({ cmd: 'tag', id_tag: name.value, status: status.value }),
        new Promise(done => setTimeout(done, 300)),
      ]);
      tell(reply?.reason ?? `${name.value} is ${status.value}`, reply?.reason ? 'bad' : '');
    }),
  ];
}

// How far a download is, which the central system knows, and what the charge point says about it.
function progress(id, label) {
  const bar = element('progress', { id, max: 1, value: 0, 'aria-label': label });
  const text = element('span.unit');
  const show = () => {
    const { sent, size } = states.central?.firmware ?? { sent: 0, size: 1 };
    bar.value = sent / size;
    setText(text, states['charge point']?.update ?? '');
  };
  return { bar, text, show };
}

function showFiles(files, all) {
  files.replaceChildren(
    ...all
      .slice(-1)
      .map(({ name, bytes: count, text }) =>
        element(
          'details',
          {},
          element('summary', {}, `${name}, ${bytes(count)}`),
          element('pre', { tabindex: 0 }, text),
        ),
      ),
  );
}

function freeCall() {
  const action = element('input', { placeholder: 'GetConfiguration', 'aria-label': 'Action' });
  const payload = element('textarea', { rows: 3, 'aria-label': 'Payload as JSON', spellcheck: 'false' }, '{}');
  const send = () => {
    try {
      call(action.value || action.placeholder, JSON.parse(payload.value));
    } catch (error) {
      tell(error.message, 'bad');
    }
  };
  return element('details.free', {}, element('summary', {}, 'Any other call'), action, payload, button('Send', send));
}
