/** A warning of a school canteen, from its alert to its closure. */
import { expect, test, type Page } from '@playwright/test';
import { WORDS } from '../src/texts/words';
import { text } from '../tests/console';
import { accept, arrive } from './people';

const SCHOOL = '示例小学食堂';

/** Opens the warning from the inbox. */
async function openWarning(page: Page) {
  await page.getByRole('link', { name: text('nav.inbox') }).click();
  await page.getByRole('row', { name: SCHOOL }).getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: text('warning.why') })).toBeVisible();
}

function radio(page: Page, name: string) {
  return page.getByRole('radio', { name, exact: true });
}

/** Does something, and waits until the engine has taken it and the warning says so. */
async function act(page: Page, action: keyof typeof WORDS.action, state: keyof typeof WORDS.state) {
  await radio(page, WORDS.action[action].zh).check();
  await page.getByRole('button', { name: text('answer.submit') }).click();
  const panel = page.getByRole('region', { name: text('answer.title') });
  await expect(panel.getByRole('listitem').filter({ hasText: WORDS.done[action].zh }).first()).toContainText(WORDS.answerState.applied.zh);
  await expect(page.locator('.warning-head h1')).toContainText(WORDS.state[state].zh);
}

/** Fills in what an answer says. */
async function findOut(page: Page, verdict: keyof typeof WORDS.verdict, result: string) {
  await radio(page, WORDS.action.answered.zh).check();
  await radio(page, WORDS.verdict[verdict].zh).check();
  await page.getByRole('checkbox', { name: WORDS.measure.written_order.zh }).check();
  await page.getByLabel(text('answer.result')).fill(result);
}

test('from the alert to the closure', async ({ browser }) => {
  const officer = await arrive(browser, 'officer');
  await openWarning(officer);
  await act(officer, 'acknowledged', 'acknowledged');
  await act(officer, 'in_progress', 'in_progress');
  await findOut(officer, 'partly', '后厨有鼠迹');
  await act(officer, 'answered', 'answered');
  // Who answered may not accept the answer.
  await expect(radio(officer, WORDS.action.reviewed.zh)).toHaveCount(0);

  const head = await arrive(browser, 'head');
  await openWarning(head);
  await act(head, 'returned', 'in_progress');
  await findOut(officer, 'confirmed', '库房门缝已封堵，责令三日内改正');
  await act(officer, 'answered', 'answered');
  await act(head, 'reviewed', 'reviewed');
  await act(head, 'closed', 'closed');

  await head.getByRole('button', { name: text('warning.proof_run') }).click();
  await expect(head.getByText(text('warning.proof_agrees'), { exact: true })).toBeVisible();
  await head.getByRole('link', { name: text('warning.answer_sheet') }).click();
  await expect(head.getByText('库房门缝已封堵，责令三日内改正')).toBeVisible();
  // Nothing is left to do.
  await officer.getByRole('link', { name: text('nav.inbox') }).click();
  await expect(officer.getByRole('row', { name: SCHOOL })).toHaveCount(0);
});

test('a link makes one account', async ({ browser }) => {
  const page = await accept(browser, 'officer');
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByRole('navigation')).toHaveCount(0);
});
