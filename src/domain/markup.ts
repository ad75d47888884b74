/** Names a page of ours at its beginning, so that its secrets can be redacted text by text. */
export const GENERATOR = "nightly-dispatch report"

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}
const SIGNS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ENTITIES).map(([sign, entity]) => [entity, sign])
)

/**
 * Text as HTML or SVG that shows just this text, between tags and in a quoted attribute.
 *
 * @example
 * escapeMarkup("<b>") // "&lt;b&gt;"
 */
export const escapeMarkup = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)

/** The text that `escapeMarkup` has escaped. */
export const unescapeMarkup = (markup: string): string =>
  markup.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => SIGNS[entity] ?? entity)
