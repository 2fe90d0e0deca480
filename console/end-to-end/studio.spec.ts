/** A rule from an analyst's first line to its being in force. */
import { expect, test, type Page } from '@playwright/test';
import { WORDS } from '../src/texts/words';
import { text } from '../tests/console';
import { arrive } from './people';

const ID = 'pest_complaints_many';
const TITLE = '虫鼠类投诉举报集中';

const RULE = `//! id       = "${ID}"
//! title    = { zh = "${TITLE}", en = "Many pest complaints" }
//! family   = "pests"
//! status   = "active"
//! owner    = "餐饮科"
//! effective_from = 2026-01-01
//! basis    = [{ law = "食品安全法", article = "第三十三条第一款第二项", confirmed = false }]
//! action   = { zh = "电话核实", en = "Ask by telephone" }
//! deadline = "3wd"

fn when(op)    { op.pest_complaints_7d >= 9 }
fn points(op)  { 3 }
fn because(op) { #{
    zh: \`近7日虫鼠类投诉举报\${op.pest_complaints_7d}件。\`,
    en: \`Last 7 days: pest complaints \${op.pest_complaints_7d}.\` } }
`;

/** Nine complaints; the ninth is withdrawn. */
const CASES = `rule = "${ID}"

[[case]]
name = "nine complaints"
kind = ["positive", "boundary", "retraction"]
operator = { operator_id = "JY21201030043213" }
timeline = [
${[1, 2, 3, 4, 5, 6, 7, 8].map(complaint).join('\n')}
  { at = 2026-03-03T09:08:30+08:00, expect = { fired = false } },
${complaint(9)}
  { at = 2026-03-03T09:09:30+08:00, expect = { fired = true, points = 3 } },
  { at = 2026-03-04T09:00:00+08:00, complaints = { event_id = "c9", case_no = "9", revision = 2, status = "withdrawn" } },
  { at = 2026-03-04T09:00:01+08:00, expect = { fired = false } },
]

[[case]]
name = "none"
kind = ["negative"]
operator = { operator_id = "JY21201030043213" }
timeline = [
  { at = 2026-03-03T09:00:00+08:00, expect = { fired = false } },
]
`;

function complaint(number: number): string {
  return `  { at = 2026-03-03T09:0${number}:00+08:00, complaints = { event_id = "c${number}", case_no = "${number}", category = "pests" } },`;
}

function button(page: Page, key: Parameters<typeof text>[0]) {
  return page.getByRole('button', { name: text(key), exact: true });
}

/** Writes a file anew in the editor. */
async function write(page: Page, path: string, content: string) {
  await page.getByRole('navigation', { name: text('edit.touched') }).getByRole('button', { name: path }).click();
  const editor = page.getByRole('textbox', { name: text('studio.editor_of', 'zh', { path }) });
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(content);
}

/** Begins a change and lets the template begin the rule. */
async function begin(page: Page) {
  await page.getByRole('link', { name: text('nav.rules'), exact: true }).click();
  await page.getByRole('link', { name: text('studio.changes') }).click();
  await button(page, 'changes.new').click();
  await page.getByLabel(text('changes.title_field')).fill(TITLE);
  await page.getByLabel(text('changes.reason')).fill('多人反映应电话核实。');
  await button(page, 'changes.make').click();
  await button(page, 'edit.new_rule').click();
  await page.getByLabel(text('edit.rule_id')).fill(ID);
  await page.getByLabel(text('edit.family'), { exact: true }).selectOption('pests');
  await page.getByRole('checkbox', { name: 'pest_complaints_7d' }).check();
  await button(page, 'edit.make').click();
}

/** A trial and the engine's own cases give way to all else that runs, and other tests do. */
const LONG = { timeout: 480_000 };

test('an analyst writes a rule, a second person approves it, it is in force', async ({ browser }) => {
  test.setTimeout(1_800_000);
  const analyst = await arrive(browser, 'analyst');
  await begin(analyst);
  // A slip first: it is told while one types.
  await write(analyst, `pests/${ID}.rhai`, RULE.replace('op.pest_complaints_7d >=', 'op.pest_complaint_7d >='));
  await expect(analyst.locator('.cm-lintRange-error').first()).toContainText('pest_complaint_7d');
  await write(analyst, `pests/${ID}.rhai`, RULE);
  await write(analyst, `cases/pests/${ID}.toml`, CASES);
  await expect(analyst.locator('.cm-lintRange-error')).toHaveCount(0);
  await button(analyst, 'cases.run').click();
  await expect(analyst.getByText(text('cases.all_hold', 'zh', { count: 2 }))).toBeVisible(LONG);
  await expect(analyst.getByText(/已保存/)).toBeVisible();
  await analyst.getByRole('link', { name: text('edit.done') }).click();
  await button(analyst, 'change.propose').click();
  await expect(analyst.getByText(WORDS.changeState.proposed.zh, { exact: true })).toBeVisible();
  // Who wrote it may not approve it.
  await expect(button(analyst, 'change.approve')).toHaveCount(0);

  const approver = await arrive(browser, 'approver');
  await approver.getByRole('link', { name: text('nav.rules'), exact: true }).click();
  await approver.getByRole('link', { name: text('studio.changes') }).click();
  await approver.getByRole('link', { name: TITLE }).click();
  await expect(approver.locator('.difference', { hasText: 'pest_complaints_7d' })).toBeVisible();
  // Its cases have run, and the engine has said what it would do, before anybody decides.
  const examination = approver.getByRole('region', { name: text('examination.title') });
  await expect(examination.getByText(text('projection.title'))).toBeVisible(LONG);
  await button(approver, 'trial.start').click();
  await expect(approver.getByRole('table', { name: text('trial.work') })).toBeVisible(LONG);
  await approver.getByLabel(text('change.decision_reason')).fill('同意');
  await button(approver, 'change.approve').click();
  await expect(approver.getByText(WORDS.changeState.in_force.zh, { exact: true })).toBeVisible(LONG);

  await approver.getByRole('link', { name: text('studio.catalogue') }).click();
  await expect(approver.getByRole('link', { name: TITLE }).first()).toBeVisible();
  await approver.getByRole('link', { name: text('studio.history') }).click();
  await expect(approver.getByRole('row', { name: TITLE })).toContainText(text('history.in_force'));
});
