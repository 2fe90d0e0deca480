import { defineConfig } from '@playwright/test';
import base from './playwright.config';

/** People at a real console (`YUJING_CONSOLE`) beside a real engine, one after the other. */
export default defineConfig(base, { testDir: 'end-to-end', workers: 1, expect: { timeout: 120_000 } });
