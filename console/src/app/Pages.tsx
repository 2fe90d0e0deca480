import { lazy, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router-dom';
import { useMay, useSession } from '../api/session';
import { Loading } from '../parts/Loading';
import { NotFound } from '../parts/NotFound';
import { Shell } from './Shell';

const InboxPage = lazy(() => import('../pages/inbox/InboxPage'));
const SituationPage = lazy(() => import('../pages/situation/SituationPage'));
const WarningsPage = lazy(() => import('../pages/warnings/WarningsPage'));
const WarningPage = lazy(() => import('../pages/warning/WarningPage'));
const OperatorsPage = lazy(() => import('../pages/operators/OperatorsPage'));
const OperatorPage = lazy(() => import('../pages/operators/OperatorPage'));
const AccountsPage = lazy(() => import('../pages/administration/AccountsPage'));
const AuditPage = lazy(() => import('../pages/administration/AuditPage'));
const RulesPage = lazy(() => import('../pages/rules/catalogue/RulesPage'));
const RuleFilePage = lazy(() => import('../pages/rules/catalogue/RuleFilePage'));
const ChangesPage = lazy(() => import('../pages/rules/change/ChangesPage'));
const ChangePage = lazy(() => import('../pages/rules/change/ChangePage'));
const EditPage = lazy(() => import('../pages/rules/edit/EditPage'));
const HistoryPage = lazy(() => import('../pages/rules/history/HistoryPage'));
const DataPage = lazy(() => import('../pages/data/DataPage'));
const NoticePage = lazy(() => import('../pages/print/NoticePage'));
const AnswerSheetPage = lazy(() => import('../pages/print/AnswerSheetPage'));

/** The pages of somebody who is logged in. */
export default function Pages() {
  const first = useFirstPage();
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route path="/print/notice/:warningId" element={<NoticePage />} />
        <Route path="/print/answer/:warningId" element={<AnswerSheetPage />} />
        <Route element={<Shell />}>
          <Route index element={<Navigate to={first} replace />} />
          <Route path="/inbox" element={<InboxPage />} />
          <Route path="/situation" element={<SituationPage />} />
          <Route path="/warnings" element={<WarningsPage />} />
          <Route path="/warnings/:warningId" element={<WarningPage />} />
          <Route path="/operators" element={<OperatorsPage />} />
          <Route path="/operators/:operatorId" element={<OperatorPage />} />
          <Route path="/accounts" element={<AccountsPage />} />
          <Route path="/audit" element={<AuditPage />} />
          <Route path="/rules" element={<RulesPage />} />
          <Route path="/rules/file" element={<RuleFilePage />} />
          <Route path="/rules/changes" element={<ChangesPage />} />
          <Route path="/rules/changes/:id" element={<ChangePage />} />
          <Route path="/rules/changes/:id/edit" element={<EditPage />} />
          <Route path="/rules/history" element={<HistoryPage />} />
          <Route path="/data" element={<DataPage />} />
          <Route path="*" element={<NotFound />} />
        </Route>
      </Routes>
    </Suspense>
  );
}

/** Who answers warnings begins with the inbox, other readers with the situation, who only looks after accounts with these. */
function useFirstPage(): string {
  const mayAnswer = useMay('answer');
  const mayRead = useMay('read');
  const hasDuties = useSession().account.duties.length > 0;
  if (mayAnswer && hasDuties) return '/inbox';
  return mayRead ? '/situation' : '/accounts';
}
