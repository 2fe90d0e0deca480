import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const places = (process.env.PATH ?? '').split(':').flatMap((place) => names.map((name) => `${place}/${name}`));
/** The system's browser, as the other tests of the repository take it. */
const executablePath = process.env.YUJING_TEST_CHROMIUM ?? places.find((path) => existsSync(path)) ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  // The whole suite runs beside other tests on few cores.
  timeout: 180_000,
  expect: { timeout: 45_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1366, height: 768 },
    locale: 'zh-CN',
    launchOptions: { executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] },
  },
});
