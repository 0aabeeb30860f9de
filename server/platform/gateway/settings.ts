export type GatewaySettings = {
  /** an agent that has not said hello by then is closed */
  readonly helloSeconds: number;
  /** how often agents send a heartbeat */
  readonly heartbeatSeconds: number;
  /** either side closes a socket on which it heard nothing for this long */
  readonly silenceSeconds: number;
  /** of messages that an agent has not yet read */
  readonly maxQueueBytes: number;
  /** handlers of one connection under way at a time, before its socket is no longer read */
  readonly maxInFlight: number;
  /** messages of one connection that wait while it is being admitted, before its socket is no longer read */
  readonly maxWaiting: number;
  /** output of all agents that waits for its commit, before their sockets are no longer read */
  readonly maxOutputUnderWay: number;
  /** bytes of frames that are read of all agents in one turn of the event loop, before those who send much wait for a later one */
  readonly maxReadPerTurn: number;
  /** handshakes that the server gets done, so that a fleet that comes back is spread accordingly */
  readonly returnsPerSecond: number;
  readonly maxUnauthenticated: number;
  readonly maxUnauthenticatedPerAddress: number;
  /** what they all together may have sent before they have proven who they are */
  readonly maxUnauthenticatedBytes: number;
  /** for a present connection to answer, before a second process with the identity of its agent takes its place */
  readonly answerSeconds: number;
  /** for the far side to answer a close before the socket is cut */
  readonly closeSeconds: number;
};

export const defaultGatewaySettings: GatewaySettings = {
  helloSeconds: 10,
  heartbeatSeconds: 15,
  silenceSeconds: 45,
  maxQueueBytes: 8 * 1024 * 1024,
  maxInFlight: 256,
  maxWaiting: 1024,
  // what a disk takes in some milliseconds: results and tasks that are posted queue behind it
  maxOutputUnderWay: 512 * 1024,
  // a millisecond or two of parsing
  maxReadPerTurn: 256 * 1024,
  // each takes a processor core about 1.5 ms, TLS included
  returnsPerSecond: 750,
  maxUnauthenticated: 2000,
  // a whole fleet may sit behind one address, and comes back when the server restarts: as many as shake hands in a second or two
  maxUnauthenticatedPerAddress: 1000,
  maxUnauthenticatedBytes: 64 * 1024 * 1024,
  answerSeconds: 2,
  closeSeconds: 5,
};
