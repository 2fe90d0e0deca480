import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Bilingual } from '../api/records';
import { TEXTS, type TextKey } from './texts';
import { wordOf, type WordKind } from './words';

export type Language = 'zh' | 'en';

export interface Texts {
  language: Language;
  change: (language: Language) => void;
  /** A text of the pages, with values at its places. */
  t: (key: TextKey, values?: Record<string, string | number>) => string;
  /** A value of the engine in words. */
  word: (kind: WordKind, value: string) => string;
  /** Of a text of the engine, the language of the page. */
  of: (text: Bilingual) => string;
}

const STORED = 'yujing-language';
const Context = createContext<Texts | null>(null);

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (name in values ? String(values[name]) : place));
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(localStorage.getItem(STORED) === 'en' ? 'en' : 'zh');
  useEffect(() => {
    localStorage.setItem(STORED, language);
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    document.title = TEXTS['app.title'][language];
  }, [language]);
  const texts = useMemo<Texts>(
    () => ({
      language,
      change: setLanguage,
      t: (key, values = {}) => fill(TEXTS[key][language], values),
      word: (kind, value) => wordOf(kind, value)[language],
      of: (text) => text[language],
    }),
    [language],
  );
  return <Context.Provider value={texts}>{children}</Context.Provider>;
}

export function useTexts(): Texts {
  const texts = useContext(Context);
  if (texts === null) throw new Error('useTexts outside of LanguageProvider');
  return texts;
}
