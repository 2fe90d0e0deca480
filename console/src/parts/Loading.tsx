import { Spin } from 'antd';
import { useTexts } from '../texts/language';
import './parts.css';

export function Loading() {
  const { t } = useTexts();
  return (
    <div className="loading" role="status">
      <Spin />
      <span>{t('app.loading')}</span>
    </div>
  );
}
