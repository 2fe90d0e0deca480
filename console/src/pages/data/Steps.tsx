import { App, Button } from 'antd';
import { useState } from 'react';
import { api, type Schema } from '../../api/client';
import { useConfirm } from '../../parts/useConfirm';
import { useTexts } from '../../texts/language';
import { useDone } from '../administration/useDone';
import { FINAL, type DeadLetter, type Filters } from './letters';

interface Props {
  chosen: DeadLetter[];
  filters: Filters;
  done: () => void;
}

/** Sends again what is chosen, or all that the filters leave. */
export function Steps({ chosen, filters: { topic, code, publisher, since }, done }: Props) {
  const texts = useTexts();
  const { t, word } = texts;
  const { message } = App.useApp();
  const confirm = useConfirm();
  const { done: refresh, failed } = useDone();
  const [sending, setSending] = useState(false);

  async function send(requests: Schema<'RetryRequest'>[]) {
    setSending(true);
    try {
      let [asked, left] = [0, 0];
      for (const body of requests) {
        const { data, error } = await api.POST('/data/retries', { body });
        if (data === undefined) {
          refresh(error);
          return;
        }
        asked += data.asked;
        left += data.left;
      }
      if (left === 0) void message.success(t('data.asked', { count: asked }));
      else void message.warning(t('data.asked_left', { count: asked, left }), 10);
      done();
      refresh(undefined);
    } catch (error) {
      failed(error);
    } finally {
      setSending(false);
    }
  }
  // What is sent together is all of a topic with a code.
  const isWhole = publisher === undefined && since === undefined;
  const topics = [...new Set(chosen.map((letter) => letter.topic))];
  const ofTopic = (name: string) => chosen.filter((letter) => letter.topic === name).map(({ partition, offset }) => ({ partition, offset }));
  return (
    <p className="data-steps">
      <Button disabled={chosen.length === 0} loading={sending} onClick={() => void send(topics.map((name) => ({ topic: name, places: ofTopic(name) })))}>
        {t('data.retry_selected', { count: chosen.length })}
      </Button>
      {isWhole && topic !== undefined && code !== undefined && code !== FINAL && (
        <Button loading={sending} onClick={() => confirm(t('data.sure', { code: word('refusal', code) }), () => send([{ topic, code }]))}>
          {t('data.retry_all', { code: word('refusal', code) })}
        </Button>
      )}
    </p>
  );
}
