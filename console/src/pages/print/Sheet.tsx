import { Button } from 'antd';
import type { ReactNode } from 'react';
import { Link, useParams } from 'react-router-dom';
import { queries, serverNow } from '../../api/client';
import { timeText } from '../../format/time';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { useTexts } from '../../texts/language';
import { typed, type WarningFile } from '../warning/events';
import './print.css';

interface Props {
  title: string;
  children: (file: WarningFile) => ReactNode;
}

/** A page of a warning as it leaves the printer: title, number, a table with frames, who made it when. */
export function Sheet({ title, children }: Props) {
  const { t, language, change } = useTexts();
  const { warningId = '' } = useParams();
  const { data, error, refetch } = queries.useQuery('get', '/warnings/{warning_id}', {
    params: { path: { warning_id: warningId } },
  });
  if (data === undefined) return error === null ? <Loading /> : <Problem error={error} retry={refetch} />;
  const file = typed(data);
  return (
    <>
      <div className="sheet-bar">
        <Link to={`/warnings/${warningId}`}>{t('app.back')}</Link>
        <Button onClick={() => change(language === 'zh' ? 'en' : 'zh')} lang={language === 'zh' ? 'en' : 'zh-CN'}>
          {t('app.language')}
        </Button>
        <Button type="primary" onClick={() => window.print()}>
          {t('app.print')}
        </Button>
      </div>
      <main className="sheet">
        <h1>{title}</h1>
        <p className="sheet-number num">{t('print.number', { number: file.summary.warning_id })}</p>
        <table>
          <tbody>{children(file)}</tbody>
        </table>
        <p className="sheet-foot num">
          {t('print.made', {
            time: timeText(new Date(serverNow()).toISOString()),
            ruleset: file.newest?.ruleset.slice(0, 12) ?? '—',
          })}
        </p>
      </main>
    </>
  );
}

/** One line of the table. */
export function Line({ label, children, tall = false }: { label: string; children: ReactNode; tall?: boolean }) {
  return (
    <tr className={tall ? 'sheet-tall' : ''}>
      <th scope="row">{label}</th>
      <td>{children}</td>
    </tr>
  );
}
