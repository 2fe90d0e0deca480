import { Input } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTexts } from '../texts/language';

/** So long nothing is asked while somebody types, in milliseconds. */
const PAUSE = 250;

interface Props {
  value: string;
  onSearch: (text: string) => void;
  /** What is searched in; left out, operators and their warnings. */
  label?: string;
}

/** Searches as one types; not in the middle of a Chinese word, while the input method composes. */
export function SearchBox({ value, onSearch, label }: Props) {
  const { t } = useTexts();
  const [text, setText] = useState(value);
  const [composing, setComposing] = useState(false);
  const sent = useRef(value);

  // What this box itself asked for comes back later than the next key.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (composing || text === value) return;
    const timer = setTimeout(() => {
      sent.current = text;
      onSearch(text);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text, value, composing, onSearch]);

  return (
    <Input
      className="search-box"
      type="search"
      aria-label={label ?? t('warnings.search')}
      placeholder={label ?? t('warnings.search')}
      maxLength={100}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onCompositionStart={() => setComposing(true)}
      onCompositionEnd={() => setComposing(false)}
    />
  );
}
