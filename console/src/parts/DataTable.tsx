import type { ReactNode } from 'react';
import { useTexts } from '../texts/language';
import './parts.css';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  /** Stands in place of the title, for a box that selects all. */
  head?: ReactNode;
  className?: string;
}

interface Props<Row> {
  /** What the table is of, for screen readers. */
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  rowClass?: (row: Row) => string;
  /** The row where the keyboard is. */
  currentKey?: string | undefined;
  empty?: string;
}

/** A dense table; on a phone each row becomes a card with the titles beside the values. */
export function DataTable<Row>({ caption, columns, rows, rowKey, rowClass, currentKey, empty }: Props<Row>) {
  const { t } = useTexts();
  return (
    <table className="data">
      <caption className="heard">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" className={column.className}>
              {column.head ?? column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const key = rowKey(row);
          return (
            <tr key={key} id={`row-${key}`} className={rowClass?.(row)} aria-current={key === currentKey || undefined}>
              {columns.map((column) => (
                <td key={column.title} className={column.className} data-title={column.title}>
                  <div>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          );
        })}
        {rows.length === 0 && (
          <tr className="data-empty">
            <td colSpan={columns.length}>{empty ?? t('app.none')}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
