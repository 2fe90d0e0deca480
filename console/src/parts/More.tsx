import { Button } from 'antd';
import { useTexts } from '../texts/language';

interface Props {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** Shows the next part of a list, if there is one. */
export function More({ hasNextPage, isFetchingNextPage, fetchNextPage }: Props) {
  const { t } = useTexts();
  if (!hasNextPage) return null;
  return (
    <p>
      <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {t('app.more')}
      </Button>
    </p>
  );
}
