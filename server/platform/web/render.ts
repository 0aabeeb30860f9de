import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import { allows, type Permission } from '../../../shared/permissions.ts';
import type { Clock } from '../clock.ts';
import type { Actor } from '../http/actor.ts';
import type { Exchange } from '../http/endpoint.ts';
import type { Assets } from './assets.ts';
import { badge } from './badges.ts';
import { format } from './format.ts';
import type { PageAnswer } from './page.ts';

/**
 * From the answer of a page to HTML: its view first, then the layout around it, which gets it as `body`. Compiled views are kept.
 *
 * `<%= %>` escapes; `<%- %>` is only for `body`, `include` and `icon`. A name that a view does not get is an error, so what may be absent
 * is handed in as null. Partials: `include('/partials/name', { … })` from `platform/web/views`, or `include('name')` from beside the view.
 */
export type Render = (answer: ViewAnswer, context: RenderContext) => string;
export type ViewAnswer = Extract<PageAnswer, { kind: 'view' }>;
export type RenderContext = {
  readonly actor: Actor | undefined;
  readonly exchange: Pick<Exchange, 'path' | 'search' | 'request'>;
  /** of the live events, taken before the page was read */
  readonly position: string;
};

/** Besides the `data` of the answer, every view and partial gets these; a view's data cannot replace them. */
export type Locals = {
  readonly title: string;
  readonly section: string;
  /** the page's own URL, path and query */
  readonly path: string;
  readonly actor: Actor | null;
  /** every form sends it back as the field `csrf`; '' when nobody is signed in */
  readonly csrf: string;
  readonly allows: (permission: Permission) => boolean;
  /** the URL of a file under `assets/`, which changes with its content */
  readonly asset: (name: string) => string;
  /** the SVG of an icon of `icons.ts`, as safe HTML for `<%- %>`; hidden from screen readers, so a word stands beside it */
  readonly icon: (name: string) => string;
  /** 'light' or 'dark' by the cookie `muster_theme`; null: as the system has it */
  readonly theme: 'light' | 'dark' | null;
  readonly now: number;
  readonly format: typeof format;
  readonly badge: typeof badge;
};

export type RendererResources = {
  readonly views: string;
  readonly assets: Pick<Assets, 'url' | 'importedBy'>;
  readonly icons: ReadonlySet<string>;
  readonly clock: Clock;
  readonly reload: boolean;
};

export function createRenderer({ views, assets, icons, clock, reload }: RendererResources): Render {
  const compiled = new Map<string, ejs.TemplateFunction>();

  function template(file: string): ejs.TemplateFunction {
    const known = compiled.get(file);
    if (known !== undefined) return known;
    const made = ejs.compile(ejs.fileLoader(file).toString(), { filename: file, root: views, cache: !reload });
    if (!reload) compiled.set(file, made);
    return made;
  }

  function icon(name: string): string {
    if (!icons.has(name)) throw new Error(`no icon ${name}: add it to icons.ts`);
    return `<svg class="icon" aria-hidden="true" focusable="false"><use href="${assets.url('icons.svg')}#${name}"></use></svg>`;
  }

  return (answer, { actor, exchange, position }) => {
    const { path, search, request } = exchange;
    const locals: Locals = {
      title: answer.title,
      section: answer.section,
      path: search === '' ? path : `${path}?${search}`,
      actor: actor ?? null,
      csrf: actor?.csrfToken ?? '',
      allows: (permission) => actor !== undefined && allows(actor.role, permission),
      asset: assets.url,
      icon,
      theme: themeOf(request.headers.cookie),
      now: clock.now(),
      format,
      badge,
    };
    const file = answer.view.startsWith('file:') ? fileURLToPath(answer.view) : answer.view;
    const body = template(file)({ ...answer.data, ...locals });
    const topics = answer.topics ?? [];
    const scripts = ['page.js', ...(topics.length > 0 ? ['live.js'] : []), ...(answer.scripts ?? [])];
    const modules = assets.importedBy(scripts);
    return template(join(views, 'layout.ejs'))({ ...locals, body, topics, scripts, modules, position });
  };
}

function themeOf(cookie: string | undefined): 'light' | 'dark' | null {
  const theme = /(?:^|;\s*)muster_theme=(light|dark)(?:;|$)/.exec(cookie ?? '')?.[1];
  return theme === 'light' || theme === 'dark' ? theme : null;
}
