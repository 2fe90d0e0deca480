import { Component, type ReactNode } from 'react';
import { Button, Result } from 'antd';
import { useTexts } from '../texts/language';

function Broken() {
  const { t } = useTexts();
  return (
    <Result
      status="error"
      title={t('app.broken')}
      extra={<Button onClick={() => window.location.reload()}>{t('app.reload')}</Button>}
    />
  );
}

/** Catches what a page throws, so that something is said instead of a white screen. */
export class Failsafe extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}
