import { Button, Input } from 'antd';
import { useState } from 'react';
import { api, queries } from '../../../api/client';
import { Choice } from '../../../parts/Choice';
import { Choices } from '../../../parts/Choices';
import { Dialog } from '../../../parts/Dialog';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import type { FileText } from '../studio';

interface Props {
  onMake: (files: FileText[]) => void;
  onClose: () => void;
}

/** A rule with its cases as the program's template begins them, over features that are there. */
export function NewRule({ onMake, onClose }: Props) {
  const { t, of, language } = useTexts();
  const { data: catalogue, error: catalogueError } = queries.useQuery('get', '/rules');
  const [id, setId] = useState('');
  const [family, setFamily] = useState('');
  const [reads, setReads] = useState<string[]>([]);
  const [sending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const families = catalogue?.families ?? [];
  const chosen = family === '' ? (families[0]?.id ?? '') : family;
  const isWhole = id !== '' && chosen !== '' && reads.length > 0;

  async function make() {
    if (!isWhole || sending) return;
    setSending(true);
    setTrouble(null);
    try {
      const { data, error } = await api.POST('/rules/template', { body: { id, family: chosen, reads, lang: language } });
      if (data === undefined) setTrouble(error);
      else onMake(data.files);
    } catch (thrown) {
      setTrouble(thrown);
    } finally {
      setSending(false);
    }
  }

  return (
    <Dialog open title={t('edit.new_rule')} onCancel={onClose} footer={null} destroyOnHidden>
      {catalogueError !== null && <Problem error={catalogueError} />}
      {catalogue === undefined && catalogueError === null && <Loading />}
      {catalogue !== undefined && (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            void make();
          }}
        >
          <label htmlFor="rule-id">{t('edit.rule_id')}</label>
          <Input id="rule-id" autoFocus value={id} maxLength={64} onChange={(event) => setId(event.target.value.trim())} />
          <p className="soft small">{t('edit.rule_id_rule')}</p>
          <Choice
            label={t('edit.family')}
            value={chosen}
            onChange={setFamily}
            options={families.map((one) => ({ value: one.id, label: of(one.title) }))}
          />
          <fieldset className="feature-choice">
            <legend>{t('edit.reads')}</legend>
            <Choices
              value={reads}
              onChange={setReads}
              options={catalogue.features.map(({ name, title }) => ({ value: name, label: `${of(title)} ${name}` }))}
            />
          </fieldset>
          {trouble !== null && <Problem error={trouble} />}
          <Button type="primary" htmlType="submit" disabled={!isWhole} loading={sending}>
            {t('edit.make')}
          </Button>
        </form>
      )}
    </Dialog>
  );
}
