import { App, Button, Input, Space } from 'antd';
import type { Schema } from '../../api/client';
import { timeText } from '../../format/time';
import { Dialog } from '../../parts/Dialog';
import { useTexts } from '../../texts/language';

/** A link that was just made: it is shown once. */
export function LinkDialog({ link, close }: { link: Schema<'Invitation'>; close: () => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const address = `${window.location.origin}${link.link}`;
  async function copy() {
    // The clipboard is there on secure pages only; elsewhere the text can be selected.
    await navigator.clipboard.writeText(address);
    void message.success(t('links.copied'));
  }
  return (
    <Dialog open title={t('links.ready')} footer={null} onCancel={close}>
      <p>{t('links.note', { time: timeText(link.expires_at) })}</p>
      <Space.Compact block>
        <Input readOnly aria-label={t('links.ready')} value={address} onFocus={(event) => event.target.select()} />
        {'clipboard' in navigator && <Button onClick={() => void copy()}>{t('links.copy')}</Button>}
      </Space.Compact>
    </Dialog>
  );
}
