import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { Dialog } from '../parts/Dialog';
import { useKeys } from '../parts/keys';
import { useTexts } from '../texts/language';
import type { TextKey } from '../texts/texts';

const KEYS: [key: string, meaning: TextKey][] = [
  ['/', 'keys.search'],
  ['J', 'keys.next'],
  ['K', 'keys.previous'],
  ['Enter', 'keys.open'],
  ['X', 'keys.select'],
  ['A', 'keys.acknowledge'],
  ['?', 'keys.help'],
];

/** `/` goes to the search, of operators where the page has none; `?` shows what keys there are. */
export function KeyHelp() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  useKeys({
    '/': () => {
      const box = document.querySelector<HTMLInputElement>('input[type="search"]');
      if (box === null) navigate('/operators');
      else box.focus();
    },
    '?': () => setOpen(true),
  });
  return (
    <Dialog title={t('keys.title')} open={open} footer={null} width={380} onCancel={() => setOpen(false)} getContainer="#layers">
      <dl className="key-help">
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(meaning)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
