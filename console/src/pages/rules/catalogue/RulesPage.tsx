import { useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../../api/client';
import { Choice } from '../../../parts/Choice';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { SearchBox } from '../../../parts/SearchBox';
import { useTexts } from '../../../texts/language';
import { StudioHead } from '../StudioHead';
import { FeatureTable } from './FeatureTable';
import { FolderState } from './FolderState';
import { RuleTable } from './RuleTable';

type Catalogue = Schema<'Catalogue'>;

/** What is judged and what is counted: every rule and every feature of the folder. */
export default function RulesPage() {
  const { t, of } = useTexts();
  const [params, setParams] = useSearchParams();
  const { data, error, refetch } = queries.useQuery('get', '/rules');
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(params);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: true });
  };
  const [words, family] = [params.get('q') ?? '', params.get('family') ?? ''];
  return (
    <>
      <StudioHead>
        <SearchBox value={words} onSearch={(q) => set('q', q)} label={t('catalogue.search')} />
        <Choice<string>
          label={t('catalogue.family')}
          value={family}
          onChange={(value) => set('family', value)}
          options={[{ value: '', label: t('app.all') }, ...(data?.families ?? []).map(({ id, title }) => ({ value: id, label: of(title) }))]}
        />
      </StudioHead>
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <Content catalogue={data} words={words} family={family} />}
    </>
  );
}

function Content({ catalogue, words, family }: { catalogue: Catalogue; words: string; family: string }) {
  const { t } = useTexts();
  const { rules, features } = found(catalogue, words, family);
  return (
    <>
      <FolderState catalogue={catalogue} />
      <p className="soft" aria-live="polite">
        {t('catalogue.count', { rules: rules.length, features: features.length })}
      </p>
      <RuleTable rules={rules} catalogue={catalogue} />
      <h2 className="catalogue-features">{t('catalogue.features')}</h2>
      <FeatureTable features={features} catalogue={catalogue} />
    </>
  );
}

/** The rules that the words and the family leave, and the features that they read or that the words name. */
function found({ rules, features }: Catalogue, words: string, family: string): Pick<Catalogue, 'rules' | 'features'> {
  const wanted = words.trim().toLowerCase();
  const has = (...texts: string[]) => texts.some((text) => text.toLowerCase().includes(wanted));
  const left = rules.filter(
    ({ id, title, owner, reads, ...rule }) => (family === '' || rule.family === family) && has(id, title.zh, title.en, owner, ...reads),
  );
  const read = new Set(left.flatMap((rule) => rule.reads));
  const named = features.filter(({ name, title }) => read.has(name) || (family === '' && has(name, title.zh, title.en)));
  return { rules: left, features: named };
}
