import { Modal, type ModalProps } from 'antd';
import { useLayoutEffect, useRef } from 'react';
import { hearEscape } from './escape';

interface Props extends Omit<ModalProps, 'onCancel'> {
  open: boolean;
  /** Left out, the dialog cannot be closed by whoever sees it. */
  onCancel?: () => void;
}

/** A dialog that hears Escape from its first moment: by itself it does so only once it has the focus. */
export function Dialog({ onCancel, ...props }: Props) {
  const latest = useRef(onCancel);
  useLayoutEffect(() => {
    latest.current = onCancel;
  });
  useLayoutEffect(() => (props.open ? hearEscape(() => latest.current?.()) : undefined), [props.open]);
  return <Modal {...props} onCancel={() => latest.current?.()} />;
}
