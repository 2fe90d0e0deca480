/** The made-up data is what the contract and the engine's schemas say, so that pages are tested on what will come. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import * as district from './fixture/district';
import * as office from './fixture/office';
import { catalogue, RULE, versions, vocabulary } from './fixture/rules';
import * as refused from './fixture/refused';
import { FixtureServer } from './fixture/server';
import {
  cases,
  check as checkFiles,
  DRAFT,
  doneTrial,
  failedExamination,
  judgingShadow,
  PROPOSED,
  unprojectedExamination,
} from './fixture/studio';

const ROOT = join(import.meta.dirname, '..');
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as object, 'contract');

function check(schema: string, data: unknown) {
  const validate = ajv.getSchema(schema);
  if (validate === undefined) throw new Error(`no schema ${schema}`);
  void validate(data);
  expect(validate.errors ?? [], schema).toEqual([]);
}

test('answers are those of the contract', () => {
  const server = new FixtureServer();
  const of = (name: string) => `contract#/components/schemas/${name}`;
  check(of('Session'), server.session());
  check(of('Situation'), district.situation(server.stream));
  check(of('InboxList'), server.inbox(new URLSearchParams()));
  for (const warning of district.warnings) check(of('Warning'), district.warning(warning.warning_id));
  for (const { operator_id } of district.operators) check(of('Operator'), district.operator(operator_id));
  for (const item of district.timeline) check(of('TimelineItem'), item);
  for (const standing of office.accounts) check(of('AccountStanding'), standing);
  for (const invitation of office.invitations) check(of('OpenInvitation'), invitation);
  for (const entry of office.traces) check(of('AuditEntry'), entry);
  for (const letter of refused.letters) check(of('DeadLetter'), letter);
  for (const count of refused.counts) check(of('DeadLetterCount'), count);
  for (const letter of refused.letters) check(of('DeadLetterRecord'), refused.record(letter));
  check(of('Directory'), office.directory);
  check(of('Invitation'), office.link('reset'));
  for (const state of ['ready', 'away'] as const) check(of('EngineState'), district.engine(state));
  for (const state of ['ready', 'away'] as const) check(of('Traffic'), district.traffic(state));
  for (const point of district.scores) check(of('ScorePoint'), point);
});

test('answers of the studio are those of the contract', () => {
  const { studio } = new FixtureServer();
  const of = (name: string) => `contract#/components/schemas/${name}`;
  const ask = (path: string, query: Record<string, string> = {}) => studio.answer('GET', path, new URLSearchParams(query), null).body;
  check(of('Catalogue'), catalogue());
  check(of('Vocabulary'), vocabulary);
  check(of('RulesFiles'), ask('/rules/files'));
  check(of('RulesFileText'), ask('/rules/file', { path: RULE }));
  const files = [{ path: RULE, text: 'op.pest_complaint_7d' }];
  check(of('CheckResult'), checkFiles(files));
  check(of('CasesResult'), cases(files));
  check(of('CasesResult'), cases([{ path: RULE, text: '45' }]));
  check(of('ChangeList'), ask('/rules/changes'));
  for (const id of [DRAFT, PROPOSED]) {
    check(of('Change'), ask(`/rules/changes/${id}`));
    check(of('ChangeDifference'), ask(`/rules/changes/${id}/difference`));
    check(of('Examination'), ask(`/rules/changes/${id}/examination`));
    check(of('Trial'), ask(`/rules/changes/${id}/trial`));
    check(of('Shadow'), ask(`/rules/changes/${id}/shadow`));
  }
  for (const examination of [failedExamination(), unprojectedExamination]) check(of('Examination'), examination);
  check(of('Trial'), doneTrial);
  check(of('Shadow'), judgingShadow);
  check(of('RulesHistory'), { versions });
  check(of('VersionDifference'), ask('/rules/compare'));
});

test('records are those of the engine', () => {
  for (const name of ['warnings', 'scores']) {
    ajv.addSchema(JSON.parse(readFileSync(join(ROOT, '../schemas', `${name}.schema.json`), 'utf8')) as object, name);
  }
  for (const { warning_id } of district.warnings) for (const event of district.warning(warning_id)?.events ?? []) check('warnings', event);
  for (const { operator_id } of district.operators) check('scores', district.operator(operator_id)?.score);
});
