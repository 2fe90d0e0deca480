import { Button } from 'antd';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../../api/client';
import { useMay } from '../../../api/session';
import { timeText } from '../../../format/time';
import { Choice } from '../../../parts/Choice';
import { DataTable } from '../../../parts/DataTable';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { Foreign } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import { ChangeStateMark } from '../ChangeStateMark';
import { StudioHead } from '../StudioHead';
import { isUnderWay } from '../studio';
import { NewChange } from './NewChange';

/** Every change with its state, the newest first. */
export default function ChangesPage() {
  const { t } = useTexts();
  const mayWrite = useMay('write_rules');
  const [params, setParams] = useSearchParams();
  const [isNew, setNew] = useState(false);
  const scope = params.get('all') === null ? 'under_way' : 'all';
  const { data, error, refetch } = queries.useQuery('get', '/rules/changes');
  const changes = (data?.changes ?? []).filter(({ state }) => scope === 'all' || isUnderWay(state));
  return (
    <>
      <StudioHead>
        <Choice<'under_way' | 'all'>
          label={t('changes.which')}
          value={scope}
          onChange={(next) => setParams(next === 'all' ? { all: '' } : {}, { replace: true })}
          options={[
            { value: 'under_way', label: t('changes.under_way') },
            { value: 'all', label: t('app.all') },
          ]}
        />
        {mayWrite && (
          <Button type="primary" onClick={() => setNew(true)}>
            {t('changes.new')}
          </Button>
        )}
      </StudioHead>
      {isNew && <NewChange onClose={() => setNew(false)} />}
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <Table changes={changes} />}
    </>
  );
}

function Table({ changes }: { changes: Schema<'ChangeSummary'>[] }) {
  const { t } = useTexts();
  return (
    <DataTable
      caption={t('changes.title')}
      rows={changes}
      rowKey={({ id }) => id}
      empty={t('changes.empty')}
      columns={[
        {
          title: t('changes.change'),
          cell: ({ id, title }) => (
            <Link to={`/rules/changes/${id}`}>
              <Foreign text={title} clamp />
            </Link>
          ),
        },
        { title: t('changes.state'), className: 'narrow', cell: ({ state, outdated }) => <ChangeStateMark state={state} outdated={outdated} /> },
        { title: t('changes.author'), cell: ({ author_name }) => <Foreign text={author_name} clamp /> },
        { title: t('changes.changed'), className: 'narrow', cell: ({ changed_at }) => timeText(changed_at) },
      ]}
    />
  );
}
