import { API, csrfHeader, sessionEnded, type Schema } from './client';

/** Where a photograph of a warning is. */
export function photographUrl(warningId: string, sha256: string): string {
  return `${API}/warnings/${warningId}/attachments/${sha256}`;
}

interface Sending {
  warningId: string;
  file: File;
  /** Hears how much has left, from 0 to 1. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

/** What came back as JSON; null where it was none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/**
 * Brings a photograph. By `XMLHttpRequest`, because `fetch` does not say how much has left.
 *
 * @throws the problem that the server explains, or an error where it does not answer
 */
export function sendPhotograph({ warningId, file, onProgress, signal }: Sending): Promise<Schema<'Attachment'>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${API}/warnings/${warningId}/attachments`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader(...csrfHeader());
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => {
      if (request.status === 401) sessionEnded();
      const answer = parsed(request.responseText);
      if (request.status === 201) resolve(answer as Schema<'Attachment'>);
      else reject(answer instanceof Object ? (answer as Error) : new Error(String(request.status)));
    };
    request.onerror = () => reject(new Error('away'));
    request.onabort = () => reject(new DOMException('left', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

/** Why a photograph is not shown: the problem that the server explains, or null where it does not answer. */
export async function whyNotShown(url: string): Promise<unknown> {
  return fetch(url).then((response) => (response.ok ? null : response.json()), () => null);
}
