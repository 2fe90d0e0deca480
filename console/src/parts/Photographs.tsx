import { useState } from 'react';
import { photographUrl, whyNotShown } from '../api/photographs';
import type { Schema } from '../api/client';
import { useTexts } from '../texts/language';
import { problemText } from './Problem';
import { Foreign } from './Tags';
import './photographs.css';

interface Props {
  warningId: string;
  /** What an event names. */
  references: Schema<'AttachmentReference'>[];
  /** What is here; everything else is named only. */
  here: Schema<'Attachment'>[];
  /** Whether they are loaded at once: a printer does not wait for those that are out of sight. */
  eager?: boolean;
}

/** The photographs that an event names. One that is kept elsewhere is a text, and is never fetched. */
export function Photographs({ warningId, references, here, eager = false }: Props) {
  const { t } = useTexts();
  if (references.length === 0) return null;
  const isHere = ({ sha256 }: Schema<'AttachmentReference'>) => here.some((attachment) => attachment.sha256 === sha256);
  return (
    <ul className="photos" aria-label={t('answer.photos')}>
      {references.map((reference, index) => (
        <li key={`${reference.sha256}/${reference.uri}`}>
          {isHere(reference) ? (
            <Photograph warningId={warningId} sha256={reference.sha256} name={t('photo.name', { number: index + 1 })} eager={eager} />
          ) : (
            <span className="small">
              <span className="soft">{t('photo.elsewhere')}</span> <Foreign text={reference.uri} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

interface PhotographProps {
  warningId: string;
  sha256: string;
  name: string;
  eager?: boolean;
}

/** One that is here, small; it opens in full. Why it cannot be shown is said in words. */
export function Photograph({ warningId, sha256, name, eager = false }: PhotographProps) {
  const texts = useTexts();
  const [problem, setProblem] = useState<string | null>(null);
  const url = photographUrl(warningId, sha256);
  function explain() {
    void whyNotShown(url).then((why) => setProblem(problemText(why, texts)));
  }

  if (problem !== null) {
    return (
      <span className="photo-lost small" role="alert">
        {name}
        {texts.t('app.colon')}
        {problem}
      </span>
    );
  }
  return (
    <a href={url} target="_blank" rel="noopener" aria-label={texts.t('photo.open', { name })}>
      <img src={url} alt={name} loading={eager ? 'eager' : 'lazy'} onError={explain} />
    </a>
  );
}
