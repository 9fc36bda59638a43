// What the flash remembers besides transactions, and the certificates that are installed, as tables.

import { element } from './dom.js';
import { on, states } from './feed.js';

const date = text => (text == null ? '–' : text.replace('T', ' ').replace('Z', ''));

const TABLES = [
  {
    name: 'list',
    title: ({ list_version }) => `Local list, version ${list_version}`,
    columns: { Tag: 'id_tag', Status: 'status', Group: 'parent', Until: tag => date(tag.expires) },
  },
  {
    name: 'cache',
    title: () => 'Authorisation cache',
    columns: { Tag: 'id_tag', Status: 'status', Group: 'parent', Until: tag => date(tag.expires) },
  },
  {
    name: 'reservations',
    title: () => 'Reservations',
    columns: { Id: 'id', At: 'connector', Tag: 'id_tag', Until: each => date(each.expires) },
  },
  {
    name: 'profiles',
    title: () => 'Charging profiles',
    columns: { Id: 'id', At: 'connector', Level: 'stack_level', Purpose: 'purpose', Kind: 'kind', Periods: periods },
  },
  {
    name: 'security_log',
    title: () => 'Security log',
    columns: { No: 'number', Time: time, 'Event, info': event, Told: told },
  },
  {
    name: 'certificates',
    title: () => 'Certificates',
    columns: { Of: owner, 'Name, serial': certificate, Until: ({ expires }) => day(expires), 'In use': inUse },
  },
];

function periods({ unit, periods }) {
  const shown = periods.slice(0, 6).map(({ start, limit }) => `${start} s: ${limit} ${unit}`);
  return shown.join(', ') + (periods.length > 6 ? ` and ${periods.length - 6} more` : '');
}

// Without a clock there are the boot and the time since.
function time({ date: text, boot, uptime_s }) {
  // Broken between date and time alone.
  return text ? date(text).replaceAll('-', '\u2011') : `${uptime_s} s after boot ${boot}`;
}

function event({ event, info }) {
  return [event, element('small', {}, info)];
}

function told(entry) {
  return { told: 'yes', waits: 'waits', never: 'log only' }[entry.told];
}

const OWNERS = {
  CentralSystemRootCertificate: 'central\u00a0system',
  ManufacturerRootCertificate: 'manufacturer',
  ChargePointCertificate: 'charge\u00a0point',
};

function owner({ kind }) {
  return [OWNERS[kind], element('small', {}, kind === 'ChargePointCertificate' ? 'its own' : 'root')];
}

function certificate({ subject, issuer, data }) {
  const small = data
    ? element('small', { title: `${data.serialNumber}, issuer name hash ${data.issuerNameHash}` }, shortened(data.serialNumber))
    : element('small', {}, `signed by ${issuer}`);
  return [subject, small];
}

const shortened = digits => (digits.length > 12 ? `${digits.slice(0, 12)}…` : digits);

function inUse({ kind, in_use: isInUse }) {
  if (!isInUse) return 'no';
  const title = kind === 'ChargePointCertificate' ? 'shown to the central system' : 'has verified the central system';
  return element('strong.good', { title }, 'yes');
}

// Broken between date and time alone.
function day(text) {
  return text.slice(0, 10).replaceAll('-', '\u2011');
}

export function make() {
  const root = element('div');
  const show = () => {
    const records = { ...states.records, certificates: states.certificates ?? [] };
    if (states.records) root.replaceChildren(...TABLES.map(table => section(table, records)));
  };
  on('records', show);
  on('certificates', show);
  return [root];
}

function section({ name, title, columns }, records) {
  const rows = records[name];
  const cell = (row, column) =>
    element('td', {}, ...[(typeof column === 'function' ? column(row) : row[column]) ?? '–'].flat());
  const table = element(
    'table',
    {},
    element(
      'thead',
      {},
      element('tr', {}, ...Object.keys(columns).map(title => element('th', { scope: 'col' }, title))),
    ),
    element(
      'tbody',
      {},
      ...rows.map(row => element('tr', {}, ...Object.values(columns).map(column => cell(row, column)))),
    ),
  );
  return element(
    'section',
    { 'aria-label': title(records) },
    element('h3', {}, title(records), element('span.count', {}, String(rows.length))),
    rows.length ? element('div.scroll', {}, table) : element('p.none', {}, 'none'),
  );
}
