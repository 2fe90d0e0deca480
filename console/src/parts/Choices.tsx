import { Checkbox } from 'antd';
import './parts.css';

interface Props<Value extends string> {
  value: readonly Value[];
  options: { value: Value; label: string }[];
  onChange: (value: Value[]) => void;
}

/** Several of a few, in the order of the options. Ant Design's own group shows a choice only after the next turn of the browser. */
export function Choices<Value extends string>({ value, options, onChange }: Props<Value>) {
  const chosen = new Set(value);
  function toggle(option: Value, on: boolean) {
    onChange(options.map(({ value }) => value).filter((known) => (known === option ? on : chosen.has(known))));
  }
  return (
    <div className="choices">
      {options.map((option) => (
        <Checkbox
          key={option.value}
          value={option.value}
          checked={chosen.has(option.value)}
          onChange={(event) => toggle(option.value, event.target.checked)}
        >
          {option.label}
        </Checkbox>
      ))}
    </div>
  );
}
