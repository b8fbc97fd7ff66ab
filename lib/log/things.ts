/**
 * Parts of a message that are no text, and what text there is with them.
 *
 * @module
 */
import { show } from "../conversation/row.ts";
import { isObject, spacedJson } from "../core/exact_json.ts";
import { Fields, type Refuse } from "./fields.ts";
import { inlineText, mediaKind } from "./inline_data.ts";
import { named, type Piece, said } from "./piece.ts";

/** Takes the fields of a part, and says what it is. */
export type Reader = (fields: Fields) => Piece[];

/** Reads a content: text, a part, or a list of both. */
export type ReadContent = (content: unknown, refuse: Refuse) => Piece[];

/**
 * Makes the reader of a thing that is no text, with the words that belong to it: a transcript, a caption, those of a document.
 *
 * @param piecesOf reads what is within it.
 * @returns for the name of a thing (`image`, `audio`, `video`, `file`, `document`), its reader.
 */
export function thingWith(piecesOf: ReadContent): (name: string) => Reader {
  return (given) => (fields) => {
    const title = fields.text("title");
    const context = fields.text("context");
    const type = fields.take(...TYPES);
    const name = given === "file" && type !== undefined ? mediaKind(type) : given;
    const words = [
      ...wordsOf(fields.take(...HOLDERS), type, fields.refuse, piecesOf),
      ...documentWords(fields.take("document"), fields.refuse),
      ...inlineWords(fields, type),
      ...["transcript", "text", "extracted_content", "content", "alt", "caption", "description"]
        .flatMap((key) => piecesOf(fields.take(key), fields.refuse)),
    ];
    const about = [...said(title), ...said(context)];
    const isRead = words.some((piece) => piece.kind === "said" && piece.text.trim() !== "");
    const isWhole = isRead && !["image", "video"].includes(name); // a caption is no image
    return isWhole ? [...about, ...words] : [named(name), ...about, ...words];
  };
}

/** The fields that hold a thing itself: an address, bytes, or what describes them. */
const HOLDERS = "source file input_audio audio resource image_url video_url image".split(
  " ",
);

/** The fields that say of which type bytes are. */
const TYPES = "mimeType mime_type mediaType media_type format".split(" ");

/** The fields that hold bytes, as base64 or in a data URL. */
const BYTES = "file_data data base64 blob bytes url".split(" ");

/** The words that a thing's source holds, if it is text. */
function wordsOf(source: unknown, outer: unknown, refuse: Refuse, piecesOf: ReadContent): Piece[] {
  if (source === undefined) return [];
  if (typeof source === "string" && /^[\x21-\x7e]*$/.test(source)) {
    return said(inlineText(outer, source));
  }
  if (!isObject(source)) return refuse(`a source is not understood, got ${show(source)}`);
  const fields = new Fields(source, refuse);
  const isText = fields.take("type") === "text";
  const type = fields.take(...TYPES) ?? outer;
  const words = ["text", "content", "transcript"].flatMap((key) =>
    piecesOf(fields.take(key), refuse)
  );
  const data = isText ? piecesOf(fields.take("data"), refuse) : inlineWords(fields, type);
  fields.end();
  return [...words, ...data];
}

/** The words of a document as Cohere has it: text or data. */
function documentWords(document: unknown, refuse: Refuse): Piece[] {
  if (document === undefined) return [];
  if (!isObject(document)) return refuse(`"document" is not understood, got ${show(document)}`);
  const fields = new Fields(document, refuse);
  const data = fields.take("data");
  fields.end();
  return data === undefined ? [] : said(typeof data === "string" ? data : spacedJson(data));
}

/** The words of bytes, where they are text. */
function inlineWords(fields: Fields, type: unknown): Piece[] {
  return BYTES.flatMap((key) => {
    const value = fields.take(key);
    if (value === undefined) return [];
    if (typeof value === "string") return said(inlineText(type, value));
    return fields.refuse(`"${key}" must be bytes, got ${show(value)}`);
  });
}

/**
 * Bytes or an address of some type, as Gemini has them.
 *
 * @param fields of the part.
 * @returns their words where they are text, else their kind.
 */
export function media(fields: Fields): Piece[] {
  const type = fields.take("mimeType", "mime_type");
  const data = fields.take("data", "fileUri", "file_uri");
  const words = said(typeof data === "string" ? inlineText(type, data) : undefined);
  return words.length > 0 ? words : [named(mediaKind(type))];
}
