import { Alert } from 'antd';
import { useLive } from '../api/stream';
import { timeText } from '../format/time';
import { useTexts } from '../texts/language';

/** In the header: whether what is on the screen is live. */
export function StreamState() {
  const { t } = useTexts();
  const { connection, server } = useLive();
  const well = connection === 'open' && server?.kafka === 'connected' && !server.behind;
  const words = connection === 'connecting' ? t('stream.connecting') : t('stream.live');
  if (!well && connection !== 'connecting') return <span className="stream" />;
  return (
    <span className="stream" title={server?.read_at == null ? '' : t('stream.as_of', { time: timeText(server.read_at) })}>
      <span className={well ? 'stream-dot stream-dot-live' : 'stream-dot'} aria-hidden="true" />
      {words}
    </span>
  );
}

/** Above the page: what is not as it should be, the worst first. */
export function StreamNotice() {
  const message = useTrouble();
  return (
    <div role="status" aria-live="polite">
      {message !== null && <Alert type="warning" banner showIcon message={message} />}
    </div>
  );
}

function useTrouble(): string | null {
  const { t } = useTexts();
  const { connection, server } = useLive();
  if (connection === 'lost') return t('stream.offline');
  if (server === null) return null;
  if (server.kafka === 'away') return t('stream.kafka_away', { time: timeText(server.read_at) });
  if (server.behind) return t('stream.behind', { count: server.waiting_records });
  if (server.engine === 'away') return t('stream.engine_away');
  if (server.engine === 'token_refused') return t('stream.engine_token_refused');
  if (server.engine === 'not_ready') return t('stream.engine_not_ready');
  return null;
}
