/** What every test has: a fixture server of its own, a page, and the words of the console. */
import { expect, test as base, type Page } from '@playwright/test';
import type { Language } from '../src/texts/language';
import { TEXTS, type TextKey } from '../src/texts/texts';
import { ACCOUNT, FixtureServer } from './fixture/server';

interface Console {
  server: FixtureServer;
  /** Opens a page as somebody who is logged in. */
  open: (path: string, language?: Language) => Promise<void>;
  /** What the browser complained of: nothing may be left there. */
  complaints: string[];
}

export const LANGUAGES: Language[] = ['zh', 'en'];

export function text(key: TextKey, language: Language = 'zh', values: Record<string, string | number> = {}): string {
  return TEXTS[key][language].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

export async function logIn(page: Page, language: Language = 'zh') {
  await page.getByLabel(text('login.name', language)).fill(ACCOUNT.name);
  await page.getByLabel(text('login.password', language)).fill(ACCOUNT.password);
  await page.getByRole('button', { name: text('login.submit', language) }).click();
}

/** Ends the session as what is typed is saved: any other request that met it first would put the dialog over the field. */
export async function endSessionAtSave(page: Page, server: FixtureServer, path: string) {
  let ends = true;
  await page.route(path, (route) => {
    if (ends && route.request().method() === 'PUT') {
      ends = false;
      server.endSessions();
    }
    return route.fallback();
  });
}

export const test = base.extend<Console & { url: string }>({
  server: async ({}, use) => {
    const server = new FixtureServer();
    await use(server);
    await server.stop();
  },
  url: async ({ server }, use) => use(await server.start()),
  complaints: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      const expected = message.text().includes('Failed to load resource') || message.text().includes('ERR_');
      if (message.type() === 'error' && !expected) complaints.push(message.text());
    });
    await use(complaints);
    expect(complaints).toEqual([]);
  },
  // Whoever opens a page hears what the browser complains of.
  open: async ({ page, url, complaints: _heard }, use) => {
    await use(async (path, language = 'zh') => {
      await page.addInitScript((chosen) => localStorage.setItem('yujing-language', chosen), language);
      await page.goto(`${url}/#${path}`);
      await logIn(page, language);
      await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
    });
  },
});

export { expect };
