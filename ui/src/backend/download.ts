/** How long the address of a saved file stays good, in milliseconds: a slow disk may still be writing. */
const ADDRESS_MS = 60_000;

/** Hands a file to the web view to be saved, by the browser's own way. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), ADDRESS_MS);
}
