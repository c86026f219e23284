import { describe, expect, it } from 'vitest';
import { arrowHead, snapOutward } from './geometry';
import {
  begin,
  draw,
  drawInMiddle,
  frameOf,
  isChanged,
  markAt,
  moveSelected,
  redo,
  removeSelected,
  resizeSelected,
  selectedMark,
  selectNext,
  setCrop,
  setText,
  undo,
  whole,
  HISTORY,
  SMALLEST,
  type Editing,
  type MarkKind,
} from './picture';

const size = { width: 1920, height: 1080 };
const kinds: MarkKind[] = ['arrow', 'box', 'redaction', 'text'];

/** A small generator of repeatable numbers (mulberry32), so that a failing walk can be walked again. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function anyStep(editing: Editing, next: () => number): Editing {
  const point = () => ({ x: next() * 4000 - 1000, y: next() * 4000 - 1000 });
  const kind = kinds[Math.floor(next() * kinds.length)] ?? 'box';
  const steps: (() => Editing)[] = [
    () => draw(editing, kind, point(), point(), 'x'),
    () => drawInMiddle(editing, kind),
    () => moveSelected(editing, point()),
    () => resizeSelected(editing, point()),
    () => removeSelected(editing),
    () => selectNext(editing, next() < 0.5 ? 1 : -1),
    () => setCrop(editing, { ...point(), width: next() * 3000, height: next() * 3000 }),
    () => undo(editing),
    () => redo(editing),
  ];
  return steps[Math.floor(next() * steps.length)]?.() ?? editing;
}

describe('a picture with marks', () => {
  it('stays within its bounds whatever is done to it', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const next = numbers(seed);
      let editing = begin(size);
      for (let count = 0; count < 60; count += 1) {
        editing = anyStep(editing, next);
        const { crop, marks } = editing.present;
        expect(snapOutward(crop, whole(size)), `seed ${seed}`).toEqual(crop);
        expect(Math.min(crop.width, crop.height)).toBeGreaterThanOrEqual(SMALLEST);
        // One question for all marks: thousands of them, one by one, take longer than the looking itself.
        const outside = marks.filter((mark) => {
          if (mark.kind === 'text') return false;
          const { x, y, width, height } = frameOf(mark, size);
          return x < 0 || y < 0 || x + width > size.width || y + height > size.height;
        });
        expect(outside, `seed ${seed}`).toEqual([]);
        expect(new Set(marks.map((mark) => mark.id)).size).toBe(marks.length);
        if (editing.selected !== null) expect(selectedMark(editing)).not.toBeNull();
      }
    }
  });

  it('comes back by undo to where it began, and forward again by redo', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const next = numbers(seed);
      const start = begin(size);
      let editing: Editing = start;
      for (let count = 0; count < 30; count += 1) editing = anyStep(editing, next);
      const end = editing.present;
      let back = editing;
      const ahead = editing.future.length;
      while (isChanged(back)) back = undo(back);
      expect(back.present, `seed ${seed}`).toEqual(start.present);
      let forth = back;
      while (forth.future.length > ahead) forth = redo(forth);
      expect(forth.present).toEqual(end);
    }
  });

  it('hides whole pixels: a redaction on fractions covers every pixel it touches', () => {
    const editing = draw(begin(size), 'redaction', { x: 10.4, y: 20.6 }, { x: 50.2, y: 60.1 });
    expect(selectedMark(editing)).toMatchObject({ rect: { x: 10, y: 20, width: 41, height: 41 } });
  });

  it('gives a click without a drag a size that can be seen', () => {
    const editing = draw(begin(size), 'box', { x: 5, y: 5 }, { x: 6, y: 5 });
    const mark = selectedMark(editing);
    expect(mark && frameOf(mark, size).width).toBeGreaterThan(SMALLEST);
  });

  it('finds the topmost mark under a point, an arrow only near its line', () => {
    let editing = draw(begin(size), 'box', { x: 100, y: 100 }, { x: 500, y: 500 });
    editing = draw(editing, 'arrow', { x: 100, y: 100 }, { x: 500, y: 500 });
    expect(markAt(editing.present, { x: 300, y: 302 }, 6)?.kind).toBe('arrow');
    expect(markAt(editing.present, { x: 300, y: 400 }, 6)?.kind).toBe('box');
    expect(markAt(editing.present, { x: 900, y: 900 }, 6)).toBeNull();
  });

  it('takes a crop that is too small for the whole picture', () => {
    expect(setCrop(begin(size), { x: 5, y: 5, width: 2, height: 2 }).present.crop).toEqual(whole(size));
  });

  it('takes letters typed into a text as one step with the text itself', () => {
    let editing = drawInMiddle(begin(size), 'text');
    for (const text of ['h', 'he', 'her', 'here']) editing = setText(editing, text);
    expect(selectedMark(editing)).toMatchObject({ text: 'here' });
    expect(undo(editing).present.marks).toHaveLength(0);
  });

  it('forgets the oldest steps, not the newest', () => {
    let editing = drawInMiddle(begin(size), 'box');
    for (let count = 0; count < HISTORY * 2; count += 1) {
      editing = moveSelected(editing, { x: count % 2 ? 1 : -1, y: 0 });
    }
    expect(editing.past).toHaveLength(HISTORY);
  });

  it('draws an arrow head behind the point', () => {
    const [left, right] = arrowHead({ x: 0, y: 0 }, { x: 100, y: 0 }, 20);
    expect(left.x).toBeLessThan(100);
    expect(right.x).toBeCloseTo(left.x);
    expect(left.y).toBeCloseTo(-right.y);
  });
});
