'use strict';

const { createUpgradeRequest } = require('./lib/client');
const { UpgradeError } = require('./lib/errors');
const { handleUpgradeRequest } = require('./lib/server');

const upgrade = { createUpgradeRequest, handleUpgradeRequest };

module.exports = { upgrade, createUpgradeRequest, handleUpgradeRequest, UpgradeError };
