// The configuration keys, changed in place.

import { element, tell } from './dom.js';
import { on, send } from './feed.js';

let body;
let filter = '';
let keys = [];
let isEditing = false;

export function make() {
  body = element('tbody');
  on('keys', value => {
    keys = value.toSorted((a, b) => a.name.localeCompare(b.name));
    if (!isEditing) show();
  });
  const search = element('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search the keys',
    oninput: event => {
      filter = event.target.value.toLowerCase();
      show();
    },
  });
  const head = element(
    'thead',
    {},
    element('tr', {}, ...['Key', 'Value'].map(title => element('th', { scope: 'col' }, title))),
  );
  return [search, element('table.keys', {}, head, body)];
}

function show() {
  const rows = keys
    .filter(({ name }) => name.toLowerCase().includes(filter))
    .map(key =>
      element(
        'tr',
        {},
        element(
          'th',
          { scope: 'row' },
          ...breakable(key.name, WORDS),
          element('small', {}, `${key.kind}, ${key.access}${key.reboot ? ', after a restart' : ''}`),
        ),
        element('td', {}, key.access === 'read only' ? element('span.value', {}, ...breakable(key.value, ITEMS)) : field(key)),
      ),
    );
  body.replaceChildren(...rows);
}

// Where a long text may be broken: names where a word of it begins, lists behind a comma.
const WORDS = /(?<=[a-z0-9])(?=[A-Z])/;
const ITEMS = /(?<=,)/;
const breakable = (text, where) => text.split(where).flatMap(part => [part, element('wbr')]);

function field(key) {
  if (key.kind === 'switch') {
    return element('input', {
      type: 'checkbox',
      checked: key.value === 'true',
      'aria-label': key.name,
      onchange: event => change(key, String(event.target.checked)),
    });
  }
  const input = element('input', {
    value: key.value,
    title: key.value,
    'aria-label': key.name,
    inputmode: key.kind === 'number' ? 'numeric' : 'text',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  input.onfocus = () => {
    isEditing = true;
  };
  input.onblur = () => {
    isEditing = false;
    if (input.value !== key.value) change(key, input.value);
    else show();
  };
  input.onkeydown = event => {
    if (event.key === 'Enter') input.blur();
    if (event.key === 'Escape') {
      input.value = key.value;
      input.blur();
    }
  };
  return input;
}

async function change(key, value) {
  const reply = await send({ cmd: 'set_key', key: key.name, value });
  tell(`${key.name}: ${reply.reason ?? reply.status}`, reply.status === 'Accepted' ? '' : 'bad');
  show();
}
