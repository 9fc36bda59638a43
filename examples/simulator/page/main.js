// Puts the page together.

import { byId, setText } from './dom.js';
import { connect, on, onLink } from './feed.js';
import * as chargePoint from './charge_point.js';
import * as connectors from './connectors.js';
import * as messages from './messages.js';
import * as panels from './panels.js';
import * as timeline from './timeline.js';

connectors.start();
chargePoint.start();
timeline.start();
messages.start();
panels.start();

on('about', about => {
  document.title = `${about.identity} – charger simulator`;
  setText(byId('model'), `${about.vendor} ${about.model}`);
  setText(byId('identity'), about.identity);
  setText(byId('url'), about.url);
  byId('url').title = about.url;
  if (!about.builtin) panels.hideCentral();
});
onLink(isUp => {
  byId('gone').hidden = isUp;
});
connect();
