import { errorCatalogue, MusterError } from '../../../shared/errors.ts';
import { enrolRequest, enrolResponse, leaveRequest } from '../../../shared/protocol.ts';
import type { RateLimiter } from '../../platform/http/rate-limiter.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { Enrol } from './enrolment.service.ts';
import type { Leave } from './leaving.service.ts';

export type EnrolmentRoutesResources = {
  readonly enrol: Enrol;
  readonly leave: Leave;
  /** of tries that fail: a whole fleet behind one address may join at once, but nobody may try out tokens */
  readonly failures: RateLimiter;
};

export const createEnrolmentRoutes = ({ enrol, leave, failures }: EnrolmentRoutesResources): AnyRoute[] => [
  route({
    method: 'POST',
    path: '/agent/v1/enrol',
    permission: 'open',
    summary: 'Join a host with a join token; what agents do, once',
    tag: 'agent',
    body: enrolRequest,
    // of somebody who has proved nothing yet
    bodyLimit: 16 * 1024,
    responses: { 201: enrolResponse },
    handler: async ({ body, address }) => {
      failures.check(address);
      try {
        return { status: 201, body: await enrol(body, address) };
      } catch (error) {
        if (isFaultOfAsker(error)) failures.take(address);
        throw error;
      }
    },
  }),
  route({
    method: 'POST',
    path: '/agent/v1/leave',
    permission: 'open',
    summary: 'Leave for good; what a host does when the agent is removed from it',
    tag: 'agent',
    body: leaveRequest,
    bodyLimit: 16 * 1024,
    responses: { 204: null },
    handler: async ({ body, address }) => {
      failures.check(address);
      try {
        await leave(body, address);
        return { status: 204 };
      } catch (error) {
        // of a host that has not stopped yet the server hears the same a few times
        if (isFaultOfAsker(error) && (error as MusterError).code !== 'state_conflict') failures.take(address);
        throw error;
      }
    },
  }),
];

const isFaultOfAsker = (error: unknown): boolean => error instanceof MusterError && errorCatalogue[error.code].status < 500;
