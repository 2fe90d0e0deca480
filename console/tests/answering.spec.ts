/** What officials do: acknowledge several, answer, keep a draft while the session ends, and what is said on bad days. */
import type { Page, Route } from '@playwright/test';
import { endSessionAtSave, expect, logIn, test, text } from './console';
import { inbox, warningId } from './fixture/district';
import { bilingual } from './fixture/parts';

const answer = { name: '反馈', exact: true };

const NAMED = inbox[0]?.warning.operator.name ?? '';

test('the inbox is driven by the keyboard', async ({ page, open, server }) => {
  await open('/inbox');
  const keys = async (...pressed: string[]) => {
    for (const key of pressed) await page.keyboard.press(key);
  };
  await expect(page.getByText(NAMED, { exact: true })).toBeVisible();
  // The first item is only for information; the second waits to be acknowledged.
  await keys('j', 'j', 'x', 'j', 'j', 'j', 'j', 'x', 'k', 'j');
  await expect(page.locator('tr[aria-current]')).toHaveCount(1);
  await keys('a');
  await expect(page.getByText(text('inbox.acknowledged', 'zh', { count: 2 }))).toBeVisible();
  expect(server.answers.map(({ request }) => request.action)).toEqual(['acknowledged', 'acknowledged']);
  expect(new Set(server.answers.map(({ id }) => id)).size).toBe(2);
  await keys('k', 'Enter');
  await expect(page.getByRole('heading', { name: text('warning.why') })).toBeVisible();
});

test('an inbox that is longer than a page is shown further on request', async ({ page, open, server }) => {
  server.inboxPage = 2;
  await open('/inbox');
  const rows = page.getByRole('table').locator('tbody tr');
  await expect(rows).toHaveCount(2);
  await page.getByRole('button', { name: text('app.more') }).click();
  await expect(rows).toHaveCount(Math.min(4, inbox.length));
});

test('the inbox counts what is unread and overdue', async ({ page, open }) => {
  await open('/inbox');
  const overdue = inbox.filter((item) => item.overdue).length;
  const unread = inbox.filter((item) => item.unread).length;
  await expect(page.getByText(text('inbox.counts', 'zh', { total: inbox.length, unread, overdue }))).toBeVisible();
  await expect(page.getByLabel(text('inbox.unread'), { exact: true })).toHaveCount(unread);
  await page.getByLabel(text('inbox.only_overdue')).check();
  await expect(page.locator('tbody tr')).toHaveCount(overdue);
});

test('an answer needs a verdict and is sent once', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('answer.verdict_missing'))).toBeVisible();
  await page.getByRole('radio', { name: '属实', exact: true }).check();
  await page.getByRole('checkbox', { name: '责令改正' }).check();
  await page.getByLabel(text('answer.result')).fill('库房有鼠迹，已责令改正');
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('answer.given'))).toBeVisible();
  expect(server.answers).toHaveLength(1);
  expect(server.answers[0]?.request).toMatchObject({
    action: 'answered',
    verdict: 'confirmed',
    measures: ['written_order'],
    result: '库房有鼠迹，已责令改正',
    seen_sequence: 5,
  });
  await expect.poll(() => server.drafts.size).toBe(0);
});

test('an answer whose reply is lost is the same answer when it is sent again', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(1)}`);
  await page.getByRole('radio', { name: '签收', exact: true }).check();
  let lost = true;
  await page.route('**/answers', async (route) => {
    await route.fetch();
    if (!lost) return route.continue();
    lost = false;
    return route.abort();
  });
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('error.away'))).toBeVisible();
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('answer.given'))).toBeVisible();
  expect(server.answers).toHaveLength(1);
});

test('a session that ends while typing loses nothing', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await endSessionAtSave(page, server, '**/drafts/*');
  await page.getByLabel(text('answer.result')).fill('正在填写');
  await expect(page.getByRole('dialog', { name: text('login.ended') })).toBeVisible();
  await page.getByLabel(text('login.password')).fill('a-long-password');
  await page.getByRole('button', { name: text('login.submit') }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByLabel(text('answer.result'))).toHaveValue('正在填写');
  await expect.poll(() => server.drafts.get(warningId(0))).toMatchObject({ result: '正在填写', action: 'answered' });
});

/** Holds the first draft that is saved back, and says in which order drafts reach the server and are answered. */
async function holdFirstDraft(page: Page) {
  const order: string[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/drafts/*', async (route) => {
    const method = route.request().method();
    const { result = '' } = (route.request().postDataJSON() ?? {}) as { result?: string };
    // A form in which only an action is chosen is empty: it is saved as no draft.
    if (method === 'DELETE' && order.length === 0) return route.fallback();
    order.push(`${method} ${result}`);
    if (order.length === 1) await held;
    const response = await route.fetch();
    order.push('answer');
    await route.fulfill({ response });
  });
  return { order, release };
}

test('a draft that is slow to arrive is not stored over a newer one', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  const { order, release } = await holdFirstDraft(page);
  await page.getByLabel(text('answer.result')).fill('旧');
  await expect.poll(() => order).toEqual(['PUT 旧']);
  await page.getByLabel(text('answer.result')).fill('新');
  // Who leaves the page saves at once.
  await page.getByRole('link', { name: text('nav.situation'), exact: true }).click();
  await expect(page.getByRole('heading', { name: text('situation.title') })).toBeVisible();
  release();
  await expect.poll(() => order).toEqual(['PUT 旧', 'answer', 'PUT 新', 'answer']);
  expect(server.drafts.get(warningId(0))).toMatchObject({ result: '新' });
});

test('a draft that is discarded stays so, however slow its last save was', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  const { order, release } = await holdFirstDraft(page);
  await page.getByLabel(text('answer.result')).fill('不要了');
  await expect.poll(() => order).toEqual(['PUT 不要了']);
  await page.getByRole('button', { name: text('answer.discard') }).click();
  await expect(page.getByLabel(text('answer.result'))).toHaveCount(0);
  release();
  await expect.poll(() => order).toEqual(['PUT 不要了', 'answer', 'DELETE ', 'answer']);
  expect(server.drafts.size).toBe(0);
});

test('a draft is there after another login', async ({ page, open, server, url }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await page.getByLabel(text('answer.result')).fill('上午的记录');
  await expect(page.getByText(text('answer.saved'))).toBeVisible();
  await page.getByRole('button', { name: text('app.logout') }).click();
  await expect(page.getByRole('heading', { name: text('login.title') })).toBeVisible();
  await page.evaluate(() => sessionStorage.clear());
  await logIn(page);
  await page.goto(`${url}/#/warnings/${warningId(0)}`);
  await expect(page.getByLabel(text('answer.result'))).toHaveValue('上午的记录');
  expect(server.answers).toEqual([]);
});

test('somebody else was quicker: what is typed stays', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByRole('radio', answer).check();
  await page.getByRole('radio', { name: '不属实' }).check();
  server.refuseNext = { status: 409, code: 'moved', text: bilingual('已有新的进展', 'Somebody was quicker') };
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('answer.moved'))).toBeVisible();
  await expect(page.getByRole('radio', { name: '不属实' })).toBeChecked();
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText(text('answer.given'))).toBeVisible();
});

test('with Kafka away pages say so and answers are kept', async ({ page, open, server }) => {
  server.stream = { ...server.stream, kafka: 'away' };
  await open(`/warnings/${warningId(1)}`);
  await expect(page.getByText('消息系统中断')).toBeVisible();
  await page.getByRole('radio', { name: '签收', exact: true }).check();
  await page.getByRole('button', { name: text('answer.submit') }).click();
  await expect(page.getByText('已保存，待提交').first()).toBeVisible();
});

test('a stream that breaks is seen, and what was missed is asked for', async ({ page, open, server }) => {
  await open('/inbox');
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible();
  await page.route('**/events', (route) => route.abort());
  server.dropStreams();
  await expect(page.getByText(text('stream.offline'))).toBeVisible();
  await page.unroute('**/events');
  const asked = page.waitForRequest((request) => request.url().includes('/inbox?'));
  await page.reload();
  await asked;
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible();
});

test('a stream that was refused is opened again', async ({ page, open, server }) => {
  await open('/inbox');
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible();
  const refused = page.waitForResponse((response) => response.url().endsWith('/events') && response.status() === 503);
  await page.route('**/events', (route) => route.fulfill({ status: 503 }), { times: 1 });
  server.dropStreams();
  await refused;
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible();
});

test('a server that is away ends no session', async ({ page, open, server }) => {
  await open('/inbox');
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible();
  const gateway = (route: Route) => route.fulfill({ status: 502 });
  await page.route('**/events', gateway);
  await page.route('**/session', gateway);
  const asked = page.waitForResponse('**/session');
  server.dropStreams();
  await asked;
  await expect(page.getByText(text('stream.offline'))).toBeVisible();
  await expect(page.getByText(text('login.ended'))).toBeHidden();
  await page.unrouteAll();
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible({ timeout: 30_000 });
});

test('what a busy server could not answer is asked for again', async ({ page, open }) => {
  await open('/inbox');
  const busy = { code: 'busy', status: 503, text: { zh: '系统繁忙', en: 'busy' } };
  await page.route('**/operators?*', (route) => route.fulfill({ status: 503, json: busy }), { times: 1 });
  await page.getByRole('link', { name: text('nav.operators'), exact: true }).click();
  await expect(page.getByRole('alert').filter({ hasText: '系统繁忙' })).toBeVisible();
  await expect(page.getByText('阳光幼儿园食堂').first()).toBeVisible({ timeout: 30_000 });
});

test('a change while a list is loaded for the first time is on the screen too', async ({ page, open, server }) => {
  await open('/inbox');
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible();
  let arrive: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (arrive = resolve));
  let answered = false;
  const old = async (route: Route) => {
    const response = await route.fetch();
    answered = true;
    await held;
    await route.fulfill({ response });
  };
  await page.route('**/operators?*', old, { times: 1 });
  await page.getByRole('link', { name: text('nav.operators'), exact: true }).click();
  await expect.poll(() => answered).toBe(true);
  server.change = (body) => JSON.parse(JSON.stringify(body).replaceAll('阳光幼儿园食堂', '新名称幼儿园')) as unknown;
  // The count in the navigation is asked for in the same turn as the list would be.
  const told = page.waitForRequest('**/inbox?*');
  server.send('changed', { warnings: [], operators: [], answers: [], areas: false, others: true, rules: false });
  await told;
  arrive();
  await expect(page.getByText('新名称幼儿园').first()).toBeVisible();
});

test('a change is on the screen at once', async ({ page, open, server }) => {
  await open('/inbox');
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible();
  server.change = (body) => JSON.parse(JSON.stringify(body).replaceAll('阳光幼儿园食堂', '新名称幼儿园')) as unknown;
  server.send('changed', { warnings: [warningId(1)], operators: [], answers: [], areas: false, others: false, rules: false });
  await expect(page.getByText('新名称幼儿园').first()).toBeVisible();
});

test('a burst that cannot name all that changed is on the screen too', async ({ page, open, server }) => {
  await open(`/warnings/${warningId(1)}`);
  await expect(page.getByText(text('stream.live'), { exact: true })).toBeVisible();
  server.change = (body) => JSON.parse(JSON.stringify(body).replaceAll('阳光幼儿园食堂', '新名称幼儿园')) as unknown;
  server.send('changed', { warnings: [], operators: [], answers: [], areas: false, others: true, rules: false });
  await expect(page.getByText('新名称幼儿园').first()).toBeVisible();
});
