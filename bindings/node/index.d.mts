export { upgrade, createUpgradeRequest, handleUpgradeRequest, UpgradeError } from './index.js';
export type * from './index.js';
