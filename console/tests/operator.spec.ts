/** One operator and the situation on bad days, what numbers are made of, the keyboard in lists, and words for codes and times. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORD_WORDS } from '../src/texts/evidence';
import { deadlineText } from '../src/format/time';
import { expect, test, text } from './console';
import { operators, warningId } from './fixture/district';

const OPERATOR = `/operators/${operators[0]?.operator_id ?? ''}`;

test('a rule says how far it is, and its points lead to the records behind them', async ({ page, open }) => {
  await open(OPERATOR);
  const rules = page.getByRole('region', { name: text('explanation.title') });
  await expect(rules.getByText(text('explanation.distance_unmet', 'zh', { distance: 1 }))).toBeVisible();
  await expect(rules.getByText('“近30日投诉举报件数”由 2 变为 3')).toBeVisible();
  await rules.getByText(text('warning.evidence')).first().click();
  await expect(rules.getByText('cam-7781', { exact: true })).toBeVisible();
});

test('the timeline has records of all sources in words, with all that is known of each', async ({ page, open }) => {
  await open(OPERATOR);
  const timeline = page.getByRole('region', { name: text('operator.timeline') });
  for (const words of ['举报 · 虫鼠害 · 受理', '疑似鼠类活动 · 仓储区 · 属实', '日常检查 · 基本符合']) {
    await expect(timeline.getByText(words, { exact: true })).toBeVisible();
  }
  await timeline.getByRole('combobox').selectOption('camera-alerts');
  await expect(timeline.locator('tbody tr')).toHaveCount(1);
  await timeline.getByText(text('timeline.content')).click();
  await expect(timeline.getByText('0.93')).toBeVisible();
});

test('the evidence of a warning leads to the record in the timeline', async ({ page, open }) => {
  await open(`/warnings/${warningId(0)}`);
  await page.getByText(text('warning.evidence')).first().click();
  const evidence = page.getByRole('listitem').filter({ hasText: 'TS-20260303-118' });
  await evidence.getByRole('link').click();
  const timeline = page.getByRole('region', { name: text('operator.timeline') });
  const found = timeline.locator('tr[aria-current]');
  await expect(found.getByText('举报 · 虫鼠害 · 受理', { exact: true })).toBeInViewport();
  await expect(timeline.locator('tbody tr')).toHaveCount(4);
  await timeline.getByRole('button', { name: text('timeline.newest') }).click();
  await expect(timeline.locator('tbody tr')).toHaveCount(6);
  await expect(found).toHaveCount(0);
});

test('without the engine an operator stays readable, and the page says what is missing', async ({ page, open, server }) => {
  server.stream = { ...server.stream, engine: 'away' };
  await open(OPERATOR);
  await expect(page.getByText(text('explanation.away'))).toBeVisible();
  await expect(page.getByText(text('timeline.away'))).toBeVisible();
  await expect(page.getByRole('heading', { name: text('warning.why') })).toBeVisible();
  await expect(page.getByText(text('warning.no_evidence'))).toHaveCount(0);
});

test('the situation says which source is silent, and how it was when the engine is away', async ({ page, open, server }) => {
  await open('/situation');
  const health = page.getByRole('region', { name: text('health.title') });
  await expect(health.getByRole('row', { name: /投诉举报/ }).getByText('静默超时')).toBeVisible();
  await expect(health.getByText(text('health.ready'))).toBeVisible();
  server.stream = { ...server.stream, engine: 'away' };
  await page.reload();
  await expect(health.getByText(text('health.away'))).toBeVisible();
  await expect(health.getByText('为', { exact: false }).first()).toBeVisible();
  await expect(health.getByRole('row', { name: /投诉举报/ })).toBeVisible();
});

test('there is a map where the office has supplied one, and tiles in any case', async ({ page, open, server }) => {
  await open('/situation');
  await expect(page.getByRole('img', { name: text('situation.map') }).locator('canvas')).toBeVisible();
  server.change = (body) => (typeof body === 'object' && body !== null && 'has_map' in body ? { ...body, has_map: false } : body);
  await page.reload();
  await expect(page.getByRole('heading', { name: '友谊路街道' })).toBeVisible();
  await expect(page.getByRole('img', { name: text('situation.map') })).toHaveCount(0);
});

test('lists are driven by the keyboard, and its keys are shown', async ({ page, open }) => {
  await open('/operators');
  await expect(page.getByRole('table')).toBeVisible();
  for (const key of ['j', 'j', 'k']) await page.keyboard.press(key);
  await expect(page.locator('tr[aria-current]')).toHaveCount(1);
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').blur();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: text('keys.title') })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: text('keys.title') })).toBeHidden();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: text('operator.timeline') })).toBeVisible();
});

test('a key is heard from the moment on when a dialog is gone', async ({ page, open }) => {
  await open('/operators');
  await expect(page.getByRole('table')).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: text('keys.title') });
  await expect(dialog).toBeVisible();
  await dialog.evaluate((shown) => {
    const gone = new MutationObserver(() => {
      if (shown.checkVisibility()) return;
      gone.disconnect();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    });
    gone.observe(document.body, { subtree: true, attributes: true });
  });
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: text('operator.timeline') })).toBeVisible();
});

test('what is typed while the search before it begins is searched for next', async ({ page, open }) => {
  await open('/operators');
  const box = page.getByRole('searchbox');
  await box.evaluate((input: HTMLInputElement) => {
    const { history } = window;
    const replace = history.replaceState.bind(history);
    history.replaceState = (...args) => {
      history.replaceState = replace;
      replace(...args);
      input.setRangeText('园', 2, 2, 'end');
      input.dispatchEvent(new Event('input', { bubbles: true }));
    };
  });
  await box.fill('幼儿');
  await expect(page).toHaveURL(new RegExp(`q=${encodeURIComponent('幼儿园')}$`));
  await expect(box).toHaveValue('幼儿园');
});

test('what was not acknowledged because the network failed is tried again under the same id', async ({ page, open, server }) => {
  await open('/inbox');
  const ids: unknown[] = [];
  await page.route('**/answers', async (route) => {
    ids.push((route.request().postDataJSON() as { id: string }).id);
    await (ids.length === 1 ? route.abort() : route.continue());
  });
  const acknowledge = async () => {
    await page.getByRole('checkbox', { name: /^选择 / }).and(page.locator(':enabled')).first().check();
    await page.getByRole('button', { name: text('inbox.acknowledge', 'zh', { count: 1 }) }).click();
  };
  await acknowledge();
  await expect.poll(() => ids.length).toBe(1);
  await page.reload();
  await acknowledge();
  await expect.poll(() => server.answers.length).toBe(1);
  expect(new Set(ids).size).toBe(1);
});

test('deadlines are in words', () => {
  const of = (language: 'zh' | 'en') => (deadline: string) => deadlineText(deadline, (key, values = {}) => text(key, language, values));
  expect(['30m', '2h', '5wd', 'soon'].map(of('zh'))).toEqual(['30分钟', '2小时', '5个工作日', 'soon']);
  expect(['30m', '1h', '5wd', '1wd'].map(of('en'))).toEqual(['30 minutes', '1 hour', '5 working days', '1 working day']);
});

test('every code that a schema knows has its word', () => {
  interface Property {
    enum?: (string | null)[];
    'x-enum'?: string[];
    items?: Property;
  }
  for (const [source, columns] of Object.entries(RECORD_WORDS)) {
    const file = join(import.meta.dirname, '../../schemas', `${source}.schema.json`);
    const { properties } = JSON.parse(readFileSync(file, 'utf8')) as { properties: Record<string, Property> };
    for (const [column, words] of Object.entries(columns)) {
      const property = properties[column];
      const codes = property?.['x-enum'] ?? property?.enum ?? property?.items?.['x-enum'] ?? property?.items?.enum ?? [];
      expect(Object.keys(words).sort(), `${source}.${column}`).toEqual(codes.filter((code) => code !== null).sort());
    }
  }
});
