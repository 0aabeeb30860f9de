import type { AnyRoute } from '../../platform/http/route.ts';
import { createApiTokensRoutes } from './api-tokens.routes.ts';
import type { AuthService } from './auth.service.ts';
import { createJoinTokensRoutes } from './join-tokens.routes.ts';
import { createUsersRoutes } from './users.routes.ts';

export const createAuthRoutes = ({ users, tokens, joinTokens }: AuthService): AnyRoute[] => [
  ...createUsersRoutes(users),
  ...createApiTokensRoutes(tokens),
  ...createJoinTokensRoutes(joinTokens),
];
