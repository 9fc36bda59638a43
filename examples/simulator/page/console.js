// Commands as a program gives them, with their replies.

import { element } from './dom.js';
import { send } from './feed.js';

const EXAMPLES = {
  'How it stands': { cmd: 'state' },
  'Schedule of connector 1': {
    cmd: 'ask',
    action: 'GetCompositeSchedule',
    payload: { connectorId: 1, duration: 3600 },
  },
  Configuration: { cmd: 'ask', action: 'GetConfiguration' },
  'Version of the local list': { cmd: 'ask', action: 'GetLocalListVersion' },
  Certificates: { cmd: 'certificates' },
  'Roots of the central system': {
    cmd: 'ask',
    action: 'GetInstalledCertificateIds',
    payload: { certificateType: 'CentralSystemRootCertificate' },
  },
  'Meter and power': { cmd: 'set_meter', connector: 1, wh: 1000, w: 11000, a: 16 },
  'Fault while charging': {
    cmd: 'fault',
    connector: 1,
    active: true,
    error_code: 'HighTemperature',
    info: 'fan',
    after_charging_s: 5,
  },
  'Card at any connector': { cmd: 'swipe', id_tag: 'DEADBEEF', connectors: [1, 2] },
  'A car nearly full': { cmd: 'car', connector: 1, a: 32, phases: 3, soc: 92, kwh: 60 },
};
const REPLIES_MAX = 20;
// How long a reply is waited for: most commands have none.
const PATIENCE = 500;

export function make() {
  const replies = element('div.replies', { role: 'log', 'aria-label': 'Replies' });
  const line = element('textarea', { rows: 4, 'aria-label': 'Command as JSON', spellcheck: 'false' });
  const show = name => {
    line.value = JSON.stringify(EXAMPLES[name], null, 1).replace(/\n\s*/g, ' ');
  };
  const examples = element(
    'select',
    { 'aria-label': 'Examples', onchange: event => show(event.target.value) },
    ...Object.keys(EXAMPLES).map(name => element('option', {}, name)),
  );
  const run = async () => {
    let reply;
    try {
      const command = JSON.parse(line.value);
      const nothing = new Promise(done => setTimeout(done, PATIENCE, { done: command.cmd }));
      reply = await Promise.race([send(command), nothing]);
    } catch (error) {
      reply = { event: 'error', reason: error.message };
    }
    replies.prepend(element('pre', { tabindex: 0 }, JSON.stringify(reply, null, 1)));
    while (replies.childElementCount > REPLIES_MAX) replies.lastElementChild.remove();
  };
  show(examples.value);
  return [
    element(
      'div.console',
      {},
      element('div.controls', {}, examples, element('button.main', { type: 'button', onclick: run }, 'Send')),
      line,
      replies,
    ),
  ];
}
