/** The pictures of the guides for officials and for analysts, and of the READMEs, of made-up data; `UPDATE_PICTURES=1 npm test -- pictures` writes them anew. */
import { join } from 'node:path';
import { expect, LANGUAGES, test, text } from './console';
import { operators, warningId } from './fixture/district';
import { DRAFT, PROPOSED } from './fixture/studio';

const ROOT = join(import.meta.dirname, '../..');
const PICTURES = join(ROOT, 'handling/pictures');
const STUDIO_PICTURES = join(ROOT, 'rules/pictures');
const update = process.env.UPDATE_PICTURES === '1';

for (const language of LANGUAGES) {
  test.describe(`pictures ${language}`, () => {
    test.use({ viewport: { width: 1180, height: 700 } });
    const suffix = language === 'zh' ? '.zh-CN' : '';

    test('inbox', async ({ page, open }, info) => {
      await open('/inbox', language);
      await expect(page.getByText(text('stream.live', language), { exact: true })).toBeVisible();
      await page.screenshot({ path: update ? join(PICTURES, `inbox${suffix}.png`) : info.outputPath('inbox.png') });
    });

    for (const [name, path, heading] of [
      ['situation', '/situation', 'situation.title'],
      ['operator', `/operators/${operators[0]?.operator_id ?? ''}`, 'explanation.title'],
    ] as const) {
      test(name, async ({ page, open }, info) => {
        await page.setViewportSize({ width: 1180, height: 1000 });
        await open(path, language);
        await expect(page.getByRole('heading', { name: text(heading, language) })).toBeVisible();
        await expect(page.getByText(text('app.loading', language))).toHaveCount(0);
        await expect(page.getByText(text('stream.live', language), { exact: true })).toBeVisible();
        await page.screenshot({ path: update ? join(PICTURES, `${name}${suffix}.png`) : info.outputPath(`${name}.png`) });
      });
    }

    test('answer', async ({ page, open }, info) => {
      await open(`/warnings/${warningId(0)}`, language);
      await page.getByRole('radio', { name: language === 'zh' ? '反馈' : 'Answer', exact: true }).check();
      await page.getByRole('radio', { name: language === 'zh' ? '属实' : 'Confirmed', exact: true }).check();
      await page.getByRole('checkbox', { name: language === 'zh' ? '责令改正' : 'Ordered in writing' }).check();
      await expect(page.getByText(text('answer.saved', language))).toBeVisible();
      await page.screenshot({ path: update ? join(PICTURES, `answer${suffix}.png`) : info.outputPath('answer.png') });
    });

    test('editor', async ({ page, open, server }, info) => {
      const change = server.studio.changes.get(DRAFT);
      for (const file of change?.files ?? []) file.text = (file.text ?? '').replaceAll('op.pest_complaints_7d >=', 'op.pest_complaint_7d >=');
      await page.setViewportSize({ width: 1366, height: 768 });
      await open(`/rules/changes/${DRAFT}/edit`, language);
      await expect(page.locator('.cm-lintRange-error')).toHaveText('pest_complaint_7d');
      await page.getByRole('button', { name: text('cases.run', language) }).click();
      await expect(page.getByText(text('cases.not_run', language))).toBeVisible();
      await page.screenshot({ path: update ? join(STUDIO_PICTURES, `editor${suffix}.png`) : info.outputPath('editor.png') });
    });

    test('change', async ({ page, open, server }, info) => {
      server.permissions = ['read', 'rules', 'changes', 'approve_rules'];
      await page.setViewportSize({ width: 1180, height: 1600 });
      await open(`/rules/changes/${PROPOSED}`, language);
      await expect(page.getByRole('button', { name: text('change.approve', language) })).toBeVisible();
      await expect(page.locator('.difference .cm-line').first()).toBeVisible();
      await expect(page.getByRole('table', { name: text('trial.work', language) })).toBeVisible();
      await page.screenshot({ path: update ? join(STUDIO_PICTURES, `change${suffix}.png`) : info.outputPath('change.png'), fullPage: true });
    });
  });
}
