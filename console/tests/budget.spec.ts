/** The first page comes within 350 KB, asks no other host, and no map of the sources leaves with it. */
import { gzipSync } from 'node:zlib';
import { expect, test } from './console';

const BUDGET = 350_000;

for (const path of ['/inbox', '/situation']) {
  test(`${path} within the budget`, async ({ page, open, url }) => {
    const sizes: Promise<number>[] = [];
    const charts: string[] = [];
    const hosts = new Set<string>();
    page.on('response', (response) => {
      hosts.add(new URL(response.url()).origin);
      if (response.url().includes('/api/')) return;
      if (response.url().includes('Chart')) charts.push(response.url());
      else sizes.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
    });
    await open(path);
    await expect(page.locator(path === '/situation' ? 'canvas' : 'tbody tr').first()).toBeVisible();
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(BUDGET);
    // Charts come after the figures, and only where there are any.
    expect(charts.length > 0).toBe(path === '/situation');
    expect([...hosts]).toEqual([url]);
  });
}
