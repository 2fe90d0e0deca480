/** Who looks after data: refused records by reason, what is wrong with one, and sending them again. */
import type { Page } from '@playwright/test';
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

/** Presses Escape in the very moment when the dialog can be seen, before it has the focus. */
async function escapeWhenShown(page: Page, title: string) {
  await page.evaluate((words) => {
    const shown = new MutationObserver(() => {
      const dialogs = [...document.querySelectorAll('[role="dialog"]')];
      if (!dialogs.some((dialog) => dialog.textContent.includes(words) && dialog.checkVisibility())) return;
      shown.disconnect();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    });
    shown.observe(document.body, { subtree: true, childList: true, attributes: true });
  }, title);
}

test('a dialog hears Escape as soon as it is seen', async ({ page, open }) => {
  await open('/data');
  await escapeWhenShown(page, text('data.record'));
  await page.getByRole('button', { name: text('data.see') }).first().click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('a question hears Escape as soon as it is seen', async ({ page, open, server }) => {
  await open('/data?topic=foodsafety.camera.alert.v1&code=unknown_value');
  const all = page.getByRole('button', { name: /重发全部/ });
  await expect(all).toBeVisible();
  await escapeWhenShown(page, text('app.yes'));
  await all.click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(server.retried.size).toBe(0);
});

test('Escape at the moment when the session ends closes nothing', async ({ page, open, server }) => {
  await open('/data');
  await page.getByRole('button', { name: text('data.see') }).first().click();
  const record = page.getByRole('dialog', { name: text('data.record') });
  await expect(record).toBeVisible();
  await escapeWhenShown(page, text('login.ended'));
  server.endSessions();
  server.send('ended', {});
  const ended = page.getByRole('dialog', { name: text('login.ended') });
  await expect(ended).toBeVisible();
  await expect(record).toBeVisible();
  await page.getByLabel(text('login.password')).fill('a-long-password');
  await page.getByRole('button', { name: text('login.submit') }).click();
  await expect(ended).toBeHidden();
  await expect(record).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(record).toHaveCount(0);
});

test('each source and publisher says how much came, how late, and what share was refused; that opens its list', async ({ page, open }) => {
  await open('/data');
  const traffic = page.getByRole('region', { name: text('traffic.title') });
  const complaints = traffic.getByRole('row', { name: /^投诉举报/ });
  await expect(complaints.getByText('静默超时')).toBeVisible();
  await expect(complaints.getByText(text('traffic.a_minute', 'zh', { count: '1.5' }))).toBeVisible();
  await expect(traffic.getByRole('row', { name: /^后厨监控/ }).getByText(/^3 条/)).toBeVisible();
  await expect(traffic.getByText(text('traffic.nobody'))).toBeVisible();
  await traffic.getByRole('row', { name: /^camera-platform/ }).getByRole('button', { name: text('traffic.share', 'zh', { share: '0.2', count: 3 }) }).click();
  await expect(page).toHaveURL(/publisher=camera-platform/);
  const list = page.getByRole('table', { name: text('data.title') });
  await expect(list.locator('tbody tr')).toHaveCount(3);
  await expect(list.getByText('camera-platform')).toHaveCount(3);
  // Not all of a topic with a code: that cannot be sent again together.
  await expect(page.getByRole('button', { name: /重发全部/ })).toHaveCount(0);
  await page.getByRole('button', { name: text('warnings.clear') }).click();
  await expect(list.locator('tbody tr')).toHaveCount(6);
});

test('while the engine is away, sources are shown as it last said', async ({ page, open, server }) => {
  server.stream = { ...server.stream, engine: 'away' };
  await open('/data');
  const traffic = page.getByRole('region', { name: text('traffic.title') });
  await expect(traffic.locator('p.clock-over')).toBeVisible();
  await expect(traffic.getByRole('row', { name: /^投诉举报/ })).toBeVisible();
});

test('what one request does not send again is said, and so is what the list no longer has', async ({ page, open, server }) => {
  server.mostRetries = 2;
  server.change = (body) => (typeof body === 'object' && body !== null && 'most_listed' in body ? { ...body, listed: 5, most_listed: 5 } : body);
  await open('/data?topic=foodsafety.camera.alert.v1&code=unknown_value');
  await expect(page.getByText(/明细只列最近的 5 条/)).toBeVisible();
  await page.getByRole('button', { name: /重发全部/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: text('app.yes'), exact: true }).click();
  await expect(page.getByText(text('data.asked_left', 'zh', { count: 2, left: 1 }))).toBeVisible();
});
