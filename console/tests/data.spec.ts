/** Who looks after data: refused records by reason, what is wrong with one, and sending them again. */
import { expect, test, text } from './console';
import { first, placeOf } from './fixture/refused';

test('each number opens its list, and all of it is sent again once', async ({ page, open, server }) => {
  await open('/data');
  const counts = page.getByRole('region', { name: text('data.counts') });
  await counts.getByRole('row', { name: '取值不在范围内' }).getByRole('button', { name: '3' }).click();
  const list = page.getByRole('table', { name: text('data.title') });
  await expect(list.locator('tbody tr')).toHaveCount(3);
  await page.getByRole('button', { name: text('data.retry_all', 'zh', { code: '取值不在范围内' }) }).click();
  await page.getByRole('dialog').getByRole('button', { name: text('app.yes'), exact: true }).click();
  await expect(page.getByText(text('data.asked', 'zh', { count: 3 }))).toBeVisible();
  await expect(list.getByText('等待重发')).toHaveCount(3);
  expect(server.retried.size).toBe(3);
});

test('some are chosen and sent again; what cannot come out otherwise cannot be chosen', async ({ page, open, server }) => {
  await open('/data');
  const list = page.getByRole('table', { name: text('data.title') });
  // Sent before, cut, and refused for good: three have no box.
  await expect(list.getByRole('checkbox')).toHaveCount(3);
  await list.getByRole('checkbox', { name: text('data.select', 'zh', { name: placeOf(first) }) }).check();
  await page.getByRole('button', { name: text('data.retry_selected', 'zh', { count: 1 }) }).click();
  await expect(page.getByText(text('data.asked', 'zh', { count: 1 }))).toBeVisible();
  expect([...server.retried]).toEqual([placeOf(first)]);
  await expect(list.getByRole('checkbox')).toHaveCount(2);
});

test('a record is shown with personal data masked, and not at all where that cannot be told', async ({ page, open }) => {
  await open('/data');
  const list = page.getByRole('table', { name: text('data.title') });
  await list.getByRole('button', { name: text('data.see') }).first().click();
  await expect(page.getByText('"caller": "***"')).toBeVisible();
  await page.keyboard.press('Escape');
  await list.getByRole('row', { name: '非JSON' }).getByRole('button', { name: text('data.see') }).click();
  await expect(page.getByText(text('data.unreadable'))).toBeVisible();
});
