import type { Streams } from '@streamcell/runtime/session/streams';
import { openView } from '@streamcell/runtime/session/view-bridge';
import type { CommTarget } from '../host.js';

/** Comms of VIEW_TARGET: one is one looker at one result. */
export function viewTarget(streams: Streams): CommTarget {
  return {
    open: (channel, data) => openView(streams, { send: (message, buffers) => channel.send(message, buffers) }, data),
  };
}
