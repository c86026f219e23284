/** Lets the user save a text as a file, by the browser's own way. */
export function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the address when the click is over; a later turn is early enough to forget it.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
