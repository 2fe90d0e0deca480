/** Photographs: chosen or taken, sent with an answer, seen by those who read it. */
import type { Page } from '@playwright/test';
import { expect, LANGUAGES, logIn, test, text } from './console';
import { warningId } from './fixture/district';
import { bilingual } from './fixture/parts';
import { PICTURE } from './fixture/server';
import { ELSEWHERE, PHOTOGRAPH } from './fixture/warning';

const answer = { name: '反馈', exact: true };
const name = (number: number) => text('photo.name', 'zh', { number });
const remove = (of: string) => text('answer.photos_remove', 'zh', { name: of });

/** A photograph of its own. */
function picture(number: number) {
  return { name: `IMG_${number}.jpg`, mimeType: 'image/jpeg', buffer: Buffer.concat([PICTURE, Buffer.from([number])]) };
}

async function choose(page: Page, ...numbers: number[]) {
  await page.locator('input[type=file][multiple]').setInputFiles(numbers.map(picture));
}

test('photographs go with the answer, and one that was removed does not', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await choose(page, 1, 2);
  await expect(page.getByRole('img', { name: name(2) })).toBeVisible();
  await page.getByRole('button', { name: remove(name(1)) }).click();
  await expect(page.getByRole('img', { name: name(2) })).toHaveCount(0);
  await expect.poll(() => server.photographs.size).toBe(1);
  await page.getByRole('radio', { name: '属实', exact: true }).check();
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('answer.given'))).toBeVisible();
  expect(server.answers[0]?.request.attachments).toEqual([...server.photographs.keys()]);
  await expect(page.getByRole('img', { name: name(1) })).toHaveCount(0);
});

test('an answer waits for a photograph that is on its way, and says how much has left', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await page.getByRole('radio', { name: '属实', exact: true }).check();
  let arrive: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/attachments', async (route) => {
    await held;
    await route.continue();
  });
  await choose(page, 1);
  await expect(page.getByRole('progressbar')).toBeVisible();
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('answer.photos_wait'))).toBeVisible();
  expect(server.answers).toEqual([]);
  arrive();
  await expect(page.getByRole('img', { name: name(1) })).toBeVisible();
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('answer.given'))).toBeVisible();
  expect(server.answers[0]?.request.attachments).toHaveLength(1);
});

test('what is refused says why and can be tried again', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  server.refuseNext = { status: 422, code: 'damaged_picture', text: bilingual('照片不完整', 'It is damaged') };
  await choose(page, 1);
  await expect(page.getByText('IMG_1.jpg：照片不完整')).toBeVisible();
  await page.getByRole('button', { name: text('app.retry') }).click();
  await expect(page.getByRole('img', { name: name(1) })).toBeVisible();
  const large = { ...picture(2), buffer: Buffer.alloc(1_048_577) };
  await page.locator('input[type=file][multiple]').setInputFiles(large);
  await expect(page.getByText(text('answer.photos_large', 'zh', { size: '1 MB' }))).toBeVisible();
  await page.getByRole('button', { name: remove('IMG_2.jpg') }).click();
  await choose(page, 3, 4, 5);
  await expect(page.getByText(text('answer.photos_many', 'zh', { count: 3 }))).toBeVisible();
  await expect(page.getByRole('img', { name: name(3) })).toBeVisible();
  expect(server.photographs.size).toBe(3);
});

test('a draft keeps its photographs over another login', async ({ page, open, server, url }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await choose(page, 1);
  await expect(page.getByRole('img', { name: name(1) })).toBeVisible();
  await expect.poll(() => server.drafts.get(warningId(0))).toMatchObject({ attachments: [...server.photographs.keys()] });
  await page.getByRole('button', { name: text('app.logout') }).click();
  await expect(page.getByRole('heading', { name: text('login.title') })).toBeVisible();
  await page.evaluate(() => sessionStorage.clear());
  await logIn(page);
  await page.goto(`${url}/#/warnings/${warningId(0)}`);
  await expect(page.getByRole('img', { name: name(1) })).toBeVisible();
  await page.getByRole('button', { name: text('answer.discard') }).click();
  await expect(page.getByRole('img', { name: name(1) })).toHaveCount(0);
  await expect.poll(() => server.photographs.size).toBe(0);
});

test('a session that ended while a photograph was on its way: it is tried again after the login', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await expect(page.getByText(text('answer.photos_note', 'zh', { size: '1 MB', count: 3 }))).toBeVisible();
  server.endSessions();
  await choose(page, 1);
  await page.getByLabel(text('login.password')).fill('a-long-password');
  await page.getByRole('button', { name: text('login.submit') }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByRole('button', { name: text('app.retry') }).click();
  await expect(page.getByRole('img', { name: name(1) })).toBeVisible();
});

for (const language of LANGUAGES) {
  test(`photographs are seen at their step and on the sheet, and those kept elsewhere are only named: ${language}`, async ({ page, open, url }) => {
    const foreign: string[] = [];
    page.on('request', (request) => request.url().startsWith(url) || foreign.push(request.url()));
    const shown = page.getByRole('img', { name: text('photo.name', language, { number: 1 }) });
    for (const path of [`/warnings/${warningId(4)}`, `/print/answer/${warningId(4)}`]) {
      if (path.startsWith('/warnings')) await open(path, language);
      else await page.goto(`${url}/#${path}`);
      await expect(shown.first()).toBeVisible();
      await expect.poll(() => shown.first().evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
      await expect(page.getByText(ELSEWHERE).first()).toBeVisible();
    }
    expect(foreign).toEqual([]);
  });
}

test('a photograph that is gone says so in words', async ({ page, open, server }) => {
  server.lost.add(PHOTOGRAPH.sha256);
  await open(`/warnings/${warningId(4)}`);
  await expect(page.getByText(`${name(1)}：照片原件已不在存储中`).first()).toBeVisible();
});

test('where nothing can be attached the form says so', async ({ page, open, server }) => {
  server.change = (body) => JSON.parse(JSON.stringify(body), (key: string, value: unknown) => (key === 'attaching' ? null : value)) as unknown;
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await expect(page.getByText(text('answer.photos_off'))).toBeVisible();
  await expect(page.locator('input[type=file]')).toHaveCount(0);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true });

  test('the camera is offered, and what it took goes with the answer', async ({ page, open, server }) => {
    await open(`/warnings/${warningId(0)}`);
    await page.getByRole('radio', answer).check();
    await expect(page.getByRole('button', { name: text('answer.photos_take') })).toBeVisible();
    const camera = page.locator('input[type=file][capture=environment]');
    await camera.setInputFiles(picture(1));
    await camera.setInputFiles(picture(2));
    await expect(page.getByRole('img', { name: name(2) })).toBeVisible();
    await page.getByRole('radio', { name: '属实', exact: true }).check();
    await page.getByRole('button', { name: text('answer.submit') }).click();
    await expect(page.getByText(text('answer.given'))).toBeVisible();
    expect(server.answers[0]?.request.attachments).toHaveLength(2);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  });
});
