// The stream of events of a page. It comes back by itself: after a cut, a restart of the server, a sleep of the machine, a long time in a
// hidden tab (which gives its connection back, because a browser has only six of them for one host).
//
//   connecting -> open -> (silence, error) -> lost -> connecting …        hidden for a while -> asleep -> seen again -> connecting

const shortestRetryMs = 1000;
const longestRetryMs = 15_000;
/** the server says every 15 seconds that it is here */
const silentMs = 40_000;
const lookEveryMs = 5000;
const hiddenMs = 30_000;

/**
 * @param since where the page stands, and `role`, for whom it was made; of use to the first connection alone
 * @param on.told(kind, data) an event came: `message`, `states` or `resync`
 * @param on.up(wasLost) the stream is open
 * @param on.down() it was lost
 * @param on.refused() the answer was an error; settles when it may be tried again
 * @returns {{ stop(): void, start(): void }}
 */
export function keepSource({ topics, since, role, on }) {
  let source = null;
  let heardAt = Date.now();
  let retryMs = shortestRetryMs;
  let isLost = false;
  let isAsleep = false;
  let isStopped = false;
  let retryTimer;
  let sleepTimer;

  connect();
  setInterval(look, lookEveryMs);
  addEventListener('pagehide', close);
  addEventListener('online', look);
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    isLost = true;
    connect();
  });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(sleepTimer);
    if (document.hidden) sleepTimer = setTimeout(sleep, hiddenMs);
    else if (isAsleep || Date.now() - heardAt > silentMs / 2) {
      isLost = true;
      connect();
    }
  });
  return {
    stop() {
      isStopped = true;
      close();
    },
    start() {
      isStopped = false;
      isLost = true;
      connect();
    },
  };

  function connect() {
    clearTimeout(retryTimer);
    close();
    if (isStopped) return;
    isAsleep = false;
    heardAt = Date.now();
    const own = new EventSource(`/api/v1/events?${new URLSearchParams(isLost ? { topics } : { topics, since, role })}`);
    source = own;
    own.addEventListener('open', () => {
      heard();
      retryMs = shortestRetryMs;
      const wasLost = isLost;
      isLost = false;
      on.up(wasLost);
    });
    own.addEventListener('error', () => {
      if (own !== source) return;
      lose();
      // a browser gives a stream up for good when the answer was an error
      if (own.readyState === EventSource.CLOSED) again();
    });
    own.addEventListener('here', heard);
    for (const kind of ['message', 'states', 'resync'])
      own.addEventListener(kind, ({ data }) => {
        heard();
        on.told(kind, data);
      });
  }

  function heard() {
    heardAt = Date.now();
  }

  function lose() {
    if (!isLost) on.down();
    isLost = true;
  }

  function again() {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => void on.refused().then(connect), retryMs);
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  }

  /** A cut without a word, or a machine that slept: nothing was heard for too long. */
  function look() {
    if (isStopped || isAsleep || Date.now() - heardAt < silentMs) return;
    lose();
    connect();
  }

  function sleep() {
    isAsleep = true;
    close();
  }

  function close() {
    source?.close();
    source = null;
  }
}
