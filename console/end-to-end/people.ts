/** Who takes part in a test: each in a browser of their own, with an account made by the one-time link. */
import { expect, type Browser, type Page } from '@playwright/test';
import { text } from '../tests/console';

const PASSWORD = 'correct horse battery';

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing: these tests are run by \`cargo test\``);
  return value;
}

/** The console's address. */
export const CONSOLE = required('YUJING_CONSOLE');

const links = JSON.parse(required('YUJING_PEOPLE')) as Record<string, string>;

/** Follows the link of somebody in a browser of their own, and asks for an account. */
export async function accept(browser: Browser, name: string): Promise<Page> {
  const link = links[name];
  if (link === undefined) throw new Error(`nobody is called ${name}`);
  const page = await (await browser.newContext()).newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(`${CONSOLE}/${link.slice(link.indexOf('#'))}`);
  await page.getByLabel(text('login.name')).fill(name);
  await page.getByLabel(text('invitation.display_name')).fill(name);
  await page.getByLabel(text('login.password'), { exact: true }).fill(PASSWORD);
  await page.getByLabel(text('invitation.again')).fill(PASSWORD);
  await page.getByRole('button', { name: text('invitation.submit') }).click();
  return page;
}

/** A page in which somebody has just made their account. */
export async function arrive(browser: Browser, name: string): Promise<Page> {
  const page = await accept(browser, name);
  await expect(page.getByRole('navigation')).toBeVisible();
  return page;
}
