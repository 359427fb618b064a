import { iterating, overSockets } from './lib/clients.js';
import { watching } from './lib/watching.js';

await watching('graphql-ws', (way) => iterating(overSockets(way)));
