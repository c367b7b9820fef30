/** `consomme/core/extras`: what is not about media. */
export { EnhancedEventEmitter, type EventMap, enhancedOnce } from './enhanced-event-emitter.js';
