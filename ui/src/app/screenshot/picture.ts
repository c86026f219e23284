// What is drawn on a picture of the screen, and how it changes: a pure model with a history. The canvas shows it,
// `flatten.ts` makes the file of it, and neither is needed to test it.

import {
  between,
  clampPoint,
  contains,
  distanceToLine,
  moveWithin,
  resizeWithin,
  snapOutward,
  type Point,
  type Rect,
  type Size,
} from './geometry';

/** What can be drawn. `redaction` hides what is below for good: its pixels are not in the file that is kept. */
export type Mark =
  | { kind: 'arrow'; id: number; from: Point; to: Point }
  | { kind: 'box'; id: number; rect: Rect }
  | { kind: 'redaction'; id: number; rect: Rect }
  | { kind: 'text'; id: number; at: Point; text: string };

export type MarkKind = Mark['kind'];

/** A picture with its marks. Marks are drawn in order, so a redaction also covers the marks before it. */
export interface Picture {
  readonly size: Size;
  readonly crop: Rect;
  readonly marks: readonly Mark[];
}

/** A picture and the way there and back. */
export interface Editing {
  readonly past: readonly Picture[];
  readonly present: Picture;
  readonly future: readonly Picture[];
  readonly selected: number | null;
}

/** The smallest side of anything that is drawn: what a finger or an eye can still find. */
export const SMALLEST = 8;

/** How many steps can be undone. */
export const HISTORY = 100;

/** Longest text of a mark, in characters. */
export const TEXT_CHARS = 200;

export function whole(size: Size): Rect {
  return { x: 0, y: 0, ...size };
}

export function begin(size: Size, crop: Rect = whole(size)): Editing {
  return {
    past: [],
    present: { size, crop: sensibleCrop(crop, size), marks: [] },
    future: [],
    selected: null,
  };
}

export function isChanged(editing: Editing): boolean {
  return editing.past.length > 0;
}

export function selectedMark(editing: Editing): Mark | null {
  return editing.present.marks.find((mark) => mark.id === editing.selected) ?? null;
}

export function select(editing: Editing, id: number | null): Editing {
  return { ...editing, selected: id };
}

/** Selects the next mark in drawing order, or the one before; round and round. */
export function selectNext(editing: Editing, step: 1 | -1): Editing {
  const { marks } = editing.present;
  if (marks.length === 0) return editing;
  const now = marks.findIndex((mark) => mark.id === editing.selected);
  const next = now < 0 ? (step > 0 ? 0 : marks.length - 1) : (now + step + marks.length) % marks.length;
  return select(editing, marks[next]?.id ?? null);
}

export function undo(editing: Editing): Editing {
  const before = editing.past.at(-1);
  if (!before) return editing;
  return keepSelection({
    past: editing.past.slice(0, -1),
    present: before,
    future: [editing.present, ...editing.future],
    selected: editing.selected,
  });
}

export function redo(editing: Editing): Editing {
  const [next, ...rest] = editing.future;
  if (!next) return editing;
  return keepSelection({
    past: [...editing.past, editing.present],
    present: next,
    future: rest,
    selected: editing.selected,
  });
}

export function setCrop(editing: Editing, crop: Rect): Editing {
  return step(editing, { ...editing.present, crop: sensibleCrop(crop, editing.present.size) });
}

/** Draws a mark between two points; a click without a drag gets a size that can be seen. */
export function draw(editing: Editing, kind: MarkKind, from: Point, to: Point, text = ''): Editing {
  const bounds = editing.present.crop;
  const start = clampPoint(from, bounds);
  const end = clampPoint(to, bounds);
  const id = nextId(editing);
  const small = Math.hypot(end.x - start.x, end.y - start.y) < SMALLEST;
  const usual = usualSize(bounds);
  let mark: Mark;
  switch (kind) {
    case 'arrow':
      mark = {
        kind,
        id,
        from: small
          ? clampPoint({ x: start.x - usual.width / 2, y: start.y - usual.height / 2 }, bounds)
          : start,
        to: end,
      };
      break;
    case 'box':
    case 'redaction': {
      const drawn = small ? moveWithin({ ...start, ...usual }, { x: 0, y: 0 }, bounds) : between(start, end);
      mark = { kind, id, rect: snapOutward(resizeWithin(drawn, { x: 0, y: 0 }, bounds, SMALLEST), bounds) };
      break;
    }
    case 'text':
      mark = { kind, id, at: start, text: text.slice(0, TEXT_CHARS) };
      break;
  }
  return select(step(editing, { ...editing.present, marks: [...editing.present.marks, mark] }), id);
}

/** Draws a mark of the usual size in the middle of what is shown: the way of the keyboard. */
export function drawInMiddle(editing: Editing, kind: MarkKind, text = ''): Editing {
  const { crop } = editing.present;
  const middle = { x: crop.x + crop.width / 2, y: crop.y + crop.height / 2 };
  const usual = usualSize(crop);
  const start = { x: middle.x - usual.width / 2, y: middle.y - usual.height / 2 };
  return draw(editing, kind, start, { x: start.x + usual.width, y: start.y + usual.height }, text);
}

/** Moves the selected mark. */
export function moveSelected(editing: Editing, by: Point): Editing {
  return changeSelected(editing, (mark, bounds) => {
    switch (mark.kind) {
      case 'box':
      case 'redaction':
        return { ...mark, rect: snapOutward(moveWithin(mark.rect, by, bounds), bounds) };
      case 'arrow': {
        const frame = between(mark.from, mark.to);
        const moved = moveWithin(frame, by, bounds);
        const real = { x: moved.x - frame.x, y: moved.y - frame.y };
        return { ...mark, from: add(mark.from, real), to: add(mark.to, real) };
      }
      case 'text':
        return { ...mark, at: clampPoint(add(mark.at, by), bounds) };
    }
  });
}

/** Moves the lower right corner of the selected mark, or the point of an arrow. */
export function resizeSelected(editing: Editing, by: Point): Editing {
  return changeSelected(editing, (mark, bounds) => {
    switch (mark.kind) {
      case 'box':
      case 'redaction':
        return {
          ...mark,
          rect: snapOutward(resizeWithin(mark.rect, by, bounds, SMALLEST), bounds),
        };
      case 'arrow':
        return { ...mark, to: clampPoint(add(mark.to, by), bounds) };
      case 'text':
        return mark;
    }
  });
}

/** Changes the text of the selected mark. Letters typed one after the other are one step back. */
export function setText(editing: Editing, text: string): Editing {
  const mark = selectedMark(editing);
  if (mark?.kind !== 'text') return editing;
  const marks = editing.present.marks.map((other) =>
    other.id === mark.id ? { ...mark, text: text.slice(0, TEXT_CHARS) } : other,
  );
  return { ...editing, present: { ...editing.present, marks }, future: [] };
}

export function removeSelected(editing: Editing): Editing {
  if (!selectedMark(editing)) return editing;
  const marks = editing.present.marks.filter((mark) => mark.id !== editing.selected);
  return select(step(editing, { ...editing.present, marks }), null);
}

/** The topmost mark under a point, with a margin that a hand needs. */
export function markAt(picture: Picture, point: Point, margin: number): Mark | null {
  for (const mark of picture.marks.toReversed()) {
    switch (mark.kind) {
      case 'arrow':
        if (distanceToLine(point, mark.from, mark.to) <= margin) return mark;
        break;
      case 'box':
      case 'redaction':
        if (contains(mark.rect, point, margin)) return mark;
        break;
      case 'text':
        if (contains(textFrame(mark, picture.size), point, margin)) return mark;
        break;
    }
  }
  return null;
}

/** Height of a text's letters, in pixels of the picture: readable when a 4K picture is shown small. */
export function textHeight(size: Size): number {
  return Math.max(18, Math.round(size.height / 36));
}

/** Width of lines, in pixels of the picture. */
export function lineWidth(size: Size): number {
  return Math.max(4, Math.round(Math.min(size.width, size.height) / 150));
}

/** The rectangle a mark takes, for handles, hit tests and speech. A text's width is near enough, not measured. */
export function frameOf(mark: Mark, size: Size): Rect {
  switch (mark.kind) {
    case 'arrow':
      return between(mark.from, mark.to);
    case 'box':
    case 'redaction':
      return mark.rect;
    case 'text':
      return textFrame(mark, size);
  }
}

function textFrame(mark: Extract<Mark, { kind: 'text' }>, size: Size): Rect {
  const height = textHeight(size);
  return {
    ...mark.at,
    width: Math.max(2, mark.text.length) * height * 0.6,
    height: height * 1.4,
  };
}

function usualSize(bounds: Rect): Size {
  return {
    width: Math.max(SMALLEST, Math.round(bounds.width / 4)),
    height: Math.max(SMALLEST, Math.round(bounds.height / 6)),
  };
}

function sensibleCrop(crop: Rect, size: Size): Rect {
  const all = whole(size);
  const inside = snapOutward(crop, all);
  return inside.width < SMALLEST || inside.height < SMALLEST ? all : inside;
}

function step(editing: Editing, present: Picture): Editing {
  return {
    past: [...editing.past, editing.present].slice(-HISTORY),
    present,
    future: [],
    selected: editing.selected,
  };
}

function changeSelected(editing: Editing, change: (mark: Mark, bounds: Rect) => Mark): Editing {
  const mark = selectedMark(editing);
  if (!mark) return editing;
  const changed = change(mark, whole(editing.present.size));
  const marks = editing.present.marks.map((other) => (other.id === mark.id ? changed : other));
  return step(editing, { ...editing.present, marks });
}

function keepSelection(editing: Editing): Editing {
  return selectedMark(editing) ? editing : select(editing, null);
}

function nextId(editing: Editing): number {
  // Over all of the history, so that undo and redo never meet two marks of one name.
  const pictures = [...editing.past, editing.present, ...editing.future];
  return 1 + Math.max(0, ...pictures.flatMap((picture) => picture.marks.map((mark) => mark.id)));
}

function add(a: Point, b: Point): Point {
  return { x: a.x + b.x, y: a.y + b.y };
}
