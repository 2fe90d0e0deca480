import { Navigate, useParams } from 'react-router-dom';
import { useSessionControl } from '../../api/session';
import { TEXTS, type TextKey } from '../../texts/texts';
import { LoginPage } from './LoginPage';

/** Where somebody lands whom the identity provider brought and the console did not let in. */
export default function RefusedPage() {
  const { refusal = '' } = useParams();
  const { state } = useSessionControl();
  if (state.is === 'here') return <Navigate to="/" replace />;
  const key = `refusal.${refusal}`;
  return <LoginPage refusal={key in TEXTS ? (key as TextKey) : 'refusal.refused'} />;
}
