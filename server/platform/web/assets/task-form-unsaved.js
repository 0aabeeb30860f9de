/** Asks before the page is left while something was typed that is not saved. */
export function watchUnsaved(form) {
  const now = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== 'csrf'));
  // what came back with a problem was typed, too
  let saved = 'unsaved' in form.dataset ? '' : now();
  let isSending = false;
  const isClean = () => saved === now();
  form.addEventListener('submit', () => {
    isSending = true;
  });
  addEventListener('pageshow', () => {
    isSending = false;
  });
  addEventListener('beforeunload', (event) => {
    if (!isSending && !isClean()) event.preventDefault();
  });
  return {
    isClean,
    begin() {
      saved = now();
    },
  };
}
