/** Longest wait for the first frame, in milliseconds: a window that is not shown has none. */
const FRAME_MS = 1000;

/** Resolves when what the page brought as markup has been drawn: no script delays what is seen first. */
export function drawn(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, FRAME_MS);
  });
}

/**
 * Notes where somebody clicks on what was drawn, which does nothing yet. The answer, called when the real one is there,
 * passes the last click on to the button in that place: a slow computer loses none.
 */
export function clicks(): () => void {
  let last: MouseEvent | undefined;
  const note = (click: MouseEvent): void => void (last = click);
  addEventListener('click', note);
  return () => {
    removeEventListener('click', note);
    if (last) document.elementFromPoint(last.clientX, last.clientY)?.closest('button')?.click();
  };
}
