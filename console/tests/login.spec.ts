/** Logging in by the office's identity provider, beside passwords of the console's own. */
import { warningId } from './fixture/district';
import { endSessionAtSave, expect, logIn, test, text } from './console';

test('without an identity provider nothing is said of one', async ({ page, url, complaints: _heard }) => {
  await page.goto(url);
  await expect(page.getByRole('button', { name: text('login.submit') })).toBeVisible();
  await expect(page.getByRole('link', { name: text('login.provider') })).toHaveCount(0);
});

test('the identity provider brings somebody in, and a password still does', async ({ page, url, server, complaints: _heard }) => {
  server.ways = { provider: true, password: 'everybody' };
  await page.goto(url);
  await page.getByRole('link', { name: text('login.provider') }).click();
  await expect(page.getByRole('navigation', { name: text('app.menu') })).toBeVisible();
  await page.getByRole('button', { name: text('app.logout') }).click();
  await logIn(page);
  await expect(page.getByRole('navigation', { name: text('app.menu') })).toBeVisible();
});

test('whoever the identity provider brings in vain is told why, and may use a password', async ({ page, url, server, complaints: _heard }) => {
  server.ways = { provider: true, password: 'administrators' };
  for (const refusal of ['no_role', 'away', 'expired'] as const) {
    server.refusal = refusal;
    await page.goto(url);
    await page.getByRole('link', { name: text('login.provider') }).click();
    await expect(page.getByRole('alert')).toContainText(text(`refusal.${refusal}`));
  }
  await expect(page.getByText(text('login.administrators'))).toBeVisible();
  await page.goto(`${url}/#/login/${encodeURIComponent('<b>x</b>')}`);
  await expect(page.getByRole('alert')).toContainText(text('refusal.refused'));
  await logIn(page);
  await expect(page.getByRole('navigation', { name: text('app.menu') })).toBeVisible();
});

test('a session of the identity provider that ends while typing is renewed in another window, and loses nothing', async ({ page, open, server, context }) => {
  server.ways = { provider: true, password: 'everybody' };
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', { name: '反馈', exact: true }).check();
  await endSessionAtSave(page, server, '**/drafts/*');
  await page.getByLabel(text('answer.result')).fill('正在填写');
  const dialog = page.getByRole('dialog', { name: text('login.ended') });
  await expect(dialog.getByLabel(text('login.password'))).toHaveCount(0);
  const another = context.waitForEvent('page');
  await dialog.getByRole('link', { name: text('login.provider') }).click();
  await expect((await another).getByRole('navigation', { name: text('app.menu') })).toBeVisible();
  await page.bringToFront();
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(dialog).toBeHidden();
  await expect(page.getByLabel(text('answer.result'))).toHaveValue('正在填写');
});

test('an account of the identity provider can be disabled here, and nothing else', async ({ page, open }) => {
  await open('/accounts');
  const row = page.getByRole('row', { name: 'chen' });
  await expect(row.getByText(text('accounts.provider'))).toBeVisible();
  await expect(row.getByRole('button', { name: text('accounts.disable') })).toBeVisible();
  for (const action of ['accounts.change', 'accounts.reset'] as const) {
    await expect(row.getByRole('button', { name: text(action) })).toHaveCount(0);
  }
});
