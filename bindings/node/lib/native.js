'use strict';

// The core: every decision about a handshake. `npm run build` makes the file.
module.exports = require('../websocket-upgrade.node');
