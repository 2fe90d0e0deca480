/** Names and texts that somebody planted: nothing runs, nothing breaks the page, nothing else changes its direction. */
import { expect, test } from './console';
import { operators, warningId } from './fixture/district';
import { RULE } from './fixture/rules';
import { DRAFT, PROPOSED } from './fixture/studio';

/** Keys of the contract and the records under which people's words stand. */
const WORDS = new Set([
  'name', 'address', 'zh', 'en', 'result', 'display_name', 'community', 'grid', 'publisher', 'event_id', 'channel', 'law', 'article', 'deadline', 'uri',
  'title', 'reason', 'author_name', 'owner', 'base', 'text', 'written',
]);

const PLANTED = {
  script: '<script>window.planted = 1</script><img src=x onerror="window.planted = 1">{{7*7}}${7*7}javascript:window.planted=1',
  'right-to-left': '\u202eعربي\u2066שלום\u202c\u0007\u001b[31m',
  long: '超长名称'.repeat(2500),
};

function plant(value: unknown, text: string, key = ''): unknown {
  if (typeof value === 'string') return WORDS.has(key) ? text : value;
  if (Array.isArray(value)) return value.map((item) => plant(item, text, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plant(item, text, name)]));
}

const PAGES = [
  '/inbox',
  '/situation',
  '/warnings',
  `/warnings/${warningId(0)}`,
  `/warnings/${warningId(4)}`,
  '/operators',
  `/operators/${operators[0]?.operator_id ?? ''}`,
  '/data',
  '/accounts',
  '/audit',
  '/rules',
  `/rules/file?${new URLSearchParams({ path: RULE }).toString()}`,
  '/rules/changes',
  `/rules/changes/${PROPOSED}`,
  `/rules/changes/${DRAFT}/edit`,
  '/rules/history',
  `/print/notice/${warningId(0)}`,
  `/print/answer/${warningId(4)}`,
];

for (const [kind, text] of Object.entries(PLANTED)) {
  for (const width of [1366, 375]) {
    test(`${kind} at ${width}`, async ({ page, open, server, url }) => {
      await page.setViewportSize({ width, height: 740 });
      server.change = (body) => plant(body, text);
      await open('/inbox');
      for (const path of PAGES) {
        await page.goto(`${url}/#${path}`);
        await expect(page.locator('h1, .sheet').first()).toBeVisible();
        await expect(page.locator('table, .cm-editor').first()).toBeVisible();
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(wide, path).toBeLessThanOrEqual(0);
      }
      expect(await page.evaluate(() => 'planted' in window)).toBe(false);
      expect(await page.locator('img[src="x"]').count()).toBe(0);
    });
  }
}
