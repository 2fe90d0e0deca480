import { Link } from 'react-router-dom';
import { Foreign } from '../../../parts/Tags';

/** Opens a file of the folder. */
export function FileLink({ path, text = path }: { path: string; text?: string }) {
  return (
    <Link to={`/rules/file?${new URLSearchParams({ path }).toString()}`}>
      <Foreign text={text} clamp />
    </Link>
  );
}
