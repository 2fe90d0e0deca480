import { Button } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import type { Schema } from '../../../api/client';
import { useMay } from '../../../api/session';
import { timeText } from '../../../format/time';
import { DataTable } from '../../../parts/DataTable';
import { Foreign, Mark } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import { NameChangeList } from '../NameChangeList';
import { shortVersion } from '../studio';
import { Rollback } from './Rollback';

type Version = Schema<'RulesVersion'>;

interface Props {
  versions: Version[];
  onCompare: (from: string, to: string) => void;
}

/** Versions, the newest first: when, by whom, why, and what changed. */
export function VersionTable({ versions, onCompare }: Props) {
  const { t } = useTexts();
  const mayWrite = useMay('write_rules');
  const [back, setBack] = useState<Version | null>(null);
  const before = (version: Version) => versions[versions.indexOf(version) + 1];
  return (
    <>
      <DataTable
        caption={t('history.title')}
        rows={versions}
        rowKey={({ sequence }) => String(sequence)}
        empty={t('history.empty')}
        columns={[
          { title: t('history.when'), className: 'narrow', cell: ({ published_at }) => timeText(published_at) },
          {
            title: t('history.version'),
            className: 'narrow',
            cell: ({ ruleset, in_force }) => (
              <>
                <code>{shortVersion(ruleset)}</code> {in_force && <Mark>{t('history.in_force')}</Mark>}
              </>
            ),
          },
          { title: t('history.cause'), cell: (version) => <Cause version={version} /> },
          { title: t('history.changes'), cell: (version) => <Changes version={version} /> },
          { title: t('history.moved'), className: 'narrow num', cell: ({ levels_moved }) => levels_moved ?? '—' },
          {
            title: t('history.choose'),
            className: 'narrow',
            cell: (version) => {
              const older = before(version);
              if (!version.available) return <span className="soft small">{t('history.unavailable')}</span>;
              return (
                <span className="buttons">
                  {older?.available === true && (
                    <Button size="small" onClick={() => onCompare(older.ruleset, version.ruleset)}>
                      {t('history.choose')}
                    </Button>
                  )}
                  {mayWrite && !version.in_force && (
                    <Button size="small" onClick={() => setBack(version)}>
                      {t('history.rollback')}
                    </Button>
                  )}
                </span>
              );
            },
          },
        ]}
      />
      {back !== null && <Rollback version={back} onClose={() => setBack(null)} />}
    </>
  );
}

/** The change that made a version, with who wrote and who approved it; else what put it in force. */
function Cause({ version: { change, cause } }: { version: Version }) {
  const { t, word } = useTexts();
  if (change === null) return word('published', cause);
  const { id, title, reason, author, approver } = change;
  return (
    <>
      <Link to={`/rules/changes/${id}`}>
        <Foreign text={title} clamp />
      </Link>
      <div className="soft small">
        <Foreign text={reason} clamp />
        <bdi className="foreign">{t('history.people', { author, approver })}</bdi>
      </div>
    </>
  );
}

function Changes({ version: { rules, features, settings } }: { version: Version }) {
  const { t } = useTexts();
  return (
    <>
      <NameChangeList title={t('difference.rules')} names={rules} />
      <NameChangeList title={t('difference.features')} names={features} />
      <NameChangeList title={t('difference.settings')} names={{ added: [], changed: settings, removed: [] }} />
    </>
  );
}
