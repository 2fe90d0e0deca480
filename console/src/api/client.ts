import createFetch, { type Middleware } from 'openapi-fetch';
import createQueries from 'openapi-react-query';
import type { components, paths } from './contract';

/** A schema of the contract by its name. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

export const API = '/api/console/v1';

/** What the server has said of the session, for requests that change something. */
let csrfToken = '';
/** How far the server's clock is before this machine's, in milliseconds. */
let clockOffset = 0;
let onSessionEnded: (() => void) | undefined;

export function setCsrfToken(token: string) {
  csrfToken = token;
}

/** Calls back when a request is refused because the session is over. */
export function whenSessionEnds(callback: () => void) {
  onSessionEnded = callback;
}

/** Now by the server's clock: the clocks of warnings run by it, whatever this machine's says. */
export function serverNow(): number {
  return Date.now() + clockOffset;
}

/** The header that says that a request comes from these pages. */
export function csrfHeader(): [name: string, value: string] {
  return ['X-CSRF-Token', csrfToken];
}

/** To be called when a request was refused because the session is over. */
export function sessionEnded() {
  onSessionEnded?.();
}

const middleware: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set(...csrfHeader());
  },
  onResponse({ request, response }) {
    const date = Date.parse(response.headers.get('Date') ?? '');
    if (Number.isFinite(date)) clockOffset = Math.abs(date - Date.now()) > 2000 ? date - Date.now() : 0;
    const asksForSession = new URL(request.url).pathname === `${API}/session`;
    if (response.status === 401 && !asksForSession) sessionEnded();
  },
};

export const api = createFetch<paths>({ baseUrl: new URL(API, window.location.origin).href, credentials: 'same-origin' });
api.use(middleware);

/** The same as hooks of TanStack Query. */
export const queries = createQueries(api);

/** Whether something thrown or answered is a problem that the server explains. */
export function isProblem(error: unknown): error is Schema<'Problem'> {
  return typeof error === 'object' && error !== null && 'code' in error && 'text' in error;
}
