import { App } from 'antd';
import { useTexts } from '../texts/language';
import { hearEscape } from './escape';

/** Asks whether something is really meant, and does it at a yes. */
export function useConfirm(): (title: string, act: () => Promise<void>) => void {
  const { t } = useTexts();
  const { modal } = App.useApp();
  return (title, act) => {
    const { destroy } = modal.confirm({ title, okText: t('app.yes'), cancelText: t('app.cancel'), onOk: act, afterClose: () => forget() });
    const forget = hearEscape(destroy);
  };
}
