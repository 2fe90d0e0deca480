import { Alert } from 'antd';
import { useState, type ReactNode } from 'react';
import type { Schema } from '../../api/client';
import { useSessionControl } from '../../api/session';
import { problemText } from '../../parts/Problem';
import { useTexts } from '../../texts/language';

interface Answer {
  data?: Schema<'Session'>;
  error?: unknown;
}

interface Entering {
  /** Asks the server for a session, and begins it; whether there is one. */
  enter: (ask: () => Promise<Answer>) => Promise<boolean>;
  sending: boolean;
  /** Why there is none. */
  refusal: ReactNode;
}

/** The way into the console that all forms have whose answer is a session. */
export function useEntering(): Entering {
  const texts = useTexts();
  const { begin } = useSessionControl();
  const [reason, setReason] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function enter(ask: () => Promise<Answer>) {
    setSending(true);
    try {
      const { data, error } = await ask();
      if (data !== undefined) begin(data);
      else setReason(problemText(error, texts));
      return data !== undefined;
    } catch (error) {
      setReason(problemText(error, texts));
      return false;
    } finally {
      setSending(false);
    }
  }

  const refusal = reason !== null && <Alert className="login-refusal" type="error" showIcon role="alert" message={reason} />;
  return { enter, sending, refusal };
}
