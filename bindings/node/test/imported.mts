// Uses of the types by an ES module, checked by `types.test.mjs`, never run.
import { UpgradeError, handleUpgradeRequest, upgrade } from 'websocket-upgrade';
import type { ServerOptions } from 'websocket-upgrade';

export const options: ServerOptions = { protocols: ['chat'] };
export const handle: typeof handleUpgradeRequest = upgrade.handleUpgradeRequest;
export const isOurs = (error: unknown): boolean => error instanceof UpgradeError && error.code === 'ERR_UPGRADE_CLOSED';
