/** The analysts' studio: writing with the check beside, a change's way to a second person, and what each role may. */
import type { Page } from '@playwright/test';
import { endSessionAtSave, expect, LANGUAGES, test, text } from './console';
import { bilingual } from './fixture/parts';
import { CASES, FEATURES, RULE } from './fixture/rules';
import { doneTrial, DRAFT, failedExamination, passedExamination, PROPOSED, unprojectedExamination } from './fixture/studio';

const editor = (page: Page) => page.locator('.editor .cm-content');
const button = (page: Page, key: Parameters<typeof text>[0]) => page.getByRole('button', { name: text(key), exact: true });

/** Puts the caret behind some text of the editor. */
async function caretBehind(page: Page, line: string) {
  await page.locator('.editor .cm-line', { hasText: line }).first().click();
  await page.keyboard.press('End');
}

test.describe('writing', () => {
  test('a slip is shown at its place as one types, and goes when it is mended', async ({ page, open }) => {
    await open(`/rules/changes/${DRAFT}/edit`);
    await caretBehind(page, 'fn when');
    await page.keyboard.type(' // op.pest_complaint_7d');
    await expect(page.getByText('没有指标 `pest_complaint_7d`')).toBeVisible();
    await expect(page.getByText('提示：是不是 `pest_complaints_7d`？')).toBeVisible();
    await expect(page.locator('.cm-lintRange-error')).toHaveText('pest_complaint_7d');
    await page.getByRole('button', { name: text('check.go', 'zh', { path: RULE, line: 11 }) }).click();
    await expect(editor(page)).toBeFocused();
    await page.keyboard.press('ArrowRight');
    for (let key = 0; key < 4; key += 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.type('s');
    await expect(page.getByText(text('check.none'))).toBeVisible();
    await expect(page.locator('.cm-lintRange-error')).toHaveCount(0);
  });

  test('names are completed from the vocabulary and explained under the pointer', async ({ page, open }) => {
    await open(`/rules/changes/${DRAFT}/edit`);
    await caretBehind(page, 'fn when');
    await page.keyboard.type(' op.pest_');
    const options = page.locator('.cm-tooltip-autocomplete');
    await expect(options.getByRole('option')).toHaveCount(1);
    await expect(options).toContainText('pest_complaints_7d');
    await expect(page.locator('.cm-completionInfo')).toContainText('近7日虫鼠类投诉举报件数');
    await page.waitForTimeout(100);
    await page.keyboard.press('Enter');
    await expect(editor(page)).toContainText('op.pest_complaints_7d');
    await page.locator('.cm-line', { hasText: 'fn when' }).getByText('known').hover();
    await expect(page.locator('.cm-tooltip-hover')).toContainText('有没有值');
  });

  test('cases run in place and a failure tells its story', async ({ page, open }) => {
    await open(`/rules/changes/${DRAFT}/edit`);
    await caretBehind(page, 'fn points');
    await page.keyboard.type(' // 45');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText(text('cases.failed', 'zh', { count: 1, failed: 1 }))).toBeVisible();
    const story = page.getByRole('list', { name: text('cases.timeline') });
    await expect(story).toContainText('complaints = { event_id = "c1", category = "pests" }');
    await expect(story).toContainText('预期 35，实际 45');
    await expect(story).toContainText('rodent_episodes_7d = 1');
  });

  test('a draft saves itself', async ({ page, open, server }) => {
    await open(`/rules/changes/${DRAFT}/edit`);
    await caretBehind(page, 'fn points');
    await page.keyboard.insertText(' // 三次以上');
    await expect.poll(() => server.studio.changes.get(DRAFT)?.files[0]?.text).toContain('三次以上');
    await expect(page.getByText(text('edit.saved', 'zh', { revision: 2 }))).toBeVisible();
    await page.getByRole('heading', { name: '投诉举报激增门槛' }).click();
    await page.getByLabel(text('changes.reason')).fill('二季度复核后再调');
    await expect.poll(() => server.studio.changes.get(DRAFT)).toMatchObject({ title: '投诉举报激增门槛', reason: '二季度复核后再调' });
  });

  test('what somebody else saved is shown and not overwritten', async ({ page, open, server }) => {
    await open(`/rules/changes/${DRAFT}/edit`);
    await expect(editor(page)).toContainText('fn points');
    const change = server.studio.changes.get(DRAFT);
    if (change === undefined) throw new Error('no draft');
    change.revision = 7;
    change.files = change.files.map((file) => ({ ...file, text: '// 他人的内容\n' }));
    await caretBehind(page, 'fn points');
    await page.keyboard.type(' // 我的内容');
    const conflict = page.getByRole('region', { name: text('edit.conflict') });
    await expect(conflict.locator('.difference')).toContainText('他人的内容');
    await page.keyboard.type('，又写');
    expect(change.files[0]?.text).toBe('// 他人的内容\n');
    await conflict.getByRole('button', { name: text('edit.conflict_mine') }).click();
    await expect.poll(() => change.files[0]?.text).toContain('我的内容，又写');
    await expect(conflict).toHaveCount(0);
  });

  test('the newest is loaded where that is chosen', async ({ page, open, server }) => {
    await open(`/rules/changes/${DRAFT}/edit`);
    await expect(editor(page)).toContainText('fn points');
    const change = server.studio.changes.get(DRAFT);
    if (change === undefined) throw new Error('no draft');
    change.revision = 7;
    change.files = change.files.map((file) => ({ ...file, text: '// 他人的内容\n' }));
    await caretBehind(page, 'fn points');
    await page.keyboard.type(' // 我的内容');
    await button(page, 'edit.conflict_theirs').click();
    await expect(editor(page)).toHaveText('// 他人的内容');
    expect(change.files[0]?.text).toBe('// 他人的内容\n');
  });

  test('a session that ends while writing loses nothing', async ({ page, open, server }) => {
    await open(`/rules/changes/${DRAFT}/edit`);
    await caretBehind(page, 'fn points');
    await endSessionAtSave(page, server, `**/changes/${DRAFT}`);
    await page.keyboard.insertText(' // 正在写');
    await expect(page.getByRole('dialog', { name: text('login.ended') })).toBeVisible();
    await page.getByLabel(text('login.password')).fill('a-long-password');
    await page.getByRole('button', { name: text('login.submit') }).click();
    await expect(editor(page)).toContainText('正在写');
    await expect.poll(() => server.studio.changes.get(DRAFT)?.files[0]?.text).toContain('正在写');
  });

  test('a rule begins from the template, and other files of the folder are opened', async ({ page, open, server }) => {
    await open(`/rules/changes/${DRAFT}/edit`);
    await button(page, 'edit.new_rule').click();
    await page.getByLabel(text('edit.rule_id')).fill('pest_again');
    await page.getByRole('checkbox', { name: 'pest_complaints_7d' }).click();
    await expect(page.getByRole('checkbox', { name: 'pest_complaints_7d' })).toBeChecked();
    await button(page, 'edit.make').click();
    await expect(editor(page)).toContainText('id       = "pest_again"');
    await expect.poll(() => server.studio.changes.get(DRAFT)?.paths).toEqual(['cases/pests/pest_again.toml', 'pests/pest_again.rhai', RULE]);
    await page.getByLabel(text('edit.open_file')).selectOption(FEATURES);
    await expect(editor(page)).toContainText('count(DISTINCT case_no)');
    await page.getByLabel(text('edit.open_file')).selectOption(CASES);
    await button(page, 'edit.delete_file').click();
    await expect.poll(() => server.studio.changes.get(DRAFT)?.files.find(({ path }) => path === CASES)?.text).toBe(null);
    await button(page, 'edit.restore_file').click();
    await expect(editor(page)).toContainText('[[case]]');
  });
});

test.describe('a change', () => {
  test('goes from a rule of the catalogue to a proposal', async ({ page, open, server }) => {
    await open('/rules');
    await page.getByRole('link', { name: '疑似鼠类活动且有虫鼠投诉举报' }).first().click();
    await expect(page.locator('.editor .cm-content')).toContainText('rodent_with_complaint');
    await button(page, 'file.change').click();
    await page.getByLabel(text('changes.title_field')).fill('上调计分');
    await button(page, 'changes.make').click();
    await expect(page.getByText(text('changes.reason_missing'))).toBeVisible();
    await page.getByLabel(text('changes.reason')).fill('属实率偏高');
    await button(page, 'changes.make').click();
    await caretBehind(page, 'fn points');
    await page.keyboard.insertText(' // 上调');
    await expect(page.getByText(text('edit.saved', 'zh', { revision: 2 }))).toBeVisible();
    await page.getByRole('link', { name: text('edit.done') }).click();
    await expect(page.locator('.difference')).toContainText('上调');
    await button(page, 'cases.run').click();
    await expect(page.getByText(text('cases.all_hold', 'zh', { count: 1 }))).toBeVisible();
    await button(page, 'change.propose').click();
    await expect(page.getByText('您起草了本修改，须由他人审批。')).toBeVisible();
    await expect(button(page, 'change.approve')).toHaveCount(0);
    expect([...server.studio.changes.values()].at(-1)).toMatchObject({ title: '上调计分', state: 'proposed', paths: [RULE] });
  });

  test('is approved by a second person who sees what it does', async ({ page, open, server }) => {
    server.permissions = ['read', 'rules', 'changes', 'approve_rules'];
    await open(`/rules/changes/${PROPOSED}`);
    await expect(page.locator('.difference').first()).toContainText('{ 42 } else { 38 }');
    const examination = page.getByRole('region', { name: text('examination.title') });
    await expect(examination).toContainText(text('examination.passed', 'zh', { count: 214 }));
    await expect(examination).toContainText(text('projection.sum', 'zh', { operators: 12_060, raised: 3, lowered: 1, opened: 2 }));
    await expect(examination.getByRole('table', { name: text('projection.rising') })).toContainText('疑似鼠类活动且有虫鼠投诉举报');
    await expect(examination.getByRole('table', { name: text('cost.features') })).toContainText('含有 median');
    await expect(page.getByRole('table', { name: text('trial.work') })).toContainText('99');
    await expect(page.getByText(text('shadow.judging'))).toBeVisible();
    await expect(page.getByRole('link', { name: text('change.edit') })).toHaveCount(0);
    await button(page, 'cases.run').click();
    await expect(page.getByText(text('cases.all_hold', 'zh', { count: 1 }))).toBeVisible();
    await page.getByLabel(text('change.decision_reason')).fill('同意');
    await button(page, 'change.approve').click();
    await expect(page.getByText(text('change.waiting_force'))).toBeVisible();
    const change = server.studio.changes.get(PROPOSED);
    expect(change?.steps.at(-1)).toMatchObject({ step: 'approved', reason: '同意' });
    Object.assign(change ?? {}, { state: 'in_force', ruleset: '51aa'.repeat(16) });
    await expect(page.getByText('已生效', { exact: true })).toBeVisible();
  });

  test('is approved once it was examined, and not before', async ({ page, open, server }) => {
    server.permissions = ['read', 'rules', 'changes', 'approve_rules'];
    server.studio.examinations.delete(PROPOSED);
    await open(`/rules/changes/${PROPOSED}`);
    await expect(page.getByText(text('examination.waiting'))).toBeVisible();
    await expect(page.getByText(text('change.not_examined'))).toBeVisible();
    await expect(button(page, 'change.approve')).toHaveCount(0);
    server.studio.examinations.set(PROPOSED, passedExamination);
    await expect(button(page, 'change.approve')).toBeVisible();
  });

  test('is approved without a projection only by somebody who says why', async ({ page, open, server }) => {
    server.permissions = ['read', 'rules', 'changes', 'approve_rules'];
    server.studio.examinations.set(PROPOSED, unprojectedExamination);
    await open(`/rules/changes/${PROPOSED}`);
    await expect(page.getByText(text('projection.none'))).toBeVisible();
    await expect(page.getByText('引擎没有回答：连接被拒绝')).toBeVisible();
    await expect(button(page, 'change.approve')).toBeDisabled();
    await page.getByLabel(text('change.without_projection')).fill('引擎停机检修');
    await button(page, 'change.approve').click();
    await expect(page.getByText(text('change.waiting_force'))).toBeVisible();
    expect(server.studio.changes.get(PROPOSED)?.steps.slice(-2)).toMatchObject([{ step: 'unprojected', reason: '引擎停机检修' }, { step: 'approved' }]);
  });

  test('that was not in order comes back with the case that does not hold', async ({ page, open, server }) => {
    server.studio.examinations.set(DRAFT, failedExamination());
    await open(`/rules/changes/${DRAFT}`);
    const examination = page.getByRole('region', { name: text('examination.title') });
    await expect(examination).toContainText(text('examination.returned'));
    await expect(examination.getByRole('list', { name: text('cases.timeline') })).toContainText('预期 35，实际 45');
    server.studio.examinations.set(DRAFT, { ...failedExamination(), stale: true });
    await page.reload();
    await expect(examination).toContainText(text('examination.stale'));
  });

  test('begins once, however often it is sent', async ({ page, open, server }) => {
    await open('/rules/changes');
    await button(page, 'changes.new').click();
    await page.getByLabel(text('changes.title_field')).fill('只起草一次');
    await page.getByLabel(text('changes.reason')).fill('双击');
    const ids: unknown[] = [];
    await page.route('**/rules/changes', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      ids.push((route.request().postDataJSON() as { id?: string }).id);
      // The first answer is lost on its way.
      if (ids.length > 1) return route.fallback();
      await route.fetch();
      return route.abort();
    });
    await button(page, 'changes.make').click();
    await expect.poll(() => ids.length).toBe(1);
    await button(page, 'changes.make').click();
    await expect(page.getByRole('heading', { name: '只起草一次' })).toBeVisible();
    expect(new Set(ids).size).toBe(1);
    expect([...server.studio.changes.values()].filter(({ title }) => title === '只起草一次')).toHaveLength(1);
  });

  test('is refused with a reason only', async ({ page, open, server }) => {
    server.permissions = ['read', 'rules', 'changes', 'approve_rules'];
    await open(`/rules/changes/${PROPOSED}`);
    await button(page, 'change.refuse').click();
    await expect(page.getByText(text('change.refuse_reason_missing'))).toBeVisible();
    expect(server.studio.changes.get(PROPOSED)?.state).toBe('proposed');
    await page.getByLabel(text('change.decision_reason')).fill('试算超出工作量');
    await button(page, 'change.refuse').click();
    await expect(page.getByText('已驳回', { exact: true })).toBeVisible();
  });

  test('somebody who was quicker is told of', async ({ page, open, server }) => {
    server.permissions = ['read', 'rules', 'changes', 'approve_rules'];
    await open(`/rules/changes/${PROPOSED}`);
    await expect(button(page, 'change.approve')).toBeVisible();
    Object.assign(server.studio.changes.get(PROPOSED) ?? {}, { revision: 9, state: 'withdrawn' });
    await button(page, 'change.approve').click();
    await expect(page.getByText('已撤回', { exact: true })).toBeVisible();
    expect(server.studio.changes.get(PROPOSED)?.state).toBe('withdrawn');
  });

  test('whose base has moved says what moved, and is brought up to date', async ({ page, open, server }) => {
    server.studio.folder.set(RULE, (server.studio.folder.get(RULE) ?? '').replace('35 }', '37 }'));
    Object.assign(server.studio.changes.get(DRAFT) ?? {}, {
      outdated: true,
      moved: [{ path: RULE, how: 'changed', touched: true }, { path: FEATURES, how: 'removed', touched: false }],
    });
    await open(`/rules/changes/${DRAFT}`);
    await expect(page.getByText(text('change.outdated'))).toBeVisible();
    await expect(page.getByRole('listitem').filter({ hasText: RULE })).toContainText(text('change.outdated_touched'));
    await page.getByText(text('change.outdated_moved')).click();
    await expect(page.getByRole('alert').locator('.difference')).toContainText('{ 40 } else { 37 }');
    await expect(button(page, 'change.propose')).toHaveCount(0);
    await button(page, 'change.rebase').click();
    await expect(page.getByText(text('change.outdated'))).toHaveCount(0);
    await expect(button(page, 'change.propose')).toBeVisible();
  });

  test('that the engine did not take says so in its words', async ({ page, open, server }) => {
    Object.assign(server.studio.changes.get(DRAFT) ?? {}, {
      state: 'failed',
      failure: bilingual('规则集超出内存上限', 'the ruleset needs more memory than it may'),
    });
    await open(`/rules/changes/${DRAFT}`);
    await expect(page.getByText(text('change.failed'))).toBeVisible();
    await expect(page.getByText('规则集超出内存上限')).toBeVisible();
  });

  test('is tried on history, with progress and an end', async ({ page, open, server }) => {
    await open(`/rules/changes/${DRAFT}`);
    await page.getByLabel(text('trial.days')).fill('90');
    await button(page, 'trial.start').click();
    await expect(page.getByRole('progressbar', { name: text('trial.running') })).toHaveAttribute('value', '3000');
    await button(page, 'trial.cancel').click();
    await expect(page.getByText(text('trial.cancelled'))).toBeVisible();
    await button(page, 'trial.again').click();
    await expect(page.getByRole('progressbar')).toBeVisible();
    server.studio.trials.set(DRAFT, { ...doneTrial, stale: true });
    await expect(page.getByRole('table', { name: text('trial.work') })).toBeVisible();
    await expect(page.getByText(text('trial.stale'))).toBeVisible();
  });

  test('runs as a shadow where one is configured', async ({ page, open, server }) => {
    await open(`/rules/changes/${DRAFT}`);
    await button(page, 'shadow.start').click();
    await expect(page.getByText(text('shadow.starting'))).toBeVisible();
    server.studio.shadows.clear();
    server.studio.shadowOff = true;
    await page.reload();
    await expect(page.getByText(text('shadow.off'))).toBeVisible();
    await expect(button(page, 'shadow.start')).toHaveCount(0);
  });
});

test.describe('catalogue and history', () => {
  test('the catalogue is searched and filtered', async ({ page, open }) => {
    await open('/rules');
    await page.getByLabel(text('catalogue.search')).fill('complainants');
    await expect(page.getByText(text('catalogue.count', 'zh', { rules: 1, features: 1 }))).toBeVisible();
    await page.getByLabel(text('catalogue.search')).fill('');
    await page.getByLabel(text('catalogue.family')).selectOption('pests');
    await expect(page.getByText(text('catalogue.count', 'zh', { rules: 1, features: 2 }))).toBeVisible();
    await expect(page.getByText('if op.rodent_episodes_7d >= 3 { 40 } else { 35 }')).toBeVisible();
  });

  test('versions are compared, and one is put back by a change', async ({ page, open }) => {
    await open('/rules/history');
    await button(page, 'history.choose').click();
    await expect(page.locator('.difference')).toContainText('fn points(op) { 40 }');
    await button(page, 'history.rollback').click();
    await page.getByLabel(text('changes.reason')).fill('新规则误报过多');
    await button(page, 'history.rollback_make').click();
    await expect(page.getByRole('heading', { name: text('difference.title') })).toBeVisible();
    await expect(page.getByText('待审批', { exact: true })).toBeVisible();
  });

  for (const language of LANGUAGES) {
    test(`without a folder the studio says how to switch it on: ${language}`, async ({ page, open, server }) => {
      server.studio.off = true;
      await open('/rules', language);
      await expect(page.getByText('console.rules')).toBeVisible();
    });
  }

  test('a viewer reads the catalogue and nothing else', async ({ page, open, server }) => {
    server.permissions = ['read', 'rules'];
    await open('/rules');
    await expect(page.getByRole('table', { name: text('catalogue.rules') })).toBeVisible();
    await expect(page.getByRole('link', { name: text('studio.changes') })).toHaveCount(0);
    await page.getByRole('link', { name: '疑似鼠类活动且有虫鼠投诉举报' }).first().click();
    await expect(page.locator('.editor .cm-content')).toBeVisible();
    await expect(button(page, 'file.change')).toHaveCount(0);
  });

  test('an officer has no rules in the navigation', async ({ page, open, server }) => {
    server.permissions = ['read', 'answer'];
    await open('/inbox');
    await expect(page.getByRole('link', { name: text('nav.rules'), exact: true })).toHaveCount(0);
  });
});
