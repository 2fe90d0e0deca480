import type { ReactNode } from 'react';
import { NavLink } from 'react-router-dom';
import { useMay } from '../../api/session';
import { useTexts } from '../../texts/language';
import './rules.css';

/** The heading of the studio's pages, with the way from one to the other. */
export function StudioHead({ children }: { children?: ReactNode }) {
  const { t } = useTexts();
  const mayReadChanges = useMay('changes');
  return (
    <div className="page-head">
      <h1>{t('studio.title')}</h1>
      <nav className="studio-nav" aria-label={t('studio.sections')}>
        <NavLink to="/rules" end>
          {t('studio.catalogue')}
        </NavLink>
        {mayReadChanges && (
          <>
            <NavLink to="/rules/changes">{t('studio.changes')}</NavLink>
            <NavLink to="/rules/history">{t('studio.history')}</NavLink>
          </>
        )}
      </nav>
      {children}
    </div>
  );
}
