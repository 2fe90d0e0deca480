/** The pictures of the guide for officials; `UPDATE_PICTURES=1 npm test -- pictures` writes them anew. */
import { join } from 'node:path';
import { expect, LANGUAGES, test, text } from './console';
import { warningId } from './fixture/district';

const PICTURES = join(import.meta.dirname, '../../handling/pictures');
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

    test('answer', async ({ page, open }, info) => {
      await open(`/warnings/${warningId(0)}`, language);
      await page.getByRole('radio', { name: language === 'zh' ? '反馈' : 'Answer', exact: true }).check();
      await page.getByRole('radio', { name: language === 'zh' ? '属实' : 'Confirmed', exact: true }).check();
      await page.getByRole('checkbox', { name: language === 'zh' ? '责令改正' : 'Ordered in writing' }).check();
      await expect(page.getByText(text('answer.saved', language))).toBeVisible();
      await page.screenshot({ path: update ? join(PICTURES, `answer${suffix}.png`) : info.outputPath('answer.png') });
    });
  });
}
