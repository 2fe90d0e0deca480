import { Result } from 'antd';
import { Link } from 'react-router-dom';
import { useTexts } from '../texts/language';

export function NotFound() {
  const { t } = useTexts();
  return <Result status="warning" title={t('app.not_found')} extra={<Link to="/">{t('app.home')}</Link>} />;
}
