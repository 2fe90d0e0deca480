import { Button } from 'antd';
import { useId, useRef, type ChangeEvent } from 'react';
import { sizeText } from '../../../format/size';
import { Photograph } from '../../../parts/Photographs';
import { useTexts } from '../../../texts/language';
import type { WarningFile } from '../events';
import type { Photographs, Transfer } from './usePhotographs';

/** The formats that are taken; telephones turn theirs into one of them. */
const FORMATS = 'image/jpeg,image/png,image/webp';

/** Photographs that go with the answer: those that have arrived, those on their way, and those that were not taken. */
export function PhotographField({ file, photographs }: { file: WarningFile; photographs: Photographs }) {
  const { t } = useTexts();
  const note = useId();
  const { attaching, summary } = file;
  if (attaching === null) {
    return (
      <fieldset>
        <legend>{t('answer.photos')}</legend>
        <div className="soft small">{t('answer.photos_off')}</div>
      </fieldset>
    );
  }
  const { arrived, transfers, tooMany, remove } = photographs;
  const limits = { size: sizeText(attaching.max_bytes), count: attaching.max_count };
  return (
    <fieldset className="photo-field">
      <legend>{t('answer.photos')}</legend>
      {arrived.length + transfers.length > 0 && (
        <ul className="photos">
          {arrived.map((sha256, index) => {
            const name = t('photo.name', { number: index + 1 });
            return (
              <li key={sha256}>
                <Photograph warningId={summary.warning_id} sha256={sha256} name={name} />
                <Button size="small" aria-label={t('answer.photos_remove', { name })} onClick={() => remove(sha256)}>
                  ×
                </Button>
              </li>
            );
          })}
          {transfers.map((transfer) => (
            <Moving key={transfer.id} transfer={transfer} photographs={photographs} />
          ))}
        </ul>
      )}
      <div className="photo-buttons">
        <Chooser label={t('answer.photos_add')} note={note} photographs={photographs} />
        <Chooser label={t('answer.photos_take')} note={note} photographs={photographs} camera />
      </div>
      {tooMany && (
        <p className="answer-error" role="alert">
          {t('answer.photos_many', limits)}
        </p>
      )}
      <div id={note} className="soft small">
        {t('answer.photos_note', limits)}
      </div>
    </fieldset>
  );
}

/** A button that opens the choice of files, or the camera of a telephone. */
function Chooser({ label, note, photographs, camera = false }: { label: string; note: string; photographs: Photographs; camera?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  function chosen({ target }: ChangeEvent<HTMLInputElement>) {
    photographs.add([...(target.files ?? [])]);
    // The same file can be chosen again.
    target.value = '';
  }
  return (
    <span className={camera ? 'photo-camera' : ''}>
      <Button aria-describedby={note} onClick={() => input.current?.click()}>
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        accept={camera ? 'image/*' : FORMATS}
        multiple={!camera}
        {...(camera ? { capture: 'environment' as const } : {})}
        onChange={chosen}
      />
    </span>
  );
}

/** One that is on its way or was not taken. */
function Moving({ transfer, photographs }: { transfer: Transfer; photographs: Photographs }) {
  const { t } = useTexts();
  const { file, share, failure, id } = transfer;
  const percent = Math.round(share * 100);
  return (
    <li className="photo-moving">
      {failure === null ? (
        <label>
          <bdi>{t('answer.photos_sending', { name: file.name, percent })}</bdi>
          <progress max={100} value={percent} />
        </label>
      ) : (
        <>
          <span className="answer-error" role="alert">
            <bdi>{t('answer.photos_failed', { name: file.name, reason: failure })}</bdi>
          </span>
          <Button size="small" onClick={() => photographs.retry(transfer)}>
            {t('app.retry')}
          </Button>
        </>
      )}
      <Button size="small" aria-label={t('answer.photos_remove', { name: file.name })} onClick={() => photographs.drop(id)}>
        ×
      </Button>
    </li>
  );
}
