/** What hears Escape, the topmost last: one key is for it alone. */
const layers: object[] = [];

/** Calls back at Escape while nothing that began later hears it. Gives what ends that. */
export function hearEscape(onEscape: () => void): () => void {
  const layer = {};
  layers.push(layer);
  // In a Chinese word that is being composed Escape belongs to the input method.
  const onKey = ({ key, isComposing }: KeyboardEvent) => key === 'Escape' && !isComposing && layers.at(-1) === layer && onEscape();
  window.addEventListener('keydown', onKey);
  return () => {
    window.removeEventListener('keydown', onKey);
    layers.splice(layers.indexOf(layer), 1);
  };
}
