import { Link } from 'react-router-dom';
import type { Schema } from '../api/client';

interface Props {
  figure: Schema<'Figure'>;
  /** What is counted, for who hears the link alone. */
  label: string;
  /** Which list the figure's query is of. */
  list?: 'warnings' | 'operators';
  className?: string;
}

/** A number that opens the list it is made of. */
export function Figure({ figure, label, list = 'warnings', className = '' }: Props) {
  return (
    <Link className={`figure num ${className}`} to={`/${list}?${figure.query}`} aria-label={`${label} ${figure.value}`}>
      {figure.value.toLocaleString('en-US')}
    </Link>
  );
}
