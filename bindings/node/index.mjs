import websocketUpgrade from './index.js';

export const { upgrade, createUpgradeRequest, handleUpgradeRequest, UpgradeError } = websocketUpgrade;
