/** Who looks after accounts: links, access, sessions, the audit trail; and who sees which pages. */
import type { Schema } from '../src/api/client';
import { expect, test, text } from './console';
import { bilingual } from './fixture/parts';

type Permission = Schema<'Session'>['permissions'][number];

/** What each role may, and which parts of the navigation it therefore sees. */
const ROLES: { role: string; permissions: Permission[]; sees: string[]; first: RegExp }[] = [
  { role: 'viewer', permissions: ['read'], sees: ['situation', 'warnings', 'operators'], first: /#\/situation$/ },
  { role: 'officer', permissions: ['read', 'answer'], sees: ['inbox', 'situation', 'warnings', 'operators'], first: /#\/inbox$/ },
  { role: 'reviewer', permissions: ['read', 'answer'], sees: ['inbox', 'situation', 'warnings', 'operators'], first: /#\/inbox$/ },
  { role: 'analyst', permissions: ['read', 'data'], sees: ['situation', 'warnings', 'operators', 'data'], first: /#\/situation$/ },
  { role: 'approver', permissions: ['read'], sees: ['situation', 'warnings', 'operators'], first: /#\/situation$/ },
  { role: 'administrator', permissions: ['data', 'accounts', 'audit'], sees: ['data', 'accounts', 'audit'], first: /#\/accounts$/ },
];

const PARTS = ['inbox', 'situation', 'warnings', 'operators', 'data', 'accounts', 'audit'] as const;

for (const { role, permissions, sees, first } of ROLES) {
  test(`${role} begins where it works, and sees what it may`, async ({ page, open, server }) => {
    server.permissions = permissions;
    await open('/');
    await expect(page).toHaveURL(first);
    const navigation = page.getByRole('navigation', { name: text('app.menu') });
    for (const part of PARTS) {
      await expect(navigation.locator(`a[href="#/${part}"]`), part).toHaveCount(sees.includes(part) ? 1 : 0);
    }
  });
}

test('a link is made with roles, an area and a post, and shown once', async ({ page, open, server }) => {
  await open('/accounts');
  await page.getByRole('button', { name: text('accounts.invite') }).click();
  const dialog = page.getByRole('dialog', { name: text('accounts.invite') });
  await dialog.getByRole('button', { name: text('accounts.make_link') }).click();
  await expect(dialog.getByText(text('accounts.roles_missing'))).toBeVisible();
  await dialog.getByRole('checkbox', { name: '处置' }).check();
  await dialog.getByRole('combobox', { name: text('accounts.add_area') }).fill('友谊路街道');
  await page.keyboard.press('Enter');
  await dialog.getByRole('combobox', { name: text('accounts.add_duty') }).fill('友谊路街道市场监管所');
  await page.keyboard.press('Enter');
  await dialog.getByRole('combobox', { name: text('accounts.post_role') }).press('ArrowDown');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: text('accounts.make_link') }).click();
  await expect(page.getByLabel(text('links.ready')).last()).toHaveValue(/\/#\/invitation\/made-up-token$/);
  const [step] = server.steps;
  expect(step?.body).toMatchObject({
    roles: ['officer'],
    areas: [{ sub_district: '友谊路街道', community: null, grid: null }],
    duties: [{ post: 'station/友谊路街道', role: 'officer' }],
  });
});

test('Escape closes the list that is open in a dialog, and the dialog only after it', async ({ page, open }) => {
  await open('/accounts');
  await page.getByRole('button', { name: text('accounts.invite') }).click();
  const dialog = page.getByRole('dialog', { name: text('accounts.invite') });
  const area = dialog.getByRole('combobox', { name: text('accounts.add_area') });
  await area.press('ArrowDown');
  await expect(area).toHaveAttribute('aria-expanded', 'true');
  await area.press('Escape');
  await expect(area).toHaveAttribute('aria-expanded', 'false');
  await expect(dialog).toBeVisible();
  await area.press('Escape');
  await expect(dialog).toHaveCount(0);
});

test('an account is disabled, logged out everywhere and given another password', async ({ page, open, server }) => {
  await open('/accounts');
  const row = page.getByRole('row', { name: 'zhang' });
  for (const action of ['accounts.end_sessions', 'accounts.disable', 'accounts.reset'] as const) {
    await row.getByRole('button', { name: text(action) }).click();
    await page.getByRole('dialog').getByRole('button', { name: text('app.yes'), exact: true }).click();
    await expect.poll(() => server.steps.length).toBe(['accounts.end_sessions', 'accounts.disable', 'accounts.reset'].indexOf(action) + 1);
  }
  await expect(page.getByLabel(text('links.ready')).last()).toHaveValue(/\/#\/reset\/made-up-token$/);
  expect(server.steps.map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`)).toEqual([
    'DELETE sessions',
    'PATCH 0b9d1f0e-0000-4000-8000-000000000102',
    'POST reset',
  ]);
  expect(server.steps[1]?.body).toEqual({ disabled: true });
});

test('that the last administrator stays is said', async ({ page, open, server }) => {
  await open('/accounts');
  server.refuseNext = { status: 409, code: 'last_administrator', text: bilingual('至少须保留一名管理员', 'one has to be left') };
  await page.getByRole('row', { name: 'root' }).getByRole('button', { name: text('accounts.disable') }).click();
  await page.getByRole('dialog').getByRole('button', { name: text('app.yes'), exact: true }).click();
  await expect(page.getByText('至少须保留一名管理员')).toBeVisible();
});

test('a link that nobody has used is taken back', async ({ page, open, server }) => {
  await open('/accounts');
  await page.getByRole('region', { name: text('links.title') }).getByRole('button', { name: text('links.revoke') }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: text('app.yes'), exact: true }).click();
  await expect.poll(() => server.steps.map(({ method, path }) => `${method} ${path}`)).toEqual(['DELETE /invitations/0b9d1f0e-0000-4000-8000-000000000201']);
});

test('the audit trail is filtered, and exported with the same filters', async ({ page, open }) => {
  await open('/audit');
  await expect(page.locator('tbody tr')).toHaveCount(5);
  await page.getByLabel(text('audit.action')).selectOption('login_refused');
  await expect(page.locator('tbody tr')).toHaveCount(1);
  await expect(page.getByText('<b>root</b>')).toBeVisible();
  await expect(page.getByRole('link', { name: text('audit.export') })).toHaveAttribute('href', /\/audit\/export\?action=login_refused$/);
});

test('the link of an invitation makes an account, and a used one says so', async ({ page, url, complaints: _heard }) => {
  for (const [token, good] of [['used', false], ['made-up-token', true]] as const) {
    await page.goto(`${url}/#/invitation/${token}`);
    await page.getByLabel(text('login.name')).fill('zhang');
    await page.getByLabel(text('invitation.display_name')).fill('张');
    await page.getByLabel(text('login.password'), { exact: true }).fill('a-long-password');
    await page.getByLabel(text('invitation.again')).fill('another-password');
    await page.getByRole('button', { name: text('invitation.submit') }).click();
    await expect(page.getByText(text('invitation.differs'))).toBeVisible();
    await page.getByLabel(text('invitation.again')).fill('a-long-password');
    await page.getByRole('button', { name: text('invitation.submit') }).click();
    await expect(good ? page.getByRole('navigation') : page.getByRole('alert').first()).toBeVisible();
  }
});

test('the link of a reset asks for another password only', async ({ page, url, complaints: _heard }) => {
  await page.goto(`${url}/#/reset/made-up-token`);
  await expect(page.getByLabel(text('login.name'))).toHaveCount(0);
  await page.getByLabel(text('login.password'), { exact: true }).fill('a-long-password');
  await page.getByLabel(text('invitation.again')).fill('a-long-password');
  await page.getByRole('button', { name: text('reset.submit') }).click();
  await expect(page.getByRole('navigation')).toBeVisible();
});
