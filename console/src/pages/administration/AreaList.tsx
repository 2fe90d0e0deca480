import { Select, Tag } from 'antd';
import type { Schema } from '../../api/client';
import { useTexts } from '../../texts/language';
import { areaName } from './AccountsPage';

interface Props {
  areas: Schema<'Area'>[];
  known: Schema<'Area'>[];
  onChange: (areas: Schema<'Area'>[]) => void;
}

const keyOf = ({ sub_district: a, community: b, grid: c }: Schema<'Area'>) => JSON.stringify([a, b, c]);

/** The areas that an account sees. */
export function AreaList({ areas, known, onChange }: Props) {
  const { t } = useTexts();
  const district: Schema<'Area'> = { sub_district: null, community: null, grid: null };
  const chosen = new Set(areas.map(keyOf));
  const all = new Map([district, ...known].map((area) => [keyOf(area), area]));
  const options = [...all].filter(([key]) => !chosen.has(key)).map(([key, area]) => ({ value: key, label: areaName(area, t) }));
  const add = (key: string) => {
    const area = all.get(key);
    if (area !== undefined) onChange([...areas, area]);
  };
  return (
    <fieldset className="access-part">
      <legend>{t('accounts.areas')}</legend>
      {areas.length === 0 && <p className="soft">{t('accounts.no_areas')}</p>}
      {areas.map((area) => (
        <Tag
          key={keyOf(area)}
          closable
          closeIcon={<span aria-label={t('accounts.remove', { name: areaName(area, t) })}>×</span>}
          onClose={() => onChange(areas.filter((other) => keyOf(other) !== keyOf(area)))}
        >
          <bdi>{areaName(area, t)}</bdi>
        </Tag>
      ))}
      <Select<string>
        className="access-choice"
        aria-label={t('accounts.add_area')}
        placeholder={t('accounts.add_area')}
        showSearch
        optionFilterProp="label"
        value={null}
        options={options}
        onChange={(key) => add(key)}
      />
    </fieldset>
  );
}
