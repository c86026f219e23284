/** How many drafts, requests, documents and entries a copy of what is kept does not hold; it says so itself. */
export function missing(copy: string): number {
  const { complete, left_out } = JSON.parse(copy) as {
    complete?: boolean;
    left_out?: Record<string, number>;
  };
  if (complete !== false) return 0;
  return Math.max(
    1,
    Object.values(left_out ?? {}).reduce((sum, count) => sum + count, 0),
  );
}
