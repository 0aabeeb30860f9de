import type { EventName, Events } from '../../../shared/events.ts';

/** Typed events inside one server process. Listeners run in the order in which they subscribed; one that throws harms nobody else. */
export type EventBus = {
  emit<N extends EventName>(name: N, event: Events[N]): void;
  /** @returns unsubscribe, which may be called twice */
  on<N extends EventName>(name: N, listener: (event: Events[N]) => void): () => void;
};

export function createEventBus(onError: (error: unknown, name: EventName) => void): EventBus {
  const listeners = new Map<EventName, Set<(event: never) => void>>();
  return {
    emit(name, event) {
      for (const listener of listeners.get(name) ?? []) {
        try {
          (listener as (event: Events[typeof name]) => void)(event);
        } catch (error) {
          onError(error, name);
        }
      }
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener as (event: never) => void));
      return () => void set.delete(listener as (event: never) => void);
    },
  };
}
