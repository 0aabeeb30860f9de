import type { z } from 'zod';
import type { Permission } from '../../../shared/permissions.ts';
import type { Actor } from '../http/actor.ts';

/**
 * A page of the dashboard, or a form that one of them posts. Pages render fully from the database and work without script.
 *
 * How to write one: declare it with `page({ … })` in `features/<domain>/<domain>.pages.ts`, its view beside it in `views/`, and let
 * `main.ts` put it into the list of `createWeb`. What a view is given is told in `render.ts`; icons are named in `icons.ts`; a file under
 * `assets/` is there at once, a file of another package is named in `vendor.ts`.
 *
 * Around the handler: nobody signed in → to `/sign-in?next=…`; no permission, nothing found, an error → a page that says so, with the
 * status of the error. Query fields that are empty are left out, for filter forms send them all; unknown ones are refused.
 *
 * A form posts `application/x-www-form-urlencoded` with `<input type="hidden" name="csrf" value="<%= csrf %>">`, to its own page or to
 * another; after a success it redirects, so that a reload repeats nothing. A form that shall come back with what was typed declares
 * `body: formBody` (form.ts), which takes any fields, checks them in its handler, catches the `MusterError` of the service there and
 * answers with its view again, `status: 422`. With a stricter schema the handler sees only what fits; the rest gets an error page.
 *
 * No `style` attribute, no `on…` attribute, no `<script>` or `<style>` with content: the content security policy stops them all.
 *
 * Live parts: see `live.ts`.
 */
export type Page<Params = unknown, Query = unknown, Body = unknown> = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly permission: Permission | 'open';
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  /** of a form, sent as `application/x-www-form-urlencoded`; its `csrf` field is checked and removed before */
  readonly body?: z.ZodType<Body>;
  /** largest form in bytes; default that of the settings */
  readonly bodyLimit?: number;
  readonly handler: (request: PageRequest<Params, Query, Body>) => Promise<PageAnswer>;
};

export type PageRequest<Params, Query, Body> = {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly actor: Actor | undefined;
  readonly address: string | null;
  readonly headers: Readonly<Record<string, string | undefined>>;
};

export type PageAnswer =
  | {
      readonly kind: 'view';
      /** file URL or absolute path of the EJS view, beside its feature */
      readonly view: string;
      readonly title: string;
      /** which entry of the navigation is lit */
      readonly section: string;
      readonly data: Readonly<Record<string, unknown>>;
      /** the live topics of this page, see `live.ts`; none: the page stays as it is */
      readonly topics?: readonly string[];
      readonly status?: number;
      /** scripts of this page alone, names under `assets/` */
      readonly scripts?: readonly string[];
    }
  | { readonly kind: 'redirect'; readonly to: string; readonly cookies?: readonly string[] }
  /** a file to save, sent as `text/plain` piece by piece as an attachment; never rendered by the browser */
  | { readonly kind: 'download'; readonly fileName: string; readonly chunks: AsyncIterable<string> };

export const page = <Params, Query, Body>(declaration: Page<Params, Query, Body>): AnyPage => declaration as AnyPage;

// biome-ignore lint/suspicious/noExplicitAny: the list of pages mixes every parameter type
export type AnyPage = Page<any, any, any>;
