import type { OfferedFile } from './backend';

/** A file that the page has in its hand already: chosen, pasted, or dropped in a browser. */
export function atHand(file: File): OfferedFile {
  return {
    name: file.name,
    size: file.size,
    type: file.type,
    refused: null,
    read: () => Promise.resolve(file),
  };
}
