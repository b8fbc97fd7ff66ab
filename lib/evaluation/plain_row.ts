/**
 * Scored rows as nearly every line has them, read from the bytes of the line without making a string or an object: one flat JSON
 * object, its names and short values without escapes. Such a line is checked to its end, so that what is accepted is JSON and a
 * whole row; all others, the bad ones among them, are left to `scored_file.ts`, which says what is wrong. What both can read,
 * they read alike (the test compares them).
 *
 * @module
 */
import { DOMAINS } from "../conversation/domains.ts";
import { TextTable } from "../core/text_table.ts";

/** What is read of a row; overwritten by the next. */
export interface PlainRow {
  /** Where the id begins among the bytes. */
  idFrom: number;
  /** Where it ends, exclusive. */
  idTo: number;
  /** Index of the domain in `DOMAINS`. */
  domain: number;
  /** 1 = unsafe. */
  malign: number;
  /** As it stands there. */
  score: number;
  /** Where the name of the scene begins; -1 where the row has none. */
  sceneFrom: number;
  /** Where it ends, exclusive. */
  sceneTo: number;
  /** Whether it says that its score was flipped. */
  flipped: boolean;
}

/**
 * A row to read into.
 *
 * @returns one without values.
 */
export function emptyPlainRow(): PlainRow {
  return {
    ...{ idFrom: 0, idTo: 0, domain: 0, malign: 0, score: NaN },
    ...{ sceneFrom: -1, sceneTo: -1, flipped: false },
  };
}

const NAMES = ["id", "conversation", "domain", "malign", "safe", "score", "scene", "flipped"];
const names = new TextTable(NAMES);
const domains = new TextTable(DOMAINS);

/** The names seen, a bit for each. */
const bitOf = (name: string) => 1 << NAMES.indexOf(name);
const NEEDED = bitOf("id") | bitOf("conversation") | bitOf("domain") | bitOf("score");
const COMPLETE = [NEEDED | bitOf("malign"), NEEDED | bitOf("safe")];
const OPTIONAL = bitOf("scene") | bitOf("flipped");

const [TAB, RETURN, SPACE, QUOTE, COMMA, MINUS, POINT, ZERO, ONE, COLON, BACKSLASH] = [
  ...'\t\r ",-.01:\\',
].map((char) => char.charCodeAt(0));
const [OPEN, CLOSE] = [123, 125]; // braces
const LITERALS = ["true", "false", "null"].map((word) => new TextEncoder().encode(word));
const [TRUE, FALSE] = LITERALS;

/** What may stand behind a backslash, the most frequent first. */
const ESCAPES = new TextEncoder().encode('n"\\/bfrtu');
const LETTER_U = "u".charCodeAt(0);

/** Longer numbers are left to others: no score has so many digits. */
const LONGEST_NUMBER = 32;

/**
 * Reads a line, if it is plain.
 *
 * @param bytes valid UTF-8, of which the line is a part; behind it there is a newline or nothing.
 * @param from where the line begins.
 * @param end where it ends, exclusive.
 * @param row overwritten, by half where the line is not plain.
 * @returns whether the line is plain, and so the row is read.
 */
export function readPlainRow(
  bytes: Uint8Array,
  from: number,
  end: number,
  row: PlainRow,
): boolean {
  row.sceneFrom = -1;
  row.flipped = false;
  let seen = 0;
  let at = skipBlanks(bytes, from);
  if (bytes[at] !== OPEN) return false;
  do {
    const nameFrom = skipBlanks(bytes, at + 1);
    const nameTo = stringEnd(bytes, nameFrom);
    if (nameTo < 0 || !isBare(bytes, nameFrom + 1, nameTo - 1)) return false;
    at = skipBlanks(bytes, nameTo);
    if (bytes[at] !== COLON) return false;
    const valueFrom = skipBlanks(bytes, at + 1);
    const valueTo = valueEnd(bytes, valueFrom);
    if (valueTo < 0) return false;
    const name = names.find(bytes, nameFrom + 1, nameTo - 1);
    if (name >= 0) {
      if ((seen & (1 << name)) !== 0) return false; // the last would count
      seen |= 1 << name;
      if (!readValue(NAMES[name], bytes, valueFrom, valueTo, row)) return false;
    }
    at = skipBlanks(bytes, valueTo);
  } while (bytes[at] === COMMA);
  const isWhole = bytes[at] === CLOSE && skipBlanks(bytes, at + 1) === end;
  return isWhole && COMPLETE.includes(seen & ~OPTIONAL);
}

/** Takes a value over, if it is plain for its name. */
function readValue(
  name: string,
  bytes: Uint8Array,
  from: number,
  to: number,
  row: PlainRow,
): boolean {
  const isText = bytes[from] === QUOTE;
  switch (name) {
    case "id": // the text that it is known by is that between the quotes, or of a whole number its digits
      row.idFrom = isText ? from + 1 : from;
      row.idTo = isText ? to - 1 : to;
      return isText
        ? to - from > 2 && isVisible(bytes[from + 1]) && isBare(bytes, from + 1, to - 1)
        : isSmallInteger(bytes, from, to);
    case "conversation":
      return isText && saysSomething(bytes, from + 1, to - 1);
    case "domain":
      row.domain = isText ? domains.find(bytes, from + 1, to - 1) : -1;
      return row.domain >= 0;
    case "malign":
    case "safe": {
      const value = truthValue(bytes, from, to);
      row.malign = name === "malign" ? value : 1 - value;
      return value >= 0;
    }
    case "score":
      if (!isDigit(bytes[to - 1]) || to - from > LONGEST_NUMBER) return false; // only a number ends in a digit
      row.score = Number(String.fromCharCode(...bytes.subarray(from, to)));
      return Number.isFinite(row.score);
    case "scene":
      row.sceneFrom = from + 1;
      row.sceneTo = to - 1;
      return isText && isBare(bytes, from + 1, to - 1);
    default: // flipped
      row.flipped = isWord(bytes, from, to, TRUE);
      return true;
  }
}

/** Newlines are none of them: a line never goes on behind its end. */
function skipBlanks(bytes: Uint8Array, at: number): number {
  while (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === RETURN) at++;
  return at;
}

/** Where a text, number or literal ends, exclusive; -1 where there is none, or something else. */
function valueEnd(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return stringEnd(bytes, from);
  if (first === MINUS || isDigit(first)) return numberEnd(bytes, from);
  for (const word of LITERALS) {
    if (isWord(bytes, from, from + word.length, word)) return from + word.length;
  }
  return -1;
}

/** Where a text ends, behind its quote; -1 where there is none, or it has a surrogate written as an escape, which may be a lone one. */
function stringEnd(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return -1;
  for (let at = from + 1; bytes[at] >= SPACE; at++) { // below are control characters, which must be escaped
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] !== BACKSLASH) continue;
    at = escapeEnd(bytes, at + 1);
    if (at < 0) return -1;
  }
  return -1;
}

/** The last byte of an escape whose backslash stands before `at`; -1 where it is none, or of a surrogate. */
function escapeEnd(bytes: Uint8Array, at: number): number {
  if (!ESCAPES.includes(bytes[at])) return -1;
  if (bytes[at] !== LETTER_U) return at;
  for (let i = 1; i <= 4; i++) if (hexDigit(bytes[at + i]) < 0) return -1;
  const isSurrogate = hexDigit(bytes[at + 1]) === 13 && hexDigit(bytes[at + 2]) >= 8;
  return isSurrogate ? -1 : at + 4;
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - ZERO;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Where a number ends that JSON permits; -1 where it permits none. */
function numberEnd(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  at = bytes[at] === ZERO ? at + 1 : digitsEnd(bytes, at);
  if (at > 0 && bytes[at] === POINT) at = digitsEnd(bytes, at + 1);
  if (at > 0 && (bytes[at] | 32) === 101) { // e or E
    const isSigned = bytes[at + 1] === MINUS || bytes[at + 1] === 43;
    at = digitsEnd(bytes, isSigned ? at + 2 : at + 1);
  }
  return at;
}

/** Where at least one digit ends; -1 where there is none. */
function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at])) at++;
  return at > from ? at : -1;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

function isVisible(byte: number): boolean {
  return byte > SPACE && byte < 127;
}

function isBare(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] === BACKSLASH) return false;
  return true;
}

function isWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  return to - from === word.length && word.every((byte, i) => bytes[from + i] === byte);
}

/** Whether `String` gives back its digits. */
function isSmallInteger(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > 15) return false;
  return bytes[from] === ZERO ? to - from === 1 : digitsEnd(bytes, from) === to;
}

/** 0 or 1, of a number or a truth value; -1 of anything else. */
function truthValue(bytes: Uint8Array, from: number, to: number): number {
  if (to - from === 1) return bytes[from] === ZERO ? 0 : bytes[from] === ONE ? 1 : -1;
  if (isWord(bytes, from, to, TRUE)) return 1;
  return isWord(bytes, from, to, FALSE) ? 0 : -1;
}

/**
 * Whether there is a character behind a colon and a blank that is surely seen: no marker of a turn goes on there, so that it is
 * part of what somebody says. Seen are ASCII and, of characters with three bytes, those from U+4000 on, such as 人 and 한.
 */
function saysSomething(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from + 2; at < to; at++) {
    const byte = bytes[at];
    if (bytes[at - 1] !== SPACE || bytes[at - 2] !== COLON) continue;
    if ((isVisible(byte) && byte !== BACKSLASH) || (byte >= 0xe4 && byte <= 0xed)) return true;
  }
  return false;
}
