'use strict';

// The core, which makes every decision about a handshake. `npm run build` makes the file.
module.exports = require('../websocket-upgrade.node');
