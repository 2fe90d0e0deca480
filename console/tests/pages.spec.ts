/** Every page in both languages, on a desktop and a phone: it says what it should, fits, and is accessible. */
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, LANGUAGES, test, text } from './console';
import { operators, warningId } from './fixture/district';
import { RULE } from './fixture/rules';
import { DRAFT, PROPOSED } from './fixture/studio';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds against WCAG A and AA. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }).then(({ violations }) => violations)`,
  );
  return (found as Violation[]).flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`));
}

async function fits(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
}

const PAGES = {
  inbox: { path: '/inbox', says: 'inbox.title' },
  situation: { path: '/situation', says: 'situation.title' },
  warnings: { path: '/warnings', says: 'warnings.title' },
  warning: { path: `/warnings/${warningId(0)}`, says: 'warning.why' },
  'answered-warning': { path: `/warnings/${warningId(4)}`, says: 'warning.why' },
  operators: { path: '/operators', says: 'operators.title' },
  operator: { path: `/operators/${operators[0]?.operator_id ?? ''}`, says: 'operator.timeline' },
  data: { path: '/data', says: 'data.title' },
  accounts: { path: '/accounts', says: 'accounts.title' },
  audit: { path: '/audit', says: 'audit.title' },
  rules: { path: '/rules', says: 'studio.title' },
  'rule-file': { path: `/rules/file?${new URLSearchParams({ path: RULE }).toString()}`, says: 'studio.title' },
  changes: { path: '/rules/changes', says: 'studio.title' },
  change: { path: `/rules/changes/${PROPOSED}`, says: 'difference.title' },
  'change-edit': { path: `/rules/changes/${DRAFT}/edit`, says: 'check.title' },
  versions: { path: '/rules/history', says: 'history.compare' },
  notice: { path: `/print/notice/${warningId(0)}`, says: 'print.notice' },
  'answer-sheet': { path: `/print/answer/${warningId(4)}`, says: 'print.sheet' },
} as const;

const SIZES = { desktop: { width: 1366, height: 768 }, phone: { width: 375, height: 740 } } as const;

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const language of LANGUAGES) {
    test.describe(`${size} ${language}`, () => {
      test.use({ viewport });

      test('login', async ({ page, url, complaints: _heard }, info) => {
        await page.addInitScript((chosen) => localStorage.setItem('yujing-language', chosen), language);
        await page.goto(url);
        await expect(page.getByRole('heading', { name: text('login.title', language) })).toBeVisible();
        await page.screenshot({ path: info.outputPath('page.png') });
        expect(await violations(page)).toEqual([]);
        expect(await fits(page)).toBe(true);
      });

      test('refusal', async ({ page, url, server, complaints: _heard }, info) => {
        server.ways = { provider: true, password: 'administrators' };
        await page.addInitScript((chosen) => localStorage.setItem('yujing-language', chosen), language);
        await page.goto(`${url}/#/login/no_role`);
        await expect(page.getByRole('link', { name: text('login.provider', language) })).toBeVisible();
        await page.screenshot({ path: info.outputPath('page.png') });
        expect(await violations(page)).toEqual([]);
        expect(await fits(page)).toBe(true);
      });

      for (const [name, { path, says }] of Object.entries(PAGES)) {
        test(name, async ({ page, open }, info) => {
          await open(path, language);
          await expect(page.getByRole('heading', { name: text(says, language) }).first()).toBeVisible();
          await expect(page.getByText(text('app.loading', language))).toHaveCount(0);
          await page.screenshot({ path: info.outputPath('page.png'), fullPage: true });
          expect(await violations(page)).toEqual([]);
          expect(await fits(page)).toBe(true);
        });
      }
    });
  }
}
