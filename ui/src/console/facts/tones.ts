// When a value is coloured. Findings decide what is unusual (`crates/facts/src/findings`); these only tint the bars beside
// values, at the same marks, so that a full disk is seen without reading.

export type Tone = 'plain' | 'good' | 'warn' | 'bad';

/** A share that hurts when it is high, like a processor's load. */
export function high(percent: number, warn = 80, bad = 95): Tone {
  if (percent >= bad) return 'bad';
  return percent >= warn ? 'warn' : 'plain';
}

/** A share that hurts when it is low, like a battery's charge. */
export function low(percent: number, warn: number, bad: number): Tone {
  if (percent <= bad) return 'bad';
  return percent <= warn ? 'warn' : 'plain';
}
