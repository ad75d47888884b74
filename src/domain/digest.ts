/**
 * A short fingerprint of a text: FNV-1a of 64 bits over UTF-16 code units, in hex. Equal texts have equal digests;
 * different texts differ, except by accident. The journal keeps digests, so the function may never change.
 *
 * @example
 * digest("broken") // "9bfdf4d9c5a9e11d"
 */
export const digest = (text: string): string => {
  let hash = 0xcbf29ce484222325n
  for (let i = 0; i < text.length; i++)
    hash = ((hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n) & ((1n << 64n) - 1n)
  return hash.toString(16).padStart(16, "0")
}
