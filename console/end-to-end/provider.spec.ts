/** The office's identity provider, as people click through it. */
import { expect, test, type Page } from '@playwright/test';
import { text } from '../tests/console';
import { CONSOLE } from './people';

/** Goes to the provider and logs in there. */
async function logIn(page: Page, name: string) {
  await page.getByRole('link', { name: text('login.provider') }).click();
  await page.locator('input[name="login"]').fill(name);
  await page.locator('input[name="password"]').fill('any');
  await page.locator('button[type="submit"]').click();
}

test('somebody logs in there and out again, and who has no role is told so', async ({ page }) => {
  await page.goto(CONSOLE);
  await logIn(page, 'li');
  await expect(page.getByRole('navigation', { name: text('app.menu') })).toBeVisible();
  await expect(page.getByText('李四')).toBeVisible();
  await expect(page).toHaveURL(`${CONSOLE}/#/situation`);

  await page.getByRole('button', { name: text('app.logout') }).click();
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await expect(page.getByRole('heading', { name: text('login.title') })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`^${CONSOLE}/`));

  await logIn(page, 'wang');
  await expect(page.getByRole('alert')).toContainText(text('refusal.no_role'));
});
